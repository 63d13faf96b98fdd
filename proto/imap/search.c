/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/search.c - see proto/imap/search.h. Nested keys are taken by recursion of at most IMAP_DEPTH. */
#include "proto/imap/search.h"
#include "proto/imap/date.h"
#include "proto/imap/flags.h"

enum arg { A_NONE, A_STRING, A_KEYWORD, A_DATE, A_NUMBER, A_HEADER, A_UID, A_NOT, A_OR };
struct key_row {
    const char *name;
    enum imap_key_op op;
    enum arg arg;
    bool on;
    uint64_t flag;
    const char *field;
};
static const struct key_row keys[] = {
    {"ALL", SK_ALL, A_NONE, true, 0, NULL},
    {"ANSWERED", SK_FLAG, A_NONE, true, IMAP_ANSWERED, NULL},
    {"BCC", SK_HEADER, A_STRING, true, 0, "bcc"},
    {"BEFORE", SK_BEFORE, A_DATE, true, 0, NULL},
    {"BODY", SK_BODY, A_STRING, true, 0, NULL},
    {"CC", SK_HEADER, A_STRING, true, 0, "cc"},
    {"DELETED", SK_FLAG, A_NONE, true, IMAP_DELETED, NULL},
    {"DRAFT", SK_FLAG, A_NONE, true, IMAP_DRAFT, NULL},
    {"FLAGGED", SK_FLAG, A_NONE, true, IMAP_FLAGGED, NULL},
    {"FROM", SK_HEADER, A_STRING, true, 0, "from"},
    {"HEADER", SK_HEADER, A_HEADER, true, 0, NULL},
    {"KEYWORD", SK_KEYWORD, A_KEYWORD, true, 0, NULL},
    {"LARGER", SK_LARGER, A_NUMBER, true, 0, NULL},
    {"NEW", SK_NEW, A_NONE, true, 0, NULL},
    {"NOT", SK_NOT, A_NOT, true, 0, NULL},
    {"OLD", SK_OLD, A_NONE, true, 0, NULL},
    {"ON", SK_ON, A_DATE, true, 0, NULL},
    {"OR", SK_OR, A_OR, true, 0, NULL},
    {"RECENT", SK_RECENT, A_NONE, true, 0, NULL},
    {"SEEN", SK_FLAG, A_NONE, true, IMAP_SEEN, NULL},
    {"SENTBEFORE", SK_SENTBEFORE, A_DATE, true, 0, NULL},
    {"SENTON", SK_SENTON, A_DATE, true, 0, NULL},
    {"SENTSINCE", SK_SENTSINCE, A_DATE, true, 0, NULL},
    {"SINCE", SK_SINCE, A_DATE, true, 0, NULL},
    {"SMALLER", SK_SMALLER, A_NUMBER, true, 0, NULL},
    {"SUBJECT", SK_HEADER, A_STRING, true, 0, "subject"},
    {"TEXT", SK_TEXT, A_STRING, true, 0, NULL},
    {"TO", SK_HEADER, A_STRING, true, 0, "to"},
    {"UID", SK_UID, A_UID, true, 0, NULL},
    {"UNANSWERED", SK_FLAG, A_NONE, false, IMAP_ANSWERED, NULL},
    {"UNDELETED", SK_FLAG, A_NONE, false, IMAP_DELETED, NULL},
    {"UNDRAFT", SK_FLAG, A_NONE, false, IMAP_DRAFT, NULL},
    {"UNFLAGGED", SK_FLAG, A_NONE, false, IMAP_FLAGGED, NULL},
    {"UNKEYWORD", SK_KEYWORD, A_KEYWORD, false, 0, NULL},
    {"UNSEEN", SK_FLAG, A_NONE, false, IMAP_SEEN, NULL},
};

struct parse {
    struct imap_in *in;
    size_t n;
};

static struct imap_key *take_key(struct parse *p, unsigned depth);

