/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/search.c - see proto/imap/search.h. Nested keys are read by recursion, at most IMAP_DEPTH deep. */
#include "proto/imap/search.h"
#include "proto/imap/date.h"
#include "proto/imap/flags.h"

struct parse {
    struct imap_in *in;
    size_t n;
    unsigned depth; /* of the key at hand */
};
typedef bool take_fn(struct parse *p, struct imap_key *k);
static take_fn no_arg, take_text, take_keyword, take_day, take_size, take_header, take_uids, take_not, take_or,
    take_modseq, take_age, take_fuzzy;

struct key_row {
    const char *name;
    enum imap_key_op op;
    take_fn *take; /* its arguments */
    bool on;
    uint64_t flag;
    const char *field;
};
_Static_assert(SK_OPS_ <= 64, "a set of keys has a bit for each");
static const struct key_row keys[] = {
    {"ALL", SK_ALL, no_arg, true, 0, NULL},
    {"ANSWERED", SK_FLAG, no_arg, true, IMAP_ANSWERED, NULL},
    {"BCC", SK_HEADER, take_text, true, 0, "bcc"},
    {"BEFORE", SK_BEFORE, take_day, true, 0, NULL},
    {"BODY", SK_BODY, take_text, true, 0, NULL},
    {"CC", SK_HEADER, take_text, true, 0, "cc"},
    {"DELETED", SK_FLAG, no_arg, true, IMAP_DELETED, NULL},
    {"DRAFT", SK_FLAG, no_arg, true, IMAP_DRAFT, NULL},
    {"EMAILID", SK_EMAILID, take_keyword, true, 0, NULL},
    {"FLAGGED", SK_FLAG, no_arg, true, IMAP_FLAGGED, NULL},
    {"FROM", SK_HEADER, take_text, true, 0, "from"},
    {"FUZZY", SK_FUZZY, take_fuzzy, true, 0, NULL},
    {"HEADER", SK_HEADER, take_header, true, 0, NULL},
    {"KEYWORD", SK_KEYWORD, take_keyword, true, 0, NULL},
    {"LARGER", SK_LARGER, take_size, true, 0, NULL},
    {"MODSEQ", SK_MODSEQ, take_modseq, true, 0, NULL},
    {"NEW", SK_NEW, no_arg, true, 0, NULL},
    {"NOT", SK_NOT, take_not, true, 0, NULL},
    {"OLD", SK_OLD, no_arg, true, 0, NULL},
    {"OLDER", SK_OLDER, take_age, true, 0, NULL},
    {"ON", SK_ON, take_day, true, 0, NULL},
    {"OR", SK_OR, take_or, true, 0, NULL},
    {"RECENT", SK_RECENT, no_arg, true, 0, NULL},
    {"SAVEDATESUPPORTED", SK_SAVEDATESUPPORTED, no_arg, true, 0, NULL},
    {"SAVEDBEFORE", SK_SAVEDBEFORE, take_day, true, 0, NULL},
    {"SAVEDON", SK_SAVEDON, take_day, true, 0, NULL},
    {"SAVEDSINCE", SK_SAVEDSINCE, take_day, true, 0, NULL},
    {"SEEN", SK_FLAG, no_arg, true, IMAP_SEEN, NULL},
    {"SENTBEFORE", SK_SENTBEFORE, take_day, true, 0, NULL},
    {"SENTON", SK_SENTON, take_day, true, 0, NULL},
    {"SENTSINCE", SK_SENTSINCE, take_day, true, 0, NULL},
    {"SINCE", SK_SINCE, take_day, true, 0, NULL},
    {"SMALLER", SK_SMALLER, take_size, true, 0, NULL},
    {"SUBJECT", SK_HEADER, take_text, true, 0, "subject"},
    {"TEXT", SK_TEXT, take_text, true, 0, NULL},
    {"THREADID", SK_THREADID, take_keyword, true, 0, NULL},
    {"TO", SK_HEADER, take_text, true, 0, "to"},
    {"UID", SK_UID, take_uids, true, 0, NULL},
    {"UNANSWERED", SK_FLAG, no_arg, false, IMAP_ANSWERED, NULL},
    {"UNDELETED", SK_FLAG, no_arg, false, IMAP_DELETED, NULL},
    {"UNDRAFT", SK_FLAG, no_arg, false, IMAP_DRAFT, NULL},
    {"UNFLAGGED", SK_FLAG, no_arg, false, IMAP_FLAGGED, NULL},
    {"UNKEYWORD", SK_KEYWORD, take_keyword, false, 0, NULL},
    {"UNSEEN", SK_FLAG, no_arg, false, IMAP_SEEN, NULL},
    {"YOUNGER", SK_YOUNGER, take_age, true, 0, NULL},
};

static struct imap_key *take_key(struct parse *p);

static struct imap_key *new_key(struct parse *p, enum imap_key_op op)
{
    struct imap_key *k;

    if (p->n == IMAP_KEYS || (k = imap_arena_get(p->in->mem, sizeof *k)) == NULL)
        return NULL;
    p->n++;
    k->op = op;
    return k;
}

/* Takes one or more keys with SP between them. */
static bool take_children(struct parse *p, struct imap_key *parent)
{
    struct imap_key **tail = &parent->child;

    do {
        if ((*tail = take_key(p)) == NULL)
            return false;
        tail = &(*tail)->next;
    } while (imap_sp(p->in));
    return true;
}

