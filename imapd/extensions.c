/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/extensions.c - see imapd/extensions.h. The table holds only what works, and nothing else is told to a
 * client. */
#include "imapd/extensions.h"
#include "proto/sasl/sasl.h"
#include <stdio.h>

enum { SIGNED_IN = IS_AUTH | IS_SELECTED, ROWS_MAX = 64 };

/* "AUTH=PLAIN AUTH=LOGIN" */
static void put_mechanisms(const struct imap_session *s, struct buf *out)
{
    struct span rest = span_str(sasl_mechanisms), name;
    const char *sep = "";

    (void)s;
    while (rest.n > 0) {
        ptrdiff_t end = span_chr(rest, ' ');

        name = end < 0 ? rest : span_head(rest, (size_t)end);
        rest = span_from(rest, end < 0 ? rest.n : (size_t)end + 1);
        buf_addf(out, "%sAUTH=%.*s", sep, SPAN_ARG(name));
        sep = " ";
    }
}

/* One limit for all mailboxes (RFC 7889 3.1). */
static void put_append_limit(const struct imap_session *s, struct buf *out)
{
    buf_addstr(out, "APPENDLIMIT=");
    put_u64(out, s->conf->max_message);
}

/* Once it is on it cannot be had again (RFC 4978 3). */
static void put_compress(const struct imap_session *s, struct buf *out)
{
    if (!s->compressed)
        buf_addstr(out, "COMPRESS=DEFLATE");
}

/* METADATA says more, and a server tells one of the two (RFC 5464 1). A client may enable either. */
static void put_nothing(const struct imap_session *s, struct buf *out)
{
    (void)s;
    (void)out;
}

/* What ENABLE UTF8=ACCEPT opens. */
static const struct imap_opened utf8 = {.args = ARG_UTF8 | ARG_NO_CHARSET, .responses = RESP_UTF8};
static const struct imap_opened rev2 = {.args = ARG_UTF8, .responses = RESP_UTF8 | RESP_REV2};
static const struct imap_opened condstore_enabled = {.responses = RESP_MODSEQ};
static const struct imap_opened metadata_enabled = {.responses = RESP_METADATA | RESP_METADATA_SERVER};
static const struct imap_opened metadata_server_enabled = {.responses = RESP_METADATA_SERVER};
static const struct imap_opened uidonly_enabled = {.responses = RESP_VANISHED | RESP_UIDONLY};
static const struct imap_opened qresync_enabled = {.responses = RESP_MODSEQ | RESP_VANISHED, .args = ARG_QRESYNC};

