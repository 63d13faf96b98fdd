/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen.c - see seen.h. */
#include "store/ops/seen.h"
#include "store/ops/slots.h"

/* ---- rows ---- */
static enum rc row_get(struct tx *t, const struct key *k, bool write, struct seen_bits *out, bool *there_out,
                       struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_SEEN, k, write ? TX_FOR_WRITE : TX_COMMITTED, &b, e);

    *there_out = rc == RC_OK;
    memset(out, 0, sizeof *out);
    if (rc == RC_OK)
        rc = seen_bits_read(buf_span(&b), out, e);
    buf_free(&b);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

/* An empty one goes, but for that of block 0. */
static enum rc row_put(struct tx *t, const struct key *k, uint32_t block, const struct seen_bits *bits, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    if (block != 0 && seen_bits_count(bits) == 0) {
        rc = tx_del(t, T_SEEN, k, e);
        return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
    }
    seen_bits_write(bits, &b);
    rc = tx_put(t, T_SEEN, k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

/* ---- one person's ---- */
enum rc seen_open(struct seen *s, struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, bool write,
                  struct err *e)
{
    struct key k = key_seen(mbx, folder, delegate, 0);
    enum rc rc;

    *s = (struct seen){.t = t, .mbx = mbx, .folder = folder, .delegate = delegate, .write = write};
    if (delegate == 0)
        return RC_OK;
    rc = row_get(t, &k, write, &s->bits, &s->own, e);
    s->loaded = rc == RC_OK && s->own;
    return rc;
}

enum rc seen_close(struct seen *s, struct err *e)
{
    struct key k = key_seen(s->mbx, s->folder, s->delegate, s->block);
    bool dirty = s->dirty;

    s->dirty = false;
    return dirty ? row_put(s->t, &k, s->block, &s->bits, e) : RC_OK;
}

static enum rc load(struct seen *s, uint32_t uid, struct err *e)
{
    struct key k = key_seen(s->mbx, s->folder, s->delegate, seen_block(uid));
    bool there;
    enum rc rc;

    if (s->loaded && s->block == seen_block(uid))
        return RC_OK;
    rc = seen_close(s, e);
    if (rc == RC_OK)
        rc = row_get(s->t, &k, s->write, &s->bits, &there, e);
    s->loaded = rc == RC_OK;
    s->block = seen_block(uid);
    return rc;
}

enum rc seen_view(struct seen *s, uint32_t uid, uint64_t *flags, struct err *e)
{
    enum rc rc = s->own ? load(s, uid, e) : RC_OK;

    if (rc == RC_OK && s->own)
        *flags = (*flags & ~(uint64_t)MF_SEEN) | (seen_bits_has(&s->bits, uid) ? MF_SEEN : 0);
    return rc;
}

enum rc seen_put(struct seen *s, uint32_t uid, bool yes, struct err *e)
{
    enum rc rc = load(s, uid, e);

    if (rc != RC_OK || seen_bits_has(&s->bits, uid) == yes)
        return rc;
    seen_bits_put(&s->bits, uid, yes);
    s->dirty = true;
    return RC_OK;
}

/* ---- who ---- */
enum rc seen_each(struct tx *t, uint64_t mbx, bool *each_out, struct err *e)
{
    struct box b = {.flags = 0};
    enum rc rc = box_get(t, mbx, false, &b, e);

    *each_out = rc == RC_OK && b.flags & BOX_SEEN_EACH;
    return rc;
}

struct key seen_behind(uint64_t mbx, uint32_t folder, uint64_t delegate)
{
    struct key k = key_seen(mbx, folder, delegate, UINT32_MAX);

    k.b[k.n++] = 0;
    return k;
}

static void add_delegate(struct buf *out, uint64_t delegate)
{
    buf_add(out, &delegate, sizeof delegate);
}

enum rc seen_delegates(struct tx *t, uint64_t mbx, struct buf *out, struct err *e)
{
    struct span now = SPAN_NULL, former;
    struct buf mem = BUF_INIT;
    uint64_t whose, grant;
    struct slot slot;
    enum rc rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);

    if (rc == RC_OK)
        rc = slots_read(t, mbx, &mem, &now, &former, e);
    while (rc == RC_OK && (rc = slot_next(&now, &slot, e)) == RC_OK)
        if (slot.type == SLOT_DELEGATE && slot_delegate_whose(slot.body, &whose, &grant, e) == RC_OK)
            add_delegate(out, whose);
    buf_free(&mem);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

enum rc seen_who(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *out, struct err *e)
{
    struct key from = key_folder(mbx, folder);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_SEEN, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        uint64_t delegate = be64(k.p + 12);
        struct key next = seen_behind(mbx, folder, delegate);

        add_delegate(out, delegate);
        scan_seek(&s, &next);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Of those in "all" the ones who have no state of their own in the folder; at the beginning of the buffer afterwards. */
static enum rc keep_followers(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *all, struct err *e)
{
    uint64_t *who = (uint64_t *)(void *)all->p;
    size_t n = all->n / sizeof *who, kept = 0;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct key k = key_seen(mbx, folder, who[i], 0);

        rc = tx_has(t, T_SEEN, &k, e);
        if (rc == RC_NOTFOUND && !t->deadlock) {
            who[kept++] = who[i];
            rc = RC_OK;
        }
    }
    all->n = kept * sizeof *who;
    return rc;
}

/* ---- parting ---- */
static enum rc put_all(struct tx *t, uint64_t mbx, uint32_t folder, const uint64_t *who, size_t n, uint32_t block,
                       const struct seen_bits *bits, struct err *e)
{
    enum rc rc = RC_OK;

    if (block != 0 && seen_bits_count(bits) == 0)
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct key k = key_seen(mbx, folder, who[i], block);

        rc = row_put(t, &k, block, bits, e);
    }
    return rc;
}

enum rc seen_part(struct tx *t, uint64_t mbx, uint32_t folder, const uint64_t *who, size_t n, struct err *e)
{
    struct seen_bits bits = {{0}};
    struct msg_it it = {0};
    uint32_t uid, block = 0;
    struct msg m = {0};
    enum rc rc = msg_it_brief(&it, t, mbx, folder, 1, STORE_UID_MAX, e);

    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (seen_block(uid) != block) {
            rc = put_all(t, mbx, folder, who, n, block, &bits, e);
            memset(&bits, 0, sizeof bits);
            block = seen_block(uid);
        }
        seen_bits_put(&bits, uid, m.flags & MF_SEEN);
    }
    msg_it_close(&it);
    return rc == RC_NOTFOUND ? put_all(t, mbx, folder, who, n, block, &bits, e) : rc;
}

