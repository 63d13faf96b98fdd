/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/mailbox.c - see flow/mailbox.h. */
#include "flow/mailbox.h"
#include "base/log.h"
#include "base/wipe.h"
#include "flow/epochs.h"
#include <stdlib.h>

struct secrets {
    unsigned char priv[SEAL_PRIV], names[SEAL_NAMES_KEY];
};
struct mailbox {
    struct store *st;
    struct keyd *k;
    uint64_t mbx;
    unsigned char pub[SEAL_PUB];
    uint32_t folders, removed_folder;
    uint64_t removed; /* of removed_folder */
    bool names;       /* sec->names is there */
    struct secrets *sec;
    struct epochs *epochs;
    struct buf ticket;
};

/* ---- opening ---- */
static enum rc open_slots(struct mailbox *m, struct span slots, struct span password, struct err *e)
{
    return keyd_open_box(m->k, buf_span(&m->ticket), m->pub, slots, password, m->sec->priv, e);
}

/* The former slots stand beside the new ones until a session has opened the mailbox with the new ones. This tells
 * stored that it has. If stored cannot be told, the next session tells it. */
static void slots_are_good(struct mailbox *m, uint64_t version)
{
    struct store_box_opened_req rq = {version};
    struct err e;

    if (store_call(m->st, STORE_BOX_OPENED, &rq, -1, NULL, &e) != RC_OK)
        log_err(LOG_WARN_, "slots-kept", &e);
}

/* New slots that do not open the mailbox lock nobody out, because the former slots, which did open it, are tried as
 * well. */
static enum rc open_former(struct mailbox *m, struct span former, struct span password, struct err *e)
{
    struct err why = *e;
    enum rc rc = open_slots(m, former, password, e);

    if (rc == RC_OK)
        log_ev(LOG_ERROR_, "slots-do-not-open", "mbx=%llu cause=%s opened=with-former-slots",
               (unsigned long long)m->mbx, log_esc(span_str(why.log)));
    else
        *e = why;
    return rc == RC_OK ? RC_OK : why.rc;
}

static enum rc open_keys(struct mailbox *m, const struct store_box_rep *box, struct span password, struct err *e)
{
    struct buf mem =
        BUF_INIT; /* open: what is wrapped or sealed; asking stored or keyd again ends what the reply lent us */
    struct span slots, former;
    uint64_t version = box->slots_version;
    enum rc rc;

    buf_addspan(&mem, box->slots);
    buf_addspan(&mem, box->former);
    slots = span_of(mem.p, box->slots.n);
    former = span_from(buf_span(&mem), box->slots.n);
    rc = open_slots(m, slots, password, e);
    if (rc == RC_OK && former.n > 0)
        slots_are_good(m, version);
    else if (rc != RC_OK && rc != RC_TEMP && former.n > 0)
        rc = open_former(m, former, password, e);
    buf_free(&mem);
    return rc;
}

static struct mailbox *mailbox_new(struct store *st, struct keyd *k, uint64_t mbx, struct span ticket)
{
    struct mailbox *m = calloc(1, sizeof *m);

    if (m == NULL)
        die("out of memory");
    m->st = st;
    m->k = k;
    m->mbx = mbx;
    m->sec = secret_alloc(sizeof *m->sec);
    m->epochs = epochs_new();
    buf_init_secret(&m->ticket);
    buf_addspan(&m->ticket, ticket);
    return m;
}

enum rc mailbox_open(struct store *st, struct keyd *k, const struct dird_auth_rep *auth, struct span password,
                     struct mailbox **m_out, struct err *e)
{
    struct mailbox *m = mailbox_new(st, k, auth->mbx, auth->ticket);
    struct store_box_rep box;
    struct buf mem = BUF_INIT; /* open: what is wrapped or sealed */
    enum rc rc;

    if ((rc = store_bind(st, buf_span(&m->ticket), &box, &mem, e)) != RC_OK)
        goto out;
    memcpy(m->pub, box.pub, sizeof m->pub);
    m->folders = box.folders;
    rc = open_keys(m, &box, password, e);
out:
    buf_free(&mem);
    if (rc == RC_OK)
        *m_out = m;
    else
        mailbox_close(&m);
    return rc;
}

