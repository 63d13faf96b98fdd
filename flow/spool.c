/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/spool.c - see flow/spool.h.
 *
 * Small    up to SPOOL_MEMORY octets stay in .mem and are never sealed.
 * Large    .mem holds the octets that are in no chunk yet. As soon as it holds more than one chunk, chunks of it are
 *          sealed into the memfd. spool_end() seals the last chunk as final. A full chunk stays in .mem until another
 *          octet comes, because only then is it known that it is not the last one.
 * Format   that of crypto/seal objects (kind message), under the content key and the object id that the message is filed with.
 * Led      the memfd begins with a hole of LEAD_ROOM octets, and the first octet put is in chunk 1. spool_give() writes chunk 0 at the end of the hole.
 * INV-W1   Each chunk number is sealed once: chunk 0 of a led spool by spool_give(), which does so once, all others by seal_one(), in their order.
 * INV-W2   The memfd holds sealed chunks and the hole, never an octet in clear.
 */
#include "flow/spool.h"
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM_STEP = 4 * 1024 * 1024, LEAD_ROOM = SEAL_LEAD_MAX + SEAL_TAG };
/* over all spools of this process: in memfds, and what may be */
static struct {
    bool (*ask)(void *ctx, uint64_t bytes);
    void *ctx;
    uint64_t held, granted;
} room;

struct spool {
    uint64_t max, size, taken; /* taken: of the room */
    struct buf mem;
    int fd;          /* -1: all in memory */
    uint32_t sealed; /* chunks in the memfd, without the lead */
    bool ended, led, given;
    bool spoiled; /* not all that was put is in it */
    unsigned char cek[SEAL_CEK], oid[SEAL_OID];
    struct seal_obj *obj;
    struct buf box; /* open: a chunk, sealed */
};

void spool_limit(bool (*ask)(void *ctx, uint64_t bytes), void *ctx)
{
    room.ask = ask;
    room.ctx = ctx;
}

static enum rc room_for(uint64_t bytes, struct err *e)
{
    uint64_t want = (bytes + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;

    if (!room.ask || bytes <= room.granted)
        return RC_OK;
    if (!room.ask(room.ctx, want))
        return err_cause(e, RC_TEMP, CAUSE_DISK_FULL, "messages on their way hold all the memory they may");
    room.granted = want;
    return RC_OK;
}

static void room_back(uint64_t bytes)
{
    room.held -= bytes;
    if (room.held > 0 || room.granted == 0)
        return;
    room.granted = 0;
    if (room.ask)
        (void)room.ask(room.ctx, 0);
}

enum rc spool_expect(uint64_t bytes, struct err *e)
{
    return bytes > SPOOL_MEMORY ? room_for(room.held + bytes, e) : RC_OK;
}

enum rc spool_hold(uint64_t bytes, struct err *e)
{
    enum rc rc = room_for(room.held + bytes, e);

    if (rc == RC_OK)
        room.held += bytes;
    return rc;
}

void spool_release(uint64_t bytes)
{
    room_back(bytes);
}

struct spool *spool_new(uint64_t max)
{
    struct spool *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    s->max = max;
    s->fd = -1;
    buf_init_secret(&s->mem);
    return s;
}

struct spool *spool_new_led(uint64_t max)
{
    struct spool *s = spool_new(max);

    s->led = true;
    return s;
}

void spool_free(struct spool **sp)
{
    struct spool *s = *sp;

    if (!s)
        return;
    *sp = NULL;
    if (s->fd >= 0)
        close(s->fd);
    room_back(s->taken);
    seal_obj_close(&s->obj);
    wipe(s->cek, sizeof s->cek);
    buf_free(&s->mem);
    buf_free(&s->box);
    free(s);
}

static enum rc spill_begin(struct spool *s, struct err *e)
{
    s->fd = memfd_create("pli-spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (s->fd < 0)
        return err_sys(e, RC_TEMP, "memfd_create");
    seal_cek_new(s->cek);
    seal_oid_new(s->oid);
    return seal_obj_open(s->cek, s->oid, SEAL_MESSAGE, &s->obj, e);
}

/* Where the n-th chunk behind the lead lies in the memfd. */
static off_t place_of(const struct spool *s, uint32_t n)
{
    return (s->led ? LEAD_ROOM : 0) + (off_t)n * (SEAL_CHUNK + SEAL_TAG);
}

static enum rc write_box(struct spool *s, off_t at, struct err *e)
{
    struct span d = buf_span(&s->box);

    while (d.n > 0) {
        ssize_t n = pwrite(s->fd, d.p, d.n, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, RC_TEMP, "writing the spool");
        d = span_from(d, (size_t)n);
        at += n;
    }
    return RC_OK;
}

static enum rc seal_one(struct spool *s, struct span plain, bool final, struct err *e)
{
    enum rc rc = room_for(room.held + SEAL_CHUNK, e);

    if (rc != RC_OK)
        return rc;
    room.held += SEAL_CHUNK;
    s->taken += SEAL_CHUNK;
    buf_clear(&s->box);
    rc = seal_chunk(s->obj, s->led + s->sealed, final, plain, &s->box, e);
    if (rc == RC_OK)
        rc = write_box(s, place_of(s, s->sealed), e);
    s->sealed++; /* in any case: its number is used up */
    return rc;
}

/* Seals what .mem holds beyond one chunk, chunk by chunk. */
static enum rc spill(struct spool *s, struct err *e)
{
    size_t done = 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && s->mem.n - done > SEAL_CHUNK) {
        rc = seal_one(s, span_of(s->mem.p + done, SEAL_CHUNK), false, e);
        done += SEAL_CHUNK;
    }
    if (rc == RC_OK && done > 0)
        buf_take(&s->mem, done);
    return rc;
}

static enum rc put_some(struct spool *s, struct span piece, struct err *e)
{
    enum rc rc = buf_reserve(&s->mem, piece.n, e);

