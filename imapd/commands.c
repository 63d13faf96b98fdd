/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/commands.c - see imapd/commands.h. Sorted by the state in which a command first makes sense. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/view.h"
#include <stdio.h>

#define AUTHED (IS_AUTH | IS_SELECTED)
#define NAME(field) offsetof(union imap_args, field)
/* clang-format off */
const struct command commands[] = {
    /* name           states       flags                                          extension            parse                  folder named         run                 example */
    {"CAPABILITY",     IS_ANY,      C_QUIET,                                       NULL,                imap_parse_none,       NO_NAME,             cmd_capability,     ""},
    {"NOOP",           IS_ANY,      C_SYNC | C_QUIET,                              NULL,                imap_parse_none,       NO_NAME,             cmd_noop,           ""},
    {"LOGOUT",         IS_ANY,      C_QUIET,                                       NULL,                imap_parse_none,       NO_NAME,             cmd_logout,         ""},
    {"ID",             IS_ANY,      C_QUIET,                                       "ID",                imap_parse_id,         NO_NAME,             cmd_id,             " (\"name\" \"test\")"},
    {"STARTTLS",       IS_NEW,      C_NO_TLS,                                      "STARTTLS",          imap_parse_none,       NO_NAME,             cmd_starttls,       ""},
    {"LOGIN",          IS_NEW,      C_SECRET | C_TLS,                              NULL,                imap_parse_login,      NO_NAME,             cmd_login,          " nobody@invalid wrong"},
    {"AUTHENTICATE",   IS_NEW,      C_SECRET | C_TLS,                              NULL,                imap_parse_auth,       NO_NAME,             cmd_authenticate,   " PLAIN AG5vYm9keUBpbnZhbGlkAHdyb25n"},
    {"ENABLE",         AUTHED,      C_QUIET,                                       "ENABLE",            imap_parse_words,      NO_NAME,             cmd_enable,         " CONDSTORE"},
    {"UNAUTHENTICATE", AUTHED,      C_SELECTS,                                     "UNAUTHENTICATE",    imap_parse_none,       NO_NAME,             cmd_unauthenticate, ""},
    {"COMPRESS",       AUTHED,      C_SELECTS,                                     "COMPRESS=DEFLATE",  imap_parse_words,      NO_NAME,             cmd_compress,       " DEFLATE"},
    {"NAMESPACE",      AUTHED,      C_QUIET,                                       "NAMESPACE",         imap_parse_none,       NO_NAME,             cmd_namespace,      ""},
    {"SELECT",         AUTHED,      C_SELECTS,                                     NULL,                imap_parse_select,     NAME(select.name),   cmd_select,         " INBOX"},
    {"EXAMINE",        AUTHED,      C_SELECTS,                                     NULL,                imap_parse_select,     NAME(select.name),   cmd_examine,        " INBOX"},
    {"CREATE",         AUTHED,      0,                                             NULL,                imap_parse_create,     NAME(create.name),   cmd_create,         " table-test"},
    {"DELETE",         AUTHED,      0,                                             NULL,                imap_parse_mailbox,    NAME(mailbox.name),  cmd_delete,         " table-test"},
    {"RENAME",         AUTHED,      0,                                             NULL,                imap_parse_rename,     BY_ITSELF,           cmd_rename,         " table-none table-other"},
    {"SUBSCRIBE",      AUTHED,      0,                                             NULL,                imap_parse_mailbox,    NAME(mailbox.name),  cmd_subscribe,      " INBOX"},
    {"UNSUBSCRIBE",    AUTHED,      0,                                             NULL,                imap_parse_mailbox,    NAME(mailbox.name),  cmd_unsubscribe,    " table-none"},
    {"LIST",           AUTHED,      C_OWN | C_QUIET,                               NULL,                imap_parse_list,       NO_NAME,             cmd_list,           " \"\" *"},
    {"LSUB",           AUTHED,      C_OWN | C_QUIET,                               NULL,                imap_parse_lsub,       NO_NAME,             cmd_lsub,           " \"\" *"},
    {"GETQUOTA",       AUTHED,      C_OWN,                                         "QUOTA",             imap_parse_root,       NO_NAME,             cmd_getquota,       " \"\""},
    {"GETQUOTAROOT",   AUTHED,      0,                                             "QUOTA",             imap_parse_mailbox,    NAME(mailbox.name),  cmd_getquotaroot,   " INBOX"},
    {"GETMETADATA",    AUTHED,      0,                                             "METADATA",          imap_parse_getmetadata,NAME(metadata.name), cmd_getmetadata,    " INBOX /private/comment"},
    {"SETMETADATA",    AUTHED,      0,                                             "METADATA",          imap_parse_setmetadata,NAME(metadata.name), cmd_setmetadata,    " INBOX (/private/comment \"a\")"},
    {"GETACL",         AUTHED,      0,                                             "ACL",               imap_parse_acl_of,     NAME(acl.name),      cmd_getacl,         " INBOX"},
    {"SETACL",         AUTHED,      0,                                             "ACL",               imap_parse_setacl,     NAME(acl.name),      cmd_setacl,         " INBOX nobody@invalid lr"},
    {"DELETEACL",      AUTHED,      0,                                             "ACL",               imap_parse_acl_who,    NAME(acl.name),      cmd_deleteacl,      " INBOX nobody@invalid"},
    {"LISTRIGHTS",     AUTHED,      0,                                             "ACL",               imap_parse_acl_who,    NAME(acl.name),      cmd_listrights,     " INBOX nobody@invalid"},
    {"MYRIGHTS",       AUTHED,      0,                                             "ACL",               imap_parse_acl_of,     NAME(acl.name),      cmd_myrights,       " INBOX"},
    {"GENURLAUTH",     AUTHED,      C_OWN,                                         "URLAUTH",           imap_parse_genurlauth, NO_NAME,             cmd_genurlauth,     " imap://a@b/INBOX/;UID=1;URLAUTH=user+a INTERNAL"},
    {"URLFETCH",       AUTHED,      C_OWN,                                         "URLAUTH",           imap_parse_urlfetch,   NO_NAME,             cmd_urlfetch,       " imap://a@b/INBOX/;UID=1"},
    {"RESETKEY",       AUTHED,      C_OWN,                                         "URLAUTH",           imap_parse_resetkey,   BY_ITSELF,           cmd_resetkey,       " INBOX INTERNAL"},
    {"STATUS",         AUTHED,      0,                                             NULL,                imap_parse_status,     NAME(status.name),   cmd_status,         " INBOX (MESSAGES)"},
    {"ESEARCH",        AUTHED,      0,                                             "MULTISEARCH",       imap_parse_esearch,    NO_NAME,             cmd_esearch,        " IN (inboxes) ALL"},
    {"APPEND",         AUTHED,      C_STREAMS | C_SYNC,                            NULL,                imap_parse_append,     NAME(append.name),   cmd_append,         " INBOX {2+}\r\nab"},
    {"REPLACE",        IS_SELECTED, C_STREAMS | C_NUMBERS | C_WRITES | C_SYNC,     "REPLACE",           imap_parse_replace,    BY_ITSELF,           cmd_replace,        " 1 INBOX {2+}\r\nab"},
    {"UID REPLACE",    IS_SELECTED, C_UID | C_STREAMS | C_WRITES | C_SYNC,         "REPLACE",           imap_parse_replace,    BY_ITSELF,           cmd_replace,        " 1 INBOX {2+}\r\nab"},
    {"NOTIFY",         AUTHED,      C_SYNC | C_OWN,                                "NOTIFY",            imap_parse_notify,     NO_NAME,             cmd_notify,         " SET (personal (MessageNew MessageExpunge))"},
    {"IDLE",           AUTHED,      C_SYNC | C_QUIET,                              "IDLE",              imap_parse_none,       NO_NAME,             cmd_idle,           "\r\nDONE"},
    {"CHECK",          IS_SELECTED, C_SYNC | C_QUIET,                              NULL,                imap_parse_none,       NO_NAME,             cmd_check,          ""},
    {"CLOSE",          IS_SELECTED, C_SELECTS,                                     NULL,                imap_parse_none,       NO_NAME,             cmd_close,          ""},
    {"UNSELECT",       IS_SELECTED, C_SELECTS,                                     "UNSELECT",          imap_parse_none,       NO_NAME,             cmd_unselect,       ""},
    {"EXPUNGE",        IS_SELECTED, C_WRITES | C_SYNC,                             NULL,                imap_parse_none,       NO_NAME,             cmd_expunge,        ""},
    {"SEARCH",         IS_SELECTED, C_SEQ | C_NUMBERS,                             NULL,                imap_parse_search,     NO_NAME,             cmd_search,         " ALL"},
    {"CANCELUPDATE",   IS_SELECTED, 0,                                             "CONTEXT=SEARCH",    imap_parse_tags,       NO_NAME,             cmd_cancelupdate,   " \"none\""},
    {"FETCH",          IS_SELECTED, C_SEQ | C_NUMBERS,                             NULL,                imap_parse_fetch,      NO_NAME,             cmd_fetch,          " 1 FLAGS"},
    {"STORE",          IS_SELECTED, C_SEQ | C_WRITES | C_NUMBERS,                  NULL,                imap_parse_store,      NO_NAME,             cmd_store,          " 1 +FLAGS (\\Seen)"},
    {"COPY",           IS_SELECTED, C_SYNC | C_NUMBERS,                            NULL,                imap_parse_copy,       BY_ITSELF,           cmd_copy,           " 1 INBOX"},
    {"MOVE",           IS_SELECTED, C_WRITES | C_SYNC | C_NUMBERS,                 "MOVE",              imap_parse_copy,       BY_ITSELF,           cmd_move,           " 1 table-none"},
    {"UID SEARCH",     IS_SELECTED, C_UID,                                         NULL,                imap_parse_search,     NO_NAME,             cmd_search,         " ALL"},
    {"SORT",           IS_SELECTED, C_SEQ | C_NUMBERS,                             "SORT",              imap_parse_sort,       NO_NAME,             cmd_sort,           " (DATE) UTF-8 ALL"},
    {"THREAD",         IS_SELECTED, C_SEQ | C_NUMBERS,                             "THREAD=REFERENCES", imap_parse_thread,     NO_NAME,             cmd_thread,         " REFERENCES UTF-8 ALL"},
    {"UID SORT",       IS_SELECTED, C_UID,                                         "SORT",              imap_parse_sort,       NO_NAME,             cmd_sort,           " (DATE) UTF-8 ALL"},
    {"UID THREAD",     IS_SELECTED, C_UID,                                         "THREAD=REFERENCES", imap_parse_thread,     NO_NAME,             cmd_thread,         " REFERENCES UTF-8 ALL"},
    {"UID FETCH",      IS_SELECTED, C_UID,                                         NULL,                imap_parse_fetch,      NO_NAME,             cmd_fetch,          " 1 FLAGS"},
    {"UID STORE",      IS_SELECTED, C_UID | C_WRITES,                              NULL,                imap_parse_store,      NO_NAME,             cmd_store,          " 1 +FLAGS (\\Seen)"},
    {"UID COPY",       IS_SELECTED, C_UID | C_SYNC,                                NULL,                imap_parse_copy,       BY_ITSELF,           cmd_copy,           " 1 INBOX"},
    {"UID MOVE",       IS_SELECTED, C_UID | C_WRITES | C_SYNC,                     "MOVE",              imap_parse_copy,       BY_ITSELF,           cmd_move,           " 1 table-none"},
    {"UID EXPUNGE",    IS_SELECTED, C_UID | C_WRITES | C_SYNC,                     "UIDPLUS",           imap_parse_uids,       NO_NAME,             cmd_uid_expunge,    " 1"},
};
/* clang-format on */
const size_t n_commands = sizeof commands / sizeof *commands;

