/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/spool_test.c - what was put comes back, whole and in ranges, at every size round the edges; nothing in clear in the memfd. */
#include "crypto/seal/seal.h"
#include "flow/spool.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static unsigned char octet(uint64_t i)
{
    return (unsigned char)((i * 2654435761u) >> 13);
}

static void fill(struct spool *s, uint64_t size, size_t step)
{
    unsigned char *piece = malloc(step);
    struct err e;

    for (uint64_t off = 0; off < size;) {
        size_t n = size - off < step ? (size_t)(size - off) : step;

        for (size_t i = 0; i < n; i++)
            piece[i] = octet(off + i);
        assert_int_equal(spool_put(s, span_of(piece, n), &e), RC_OK);
        off += n;
    }
    assert_int_equal(spool_end(s, &e), RC_OK);
    free(piece);
}

static enum rc count(void *ctx, struct span piece, struct err *e)
{
    uint64_t *off = ctx;

    (void)e;
    for (size_t i = 0; i < piece.n; i++)
        if (piece.p[i] != octet(*off + i))
            fail_msg("octet %llu differs", (unsigned long long)(*off + i));
    *off += piece.n;
    return RC_OK;
}

static void test_sizes(void **state)
{
    static const uint64_t sizes[] = {0,
                                     1,
                                     SEAL_CHUNK - 1,
                                     SEAL_CHUNK,
                                     SEAL_CHUNK + 1,
                                     SPOOL_MEMORY - 1,
                                     SPOOL_MEMORY,
                                     SPOOL_MEMORY + 1,
                                     SPOOL_MEMORY + SEAL_CHUNK,
                                     SPOOL_MEMORY + SEAL_CHUNK + 1,
                                     5 * SPOOL_MEMORY,
                                     3000001};
    static const size_t steps[] = {4093, SEAL_CHUNK, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            struct spool *s = spool_new(1u << 30);
            uint64_t off = 0;
            struct buf mem = BUF_SECRET_INIT, first_mem = BUF_SECRET_INIT;
            struct span piece, first = SPAN_NULL;
            struct err e;

            fill(s, sizes[i], steps[k]);
            assert_int_equal(spool_size(s), sizes[i]);
            assert_int_equal(spool_each(s, count, &off, &e), RC_OK);
            assert_int_equal(off, sizes[i]);
            if (sizes[i] > 0)
                assert_int_equal(spool_read(s, 0, &first_mem, &first, &e), RC_OK);
            for (off = sizes[i]; off > 0; off = off * 2 / 3) { /* backwards, in jumps */
                uint64_t from = off - 1;

                assert_int_equal(spool_read(s, from, &mem, &piece, &e), RC_OK);
                assert_true(piece.n >= 1 && piece.n <= SEAL_CHUNK && from + piece.n <= sizes[i]);
                assert_int_equal(count(&from, piece, &e), RC_OK);
            }
            off = 0; /* the piece read first is as it was, whatever was read since */
            assert_int_equal(count(&off, first, &e), RC_OK);
            assert_int_equal(spool_read(s, sizes[i], &mem, &piece, &e), RC_NOTFOUND);
            buf_free(&mem);
            buf_free(&first_mem);
            spool_free(&s);
        }
}

/* ---- the room of all spools of the process ---- */
static uint64_t allowed, asked[64];
static unsigned asks;

static bool ask(void *ctx, uint64_t bytes)
{
    assert_ptr_equal(ctx, &allowed);
    assert_true(asks < 64);
    asked[asks++] = bytes;
    return bytes <= allowed;
}

static enum rc put_mb(struct spool *s, unsigned mb, struct err *e)
{
    static unsigned char zeros[1 << 20];
    enum rc rc = RC_OK;

    while (mb-- > 0 && rc == RC_OK)
        rc = spool_put(s, span_of(zeros, sizeof zeros), e);
    return rc;
}