    if (rc != RC_OK)
        return rc;
    buf_addspan(&s->mem, piece);
    if (s->fd < 0 && s->mem.n <= SPOOL_MEMORY)
        return RC_OK;
    if (s->fd < 0)
        rc = spill_begin(s, e);
    return rc == RC_OK ? spill(s, e) : rc;
}

enum rc spool_put(struct spool *s, struct span piece, struct err *e)
{
    if (s->ended)
        bug("spool_put behind spool_end");
    s->spoiled |= piece.n > s->max - s->size;
    if (piece.n > s->max - s->size)
        return err_cause(e, RC_PERM, CAUSE_TOO_BIG, "message of more than %llu octets", (unsigned long long)s->max);
    s->size += piece.n;
    while (piece.n > 0) { /* in steps, so that a large piece does not make .mem large */
        struct span part = span_head(piece, SEAL_CHUNK);
        enum rc rc = put_some(s, part, e);

        s->spoiled |= rc != RC_OK;
        if (rc != RC_OK)
            return rc;
        piece = span_from(piece, part.n);
    }
    return RC_OK;
}

enum rc spool_end(struct spool *s, struct err *e)
{
    enum rc rc = RC_OK;

    s->ended = true;
    if (s->fd >= 0)
        rc = seal_one(s, buf_span(&s->mem), true, e);
    s->spoiled |= rc != RC_OK;
    if (s->fd >= 0)
        buf_free(&s->mem);
    return rc;
}

uint64_t spool_size(const struct spool *s)
{
    return s->size;
}

static enum rc read_box(struct spool *s, uint32_t no, struct err *e)
{
    bool final = no + 1 == s->sealed;
    size_t plain = final ? (size_t)(s->size - (uint64_t)no * SEAL_CHUNK) : SEAL_CHUNK, want = plain + SEAL_TAG, got = 0;

    buf_clear(&s->box);
    if (buf_reserve(&s->box, want, e) != RC_OK)
        return e->rc;
    while (got < want) {
        ssize_t n = pread(s->fd, s->box.p + got, want - got, place_of(s, no) + (off_t)got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, RC_TEMP, "reading the spool");
        got += (size_t)n;
    }
    s->box.n = want;
    return RC_OK;
}

enum rc spool_read(struct spool *s, uint64_t off, struct buf *mem, struct span *piece_out, struct err *e)
{
    uint32_t no = (uint32_t)(off / SEAL_CHUNK);
    enum rc rc;

    if (!s->ended)
        bug("spool_read before spool_end");
    if (off >= s->size)
        return err_set(e, RC_NOTFOUND, "end of the spool");
    if (s->fd < 0) {
        *piece_out = span_head(span_from(buf_span(&s->mem), (size_t)off), SEAL_CHUNK);
        return RC_OK;
    }
    if (!mem->secret)
        bug("spool_read into a buffer that is not wiped");
    buf_clear(mem);
    rc = read_box(s, no, e);
    if (rc == RC_OK)
        rc = open_chunk(s->obj, s->led + no, no + 1 == s->sealed, buf_span(&s->box), mem, e);
    if (rc == RC_OK)
        *piece_out = span_from(buf_span(mem), (size_t)(off % SEAL_CHUNK));
    return rc;
}

enum rc spool_each(struct spool *s, enum rc (*sink)(void *ctx, struct span piece, struct err *e), void *ctx,
                   struct err *e)
{
    uint64_t off = 0;
    struct buf mem = BUF_SECRET_INIT;
    struct span piece;
    enum rc rc = RC_OK;

    while (rc == RC_OK && off < s->size) {
        rc = spool_read(s, off, &mem, &piece, e);
        if (rc != RC_OK)
            break;
        off += piece.n;
        rc = sink(ctx, piece, e);
    }
    buf_free(&mem);
    return rc;
}

/* ---- giving it away ---- */
static bool write_lead(struct spool *s, struct span lead)
{
    struct err e;

    buf_clear(&s->box);
    seal_obj_led(s->obj, (uint32_t)lead.n);
    return seal_chunk(s->obj, 0, false, lead, &s->box, &e) == RC_OK &&
           write_box(s, (off_t)(LEAD_ROOM - s->box.n), &e) == RC_OK;
}

bool spool_give(struct spool *s, struct span lead, struct spool_given *out)
{
    if (s->fd < 0 || !s->ended || s->spoiled || s->given || s->led != (lead.n > 0) || lead.n > SEAL_LEAD_MAX)
        return false;
    s->given = true;
    if (s->led && !write_lead(s, lead))
        return false;
    *out = (struct spool_given){.fd = s->fd,
                                .skip = s->led ? LEAD_ROOM - lead.n - SEAL_TAG : 0,
                                .len = seal_led_size(lead.n + s->size, (uint32_t)lead.n),
                                .lead = (uint32_t)lead.n};
    memcpy(out->cek, s->cek, SEAL_CEK);
    memcpy(out->oid, s->oid, SEAL_OID);
    return true;
}
