/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/metadata.c - reads, opens, seals and writes annotations. See imapd/metadata.h. What others changed: imapd/metadata_news.c. */
#include "imapd/metadata.h"
#include "imapd/list.h"
#include "proto/imap/write.h"
#include <stdlib.h>

/* ---- reading ---- */
void annotations_free(struct annotations *a)
{
    buf_free(&a->mem);
    free(a->v);
    *a = (struct annotations){0};
}

/* A row's name must be that of its tag, which the seal binds it to. */
static enum rc open_row(struct imap_session *s, const struct store_annotation *row, struct annotations *out,
                        struct err *e)
{
    struct annotation_of one = {.folder = row->folder, .name = out->mem.n, .change = row->change};
    enum rc rc = mailbox_open_entry(s->box, row, SEAL_ENTRY_NAME, row->name, &out->mem, e);

    one.value = out->mem.n;
    one.name_n = one.value - one.name;
    if (rc == RC_OK && row->value.n > 0)
        rc = mailbox_open_entry(s->box, row, SEAL_ENTRY_VALUE, row->value, &out->mem, e);
    one.value_n = out->mem.n - one.value;
    if (rc != RC_OK)
        return rc;
    if (out->n % 64 == 0 && (out->v = realloc(out->v, (out->n + 64) * sizeof *out->v)) == NULL)
        die("out of memory");
    out->v[out->n++] = one;
    return RC_OK;
}

static struct span name_of(const struct annotations *a, size_t i)
{
    return span_of(a->mem.p + a->v[i].name, a->v[i].name_n);
}

static struct span value_of(const struct annotations *a, size_t i)
{
    return span_of(a->mem.p + a->v[i].value, a->v[i].value_n);
}

static int by_place(const void *x, const void *y, void *mem)
{
    const struct annotation_of *a = x, *b = y;
    const unsigned char *p = mem;
    size_t n = a->name_n < b->name_n ? a->name_n : b->name_n;
    int way = a->folder < b->folder ? -1 : a->folder > b->folder ? 1 : memcmp(p + a->name, p + b->name, n);

    return way ? way : (a->name_n > b->name_n) - (a->name_n < b->name_n);
}

/* The tags of what is asked for. With a DEPTH names are compared here, so all of the folder is asked for. */
static enum rc tags_of(struct imap_session *s, const struct imap_entries *wanted, struct buf *tags, struct err *e)
{
    unsigned char tag[SEAL_NAME_TAG];
    enum rc rc = RC_OK;

    if (!wanted || wanted->depth > 0)
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < wanted->n; i++)
        if ((rc = mailbox_entry_tag(s->box, wanted->name[i], tag, e)) == RC_OK)
            buf_add(tags, tag, sizeof tag);
    return rc;
}

static enum rc load_pages(struct imap_session *s, struct store_metadata_req *rq, struct annotations *out, struct err *e)
{
    struct store_metadata_rep rep;
    struct store_annotation row;
    struct buf mem = BUF_INIT, from = BUF_INIT; /* open: what is sealed; a place */
    struct err end;
    enum rc rc;

    do {
        rc = store_call_in(s->store, STORE_METADATA, rq, -1, &rep, &mem, e);
        while (rc == RC_OK && ipc_list_next(&rep.list, store_annotation_f, &row, &end) == RC_OK)
            rc = open_row(s, &row, out, e);
        if (rc != RC_OK)
            break;
        out->change = rq->from.n == 0 ? rep.change : out->change;
        buf_clear(&from);
        buf_addspan(&from, rep.next);
        rq->from = buf_span(&from);
    } while (rq->from.n > 0);
    buf_free(&mem);
    buf_free(&from);
    return rc;
}

enum rc metadata_load(struct imap_session *s, uint32_t folder, const struct imap_entries *wanted, const uint64_t *since,
                      struct annotations *out, struct err *e)
{
    struct store_metadata_req rq = {.folder = folder, .values = since == NULL, .since = since ? *since : 0};
    struct buf tags = BUF_INIT; /* open: keyed hashes */
    enum rc rc;

    *out = (struct annotations){.mem = BUF_SECRET_INIT};
    rc = tags_of(s, wanted, &tags, e);
    rq.tags = buf_span(&tags);
    if (rc == RC_OK)
        rc = load_pages(s, &rq, out, e);
    buf_free(&tags);
    if (rc != RC_OK)
        annotations_free(out);
    else if (out->n > 1)
        qsort_r(out->v, out->n, sizeof *out->v, by_place, out->mem.p);
    return rc;
}

/* ---- writing ---- */
/* RFC 5464 4.2.2: with DEPTH 1 what is one level below, too; with infinity all that is below. */
static bool is_wanted(const struct imap_entries *w, struct span name)
{
    for (size_t i = 0; i < w->n; i++) {
        struct span below = span_from(name, w->name[i].n);

        if (span_eq(name, w->name[i]))
            return true;
        if (w->depth > 0 && folder_is_below(name, w->name[i]) &&
            (w->depth == IMAP_DEPTH_INFINITY || span_chr(span_from(below, 1), '/') < 0))
            return true;
    }
    return false;
}

struct told { /* one METADATA answer */
    struct imap_session *s;
    const struct imap_entries *wanted;
    struct span mailbox;
    bool any;
    uint64_t *longest;
};

