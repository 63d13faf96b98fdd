/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/pack_test.c - what is packed opens again, what is damaged says so, and the dictionaries are those of the format. */
#include "extract/pack.h"
#include "extract/summary.h"
#include "extract/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void there_and_back(enum pack_words w, struct span plain)
{
    struct buf packed = BUF_INIT, again = BUF_INIT;
    struct err e;

    pack_to(w, plain, &packed);
    assert_int_equal(pack_open(w, buf_span(&packed), plain.n, &again, &e), RC_OK);
    assert_true(span_eq(buf_span(&again), plain));
    if (plain.n > 0)
        assert_int_equal(pack_open(w, buf_span(&packed), plain.n - 1, &again, &e), RC_CORRUPT);
    assert_int_equal(again.n, plain.n); /* a failure appends nothing */
    buf_free(&packed);
    buf_free(&again);
}

static void test_there_and_back(void **state)
{
    struct buf big = BUF_INIT;
    uint32_t x = 1;

    (void)state;
    for (size_t i = 0; i < 300000; i++)
        buf_addc(&big, (unsigned char)((x = x * 1664525u + 1013904223u) >> 24)); /* does not become smaller */
    for (int w = 0; w < PACK_WORDS; w++) {
        there_and_back((enum pack_words)w, SPAN_LIT(""));
        there_and_back((enum pack_words)w, SPAN_LIT("a"));
        there_and_back((enum pack_words)w, SPAN_LIT("Content-Type: text/plain; charset=utf-8\r\n"));
        there_and_back((enum pack_words)w, pack_words[w]);
        for (size_t n = 1; n < big.n; n = n * 3 + 1)
            there_and_back((enum pack_words)w, span_head(buf_span(&big), n));
    }
    buf_free(&big);
}

/* Cut anywhere, or with any one bit turned: it opens as something of a lawful length, or says RC_CORRUPT. Nothing else is touched (ASan). */
static void test_damage(void **state)
{
    static const char sample[] = "Subject: compte rendu\r\nFrom: a@b\r\n\r\ncompte rendu de compte rendu";
    struct buf packed = BUF_INIT, out = BUF_INIT;
    struct err e;

    (void)state;
    pack_to(PACK_SUMMARY, SPAN_LIT(sample), &packed);
    for (size_t n = 0; n < packed.n; n++)
        assert_int_equal(pack_open(PACK_SUMMARY, span_of(packed.p, n), 1000, &out, &e), RC_CORRUPT);
    for (size_t bit = 0; bit < packed.n * 8; bit++) {
        enum rc rc;

        packed.p[bit / 8] ^= (unsigned char)(1u << bit % 8);
        buf_clear(&out);
        rc = pack_open(PACK_SUMMARY, buf_span(&packed), 1000, &out, &e);
        assert_true((rc == RC_OK && out.n <= 1000) || (rc == RC_CORRUPT && out.n == 0));
        packed.p[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    buf_free(&packed);
    buf_free(&out);
}

/* A length that would take much memory is refused before memory is taken. */
static void test_length_bounded(void **state)
{
    struct buf out = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(pack_open(PACK_TEXT, SPAN_LIT("\xff\xff\xff\xff\x10x"), SIZE_MAX, &out, &e), RC_CORRUPT);
    assert_int_equal(pack_open(PACK_TEXT, SPAN_LIT("\xff\xff\xff\x7f\x10x"), TEXT_MAX, &out, &e), RC_CORRUPT);
    assert_null(out.p);
}

/* ---- numbers ---- */
static void test_numbers(void **state)
{
    static const char *const bad[] = {"\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                                      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x02z"};
    struct buf b = BUF_INIT;
    struct rd r;

    (void)state;
    for (unsigned bits = 0; bits < 64; bits++)
        for (uint64_t d = 0; d < 3; d++)
            var_u64(&b, (1ull << bits) - 1 + d);
    var_u64(&b, UINT64_MAX);
    var_bytes(&b, SPAN_LIT("text"));
    r = rd_of(buf_span(&b));
    for (unsigned bits = 0; bits < 64; bits++)
        for (uint64_t d = 0; d < 3; d++)
            assert_int_equal(rd_var(&r), (1ull << bits) - 1 + d);
    assert_int_equal(rd_var(&r), UINT64_MAX);
    assert_true(span_eq_str(rd_var_bytes(&r), "text"));
    assert_true(rd_done(&r));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r = rd_of(span_str(bad[i]));
        assert_int_equal(rd_var_bytes(&r).n, 0);
        assert_false(rd_ok(&r));
    }
    buf_free(&b);
}

static uint64_t fnv(struct span s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}

/* They are part of the format on disk: with another octet in them, what is in the stores no longer opens. */
static void test_words_stay(void **state)
{
    static const uint64_t digests[PACK_WORDS] = {[PACK_SUMMARY] = 0xa43890a30647f9c5, [PACK_TEXT] = 0x7b5eb87310fb05a5};

    (void)state;
    for (int w = 0; w < PACK_WORDS; w++)
        if (fnv(pack_words[w]) != digests[w])
            fail_msg("words %d have changed: 0x%016llx", w, (unsigned long long)fnv(pack_words[w]));
}

static const char letter[] =
    "Return-Path: <dr.martin@chu-nord.mssante.fr>\r\nReceived: from mx.chu-nord.mssante.fr ([192.0.2.7])\r\n\tby "
    "mx.ville.mssante.fr (Pli) with ESMTPS "
    "id 0a1b2c3d4e5f6071\r\n\tfor <lefebvre@ville.mssante.fr>\r\n\ttls TLS_AES_256_GCM_SHA384 (TLS1.3);\r\n\tSat, 28 "
    "Nov 2026 20:31:07 +0100\r\n"
    "From: Dr Paul Martin <dr.martin@chu-nord.mssante.fr>\r\nTo: Claire Lefebvre "
    "<lefebvre@ville.mssante.fr>\r\nSubject: Compte rendu\r\n"
    "Date: Sat, 28 Nov 2026 20:31:05 +0100\r\nMessage-ID: <77-12@chu-nord.mssante.fr>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nChère consœur, je vous remercie "
    "de m'avoir adressé votre patient.\r\n";

/* What the format is for: the summary of a plain letter takes half of its sections, and its text two thirds of itself. */
static void test_a_letter_is_small(void **state)
{
    struct scan *s = scan_new();
    struct buf summary = BUF_INIT, sections = BUF_INIT, text = BUF_INIT;
    struct text_extract *t;
    struct text_view v;
    struct summary sum;
    struct err e;

    (void)state;
    scan_feed(s, SPAN_LIT(letter));
    scan_end(s);
    t = text_new(s);
    text_feed(t, SPAN_LIT(letter));
    text_end(t, &text);
    summary_build(s, t, &summary);
    assert_int_equal(summary_read(buf_span(&summary), &sections, &sum, &e), RC_OK);
    assert_true(summary.n * 2 < sections.n);
    assert_int_equal(text_open(buf_span(&text), &v, &e), RC_OK);
    assert_true(text.n * 3 < v.mem.n * 2);
    text_view_free(&v);
    text_free(&t);
    scan_free(&s);
    buf_free(&summary);
    buf_free(&sections);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_length_bounded), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_words_stay),     cmocka_unit_test(test_a_letter_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