/* clang-format off */
static const struct extension rows[] = {
    /* name          told in    over        RFC   .put, .opens, .enabled */
    {"IMAP4rev1",     IS_ANY,    LINE_ANY,   3501, .opens = {.status = ST_RFC3501, .fetch = FI_RFC3501, .search = IMAP_KEYS_RFC3501}},
    {"IMAP4rev2",     IS_ANY,    LINE_ANY,   9051, .enabled = &rev2},
    {"LITERAL+",      IS_ANY,    LINE_ANY,   7888, .opens = {.args = ARG_NONSYNC}},
    {"SASL-IR",       IS_ANY,    LINE_ANY,   4959, .opens = {.args = ARG_INITIAL_RESPONSE}},
    {"ID",            IS_ANY,    LINE_ANY,   2971, .put = NULL},
    {"ENABLE",        IS_ANY,    LINE_ANY,   5161, .put = NULL},
    {"STARTTLS",      IS_NEW,    LINE_CLEAR, 3501, .put = NULL},
    {"LOGINDISABLED", IS_NEW,    LINE_CLEAR, 3501, .put = NULL},
    {"AUTH",          IS_NEW,    LINE_TLS,   3501, .put = put_mechanisms},
    {"UIDPLUS",       SIGNED_IN, LINE_ANY,   4315, .opens = {.responses = RESP_APPENDUID | RESP_COPYUID}},
    {"BINARY",        SIGNED_IN, LINE_ANY,   3516, .opens = {.fetch = FI_BINARY, .args = ARG_LITERAL8}},
    {"MULTIAPPEND",   SIGNED_IN, LINE_ANY,   3502, .opens = {.args = ARG_MULTIAPPEND}},
    {"UNAUTHENTICATE", SIGNED_IN, LINE_ANY,  8437, .put = NULL},
    {"COMPRESS=DEFLATE", SIGNED_IN, LINE_ANY, 4978, .put = put_compress},
    {"CATENATE",      SIGNED_IN, LINE_ANY,   4469, .opens = {.args = ARG_CATENATE}},
    {"URL-PARTIAL",   SIGNED_IN, LINE_ANY,   5550, .put = NULL},
    {"REPLACE",       SIGNED_IN, LINE_ANY,   8508, .put = NULL},
    {"IDLE",          SIGNED_IN, LINE_ANY,   2177, .put = NULL},
    {"NOTIFY",        SIGNED_IN, LINE_ANY,   5465, .put = NULL},
    {"NAMESPACE",     SIGNED_IN, LINE_ANY,   2342, .put = NULL},
    {"UNSELECT",      SIGNED_IN, LINE_ANY,   3691, .put = NULL},
    {"MOVE",          SIGNED_IN, LINE_ANY,   6851, .put = NULL},
    {"SPECIAL-USE",   SIGNED_IN, LINE_ANY,   6154, .opens = {.list_select = LS_SPECIAL, .list_return = LR_SPECIAL, .responses = RESP_SPECIAL_USE}},
    {"CREATE-SPECIAL-USE", SIGNED_IN, LINE_ANY, 6154, .opens = {.args = ARG_CREATE_USE}},
    {"OBJECTID",      SIGNED_IN, LINE_ANY,   8474, .opens = {.status = ST_MAILBOXID, .fetch = FI_EMAILID | FI_THREADID,
                                                     .search = IMAP_KEY(SK_EMAILID) | IMAP_KEY(SK_THREADID), .responses = RESP_MAILBOXID}},
    {"SAVEDATE",      SIGNED_IN, LINE_ANY,   8514, .opens = {.fetch = FI_SAVEDATE, .search = IMAP_KEY(SK_SAVEDBEFORE) | IMAP_KEY(SK_SAVEDON) |
                                                     IMAP_KEY(SK_SAVEDSINCE) | IMAP_KEY(SK_SAVEDATESUPPORTED)}},
    {"PREVIEW",       SIGNED_IN, LINE_ANY,   8970, .opens = {.fetch = FI_PREVIEW}},
    {"CHILDREN",      SIGNED_IN, LINE_ANY,   3348, .opens = {.responses = RESP_CHILDREN}},
    {"LIST-EXTENDED", SIGNED_IN, LINE_ANY,   5258, .opens = {.list_select = LS_SUBSCRIBED | LS_REMOTE | LS_RECURSIVE, .list_return = LR_SUBSCRIBED | LR_CHILDREN,
                                                     .args = ARG_LIST_EXTENDED}},
    {"LIST-STATUS",   SIGNED_IN, LINE_ANY,   5819, .opens = {.list_return = LR_STATUS}},
    {"STATUS=SIZE",   SIGNED_IN, LINE_ANY,   8438, .opens = {.status = ST_SIZE}},
    {"QUOTA",         SIGNED_IN, LINE_ANY,   9208, .put = NULL},
    {"QUOTA=RES-STORAGE", SIGNED_IN, LINE_ANY, 9208, .opens = {.status = ST_DELETED_STORAGE}},
    {"QUOTA=RES-MESSAGE", SIGNED_IN, LINE_ANY, 9208, .opens = {.status = ST_DELETED}},
    {"UTF8=ACCEPT",   SIGNED_IN, LINE_ANY,   6855, .enabled = &utf8},
    {"INPROGRESS",    SIGNED_IN, LINE_ANY,   9585, .put = NULL},
    {"APPENDLIMIT",   SIGNED_IN, LINE_ANY,   7889, .put = put_append_limit, .opens = {.status = ST_APPENDLIMIT}},
    {"CONDSTORE",     SIGNED_IN, LINE_ANY,   7162, .opens = {.status = ST_HIGHESTMODSEQ, .fetch = FI_MODSEQ, .search = IMAP_KEY(SK_MODSEQ), .args = ARG_CONDSTORE},
                                                   .enabled = &condstore_enabled},
    {"QRESYNC",       SIGNED_IN, LINE_ANY,   7162, .opens = {.responses = RESP_CLOSED}, .enabled = &qresync_enabled},
    {"ESEARCH",       SIGNED_IN, LINE_ANY,   4731, .opens = {.search_return = SR_MIN | SR_MAX | SR_ALL | SR_COUNT}},
    {"SEARCHRES",     SIGNED_IN, LINE_ANY,   5182, .opens = {.search_return = SR_SAVE, .args = ARG_SEARCHRES}},
    {"WITHIN",        SIGNED_IN, LINE_ANY,   5032, .opens = {.search = IMAP_KEY(SK_OLDER) | IMAP_KEY(SK_YOUNGER)}},
    {"SORT",          SIGNED_IN, LINE_ANY,   5256, .opens = {.sort = (1u << SORT_DISPLAYFROM) - 1}},
    {"SORT=DISPLAY",  SIGNED_IN, LINE_ANY,   5957, .opens = {.sort = 1u << SORT_DISPLAYFROM | 1u << SORT_DISPLAYTO}},
    {"THREAD=ORDEREDSUBJECT", SIGNED_IN, LINE_ANY, 5256, .opens = {.thread = 1u << THREAD_ORDEREDSUBJECT}},
    {"THREAD=REFERENCES", SIGNED_IN, LINE_ANY, 5256, .opens = {.thread = 1u << THREAD_REFERENCES}},
    {"I18NLEVEL=1",   SIGNED_IN, LINE_ANY,   5255, .put = NULL},
    {"ESORT",         SIGNED_IN, LINE_ANY,   5267, .opens = {.args = ARG_ESORT}},
    {"CONTEXT=SEARCH", SIGNED_IN, LINE_ANY,  5267, .opens = {.search_return = SR_UPDATE | SR_CONTEXT}},
    {"CONTEXT=SORT",  SIGNED_IN, LINE_ANY,   5267, .put = NULL},
    {"PARTIAL",       SIGNED_IN, LINE_ANY,   9394, .opens = {.search_return = SR_PARTIAL, .args = ARG_PARTIAL}},
    {"MULTISEARCH",   SIGNED_IN, LINE_ANY,   7377, .put = NULL},
    {"SEARCH=FUZZY",  SIGNED_IN, LINE_ANY,   6203, .opens = {.search = IMAP_KEY(SK_FUZZY), .search_return = SR_RELEVANCY, .sort = 1u << SORT_RELEVANCY}},
    {"URLAUTH",       SIGNED_IN, LINE_ANY,   4467, .put = NULL},
    {"URLAUTH=BINARY", SIGNED_IN, LINE_ANY,  5524, .opens = {.args = ARG_URL_ITEMS}},
    {"METADATA",      SIGNED_IN, LINE_ANY,   5464, .enabled = &metadata_enabled},
    {"METADATA-SERVER", SIGNED_IN, LINE_ANY, 5464, .put = put_nothing, .enabled = &metadata_server_enabled},
    {"LIST-METADATA", SIGNED_IN, LINE_ANY,   9590, .opens = {.list_return = LR_METADATA}},
    {"ACL",           SIGNED_IN, LINE_ANY,   4314, .put = NULL},
    {"RIGHTS=kxte",   SIGNED_IN, LINE_ANY,   4314, .put = NULL},
    {"LIST-MYRIGHTS", SIGNED_IN, LINE_ANY,   8440, .opens = {.list_return = LR_MYRIGHTS}},
    {"UIDONLY",       SIGNED_IN, LINE_ANY,   9586, .enabled = &uidonly_enabled},
};
/* clang-format on */
const struct extensions extensions = {rows, sizeof rows / sizeof *rows};
_Static_assert(sizeof rows / sizeof *rows <= ROWS_MAX, "a session has a bit for each");