enum rc seen_part_all(struct tx *t, uint64_t mbx, uint32_t folder, struct err *e)
{
    struct buf who = BUF_INIT;
    bool each;
    enum rc rc = seen_each(t, mbx, &each, e);

    if (rc == RC_OK && each)
        rc = seen_delegates(t, mbx, &who, e);
    if (rc == RC_OK)
        rc = keep_followers(t, mbx, folder, &who, e);
    if (rc == RC_OK && who.n > 0)
        rc = seen_part(t, mbx, folder, (const uint64_t *)(const void *)who.p, who.n / sizeof(uint64_t), e);
    buf_free(&who);
    return rc;
}

enum rc seen_part_her(struct seen *s, const struct sess *who, struct err *e)
{
    bool each = false;
    enum rc rc = acl_slot_stands(s->t, who, e);

    if (rc == RC_OK && !s->own)
        rc = seen_each(s->t, s->mbx, &each, e);
    if (rc != RC_OK || !each)
        return rc;
    rc = seen_part(s->t, s->mbx, s->folder, &s->delegate, 1, e);
    return rc == RC_OK ? seen_open(s, s->t, s->mbx, s->folder, s->delegate, true, e) : rc;
}

enum rc seen_comes(struct seen *s, struct tx *t, const struct sess *who, uint64_t mbx, uint32_t folder, uint64_t *flags,
                   struct err *e)
{
    uint64_t delegate = who ? who->delegate : 0;
    enum rc rc;

    *s = (struct seen){.t = t};
    if (!(*flags & MF_SEEN))
        return RC_OK;
    if (delegate == 0)
        return seen_part_all(t, mbx, folder, e);
    rc = seen_open(s, t, mbx, folder, delegate, true, e);
    if (rc == RC_OK)
        rc = seen_part_her(s, who, e);
    if (rc == RC_OK && s->own)
        *flags &= ~(uint64_t)MF_SEEN;
    return rc;
}

enum rc seen_come(struct seen *s, uint32_t uid, struct err *e)
{
    enum rc rc = s->own ? seen_put(s, uid, true, e) : RC_OK;

    return rc == RC_OK ? seen_close(s, e) : rc;
}

/* ---- the folder as a whole ---- */
enum rc seen_left(struct tx *t, uint64_t mbx, uint32_t folder, struct span uids, struct err *e)
{
    struct buf who = BUF_INIT;
    struct seen s;
    enum rc rc = seen_who(t, mbx, folder, &who, e);