static void test_room(void **state)
{
    enum { MB = 1 << 20 };
    struct spool *a = spool_new(1u << 30), *b = spool_new(1u << 30);
    struct err e;

    (void)state;
    allowed = 12 * MB;
    spool_limit(ask, &allowed);
    assert_int_equal(spool_put(a, SPAN_LIT("small ones are not asked for"), &e), RC_OK);
    assert_int_equal(spool_expect(SPOOL_MEMORY, &e), RC_OK);
    assert_int_equal(asks, 0);
    assert_int_equal(spool_expect(7 * MB, &e), RC_OK);
    assert_int_equal(asked[0], 8 * MB);
    assert_int_equal(put_mb(a, 7, &e), RC_OK);
    assert_int_equal(asks, 1); /* it was granted ahead */
    assert_int_equal(put_mb(b, 5, &e), RC_OK);
    assert_int_equal(asked[1], 12 * MB); /* what all of them hold */
    assert_int_equal(put_mb(b, 5, &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_DISK_FULL);
    assert_int_equal(spool_expect(1 * MB, &e), RC_TEMP);
    spool_free(&b);
    assert_int_equal(put_mb(a, 4, &e), RC_OK); /* the other's room is free again */
    asks = 0;
    assert_int_equal(spool_hold(2 * MB, &e), RC_TEMP); /* no more than what spools hold */
    spool_free(&a);
    assert_int_equal(asks, 2);
    asks = 0;
    assert_int_equal(spool_hold(9 * MB, &e), RC_OK);
    assert_int_equal(asked[0], 12 * MB);
    assert_int_equal(spool_expect(4 * MB, &e), RC_TEMP);
    asks = 0;
    spool_release(9 * MB);
    assert_int_equal(asks, 1);
    assert_int_equal(asked[0], 0); /* all is given back */
    spool_limit(NULL, NULL);
}

static void test_max(void **state)
{
    struct spool *s = spool_new(10);
    struct err e;

    (void)state;
    assert_int_equal(spool_put(s, SPAN_LIT("0123456789"), &e), RC_OK);
    assert_int_equal(spool_put(s, SPAN_LIT("x"), &e), RC_PERM);
    assert_int_equal(e.cause, CAUSE_TOO_BIG);
    spool_free(&s);
    assert_null(s);
    spool_free(&s);
}

/* Looks through every memfd of this process for the marker. */
static bool in_any_memfd(struct span marker)
{
    DIR *d = opendir("/proc/self/fd");
    bool found = false;
    struct dirent *de;

    while ((de = readdir(d)) != NULL) {
        char path[300], target[300] = "";
        static unsigned char all[4u << 20];
        ssize_t n;
        int fd;

        snprintf(path, sizeof path, "/proc/self/fd/%s", de->d_name);
        if (readlink(path, target, sizeof target - 1) < 0 || !strstr(target, "memfd:pli-spool"))
            continue;
        fd = open(path, O_RDONLY);
        assert_true(fd >= 0);
        n = read(fd, all, sizeof all);
        assert_true(n > SPOOL_MEMORY);
        found |= span_find(span_of(all, (size_t)n), marker) >= 0;
        close(fd);
    }
    closedir(d);
    return found;
}

static void test_nothing_in_clear(void **state)
{
    struct spool *s = spool_new(1u << 30);
    struct err e;

    (void)state;
    for (int i = 0; i < 40000; i++)
        assert_int_equal(spool_put(s, SPAN_LIT("marker-of-a-patient\r\n"), &e), RC_OK);
    assert_int_equal(spool_end(s, &e), RC_OK);
    assert_false(in_any_memfd(SPAN_LIT("marker-of")));
    spool_free(&s);
}

/* ---- given away ---- */
static void octets_at(int fd, uint64_t off, size_t n, struct buf *out)
{
    struct err e;

    buf_clear(out);
    assert_int_equal(buf_reserve(out, n, &e), RC_OK);
    assert_int_equal(pread(fd, out->p, n, (off_t)off), (ssize_t)n);
    out->n = n;
}

/* The memfd holds the object that the key and the id open: the lead, then what was put. */
static void check_given(struct spool *s, struct span lead, uint64_t size)
{
    struct buf box = BUF_INIT, plain = BUF_SECRET_INIT;
    struct seal_chunk_at at;
    struct spool_given g;
    struct seal_obj *o;
    uint64_t off = 0;
    struct err e;

    assert_true(spool_give(s, lead, &g));
    assert_true(g.lead == lead.n && g.len == seal_led_size(lead.n + size, g.lead));
    assert_int_equal(lseek(g.fd, 0, SEEK_END), (off_t)(g.skip + g.len));
    octets_at(g.fd, 0, (size_t)g.skip, &box);
    for (size_t i = 0; i < box.n; i++) /* INV-W2 */
        assert_int_equal(box.p[i], 0);
    assert_int_equal(seal_obj_open(g.cek, g.oid, SEAL_MESSAGE, &o, &e), RC_OK);
    seal_obj_led(o, g.lead);
    for (uint32_t no = 0; seal_chunk_at(lead.n + size, g.lead, no, &at); no++) {
        octets_at(g.fd, g.skip + at.sealed, at.n + SEAL_TAG, &box);
        buf_clear(&plain);
        assert_int_equal(open_chunk(o, no, at.final, buf_span(&box), &plain, &e), RC_OK);
        if (g.lead > 0 && no == 0)
            assert_true(span_eq(buf_span(&plain), lead));
        else
            assert_int_equal(count(&off, buf_span(&plain), &e), RC_OK);
    }
    assert_int_equal(off, size);
    off = 0; /* it can still be read */
    assert_int_equal(spool_each(s, count, &off, &e), RC_OK);
    assert_int_equal(off, size);
    assert_false(spool_give(s, lead, &g)); /* INV-W1: never a second lead under that key */
    seal_obj_close(&o);
    buf_free(&box);
    buf_free(&plain);
}

static void test_given(void **state)
{
    static const uint64_t sizes[] = {SPOOL_MEMORY + 1, SPOOL_MEMORY + SEAL_CHUNK, 3000001};
    static unsigned char trace[SEAL_LEAD_MAX];

    (void)state;
    memset(trace, 'T', sizeof trace);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t n = 0; n <= sizeof trace; n = n ? n * 32 : 1) {
            struct spool *s = n ? spool_new_led(1u << 30) : spool_new(1u << 30);

            fill(s, sizes[i], 100000);
            check_given(s, span_of(trace, n), sizes[i]);
            spool_free(&s);
        }
}