static const struct command *by_name(struct span name)
{
    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];

        if (span_ieq_str(name, c->name))
            return !c->extension || extension_there(&extensions, c->extension) ? c : NULL;
    }
    return NULL;
}

/* "FETCH", or "UID FETCH": the second word belongs to the name. */
static bool take_command_name(struct imap_in *in, struct span *name)
{
    size_t from = in->at;
    struct span word;

    if (!imap_take_name(in, &word))
        return false;
    if (span_ieq_str(word, "UID") && (!imap_sp(in) || !imap_take_name(in, &word)))
        return false;
    *name = span_of(in->s.p + from, in->at - from);
    return true;
}

enum rc command_find(struct imap_session *s, struct span text, struct span *rest_out, struct err *e)
{
    struct imap_in in = imap_in_of(text, &s->mem, &s->opened);
    struct span name;

    s->cmd = NULL;
    s->uid = false;
    s->tag = SPAN_NULL;
    if (!imap_take_tag(&in, &s->tag) || !imap_sp(&in)) {
        s->tag = SPAN_NULL;
        return imap_bad(e, CAUSE_NO_TAG);
    }
    if (!take_command_name(&in, &name))
        return imap_bad(e, CAUSE_NO_COMMAND);
    s->cmd = by_name(name);
    s->uid = s->cmd && (s->cmd->flags & C_UID);
    *rest_out = span_from(text, in.at);
    return s->cmd ? RC_OK : imap_bad(e, CAUSE_UNKNOWN_VERB);
}