void extensions_tell(const struct extensions *t, const struct imap_session *s, struct buf *out)
{
    unsigned line = s->has_tls ? LINE_TLS : LINE_CLEAR;
    const char *sep = "";
    size_t before;

    for (size_t i = 0; i < t->n; i++) {
        const struct extension *x = &t->row[i];

        if ((x->states & s->state) == 0 || (x->line & line) == 0)
            continue;
        before = out->n;
        buf_addstr(out, sep);
        if (x->put)
            x->put(s, out);
        else
            buf_addstr(out, x->name);
        if (out->n == before + strlen(sep)) /* there is nothing to tell */
            buf_cut(out, before);
        else
            sep = " ";
    }
}

static void add(struct imap_opened *to, const struct imap_opened *more)
{
    to->status |= more->status;
    to->list_select |= more->list_select;
    to->list_return |= more->list_return;
    to->fetch |= more->fetch;
    to->search |= more->search;
    to->search_return |= more->search_return;
    to->sort |= more->sort;
    to->thread |= more->thread;
    to->args |= more->args;
    to->responses |= more->responses;
}

void extensions_open(const struct extensions *t, struct imap_session *s)
{
    s->opened = (struct imap_opened){0};
    for (size_t i = 0; i < t->n; i++) {
        add(&s->opened, &t->row[i].opens);
        if (s->enabled >> i & 1)
            add(&s->opened, t->row[i].enabled);
    }
}