/* stored gives no other slot that opens. The public key that dird names is what the slot's key must be the other half of. */
static enum rc open_delegated(struct mailbox *m, const struct mailbox *own, const struct dird_delegate_rep *d,
                              const struct store_box_rep *box, struct err *e)
{
    struct delegate_slot of = {.mbx = m->mbx, .delegate = own->mbx, .grant = d->grant};
    struct slot slot;
    enum rc rc = slot_delegate_find(box->slots, own->mbx, &slot, e);

    if (rc == RC_NOTFOUND)
        return err_cause(e, RC_DENIED, CAUSE_DELEGATION_ENDED, "mailbox %llu has no slot for its delegate",
                         (unsigned long long)m->mbx);
    memcpy(of.pub, d->pub, SEAL_PUB);
    memcpy(of.delegate_pub, own->pub, SEAL_PUB);
    return rc == RC_OK ? slot_delegate_open(&of, own->sec->priv, slot.body, m->sec->priv, e) : rc;
}

enum rc mailbox_open_delegated(struct store *st, const struct mailbox *own, const struct dird_delegate_rep *d,
                               uint64_t mbx, struct mailbox **m_out, struct err *e)
{
    struct mailbox *m = mailbox_new(st, own->k, mbx, d->ticket);
    struct store_box_rep box;
    struct buf mem = BUF_INIT; /* open: what is wrapped or sealed */
    enum rc rc = store_bind(st, buf_span(&m->ticket), &box, &mem, e);

    if (rc == RC_OK && box.mbx != mbx)
        rc = err_set(e, RC_CORRUPT, "the ticket is of another mailbox");
    if (rc == RC_OK) {
        memcpy(m->pub, d->pub, sizeof m->pub);
        m->folders = box.folders;
        rc = open_delegated(m, own, d, &box, e);
    }
    buf_free(&mem);
    if (rc == RC_OK)
        *m_out = m;
    else
        mailbox_close(&m);
    return rc;
}

void mailbox_close(struct mailbox **mp)
{
    struct mailbox *m = *mp;

    if (m == NULL)
        return;
    *mp = NULL;
    secret_free(m->sec, sizeof *m->sec);
    epochs_free(&m->epochs);
    buf_free(&m->ticket);
    free(m);
}

uint64_t mailbox_id(const struct mailbox *m)
{
    return m->mbx;
}

uint32_t mailbox_folders(const struct mailbox *m)
{
    return m->folders;
}

const unsigned char *mailbox_pub(const struct mailbox *m)
{
    return m->pub;
}

/* ---- names: their key is derived when a name is first needed, which is never in a session that reads the INBOX alone ---- */
static enum rc names_key(struct mailbox *m, struct err *e)
{
    if (!m->names && seal_names_key(m->sec->priv, m->mbx, m->sec->names, e) != RC_OK)
        return e->rc;
    m->names = true;
    return RC_OK;
}

enum rc mailbox_name_tag(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e)
{
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? seal_name_tag(m->sec->names, name, tag_out, e) : rc;
}

enum rc mailbox_seal_name(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG],
                          struct buf *sealed_out, struct err *e)
{
    enum rc rc = mailbox_name_tag(m, name, tag_out, e);

    return rc == RC_OK ? seal_name(m->sec->names, m->mbx, name, sealed_out, e) : rc;
}

enum rc mailbox_open_name(struct mailbox *m, const unsigned char tag[SEAL_NAME_TAG], struct span sealed,
                          struct buf *name_out, struct err *e)
{
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? open_name(m->sec->names, m->mbx, tag, sealed, name_out, e) : rc;
}

/* ---- annotations ---- */
enum rc mailbox_entry_tag(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e)
{
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? seal_entry_tag(m->sec->names, name, tag_out, e) : rc;
}

static struct seal_place place_of(const struct mailbox *m, const struct store_annotation *at)
{
    struct seal_place p = {.mbx = m->mbx, .folder = at->folder, .shared = at->shared};

    memcpy(p.tag, at->tag, SEAL_NAME_TAG);
    return p;
}

enum rc mailbox_seal_entry(struct mailbox *m, const struct store_annotation *at, enum seal_part part, struct span plain,
                           struct buf *out, struct err *e)
{
    struct seal_place p = place_of(m, at);
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? seal_annotation(m->sec->names, &p, part, plain, out, e) : rc;
}

enum rc mailbox_open_entry(struct mailbox *m, const struct store_annotation *at, enum seal_part part,
                           struct span sealed, struct buf *out, struct err *e)
{
    struct seal_place p = place_of(m, at);
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? open_annotation(m->sec->names, &p, part, sealed, out, e) : rc;
}

enum rc mailbox_url_token(struct mailbox *m, uint32_t folder, struct span salts, struct span rump,
                          unsigned char token_out[SEAL_URL_TOKEN], struct err *e)
{
    enum rc rc = names_key(m, e);

    return rc == RC_OK ? seal_url_token(m->sec->names, m->mbx, folder, salts, rump, token_out, e) : rc;
}

