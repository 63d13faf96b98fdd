/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/fill_queue.c - puts messages into the queue as a session does: sealed, wrapped by keyd, filed by stored (flow/file.h). Never installed.
 * Use      fill_queue ROOT MESSAGES RECIPIENTS DOMAINS [SENDER [OCTETS]], as root or the instance's owner, while it is served. Recipients are
 *          p<N>@d<N % DOMAINS>.test; the first ones of all go to d0.test, d1.test, ...
 * Prints   "messages seconds", of the filing alone.
 */
#include "base/wipe.h"
#include "flow/file.h"
#include "flow/logged.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct filling {
    struct keyd *keyd;
    struct store *store;
    const char *sender;
    unsigned long recipients, domains, octets, next;
};

static void use_log_key(void)
{
    unsigned char key[LOGGED_KEY];
    int fd = open("../keys/log.key", O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && read(fd, key, sizeof key) == (ssize_t)sizeof key)
        logged_key(key);
    if (fd >= 0)
        close(fd);
    wipe(key, sizeof key);
}

static void address(struct filling *f, struct recipients *to)
{
    char text[64];

    snprintf(text, sizeof text, "p%lu@d%lu.test", f->next, f->next % f->domains);
    recipients_add(to, text);
    f->next++;
}

static struct spool *message(const struct filling *f, struct err *e)
{
    struct spool *s = spool_new(UINT64_MAX);
    struct buf b = BUF_INIT;
    enum rc rc;

    buf_addf(&b, "From: <%s>\r\nSubject: essai\r\nMessage-ID: <%lu@fill>\r\n\r\n", f->sender, f->next);
    while (b.n < f->octets)
        buf_addstr(&b, "Une ligne de texte, ni plus ni moins que cela.\r\n");
    rc = spool_put(s, buf_span(&b), e);
    if (rc == RC_OK)
        rc = spool_end(s, e);
    buf_free(&b);
    if (rc != RC_OK)
        spool_free(&s);
    return s;
}

static enum rc one(struct filling *f, struct err *e)
{
    struct recipients to = {0};
    struct file_result done = {0};
    struct spool *s = message(f, e);
    enum rc rc = RC_TEMP;

    for (unsigned long i = 0; i < f->recipients; i++)
        address(f, &to);
    if (s) {
        struct file_request rq = {.message = s, .to = to.a, .n_to = to.n, .sender = span_str(f->sender), .mid = "fedcba9876543210"};
        rc = file_message(f->keyd, f->store, &rq, &done, e);
    }
    file_result_free(&done);
    spool_free(&s);
    recipients_free(&to);
    return rc;
}

int main(int argc, char **argv)
{
    struct filling f = {.sender = argc > 5 ? argv[5] : "fill@chu.test", .octets = argc > 6 ? strtoul(argv[6], NULL, 10) : 500};
    char run[4096];
    unsigned long n;
    struct err e;
    enum rc rc = RC_OK;
    int64_t start;

    if (argc < 5)
        return 2;
    n = strtoul(argv[2], NULL, 10);
    f.recipients = strtoul(argv[3], NULL, 10);
    f.domains = strtoul(argv[4], NULL, 10);
    snprintf(run, sizeof run, "%s/run", argv[1]);
    if (chdir(run) != 0)
        return 2;
    use_log_key();
    f.keyd = keyd_new(ROLE_SMTPD);
    f.store = store_new(ROLE_SMTPD);
    start = clock_mono();
    for (unsigned long i = 0; i < n && rc == RC_OK; i++)
        rc = one(&f, &e);
    if (rc == RC_OK)
        printf("%lu %.6f\n", n, (double)(clock_mono() - start) / 1e9);
    else
        fprintf(stderr, "fill_queue: %s\n", e.log);
    store_free(&f.store);
    keyd_free(&f.keyd);
    return rc == RC_OK ? 0 : 1;
}