static struct imap_key *new_key(struct parse *p, enum imap_key_op op)
{
    struct imap_key *k;

    if (p->n == IMAP_KEYS || (k = imap_arena_get(p->in->mem, sizeof *k)) == NULL)
        return NULL;
    p->n++;
    k->op = op;
    return k;
}

/* One or more keys, apart by SP. */
static bool take_children(struct parse *p, struct imap_key *parent, unsigned depth)
{
    struct imap_key **tail = &parent->child;

    do {
        if ((*tail = take_key(p, depth)) == NULL)
            return false;
        tail = &(*tail)->next;
    } while (imap_sp(p->in));
    return true;
}

static bool take_or(struct parse *p, struct imap_key *k, unsigned depth)
{
    if (!imap_sp(p->in) || (k->child = take_key(p, depth)) == NULL || !imap_sp(p->in))
        return false;
    return (k->child->next = take_key(p, depth)) != NULL;
}

static bool take_header(struct imap_in *in, struct imap_key *k)
{
    return imap_sp(in) && imap_take_astring(in, &k->field) && imap_sp(in) && imap_take_astring(in, &k->text);
}

static bool take_size(struct imap_in *in, struct imap_key *k)
{
    uint64_t v;

    if (!imap_sp(in) || !imap_take_number(in, INT64_MAX, &v))
        return false;
    k->num = (int64_t)v;
    return true;
}

static bool take_arg(struct parse *p, enum arg arg, struct imap_key *k, unsigned depth)
{
    struct imap_in *in = p->in;

    switch (arg) {
    case A_NONE:
        return true;
    case A_STRING:
        return imap_sp(in) && imap_take_astring(in, &k->text);
    case A_KEYWORD:
        return imap_sp(in) && imap_take_atom(in, &k->text);
    case A_DATE:
        return imap_sp(in) && imap_take_date(in, &k->num);
    case A_NUMBER:
        return take_size(in, k);
    case A_HEADER:
        return take_header(in, k);
    case A_UID:
        return imap_sp(in) && imap_take_set(in, &k->set);
    case A_NOT:
        return imap_sp(in) && (k->child = take_key(p, depth)) != NULL;
    case A_OR:
        return take_or(p, k, depth);
    }
    return false;
}

static struct imap_key *take_named(struct parse *p, unsigned depth)
{
    struct span name;
    struct imap_key *k;

    if (!imap_take_name(p->in, &name))
        return NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!span_ieq_str(name, keys[i].name))
            continue;
        if ((k = new_key(p, keys[i].op)) == NULL)
            return NULL;
        k->on = keys[i].on;
        k->flag = keys[i].flag;
        k->field = span_str(keys[i].field);
        return take_arg(p, keys[i].arg, k, depth) ? k : NULL;
    }
    return NULL;
}

static struct imap_key *take_key(struct parse *p, unsigned depth)
{
    int c = imap_peek(p->in);
    struct imap_key *k;

    if (depth == IMAP_DEPTH)
        return NULL;
    if (imap_is(p->in, '(')) {
        k = new_key(p, SK_AND);
        return k && take_children(p, k, depth + 1) && imap_is(p->in, ')') ? k : NULL;
    }
    if (c != '*' && (c < '0' || c > '9'))
        return take_named(p, depth + 1);
    k = new_key(p, SK_SEQ);
    return k && imap_take_set(p->in, &k->set) ? k : NULL;
}

bool imap_take_search(struct imap_in *in, struct imap_search *out)
{
    struct parse p = {in, 0};
    struct imap_search s = {0};

    if (imap_word(in, "CHARSET ") && (!imap_take_astring(in, &s.charset) || !imap_sp(in)))
        return false;
    s.top = new_key(&p, SK_AND);
    if (s.top == NULL || !take_children(&p, s.top, 0))
        return false;
    s.n = p.n;
    *out = s;
    return true;
}