/* ---- epochs ---- */
static enum rc epoch_in(struct mailbox *m, uint64_t epoch, struct span rec, struct err *e)
{
    unsigned char key[SEAL_EPOCH_KEY];
    enum rc rc = seal_epoch_open(m->sec->priv, m->pub, m->mbx, epoch, rec.p, key, e);

    if (rc == RC_OK)
        rc = seal_wrap_key(key, m->mbx, epoch, key, e);
    if (rc == RC_OK)
        epochs_add(m->epochs, epoch, key);
    wipe(key, sizeof key);
    return rc;
}

/* wanted: packed u64. A record that does not open is left out. Each of its messages will give the error by itself. */
static enum rc ask_epochs(struct mailbox *m, struct span wanted, struct err *e)
{
    struct store_epochs_req rq = {wanted};
    struct store_epochs_rep rep;
    struct buf mem = BUF_INIT; /* open: what is wrapped or sealed */
    struct err one;
    enum rc rc = store_call_in(m->st, STORE_EPOCHS, &rq, -1, &rep, &mem, e);
    struct rd r = rd_of(rc == RC_OK ? rep.recs : SPAN_NULL);

    while (rc == RC_OK && r.s.n > 0 && rd_ok(&r)) {
        uint64_t epoch = rd_u64(&r);
        struct span rec = rd_take(&r, SEAL_EPOCH_REC);

        if (rd_ok(&r) && epoch_in(m, epoch, rec, &one) != RC_OK)
            log_err(LOG_ERROR_, "epoch-broken", &one);
    }
    buf_free(&mem);
    return rc;
}

bool mailbox_missing(struct mailbox *m, struct span entries)
{
    struct store_entry en;
    struct err e;

    while (ipc_list_next(&entries, store_entry_f, &en, &e) == RC_OK)
        if (!epochs_has(m->epochs, en.epoch))
            return true;
    return false;
}

/* The epochs of a page that are not known, packed u64. Neighbouring entries mostly share an epoch, so only neighbours
 * are compared. An epoch that is named twice costs one unsealing more. */
static void missing_epochs(struct mailbox *m, struct span entries, struct buf *out)
{
    struct store_entry en;
    struct err end;
    uint64_t last = 0;

    while (ipc_list_next(&entries, store_entry_f, &en, &end) == RC_OK)
        if (en.epoch != last && !epochs_has(m->epochs, en.epoch))
            buf_u64(out, last = en.epoch);
}

enum rc mailbox_fetch_epochs(struct mailbox *m, struct span entries, struct err *e)
{
    struct buf wanted = BUF_INIT; /* open: numbers of epochs */
    enum rc rc = RC_OK;

    missing_epochs(m, entries, &wanted);
    epochs_room(m->epochs, wanted.n / 8);
    for (struct span rest = buf_span(&wanted); rc == RC_OK && rest.n > 0;) {
        struct span some = span_head(rest, STORE_EPOCHS_MAX * 8);

        rc = ask_epochs(m, some, e);
        rest = span_from(rest, some.n);
    }
    buf_free(&wanted);
    return rc;
}

static enum rc epoch_key(struct mailbox *m, uint64_t epoch, unsigned char key_out[SEAL_EPOCH_KEY], struct err *e)
{
    struct buf one = BUF_INIT; /* open: the number of an epoch */
    enum rc rc = RC_OK;

    if (epochs_get(m->epochs, epoch, key_out))
        return RC_OK;
    buf_u64(&one, epoch);
    rc = ask_epochs(m, buf_span(&one), e);
    buf_free(&one);
    if (rc == RC_OK && !epochs_get(m->epochs, epoch, key_out))
        rc = err_set(e, RC_CORRUPT, "mailbox: epoch %llu can not be opened", (unsigned long long)epoch);
    return rc;
}

/* ---- content ---- */
enum rc mailbox_cek(struct mailbox *m, const struct store_entry *en, unsigned char cek_out[SEAL_CEK], struct err *e)
{
    unsigned char key[SEAL_EPOCH_KEY];
    enum rc rc = epoch_key(m, en->epoch, key, e);

    if (rc == RC_OK)
        rc = seal_unwrap_with(key, en->wrap, cek_out, e);
    wipe(key, sizeof key);
    return rc;
}

enum rc mailbox_open_object(struct mailbox *m, const struct store_entry *en, enum seal_kind kind, struct buf *plain_out,
                            struct err *e)
{
    unsigned char cek[SEAL_CEK];
    enum rc rc = mailbox_cek(m, en, cek, e);

