/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/mailbox_hold.c - pli mailbox hold set|clear|show: a mailbox's legal hold, with who set it, when and why. */
#include "admin/removed.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *word;
    uint8_t what;
} acts[] = {{"show", HOLD_SHOW}, {"set", HOLD_SET}, {"clear", HOLD_CLEAR}};

static void when_text(uint64_t when, char out[32])
{
    time_t t = (time_t)when;
    struct tm tm;

    *out = '\0';
    if (gmtime_r(&t, &tm))
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The person, when the command names one or sudo does; else the login of the process. */
static struct span person(const struct cmd *c)
{
    const char *by = opt_get(c, "--by");
    const struct passwd *pw;

    if (!by || !*by)
        by = getenv("SUDO_USER");
    if ((!by || !*by) && (pw = getpwuid(getuid())) != NULL)
        by = pw->pw_name;
    return span_str(by && *by ? by : "uid of no name");
}

static int show(const struct cmd *c, struct store_hold_rep *rep)
{
    json_t *notes = json_array();
    struct store_hold_note n;
    struct err end;
    char when[32], size[32];

    if (!c->json)
        printf("%s; %llu removed messages are kept, %s\n", rep->held ? "on legal hold" : "not on hold",
               (unsigned long long)rep->kept, size_text(rep->kept_bytes, size));
    while (ipc_list_next(&rep->notes, store_hold_note_f, &n, &end) == RC_OK) {
        const char *what = n.what == HOLD_SET ? "set" : "cleared";

        when_text(n.when, when);
        if (!c->json)
            printf("%s  %-7s by %.*s: %.*s\n", when, what, SPAN_ARG(n.who), SPAN_ARG(n.why));
        json_array_append_new(notes, json_pack("{s:s,s:s,s:o,s:o}", "when", when, "what", what, "who", json_text(n.who),
                                               "why", json_text(n.why)));
    }
    if (c->json)
        return out_json(json_pack("{s:b,s:I,s:I,s:o}", "held", rep->held, "kept", (json_int_t)rep->kept, "kept_bytes",
                                  (json_int_t)rep->kept_bytes, "notes", notes));
    json_decref(notes);
    return PLI_OK;
}

static int act(struct cmd *c, uint64_t mbx, uint8_t what)
{
    const char *why = opt_get(c, "--reason");
    struct store_hold_rep rep;
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc;
    int answer;

    if (what != HOLD_SHOW && (!why || !*why))
        return cmd_usage(c, "--reason says why; it is kept, and the holder reads it");
    rc = mailbox_hold(inst_admin(c), mbx, what, what == HOLD_SHOW ? SPAN_NULL : person(c), span_str(why ? why : ""),
                      &mem, &rep, &e);
    if (rc == RC_EXISTS)
        answer = cmd_fail(c, what == HOLD_SET ? "the mailbox is on hold already" : "the mailbox is not on hold");
    else
        answer = rc == RC_OK ? show(c, &rep) : cmd_err(c, &e);
    buf_free(&mem);
    return answer;
}

int cmd_mailbox_hold(struct cmd *c)
{
    struct account a;
    int answer;

    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(c->pos[0], acts[i].word) != 0)
            continue;
        answer = account_of(c, c->pos[1], &a);
        if (answer == PLI_OK)
            answer = act(c, a.is.mbx, acts[i].what);
        account_free(&a);
        return answer;
    }
    return cmd_usage(c, "say set, clear or show, and an address");
}
