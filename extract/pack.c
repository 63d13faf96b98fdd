/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/pack.c - see extract/pack.h.
 *
 * Why LZ4   Measured (decision 0032): deflate over the same words makes a quarter less of it, and takes ten times as long to open. A SEARCH opens
 *           thousands of these. LZ4's high compression makes a fifth less of texts, for a tenth more of the CPU of a whole delivery.
 */
#include "extract/pack.h"
#include <lz4.h>

enum { LONGEST = 64 << 20 };

void pack_to(enum pack_words w, struct span plain, struct buf *out)
{
    struct span d = pack_words[w];
    int room = LZ4_compressBound((int)plain.n), n;
    LZ4_stream_t state;
    struct err e;

    if (plain.n >= LONGEST)
        bug("%zu bytes to be packed", plain.n);
    buf_u32(out, (uint32_t)plain.n);
    if (buf_reserve(out, (size_t)room, &e) != RC_OK)
        die("%s", e.log);
    LZ4_initStream(&state, sizeof state);
    LZ4_loadDict(&state, (const char *)d.p, (int)d.n);
    n = LZ4_compress_fast_continue(&state, (const char *)plain.p, (char *)out->p + out->n, (int)plain.n, room, 1);
    if (n <= 0)
        bug("%zu bytes do not pack", plain.n);
    out->n += (size_t)n;
}

enum rc pack_open(enum pack_words w, struct span packed, size_t most, struct buf *plain_out, struct err *e)
{
    struct rd r = rd_of(packed);
    struct span d = pack_words[w];
    uint32_t n = rd_u32(&r);
    int got;

    if (!rd_ok(&r) || n > most || n >= LONGEST || r.s.n > (size_t)LZ4_compressBound((int)n))
        return err_set(e, RC_CORRUPT, "%zu packed bytes have no lawful length", packed.n);
    if (buf_reserve(plain_out, (size_t)n + 1, e) != RC_OK)
        return e->rc;
    got = LZ4_decompress_safe_usingDict((const char *)r.s.p, (char *)plain_out->p + plain_out->n, (int)r.s.n, (int)n,
                                        (const char *)d.p, (int)d.n);
    if (got < 0 || (uint32_t)got != n)
        return err_set(e, RC_CORRUPT, "%zu packed bytes do not open", packed.n);
    plain_out->n += n;
    return RC_OK;
}