/* What cannot be given is told, and nothing is done. */
static void test_not_given(void **state)
{
    static unsigned char trace[SEAL_LEAD_MAX + 1];
    struct spool_given g = {.fd = 77};
    struct spool *s = spool_new_led(1u << 30);
    struct err e;

    (void)state;
    fill(s, SPOOL_MEMORY, 4096); /* exactly at the bound: in memory */
    assert_false(spool_give(s, SPAN_LIT("trace"), &g));
    spool_free(&s);
    s = spool_new_led(1u << 30);
    fill(s, SPOOL_MEMORY + 1, 4096);
    assert_false(spool_give(s, SPAN_NULL, &g));
    assert_false(spool_give(s, span_of(trace, sizeof trace), &g));
    assert_true(spool_give(s, SPAN_LIT("trace"), &g));
    spool_free(&s);
    s = spool_new(1u << 30);
    fill(s, SPOOL_MEMORY + 1, 4096);
    assert_false(spool_give(s, SPAN_LIT("trace"), &g));
    assert_true(spool_give(s, SPAN_NULL, &g));
    spool_free(&s);
    s = spool_new(SPOOL_MEMORY + 10); /* something that was put is missing */
    assert_int_equal(spool_put(s, span_of(trace, SEAL_LEAD_MAX), &e), RC_OK);
    for (int i = 0; i < 7; i++)
        assert_int_equal(spool_put(s, span_of(trace, SEAL_LEAD_MAX), &e), RC_OK);
    assert_int_equal(spool_put(s, span_of(trace, 8), &e), RC_OK);
    assert_int_equal(spool_put(s, span_of(trace, 8), &e), RC_PERM);
    assert_int_equal(spool_end(s, &e), RC_OK);
    assert_false(spool_give(s, SPAN_NULL, &g));
    spool_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes), cmocka_unit_test(test_room),
                                       cmocka_unit_test(test_max),   cmocka_unit_test(test_nothing_in_clear),
                                       cmocka_unit_test(test_given), cmocka_unit_test(test_not_given)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