/* What is wrong with a secret is told to the client and is not logged. */
enum rc command_parse(const struct command *c, struct imap_in *in, union imap_args *args, struct err *e)
{
    enum rc rc = c->parse(in, args, e);

    if (rc != RC_OK && (c->flags & C_SECRET))
        snprintf(e->log, sizeof e->log, "%s is malformed", c->name);
    return rc;
}

enum rc command_may_run(struct imap_session *s, struct err *e)
{
    const struct command *c = s->cmd;

    if ((c->states & s->state) == 0)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_SEQUENCE, "%s in state %u", c->name, s->state);
    if ((c->flags & C_NUMBERS) && (s->opened.responses & RESP_UIDONLY))
        return reply_bad(s, e, CAUSE_UID_REQUIRED);
    if ((c->flags & C_NO_TLS) && s->has_tls)
        return reply_no(e, CAUSE_TLS_ACTIVE);
    if ((c->flags & C_TLS) && !s->has_tls)
        return reply_no(e, CAUSE_NEED_TLS);
    if ((c->flags & C_WRITES) && s->view && view_read_only(s->view))
        return err_cause(e, RC_PERM, CAUSE_READ_ONLY, "%s under EXAMINE", c->name);
    return RC_OK;
}

bool command_streams(struct imap_session *s, struct span text)
{
    struct imap_arena mem = {0};
    union imap_args a;
    struct imap_in in;
    struct span rest;
    struct err e;
    bool yes = false;

    if (command_find(s, text, &rest, &e) == RC_OK && (s->cmd->flags & C_STREAMS) && command_may_run(s, &e) == RC_OK) {
        rest.n -= 2; /* the announcement's CRLF */
        in = imap_in_of(rest, &mem, &s->opened);
        yes = command_parse(s->cmd, &in, &a, &e) == RC_OK &&
              imap_append_check(a.append.rest, (struct imap_append){0}) == APPEND_LITERAL;
    }
    imap_arena_free(&mem);
    return yes;
}

