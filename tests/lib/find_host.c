/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/find_host.c - asks relayd's finder, for tests: find_host NAME=VALUE... (settings), then on standard input one question a line, "DOMAIN AFTER". One
 * answer a line, fields with a tab between: DOMAIN, result, host, address, candidate, milliseconds, text. A connection is closed at once. */
#include "base/log.h"
#include "base/clock.h"
#include "relayd/finder.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 600, PATIENCE_MS = 120 * 1000 };
static struct finder_ask asked[MOST];
static int64_t since[MOST];

static void say(const struct finder_answer *a)
{
    static const char *const names[] = {
        [FIND_CONNECTED] = "connected",   [FIND_NO_DOMAIN] = "no-domain", [FIND_NULL_MX] = "null-mx",
        [FIND_NO_ADDRESS] = "no-address", [FIND_DNS_TEMP] = "dns-temp",   [FIND_UNREACHABLE] = "unreachable",
        [FIND_NO_MORE] = "no-more"};

    printf("%s\t%s\t%s\t%s\t%u\t%lld\t%s\n", asked[a->id].domain, names[a->result], a->host, a->ip, a->candidate,
           (long long)(clock_mono() - since[a->id]) / 1000000, a->text);
    fflush(stdout);
    if (a->fd >= 0)
        close(a->fd);
}

/* Waits for answers; how many came. */
static size_t hear(struct finder *f)
{
    struct pollfd p = {finder_fd(f), POLLIN, 0};
    struct finder_answer a;
    struct err e;
    size_t n = 0;
    enum rc rc;

    if (poll(&p, 1, PATIENCE_MS) != 1)
        die("no answer");
    while ((rc = finder_next(f, &a, &e)) == RC_OK) {
        say(&a);
        n++;
    }
    if (rc != RC_MORE)
        die("%s", e.log);
    return n;
}

int main(int argc, char **argv)
{
    struct boot *b = boot_new();
    struct finder *f;
    struct err e;
    size_t n = 0, answered = 0;
    enum rc rc;

    log_open("find_host", LOG_WARN_);
    for (int i = 1; i < argc; i++) {
        char *eq = strchr(argv[i], '=');

        if (!eq)
            die("%s is no NAME=VALUE", argv[i]);
        *eq = '\0';
        boot_set(b, argv[i], eq + 1);
    }
    if (finder_start(b, &f, &e) != RC_OK)
        die("%s", e.log);
    while (n < MOST && scanf("%255s %u", asked[n].domain, &asked[n].after) == 2) {
        asked[n].id = n;
        since[n] = clock_mono();
        while ((rc = finder_send(f, &asked[n], &e)) == RC_TEMP) /* as many wait as it takes */
            answered += hear(f);
        if (rc != RC_OK)
            die("%s", e.log);
        n++;
    }
    while (answered < n)
        answered += hear(f);
    finder_stop(&f);
    boot_free(&b);
    return 0;
}