    if (rc == RC_OK && kind == SEAL_MESSAGE && en->lead > 0) /* it is always too large to be given whole */
        rc = err_set(e, RC_CORRUPT, "mailbox: a message of %zu octets with a lead", en->object.n);
    if (rc == RC_OK)
        rc = open_whole(cek, en->oid, kind, en->object, plain_out, e);
    wipe(cek, sizeof cek);
    return rc;
}

/* ---- reading ranges: the next chunk is asked for before this one is opened and handed on ---- */
struct reading {
    struct mailbox *m;
    struct store_read_req rq;
    struct seal_obj *obj;
    struct buf plain;
    struct buf page;   /* open: the chunk at hand, sealed */
    uint64_t off, len; /* still wanted, from off */
    uint32_t lead;     /* of the message: where its chunks begin */
    mailbox_sink sink;
    void *ctx;
};

/* The part of a chunk that lies in the wanted range goes to the sink. */
static enum rc hand_on(struct reading *r, const struct seal_chunk_at *at, struct err *e)
{
    uint64_t skip = r->off - at->plain;
    struct span piece = buf_span(&r->plain);

    if (skip >= piece.n)
        return RC_OK;
    piece = span_head(span_from(piece, (size_t)skip), r->len < SEAL_CHUNK ? (size_t)r->len : SEAL_CHUNK);
    r->off += piece.n;
    r->len -= piece.n;
    return r->sink(r->ctx, piece, e);
}

static enum rc read_chunks(struct reading *r, struct err *e)
{
    struct store_read_rep rep;
    struct seal_chunk_at at;
    bool asked = true;
    enum rc rc = store_ask(r->m->st, STORE_READ, &r->rq, e);

    while (rc == RC_OK && asked) {
        uint32_t chunk = r->rq.chunk;

        if ((rc = store_answer(r->m->st, STORE_READ, &rep, &r->page, e)) != RC_OK)
            return rc;
        if (rep.chunk != chunk)
            return err_set(e, RC_CORRUPT, "mailbox: chunk %u was answered with %u", chunk, rep.chunk);
        if (!seal_chunk_at(rep.plain_size, r->lead, chunk, &at))
            return err_set(e, RC_CORRUPT, "mailbox: chunk %u is behind the end", chunk);
        buf_clear(&r->plain);
        if ((rc = open_chunk(r->obj, chunk, at.final, rep.chunks, &r->plain, e)) != RC_OK)
            return rc;
        asked = !at.final && r->off + r->len > at.plain + at.n;
        r->rq.chunk++;
        if (asked && (rc = store_ask(r->m->st, STORE_READ, &r->rq, e)) != RC_OK)
            return rc;
        rc = hand_on(r, &at, e);
        if (rc != RC_OK && asked) {
            struct err gone; /* the connection must be left without a question open */

            (void)store_answer(r->m->st, STORE_READ, &rep, &r->page, &gone);
        }
    }
    return rc;
}

void mailbox_set_removed(struct mailbox *m, uint32_t folder, uint64_t removed)
{
    m->removed_folder = folder;
    m->removed = removed;
}

enum rc mailbox_read(struct mailbox *m, uint32_t folder, const struct store_entry *en, enum seal_kind kind,
                     uint64_t off, uint64_t len, mailbox_sink sink, void *ctx, struct err *e)
{
    struct reading r = {.m = m, .off = off, .len = len, .sink = sink, .ctx = ctx, .plain = BUF_SECRET_INIT};
    unsigned char cek[SEAL_CEK];
    uint64_t chunk;
    enum rc rc;

    r.lead = kind == SEAL_MESSAGE ? en->lead : 0;
    chunk = seal_chunk_of(r.lead, off);
    if (len == 0 || chunk > UINT32_MAX)
        return RC_OK;
    r.rq = (struct store_read_req){folder,          en->uid, (uint8_t)kind,
                                   (uint32_t)chunk, 1,       folder == m->removed_folder ? m->removed : 0};
    if (UINT64_MAX - off < len)
        r.len = UINT64_MAX - off;
    if ((rc = mailbox_cek(m, en, cek, e)) == RC_OK && (rc = seal_obj_open(cek, en->oid, kind, &r.obj, e)) == RC_OK) {
        seal_obj_led(r.obj, r.lead);
        rc = read_chunks(&r, e);
    }
    seal_obj_close(&r.obj);
    buf_free(&r.plain);
    buf_free(&r.page);
    wipe(cek, sizeof cek);
    return rc;
}
