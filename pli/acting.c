/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/acting.c - see pli/acting.h. */
#include "pli/acting.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct row {
    const char *words;
    const char *never; /* an option that is the operator's alone, where dird cannot tell; NULL: none */
} hers[] = {
    {"account add", "--quota"}, {"account show", NULL},     {"account list", NULL},      {"account set", NULL},
    {"account alias", NULL},    {"account quota", NULL},    {"account disable", NULL},   {"account enable", NULL},
    {"account suspend", NULL},  {"account resume", NULL},   {"account close", "--keep"}, {"account reopen", NULL},
    {"account passwd", NULL},   {"account import", NULL},   {"account export", NULL},    {"account code", NULL},
    {"delegate add", NULL},     {"delegate remove", NULL},  {"delegate list", NULL},     {"list add", NULL},
    {"list set", NULL},         {"list member", NULL},      {"list list", NULL},         {"list show", NULL},
    {"list delete", NULL},      {"domain list", NULL},      {"domain show", NULL},       {"admin list", NULL},
    {"admin show", NULL},       {"directory search", NULL},
};

static int is_hers(const struct cmd *c)
{
    for (size_t i = 0; i < sizeof hers / sizeof *hers; i++) {
        if (strcmp(hers[i].words, c->def->words) != 0)
            continue;
        if (!hers[i].never || !opt_get(c, hers[i].never))
            return PLI_OK;
        return cmd_why(c, PLI_FAILED, CAUSE_OUT_OF_SCOPE,
                       "%s is for the operator alone, not for an administrator (--as)", hers[i].never);
    }
    return cmd_why(c, PLI_FAILED, CAUSE_OUT_OF_SCOPE,
                   "this is for the operator alone, not for an administrator (--as)");
}

/* ---- by sudo ---- */
static bool by_sudo(void)
{
    const char *uid = getenv("SUDO_UID"); /* sudo sets it itself, whatever was there */

    return uid && strcmp(uid, "0") != 0;
}

static int names_no_file(const struct cmd *c)
{
    const char *file = opt_get(c, "--as-password");

    if (c->root_named)
        return cmd_fail(c, "by sudo, --as has the instance of this machine alone: leave out --root");
    if ((file && strcmp(file, "-") != 0) || opt_get(c, "--sheets") ||
        (strcmp(c->def->words, "account import") == 0 && strcmp(c->pos[0], "-") != 0))
        return cmd_fail(c, "by sudo, --as opens no file: give it on standard input, and - in its place");
    return PLI_OK;
}

int acting_allowed(const struct cmd *c)
{
    int answer = PLI_OK;

    if (!opt_get(c, "--as"))
        return opt_get(c, "--as-password") ? cmd_usage(c, "--as-password goes with --as ADDRESS") : PLI_OK;
    answer = is_hers(c);
    return answer == PLI_OK && by_sudo() ? names_no_file(c) : answer;
}

/* ---- the password ---- */
/* One line of the file, read octet by octet: what stands behind it on standard input (-) is the command's. /dev/fd/3 is a descriptor. */
static int from_file(struct cmd *c, const char *name, struct passwords *out)
{
    int fd = strcmp(name, "-") == 0 ? 0 : openat(c->start_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;
    size_t at = 0;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", name, strerror(errno));
    *out = passwords_new();
    while (at <= PASSWORD_MOST && (n = read(fd, out->mem + at, 1)) == 1 && out->mem[at] != '\n')
        at++;
    if (fd > 0)
        close(fd);
    while (at > 0 && out->mem[at - 1] == '\r')
        at--;
    if (n < 0 || at == 0 || at > PASSWORD_MOST)
        return cmd_fail(c, "%s holds no password of at most %d octets in its first line", name, PASSWORD_MOST);
    out->line[0] = span_of(out->mem, at);
    return PLI_OK;
}

static int password_of_hers(struct cmd *c, const char *address, struct passwords *out)
{
    const char *file = opt_get(c, "--as-password");
    char prompt[400];
    const char *const prompts[] = {prompt, NULL};

    snprintf(prompt, sizeof prompt, "Password of %.300s: ", address);
    return file ? from_file(c, file, out) : passwords_ask_for(c, prompts, out);
}

int acting_enter(struct cmd *c)
{
    const char *address = opt_get(c, "--as");
    struct passwords p = {.mem = NULL};
    struct buf ticket;
    struct err e;
    int answer;

    if (!address)
        return PLI_OK;
    buf_init_secret(&ticket);
    answer = password_of_hers(c, address, &p);
    if (answer == PLI_OK && admin_sign_in(span_str(address), p.line[0], &ticket, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK)
        c->admin = admin_new_as(buf_span(&ticket));
    if (p.mem)
        passwords_wipe(&p);
    buf_free(&ticket);
    return answer;
}