    for (struct span rest = buf_span(&who); rc == RC_OK && rest.n > 0; rest = span_from(rest, sizeof(uint64_t))) {
        struct rd r = rd_of(uids);
        uint64_t delegate;

        memcpy(&delegate, rest.p, sizeof delegate);
        rc = seen_open(&s, t, mbx, folder, delegate, true, e);
        while (rc == RC_OK && s.own && r.s.n >= 4)
            rc = seen_put(&s, rd_u32(&r), false, e);
        if (rc == RC_OK)
            rc = seen_close(&s, e);
    }
    buf_free(&who);
    return rc;
}

enum rc seen_unseen(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, const struct counters *c,
                    uint32_t *n_out, struct err *e)
{
    struct key from = key_seen_of(mbx, folder, delegate);
    uint32_t seen = 0;
    bool own = false;
    struct seen_bits bits;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_SEEN, &from, from.n, SCAN_FEW, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = seen_bits_read(v, &bits, e)) == RC_OK) {
        own |= be32(k.p + 20) == 0;
        seen += seen_bits_count(&bits);
    }
    scan_close(&s);
    *n_out = !own               ? c->unseen
             : seen < c->exists ? c->exists - seen
                                : 0; /* the counters may be of another moment (STORE_FOLDERS) */
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Keys of what one delegate has in one folder, of those who have no slot any more. */
static enum rc stale_of(struct tx *t, uint64_t mbx, struct span slots, struct buf *keys, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct slot slot;
    struct err none;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_SEEN, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        struct key next = seen_behind(mbx, be32(k.p + 8), be64(k.p + 12));

        if (slot_delegate_find(slots, be64(k.p + 12), &slot, &none) != RC_OK)
            buf_add(keys, k.p + 8, 12);
        scan_seek(&s, &next);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc seen_slots(struct tx *t, uint64_t mbx, struct span slots, struct err *e)
{
    struct buf keys = BUF_INIT;
    enum rc rc = stale_of(t, mbx, slots, &keys, e);

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12) {
        struct key of = key_seen_of(mbx, be32(keys.p + i), be64(keys.p + i + 4));
        uint32_t most = UINT32_MAX;

        rc = scan_delete(t, T_SEEN, &of, &most, e);
    }
    buf_free(&keys);
    return rc;
}

/* ---- what must hold ---- */
enum rc seen_there(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t block, struct seen_bits *out, struct err *e)
{
    struct key from = key_msg(mbx, folder, block * SEEN_BLOCK);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_MSGS, &from, 12, SCAN_KEYS, e);

    memset(out, 0, sizeof *out);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && seen_block(be32(k.p + 12)) == block)
        seen_bits_put(out, be32(k.p + 12), true);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc blocks_of(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, struct buf *out, struct err *e)
{
    struct key from = key_seen_of(mbx, folder, delegate);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_SEEN, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        buf_add(out, k.p + 20, 4);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc wrong_of(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, const char **what,
                        struct err *e)
{
    struct buf blocks = BUF_INIT;
    struct seen_bits bits, there;
    bool is_there;
    enum rc rc = blocks_of(t, mbx, folder, delegate, &blocks, e);

    if (rc == RC_OK && blocks.n > 0 && be32(blocks.p) != 0)
        *what = "the first block has no row";
    for (size_t i = 0; rc == RC_OK && !*what && i < blocks.n; i += 4) {
        uint32_t block = be32(blocks.p + i);
        struct key k = key_seen(mbx, folder, delegate, block);

        rc = row_get(t, &k, false, &bits, &is_there, e);
        if (rc == RC_CORRUPT && is_there && !t->deadlock)
            *what = "a row does not read";
        else if (rc == RC_OK && (rc = seen_there(t, mbx, folder, block, &there, e)) == RC_OK &&
                 seen_bits_keep(&bits, &there))
            *what = "a row has messages that are not there";
    }
    buf_free(&blocks);
    return *what ? RC_OK : rc;
}

enum rc seen_wrong(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t *delegate_out, const char **what_out,
                   struct err *e)
{
    struct buf who = BUF_INIT;
    enum rc rc = seen_who(t, mbx, folder, &who, e);

    *what_out = NULL;
    for (struct span rest = buf_span(&who); rc == RC_OK && !*what_out && rest.n > 0;
         rest = span_from(rest, sizeof(uint64_t))) {
        memcpy(delegate_out, rest.p, sizeof *delegate_out);
        rc = wrong_of(t, mbx, folder, *delegate_out, what_out, e);
    }
    buf_free(&who);
    return rc;
}
