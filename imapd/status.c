/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/status.c - the items of STATUS. Each has a row and a function. See imapd/list.h. Source RFC 3501 7.2.4, RFC
 * 7889 4, RFC 8438, RFC 7162 3.1.7, RFC 8474 4.3. */
#include "imapd/extensions.h"
#include "imapd/list.h"
#include "imapd/objectid.h"
#include "proto/imap/write.h"

static uint64_t messages(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->exists;
}

static uint64_t recent(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->recent;
}

static uint64_t uidnext(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->uidnext;
}

static uint64_t uidvalidity(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->uidvalidity;
}

static uint64_t unseen(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->unseen;
}

/* The sum of RFC822.SIZE over the folder's messages, which the store counts (INV-5 of store/ops/folder.h). */
static uint64_t size(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->bytes;
}

static uint64_t highest_modseq(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)s;
    return st->modseq;
}

static uint64_t append_limit(const struct imap_session *s, const struct store_status_rep *st)
{
    (void)st;
    return s->conf->max_message;
}

static enum rc mailbox_id_of(struct imap_session *s, const struct folder *f, struct err *e)
{
    (void)e;
    buf_addc(&s->out, '(');
    objectid_folder(f->id, &s->out);
    buf_addc(&s->out, ')');
    return RC_OK;
}

static enum rc deleted(struct imap_session *s, const struct folder *f, struct err *e)
{
    uint64_t n;
    enum rc rc = deleted_count(s, f->id, &n, NULL, e);

    put_u64(&s->out, rc == RC_OK ? n : 0);
    return rc;
}

static enum rc deleted_octets(struct imap_session *s, const struct folder *f, struct err *e)
{
    uint64_t n, octets = 0;
    enum rc rc = deleted_count(s, f->id, &n, &octets, e);

    put_u64(&s->out, octets);
    return rc;
}

static const struct item {
    unsigned bit;
    bool asks; /* the list of folders does not have it: the store is asked for this folder */
    uint64_t (*value)(const struct imap_session *s, const struct store_status_rep *st); /* a number; NULL: .put */
    enum rc (*put)(struct imap_session *s, const struct folder *f, struct err *e);      /* into .out */
} items[] = {
    {ST_MESSAGES, false, messages, NULL},
    {ST_RECENT, true, recent, NULL},
    {ST_UIDNEXT, false, uidnext, NULL},
    {ST_UIDVALIDITY, false, uidvalidity, NULL},
    {ST_UNSEEN, false, unseen, NULL},
    {ST_SIZE, true, size, NULL},
    {ST_APPENDLIMIT, false, append_limit, NULL},
    {ST_MAILBOXID, false, NULL, mailbox_id_of},
    {ST_DELETED, false, NULL, deleted},
    {ST_DELETED_STORAGE, false, NULL, deleted_octets},
    {ST_HIGHESTMODSEQ, false, highest_modseq, NULL},
};
enum { N_ITEMS = sizeof items / sizeof *items };

static enum rc ask(struct imap_session *s, const struct folder *f, unsigned wanted, struct store_status_rep *st,
                   struct err *e)
{
    struct store_folder_msg rq = {f->id};

    for (size_t i = 0; i < N_ITEMS; i++)
        if (items[i].asks && (wanted & items[i].bit))
            return store_call(s->store, STORE_FOLDER_STATUS, &rq, -1, st, e);
    return RC_OK;
}

enum rc status_put(struct imap_session *s, const struct folder *f, unsigned wanted, struct err *e)
{
    struct store_status_rep st = {.uidvalidity = f->uidvalidity,
                                  .uidnext = f->uidnext,
                                  .exists = f->exists,
                                  .unseen = f->unseen,
                                  .modseq = f->modseq};
    const char *sep = "";
    size_t start;
    enum rc rc;

    if (wanted & ST_HIGHESTMODSEQ)
        extension_use(s, "CONDSTORE");
    rc = ask(s, f, wanted, &st, e);
    if (rc != RC_OK)
        return rc;
    start = s->out.n;
    buf_addstr(&s->out, "* STATUS ");
    imap_put_mailbox(&s->out, f->name, s->opened.responses & RESP_UTF8);
    buf_addstr(&s->out, " (");
    for (size_t i = 0; i < N_ITEMS && rc == RC_OK; i++) {
        if ((wanted & items[i].bit) == 0)
            continue;
        buf_addf(&s->out, "%s%s ", sep, imap_status_name(items[i].bit));
        if (items[i].value)
            put_u64(&s->out, items[i].value(s, &st));
        else
            rc = items[i].put(s, f, e);
        sep = " ";
    }
    buf_addstr(&s->out, ")\r\n");
    if (rc != RC_OK)
        buf_cut(&s->out, start);
    return rc;
}