bool extension_enable(const struct extensions *t, struct imap_session *s, struct span name, const char **name_out)
{
    for (size_t i = 0; i < t->n; i++) {
        uint64_t bit = UINT64_C(1) << i;

        if (!span_ieq_str(name, t->row[i].name) || t->row[i].enabled == NULL || (s->enabled & bit))
            continue;
        s->enabled |= bit;
        extensions_open(t, s);
        *name_out = t->row[i].name;
        return true;
    }
    return false;
}

void extension_use(struct imap_session *s, const char *name)
{
    const char *spelled;

    (void)extension_enable(&extensions, s, span_str(name), &spelled);
}

bool extension_there(const struct extensions *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->row[i].name, name) == 0)
            return true;
    return false;
}

/* ---- JSON ---- */
void extensions_print(void)
{
    static const struct {
        unsigned bit;
        const char *name;
    } states[] = {{IS_NEW, "not-authenticated"}, {IS_AUTH, "authenticated"}, {IS_SELECTED, "selected"}};

    printf("[\n");
    for (size_t i = 0; i < extensions.n; i++) {
        const struct extension *x = &extensions.row[i];
        const char *comma = "";

        printf("  {\"name\": \"%s\", \"states\": [", x->name);
        for (size_t k = 0; k < sizeof states / sizeof *states; k++)
            if (x->states & states[k].bit) {
                printf("%s\"%s\"", comma, states[k].name);
                comma = ", ";
            }
        printf("], \"clear\": %s, \"tls\": %s, \"enable\": %s, \"rfc\": %u}%s\n",
               x->line & LINE_CLEAR ? "true" : "false", x->line & LINE_TLS ? "true" : "false",
               x->enabled ? "true" : "false", x->rfc, i + 1 < extensions.n ? "," : "");
    }
    printf("]\n");
}
