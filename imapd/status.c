/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/status.c - the items of STATUS. Each has a row and a function. See imapd/list.h. Source RFC 3501 7.2.4, RFC
 * 7889 4, RFC 8438, RFC 7162 3.1.7, RFC 8474 4.3. */
#include "imapd/extensions.h"
#include "imapd/list.h"
#include "imapd/objectid.h"
#include "proto/imap/write.h"

struct known { /* of one folder */
    struct store_status_rep st;
    uint64_t deleted, deleted_octets;
};

static uint64_t messages(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.exists;
}

static uint64_t recent(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.recent;
}

static uint64_t uidnext(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.uidnext;
}

static uint64_t uidvalidity(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.uidvalidity;
}

static uint64_t unseen(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.unseen;
}

/* The sum of RFC822.SIZE over the folder's messages, which the store counts (INV-5 of store/ops/folder.h). */
static uint64_t size(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.bytes;
}

static uint64_t highest_modseq(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->st.modseq;
}

static uint64_t append_limit(const struct imap_session *s, const struct known *k)
{
    (void)k;
    return s->conf->max_message;
}

static uint64_t deleted(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->deleted;
}

static uint64_t deleted_octets(const struct imap_session *s, const struct known *k)
{
    (void)s;
    return k->deleted_octets;
}

static const struct item {
    unsigned bit;
    bool asks; /* the list of folders does not have it: the store is asked for this folder */
    uint64_t (*value)(const struct imap_session *s, const struct known *k); /* NULL: the folder's id */
} items[] = {
    {ST_MESSAGES, false, messages},
    {ST_RECENT, true, recent},
    {ST_UIDNEXT, false, uidnext},
    {ST_UIDVALIDITY, false, uidvalidity},
    {ST_UNSEEN, false, unseen},
    {ST_SIZE, true, size},
    {ST_APPENDLIMIT, false, append_limit},
    {ST_MAILBOXID, false, NULL},
    {ST_DELETED, false, deleted},
    {ST_DELETED_STORAGE, false, deleted_octets},
    {ST_HIGHESTMODSEQ, false, highest_modseq},
};
enum { N_ITEMS = sizeof items / sizeof *items };

static enum rc ask(struct imap_session *s, const struct folder *f, unsigned wanted, struct known *k, struct err *e)
{
    struct store_folder_msg rq = {f->id};
    bool asks = false, octets = wanted & ST_DELETED_STORAGE;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < N_ITEMS; i++)
        asks |= items[i].asks && (wanted & items[i].bit);
    if (asks)
        rc = store_call(s->store, STORE_FOLDER_STATUS, &rq, -1, &k->st, e);
    if (rc == RC_OK && (wanted & (ST_DELETED | ST_DELETED_STORAGE)))
        rc = deleted_count(s, f->id, &k->deleted, octets ? &k->deleted_octets : NULL, e);
    return rc;
}

static void put_id(struct imap_session *s, uint32_t folder, struct buf *out)
{
    buf_addc(out, '(');
    homes_put_id(s, folder, out);
    buf_addc(out, ')');
}

enum rc status_put(struct imap_session *s, const struct folder *f, unsigned wanted, struct err *e)
{
    if (wanted & ST_HIGHESTMODSEQ)
        extension_use(s, "CONDSTORE");
    return status_told(s, f, wanted, e);
}

enum rc status_told(struct imap_session *s, const struct folder *f, unsigned wanted, struct err *e)
{
    struct known k = {.st = {.uidvalidity = f->uidvalidity,
                             .uidnext = f->uidnext,
                             .exists = f->exists,
                             .unseen = f->unseen,
                             .modseq = f->modseq}};
    const char *sep = "";
    enum rc rc;

    if ((rc = ask(s, f, wanted, &k, e)) != RC_OK)
        return rc;
    buf_addstr(&s->out, "* STATUS ");
    homes_put_name(s, &s->out, f->name);
    buf_addstr(&s->out, " (");
    for (size_t i = 0; i < N_ITEMS; i++) {
        if ((wanted & items[i].bit) == 0)
            continue;
        buf_addf(&s->out, "%s%s ", sep, imap_status_name(items[i].bit));
        if (items[i].value)
            put_u64(&s->out, items[i].value(s, &k));
        else
            put_id(s, f->id, &s->out);
        sep = " ";
    }
    buf_addstr(&s->out, ")\r\n");
    return RC_OK;
}