/* ---- JSON ---- */
static const struct {
    unsigned bit;
    const char *name;
} states[] = {{IS_NEW, "not-authenticated"}, {IS_AUTH, "authenticated"}, {IS_SELECTED, "selected"}},
  flags[] = {{C_SEQ, "seq"},       {C_SELECTS, "selects"}, {C_WRITES, "writes"},   {C_SYNC, "sync"},
             {C_SECRET, "secret"}, {C_UID, "uid"},         {C_STREAMS, "streams"}, {C_NO_TLS, "before-tls"},
             {C_TLS, "tls"},       {C_NUMBERS, "numbers"}, {C_OWN, "own"},         {C_QUIET, "quiet"}};

static void put_json(const char *text)
{
    for (; *text; text++) {
        if (*text == '\r')
            fputs("\\r", stdout);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else
            printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
}

static void print_command(const struct command *c, bool last)
{
    const char *comma = "";

    printf("  {\"name\": \"%s\", \"extension\": \"%s\", \"states\": [", c->name, c->extension ? c->extension : "");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (c->states & states[i].bit) {
            printf("%s\"%s\"", comma, states[i].name);
            comma = ", ";
        }
    printf("], \"flags\": [");
    comma = "";
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (c->flags & flags[i].bit) {
            printf("%s\"%s\"", comma, flags[i].name);
            comma = ", ";
        }
    printf("], \"example\": \"");
    put_json(c->example);
    printf("\"}%s\n", last ? "" : ",");
}

void commands_print(void)
{
    printf("[\n");
    for (size_t i = 0; i < n_commands; i++)
        print_command(&commands[i], i + 1 == n_commands);
    printf("]\n");
}
