/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/file_out.c - see flow/file_out.h. */
#include "flow/file_out.h"
#include "store/wire/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FLUSH_AT = 4 * (SEAL_CHUNK + SEAL_TAG) }; /* sealed octets that wait for one write */

enum rc file_out_begin(struct file_out *o, const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID],
                       uint64_t size, struct err *e)
{
    o->left = size;
    o->no = 0;
    o->began = o->total;
    buf_init_secret(&o->chunk);
    return seal_obj_open(cek, oid, SEAL_MESSAGE, &o->obj, e);
}

static enum rc write_out(struct file_out *o, struct err *e)
{
    struct span d = buf_span(&o->sealed);

    if (o->fd < 0)
        o->fd = memfd_create("pli-deliver", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (o->fd < 0)
        return err_sys(e, RC_TEMP, "memfd_create");
    while (d.n > 0) {
        ssize_t n = pwrite(o->fd, d.p, d.n, (off_t)(o->skip + o->written));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, RC_TEMP, "writing sealed objects");
        d = span_from(d, (size_t)n);
        o->written += (uint64_t)n;
    }
    buf_clear(&o->sealed);
    return RC_OK;
}

static enum rc gathered(struct file_out *o, size_t n, struct err *e)
{
    o->total += n;
    return o->sealed.n >= FLUSH_AT ? write_out(o, e) : RC_OK;
}

static enum rc seal_one(struct file_out *o, struct span plain, bool final, struct err *e)
{
    size_t before = o->sealed.n;
    enum rc rc = seal_chunk(o->obj, o->no++, final, plain, &o->sealed, e);

    return rc == RC_OK ? gathered(o, o->sealed.n - before, e) : rc;
}

/* A chunk is sealed when it is full and another octet is sure to come. file_out_end() seals the last chunk. */
enum rc file_out_put(struct file_out *o, struct span piece, struct err *e)
{
    enum rc rc = RC_OK;

    if (piece.n > o->left)
        return err_set(e, RC_CORRUPT, "message grew while it was filed");
    o->left -= piece.n;
    while (rc == RC_OK && piece.n > 0) {
        size_t room = SEAL_CHUNK - o->chunk.n;
        struct span part = span_head(piece, room);

        piece = span_from(piece, part.n);
        if (o->chunk.n == 0 && part.n == SEAL_CHUNK && piece.n + o->left > 0) {
            rc = seal_one(o, part, false, e);
            continue;
        }
        buf_addspan(&o->chunk, part);
        if (o->chunk.n == SEAL_CHUNK && piece.n + o->left > 0) {
            rc = seal_one(o, buf_span(&o->chunk), false, e);
            buf_clear(&o->chunk);
        }
    }
    return rc;
}

enum rc file_out_end(struct file_out *o, uint64_t *sealed_out, struct err *e)
{
    enum rc rc;

    if (o->left > 0)
        return err_set(e, RC_CORRUPT, "message shrank while it was filed");
    rc = seal_one(o, buf_span(&o->chunk), true, e);
    buf_free(&o->chunk);
    seal_obj_close(&o->obj);
    if (rc == RC_OK)
        *sealed_out = o->total - o->began;
    return rc;
}

/* Chunks of a memfd that is not ours. */
static enum rc copy_given(struct file_out *o, const struct spool_given *g, struct err *e)
{
    uint64_t done = 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && done < g->len) {
        size_t want = g->len - done < FLUSH_AT ? (size_t)(g->len - done) : FLUSH_AT;
        ssize_t n;

        if ((rc = buf_reserve(&o->sealed, want, e)) != RC_OK)
            break;
        n = pread(g->fd, o->sealed.p + o->sealed.n, want, (off_t)(g->skip + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, RC_TEMP, "reading sealed chunks");
        o->sealed.n += (size_t)n;
        done += (uint64_t)n;
        rc = gathered(o, (size_t)n, e);
    }
    return rc;
}

enum rc file_out_given(struct file_out *o, const struct spool_given *g, struct err *e)
{
    if (o->total > 0)
        return copy_given(o, g, e);
    o->fd = fcntl(g->fd, F_DUPFD_CLOEXEC, 0);
    if (o->fd < 0)
        return err_sys(e, RC_TEMP, "a memfd");
    o->skip = g->skip;
    o->written = o->total = g->len;
    return RC_OK;
}

enum rc file_out_raw(struct file_out *o, struct span sealed, struct err *e)
{
    enum rc rc = buf_reserve(&o->sealed, sealed.n, e);

    if (rc != RC_OK)
        return rc;
    buf_addspan(&o->sealed, sealed);
    return gathered(o, sealed.n, e);
}

bool file_out_inline(const struct file_out *o, size_t room, struct span *out)
{
    if (o->fd >= 0 || o->sealed.n > STORE_INLINE_MAX || o->sealed.n > room)
        return false;
    *out = buf_span(&o->sealed);
    return true;
}

enum rc file_out_memfd(struct file_out *o, int *fd_out, struct err *e)
{
    enum rc rc = write_out(o, e);

    if (rc != RC_OK)
        return rc;
    if (fcntl(o->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return err_sys(e, RC_TEMP, "sealing the memfd");
    *fd_out = o->fd;
    return RC_OK;
}

void file_out_free(struct file_out *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
    seal_obj_close(&o->obj);
    buf_free(&o->chunk);
    buf_free(&o->sealed);
}
