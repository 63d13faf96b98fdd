/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/status.c - the items of STATUS. Each has a row and a function. See imapd/list.h. Source RFC 3501 7.2.4, RFC
 * 7889 4, RFC 8438, RFC 7162 3.1.7. */
#include "imapd/extensions.h"
#include "imapd/list.h"
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

static const struct item {
    unsigned bit;
    bool asks; /* the list of folders does not have it: the store is asked for this folder */
    uint64_t (*value)(const struct imap_session *s, const struct store_status_rep *st);
} items[] = {
    {ST_MESSAGES, false, messages},
    {ST_RECENT, true, recent},
    {ST_UIDNEXT, false, uidnext},
    {ST_UIDVALIDITY, false, uidvalidity},
    {ST_UNSEEN, false, unseen},
    {ST_SIZE, true, size},
    {ST_APPENDLIMIT, false, append_limit},
    {ST_HIGHESTMODSEQ, false, highest_modseq},
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
    enum rc rc;

    if (wanted & ST_HIGHESTMODSEQ)
        extension_use(s, "CONDSTORE");
    rc = ask(s, f, wanted, &st, e);
    if (rc != RC_OK)
        return rc;
    buf_addstr(&s->out, "* STATUS ");
    imap_put_mailbox(&s->out, f->name);
    buf_addstr(&s->out, " (");
    for (size_t i = 0; i < N_ITEMS; i++) {
        if ((wanted & items[i].bit) == 0)
            continue;
        buf_addf(&s->out, "%s%s ", sep, imap_status_name(items[i].bit));
        put_u64(&s->out, items[i].value(s, &st));
        sep = " ";
    }
    buf_addstr(&s->out, ")\r\n");
    return RC_OK;
}