/* value NULL: NIL */
static void tell(struct told *t, struct span name, const struct span *value)
{
    struct buf *out = &t->s->out;

    if (value && t->wanted->limited && value->n > t->wanted->maxsize) {
        *t->longest = value->n > *t->longest ? value->n : *t->longest;
        return;
    }
    if (t->any)
        buf_addc(out, ' ');
    else {
        buf_addstr(out, "* METADATA ");
        homes_put_name(t->s, out, t->mailbox);
        buf_addstr(out, " (");
    }
    t->any = true;
    imap_put_astring(out, name);
    buf_addc(out, ' ');
    if (value)
        imap_put_string8(out, *value);
    else
        buf_addstr(out, "NIL");
}

static void tell_use(struct told *t, uint32_t folder, uint8_t special)
{
    struct span use = span_str(special_name(special));

    if (folder != 0 && use.n > 0)
        tell(t, SPAN_LIT(METADATA_USE), &use);
    else if (t->wanted->depth == 0)
        tell(t, SPAN_LIT(METADATA_USE), NULL);
}

/* Without DEPTH each entry that was asked for is answered, in that order. */
static void tell_exact(struct told *t, const struct annotations *a, uint32_t folder, uint8_t special)
{
    for (size_t i = 0; i < t->wanted->n; i++) {
        struct span value, *found = NULL;

        for (size_t k = 0; k < a->n && !found; k++)
            if (a->v[k].folder == folder && span_eq(name_of(a, k), t->wanted->name[i])) {
                value = value_of(a, k);
                found = &value;
            }
        if (span_eq_str(t->wanted->name[i], METADATA_USE))
            tell_use(t, folder, special);
        else
            tell(t, t->wanted->name[i], found);
    }
}

static void tell_below(struct told *t, const struct annotations *a, uint32_t folder, uint8_t special)
{
    if (is_wanted(t->wanted, SPAN_LIT(METADATA_USE)))
        tell_use(t, folder, special);
    for (size_t k = 0; k < a->n; k++) {
        struct span value = value_of(a, k);

        if (a->v[k].folder == folder && is_wanted(t->wanted, name_of(a, k)))
            tell(t, name_of(a, k), &value);
    }
}

void metadata_put(struct imap_session *s, const struct annotations *a, uint32_t folder, uint8_t special,
                  struct span name, const struct imap_entries *wanted, uint64_t *longest)
{
    struct told t = {.s = s, .wanted = wanted, .mailbox = name, .longest = longest};

    if (wanted->depth == 0)
        tell_exact(&t, a, folder, special);
    else
        tell_below(&t, a, folder, special);
    if (t.any)
        buf_addstr(&s->out, ")\r\n");
}

/* ---- setting ---- */
/* "\Sent": one use, because a folder has one. NIL and "" take it away. */
static enum rc use_of(uint32_t folder, const struct imap_annotation *n, uint8_t *special_out, struct err *e)
{
    if (folder == 0 || folder == STORE_INBOX)
        return reply_no(e, CAUSE_SPECIAL_USE);
    *special_out = SU_NONE;
    return n->value.n == 0 || special_of(n->value, special_out) ? RC_OK : reply_no(e, CAUSE_SPECIAL_USE);
}

static enum rc add_one(struct imap_session *s, uint32_t folder, const struct imap_annotation *n, struct buf *list,
                       struct err *e)
{
    struct store_annotation one = {.folder = folder, .shared = span_istarts(n->name, "/shared/")};
    struct buf name = BUF_INIT, value = BUF_INIT; /* open: sealed */
    enum rc rc;

    if (span_eq_str(n->name, METADATA_ADMIN))
        return reply_no(e, CAUSE_METADATA_READ_ONLY);
    if (n->value.n > STORE_ANNOTATION_MAX)
        return reply_no(e, CAUSE_METADATA_SIZE);
    rc = mailbox_entry_tag(s->box, n->name, one.tag, e);
    if (rc == RC_OK)
        rc = mailbox_seal_entry(s->box, &one, SEAL_ENTRY_NAME, n->name, &name, e);
    if (rc == RC_OK && !n->nil)
        rc = mailbox_seal_entry(s->box, &one, SEAL_ENTRY_VALUE, n->value, &value, e);
    one.name = buf_span(&name);
    one.value = buf_span(&value);
    if (rc == RC_OK && list->n + name.n + value.n + 128 > STORE_PAGE)
        rc = reply_no(e, CAUSE_METADATA_TOO_MANY);
    if (rc == RC_OK)
        ipc_list_add(list, store_annotation_f, &one);
    buf_free(&name);
    buf_free(&value);
    return rc;
}

static enum rc send(struct imap_session *s, const struct store_metadata_set_req *rq, struct err *e)
{
    struct store_metadata_set_rep rep;
    enum rc rc = store_call(s->store, STORE_METADATA_SET, rq, -1, &rep, e);

    if (rc == RC_OK)
        metadata_own(s, rep.before, rep.change);
    if (rc == RC_EXISTS)
        return reply_no(e, CAUSE_SPECIAL_USE);
    return rc == RC_NOTFOUND ? reply_no(e, CAUSE_NO_SUCH_MAILBOX) : rc;
}

enum rc metadata_set(struct imap_session *s, uint32_t folder, const struct imap_metadata_args *a, struct err *e)
{
    struct store_metadata_set_req rq = {.folder = folder, .special = STORE_SPECIAL_KEEP};
    struct buf list = BUF_INIT; /* open: sealed */
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < a->n; i++)
        rc = span_eq_str(a->set[i].name, METADATA_USE) ? use_of(folder, &a->set[i], &rq.special, e)
                                                       : add_one(s, folder, &a->set[i], &list, e);
    rq.list = buf_span(&list);
    if (rc == RC_OK)
        rc = send(s, &rq, e);
    buf_free(&list);
    return rc;
}