/* ---- arguments ---- */
static bool no_arg(struct parse *p, struct imap_key *k)
{
    (void)p, (void)k;
    return true;
}

static bool take_text(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && imap_take_astring(p->in, &k->text);
}

static bool take_keyword(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && imap_take_atom(p->in, &k->text);
}

static bool take_day(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && imap_take_date(p->in, &k->num);
}

static bool take_number(struct parse *p, struct imap_key *k)
{
    uint64_t v;

    if (!imap_take_number(p->in, INT64_MAX, &v))
        return false;
    k->num = (int64_t)v;
    return true;
}

static bool take_size(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && take_number(p, k);
}

/* "/flags/\\\\Seen" all 5: a name and a type may stand before the number. A message has one mod-sequence for all its flags, so
 * they choose nothing (RFC 7162 3.1.5). */
static bool take_modseq(struct parse *p, struct imap_key *k)
{
    struct span entry, type;

    if (!imap_sp(p->in))
        return false;
    if (imap_peek(p->in) == '"') {
        if (!imap_take_string(p->in, &entry) || !span_istarts(entry, "/flags/") || !imap_sp(p->in) ||
            !imap_take_name(p->in, &type) || !imap_sp(p->in))
            return false;
        if (!span_ieq_str(type, "all") && !span_ieq_str(type, "priv") && !span_ieq_str(type, "shared"))
            return false;
    }
    return take_number(p, k);
}

static bool take_age(struct parse *p, struct imap_key *k)
{
    uint64_t v;

    if (!imap_sp(p->in) || !imap_take_number(p->in, UINT32_MAX, &v) || v == 0)
        return false;
    k->num = (int64_t)v;
    return true;
}

static bool take_header(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && imap_take_astring(p->in, &k->field) && take_text(p, k);
}

static bool take_uids(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && imap_take_set(p->in, &k->set);
}

static bool take_not(struct parse *p, struct imap_key *k)
{
    return imap_sp(p->in) && (k->child = take_key(p)) != NULL;
}

static void mark_fuzzy(struct imap_key *k)
{
    k->fuzzy = true;
    for (struct imap_key *c = k->child; c; c = c->next)
        mark_fuzzy(c);
}

static bool take_fuzzy(struct parse *p, struct imap_key *k)
{
    if (!take_not(p, k))
        return false;
    mark_fuzzy(k->child);
    return true;
}

static bool take_or(struct parse *p, struct imap_key *k)
{
    return take_not(p, k) && imap_sp(p->in) && (k->child->next = take_key(p)) != NULL;
}

/* ---- keys ---- */
static const struct key_row *row_of(const struct imap_in *in, struct span name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (span_ieq_str(name, keys[i].name))
            return in->opened->search & IMAP_KEY(keys[i].op) ? &keys[i] : NULL;
    return NULL;
}

static struct imap_key *take_named(struct parse *p)
{
    struct span name;
    const struct key_row *row = imap_take_name(p->in, &name) ? row_of(p->in, name) : NULL;
    struct imap_key *k = row ? new_key(p, row->op) : NULL;

    if (k == NULL)
        return NULL;
    k->on = row->on;
    k->flag = row->flag;
    k->field = span_str(row->field);
    return row->take(p, k) ? k : NULL;
}

static struct imap_key *take_group(struct parse *p)
{
    struct imap_key *k = new_key(p, SK_AND);

    return k && take_children(p, k) && imap_is(p->in, ')') ? k : NULL;
}

static struct imap_key *take_numbers(struct parse *p)
{
    struct imap_key *k = new_key(p, SK_SEQ);

    return k && imap_take_set(p->in, &k->set) ? k : NULL;
}

static struct imap_key *take_key(struct parse *p)
{
    int c = imap_peek(p->in);
    struct imap_key *k;

    if (p->depth == IMAP_DEPTH)
        return NULL;
    p->depth++;
    if (imap_is(p->in, '('))
        k = take_group(p);
    else
        k = c == '*' || c == '$' || (c >= '0' && c <= '9') ? take_numbers(p) : take_named(p);
    p->depth--;
    return k;
}

bool imap_search_has(const struct imap_key *top, uint64_t these)
{
    if (IMAP_KEY(top->op) & these)
        return true;
    for (const struct imap_key *c = top->child; c; c = c->next)
        if (imap_search_has(c, these))
            return true;
    return false;
}

static bool needs_scores(const struct imap_search *s)
{
    for (size_t i = 0; i < s->n_sort; i++)
        if (s->sort[i].by == SORT_RELEVANCY)
            return true;
    return (s->ret & SR_RELEVANCY) != 0;
}

bool imap_take_program(struct imap_in *in, struct imap_search *out)
{
    struct parse p = {.in = in};

    out->top = new_key(&p, SK_AND);
    if (out->top == NULL || !take_children(&p, out->top))
        return false;
    if (needs_scores(out) && !imap_search_has(out->top, IMAP_KEY(SK_FUZZY))) /* RFC 6203 4, 5 */
        return false;
    out->n = p.n;
    return true;
}

bool imap_take_search(struct imap_in *in, struct imap_search *out)
{
    struct imap_search s = {0};

    if (!imap_take_search_return(in, &s))
        return false;
    if (imap_word(in, "CHARSET ") &&
        ((in->opened->args & ARG_NO_CHARSET) || !imap_take_astring(in, &s.charset) || !imap_sp(in)))
        return false;
    if (!imap_take_program(in, &s))
        return false;
    *out = s;
    return true;
}
