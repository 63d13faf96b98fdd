/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/seal_test.c - sealing: published vectors, round trips, and every kind of tampering we can name. */
#include "crypto/seal/alg_int.h"
#include "crypto/seal/seal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;

static struct buf unhex(const char *h)
{
    struct buf b = BUF_INIT;

    for (unsigned v; *h; h += 2) {
        char two[3] = {h[0], h[1], 0};

        v = (unsigned)strtoul(two, NULL, 16);
        buf_addc(&b, (unsigned char)v);
    }
    return b;
}

static void is_hex(const void *p, size_t n, const char *hex)
{
    struct buf want = unhex(hex);

    assert_int_equal(n, want.n);
    assert_memory_equal(p, want.p, n);
    buf_free(&want);
}

/* ---- vectors ---- */

static void test_rfc3394(void **st)
{
    struct buf kek = unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct buf data = unhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    unsigned char out[40], back[32];

    (void)st;
    assert_int_equal(alg_wrap32(kek.p, data.p, out, &e), RC_OK);
    is_hex(out, 40, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"); /* 4.6 */
    assert_int_equal(alg_unwrap32(kek.p, out, back, &e), RC_OK);
    assert_memory_equal(back, data.p, 32);
    for (size_t i = 0; i < 40; i++) {
        out[i] ^= 1;
        assert_int_equal(alg_unwrap32(kek.p, out, back, &e), RC_CORRUPT);
        out[i] ^= 1;
    }
    buf_free(&kek);
    buf_free(&data);
}

static void test_rfc5869(void **st)
{
    /* A.3: SHA-256, salt and info empty; the first 32 of its 42 bytes */
    struct buf ikm = unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    unsigned char out[32];

    (void)st;
    for (int i = 0; i < 3; i++) { /* the thread's context is reused */
        assert_int_equal(alg_hkdf(buf_span(&ikm), SPAN_LIT(""), out, &e), RC_OK);
        is_hex(out, 32, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }
    buf_free(&ikm);
}

static void test_rfc5869_expand(void **st) /* A.3 from its PRK on */
{
    struct buf prk = unhex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    unsigned char out[32];

    (void)st;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(alg_expand(prk.p, SPAN_LIT(""), out, &e), RC_OK);
        is_hex(out, 32, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }
    buf_free(&prk);
}

/* AES-256-GCM: test case 16 of the GCM specification (McGrew, Viega) */
static void test_gcm_vector(void **st)
{
    struct buf k = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    struct buf n = unhex("cafebabefacedbaddecaf888"), a = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    struct buf p =
        unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
              "b16aedf5aa0de657ba637b39");
    struct gcm_call c = {.key = k.p, .nonce = n.p, .aad = buf_span(&a), .in = buf_span(&p)};
    unsigned char out[128];

    (void)st;
    assert_int_equal(alg_gcm_seal(&c, out, &e), RC_OK);
    is_hex(out, p.n + 16,
           "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393b"
           "a7a0abcc9f662"
           "76fc6ece0f4e1768cddf8853bb2d551b");
    buf_free(&k);
    buf_free(&n);
    buf_free(&a);
    buf_free(&p);
}

/* ---- objects ---- */

struct fix {
    unsigned char cek[SEAL_CEK], oid[SEAL_OID];
};

static struct fix fix_new(void)
{
    struct fix f;

    seal_cek_new(f.cek);
    seal_oid_new(f.oid);
    return f;
}

static struct buf pattern(size_t n)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++)
        buf_addc(&b, (unsigned char)(i * 7 + i / 251));
    return b;
}

static void test_sizes(void **st)
{
    static const size_t t[] = {
        0, 1, 15, 16, 17, 4096, SEAL_CHUNK - 1, SEAL_CHUNK, SEAL_CHUNK + 1, 2 * SEAL_CHUNK, 3 * SEAL_CHUNK + 5};
    struct fix f = fix_new();

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf plain = pattern(t[i]), sealed = BUF_INIT, back = BUF_INIT;
        uint64_t size = 0;

        assert_int_equal(seal_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&plain), &sealed, &e), RC_OK);
        assert_int_equal(sealed.n, seal_size(t[i]));
        assert_int_equal(seal_plain_size(sealed.n, &size, &e), RC_OK);
        assert_int_equal(size, t[i]);
        buf_addstr(&back, "kept ");
        assert_int_equal(open_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&sealed), &back, &e), RC_OK);
        assert_true(span_eq(span_from(buf_span(&back), 5), buf_span(&plain)));
        buf_free(&plain);
        buf_free(&sealed);
        buf_free(&back);
    }
}

static void test_sizes_that_can_not_be(void **st)
{
    static const uint64_t t[] = {
        0, 1, 15, SEAL_CHUNK + SEAL_TAG + 1, SEAL_CHUNK + SEAL_TAG + 16, 2 * (SEAL_CHUNK + SEAL_TAG) + 15};
    uint64_t size = 77;

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(seal_plain_size(t[i], &size, &e), RC_CORRUPT);
    assert_int_equal(size, 77);
}

/* any chunk alone, in any order, gives its own range */
static void test_ranges(void **st)
{
    struct fix f = fix_new();
    struct buf plain = pattern(2 * SEAL_CHUNK + 100), sealed = BUF_INIT, piece = BUF_INIT;
    struct seal_obj *o = NULL;

    (void)st;
    assert_int_equal(seal_obj_open(f.cek, f.oid, SEAL_MESSAGE, &o, &e), RC_OK);
    for (uint32_t no = 0; no < 3; no++)
        assert_int_equal(seal_chunk(o, no, no == 2, span_head(span_from(buf_span(&plain), no * SEAL_CHUNK), SEAL_CHUNK),
                                    &sealed, &e),
                         RC_OK);
    for (uint32_t k = 3; k-- > 0;) {
        struct span s = span_head(span_from(buf_span(&sealed), k * (SEAL_CHUNK + SEAL_TAG)), SEAL_CHUNK + SEAL_TAG);

        buf_clear(&piece);
        assert_int_equal(open_chunk(o, k, k == 2, s, &piece, &e), RC_OK);
        assert_true(span_eq(buf_span(&piece), span_head(span_from(buf_span(&plain), k * SEAL_CHUNK), SEAL_CHUNK)));
        assert_int_equal(open_chunk(o, k, k != 2, s, &piece, &e), RC_CORRUPT);     /* the final flag */
        assert_int_equal(open_chunk(o, k + 1, k == 2, s, &piece, &e), RC_CORRUPT); /* another place */
    }
    assert_int_equal(seal_chunk(o, 0, false, SPAN_LIT("short"), &piece, &e), RC_PERM);
    assert_int_equal(seal_chunk(o, 1, true, SPAN_NULL, &piece, &e), RC_PERM);
    seal_obj_close(&o);
    assert_null(o);
    seal_obj_close(&o);
    buf_free(&plain);
    buf_free(&sealed);
    buf_free(&piece);
}

static void test_every_byte_flipped(void **st)
{
    struct fix f = fix_new();
    struct buf sealed = BUF_INIT, back = BUF_INIT;

    (void)st;
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_SUMMARY, SPAN_LIT("Compte rendu"), &sealed, &e), RC_OK);
    for (size_t i = 0; i < sealed.n * 8; i++) {
        sealed.p[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_int_equal(open_whole(f.cek, f.oid, SEAL_SUMMARY, buf_span(&sealed), &back, &e), RC_CORRUPT);
        assert_int_equal(back.n, 0);
        sealed.p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    for (size_t n = 0; n < sealed.n; n++)
        assert_int_equal(open_whole(f.cek, f.oid, SEAL_SUMMARY, span_head(buf_span(&sealed), n), &back, &e),
                         RC_CORRUPT);
    buf_addc(&sealed, 0);
    assert_int_equal(open_whole(f.cek, f.oid, SEAL_SUMMARY, buf_span(&sealed), &back, &e), RC_CORRUPT);
    buf_free(&sealed);
    buf_free(&back);
}

static void test_other_place(void **st)
{
    struct fix f = fix_new(), g;
    struct buf sealed = BUF_INIT, back = BUF_INIT;

    (void)st;
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_SUMMARY, SPAN_LIT("x"), &sealed, &e), RC_OK);
    assert_int_equal(open_whole(f.cek, f.oid, SEAL_SEARCH, buf_span(&sealed), &back, &e), RC_CORRUPT);
    g = f;
    g.oid[15] ^= 1;
    assert_int_equal(open_whole(g.cek, g.oid, SEAL_SUMMARY, buf_span(&sealed), &back, &e), RC_CORRUPT);
    g = f;
    g.cek[0] ^= 1;
    assert_int_equal(open_whole(g.cek, g.oid, SEAL_SUMMARY, buf_span(&sealed), &back, &e), RC_CORRUPT);
    buf_free(&sealed);
    buf_free(&back);
}

/* chunks swapped, dropped at the end, doubled: never the half of an object */
static void test_chunks_moved(void **st)
{
    const size_t c = SEAL_CHUNK + SEAL_TAG;
    struct fix f = fix_new();
    struct buf plain = pattern(3 * SEAL_CHUNK), s = BUF_INIT, t = BUF_INIT, back = BUF_INIT;

    (void)st;
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&plain), &s, &e), RC_OK);
    assert_int_equal(open_whole(f.cek, f.oid, SEAL_MESSAGE, span_head(buf_span(&s), 2 * c), &back, &e), RC_CORRUPT);
    assert_int_equal(back.n, 0);
    buf_addspan(&t, span_of(s.p + c, c));
    buf_addspan(&t, span_of(s.p, c));
    buf_addspan(&t, span_of(s.p + 2 * c, c));
    assert_int_equal(open_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&t), &back, &e), RC_CORRUPT);
    buf_clear(&t);
    buf_addspan(&t, buf_span(&s));
    buf_addspan(&t, span_of(s.p + 2 * c, c));
    assert_int_equal(open_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&t), &back, &e), RC_CORRUPT);
    assert_int_equal(back.n, 0);
    buf_free(&plain);
    buf_free(&s);
    buf_free(&t);
    buf_free(&back);
}

static void test_object_key(void **st)
{
    struct fix f = fix_new();
    unsigned char key[SEAL_OBJ_KEY];
    struct buf env = BUF_INIT, msg = BUF_INIT, back = BUF_INIT;

    (void)st;
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_ENVELOPE, SPAN_LIT("envelope"), &env, &e), RC_OK);
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_MESSAGE, SPAN_LIT("message"), &msg, &e), RC_OK);
    assert_int_equal(seal_obj_key(f.cek, f.oid, SEAL_ENVELOPE, key, &e), RC_OK);
    assert_int_equal(open_whole_key(key, f.oid, SEAL_ENVELOPE, buf_span(&env), &back, &e), RC_OK);
    assert_true(span_eq_str(buf_span(&back), "envelope"));
    assert_int_equal(open_whole_key(key, f.oid, SEAL_MESSAGE, buf_span(&msg), &back, &e), RC_CORRUPT);
    buf_free(&env);
    buf_free(&msg);
    buf_free(&back);
}

static void test_bounded_out(void **st)
{
    struct fix f = fix_new();
    struct buf plain = pattern(1000), out;

    (void)st;
    buf_init_max(&out, 500);
    assert_int_equal(seal_whole(f.cek, f.oid, SEAL_MESSAGE, buf_span(&plain), &out, &e), RC_TEMP);
    assert_int_equal(out.n, 0);
    buf_free(&out);
    buf_free(&plain);
}

/* ---- epochs and wraps ---- */

static void test_epochs(void **st)
{
    unsigned char pub[SEAL_PUB], priv[SEAL_PRIV], pub2[SEAL_PUB], priv2[SEAL_PRIV], key[32], got[32],
        rec[SEAL_EPOCH_REC];
    uint64_t id = 0, other;

    (void)st;
    seal_cek_new(key);
    assert_int_equal(seal_pair_new(pub, priv, &e), RC_OK);
    assert_int_equal(seal_pair_new(pub2, priv2, &e), RC_OK);
    assert_int_equal(seal_epoch_seal(pub, 16, key, rec, &id, &e), RC_OK);
    assert_true(id == seal_epoch_id(16, rec) && id != seal_epoch_id(17, rec));
    assert_int_equal(seal_epoch_open(priv, pub, 16, id, rec, got, &e), RC_OK);
    assert_memory_equal(got, key, 32);
    assert_int_equal(seal_epoch_open(priv, pub, 17, seal_epoch_id(17, rec), rec, got, &e), RC_CORRUPT);
    assert_int_equal(seal_epoch_open(priv, pub, 16, id ^ 1, rec, got, &e), RC_CORRUPT);
    assert_int_equal(seal_epoch_open(priv2, pub, 16, id, rec, got, &e), RC_CORRUPT);
    assert_int_equal(seal_epoch_open(priv, pub2, 16, id, rec, got, &e), RC_CORRUPT);
    for (size_t i = 0; i < sizeof rec; i++) {
        rec[i] ^= 2;
        assert_int_equal(seal_epoch_open(priv, pub, 16, id, rec, got, &e), RC_CORRUPT);
        assert_int_equal(seal_epoch_open(priv, pub, 16, seal_epoch_id(16, rec), rec, got, &e), RC_CORRUPT);
        rec[i] ^= 2;
    }
    memset(rec, 0, SEAL_PUB); /* a low-order point gives no shared secret */
    assert_int_equal(seal_epoch_open(priv, pub, 16, seal_epoch_id(16, rec), rec, got, &e), RC_CORRUPT);
    memset(pub, 0, SEAL_PUB);
    assert_int_not_equal(seal_epoch_seal(pub, 16, key, rec, &other, &e), RC_OK);
}

static void test_wraps(void **st)
{
    unsigned char ekey[32], cek[32], got[32], w[SEAL_WRAP];

    (void)st;
    seal_cek_new(ekey);
    seal_cek_new(cek);
    assert_int_equal(seal_wrap(ekey, 16, 5, cek, w, &e), RC_OK);
    assert_int_equal(seal_unwrap(ekey, 16, 5, w, got, &e), RC_OK);
    assert_memory_equal(got, cek, 32);
    assert_int_equal(seal_unwrap(ekey, 17, 5, w, got, &e), RC_CORRUPT);
    assert_int_equal(seal_unwrap(ekey, 16, 6, w, got, &e), RC_CORRUPT);
    for (size_t i = 0; i < sizeof w; i++) {
        w[i] ^= 0x80;
        assert_int_equal(seal_unwrap(ekey, 16, 5, w, got, &e), RC_CORRUPT);
        w[i] ^= 0x80;
    }
}

/* X25519 as published: RFC 7748 6.1, through an epoch record sealed to Bob's key */
static void test_rfc7748(void **st)
{
    struct buf bob = unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    struct buf bob_pub = unhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    unsigned char key[32] = "an epoch key of thirty-two byte", got[32], rec[SEAL_EPOCH_REC];
    uint64_t id;

    (void)st;
    assert_int_equal(seal_epoch_seal(bob_pub.p, 1, key, rec, &id, &e), RC_OK);
    assert_int_equal(seal_epoch_open(bob.p, bob_pub.p, 1, id, rec, got, &e), RC_OK);
    assert_memory_equal(got, key, 32);
    buf_free(&bob);
    buf_free(&bob_pub);
}

/* ---- names ---- */

static void test_names(void **st)
{
    unsigned char priv[SEAL_PRIV], key[SEAL_NAMES_KEY], other[SEAL_NAMES_KEY], tag[SEAL_NAME_TAG], tag2[SEAL_NAME_TAG];
    struct buf a = BUF_INIT, b = BUF_INIT, back = BUF_INIT;
    struct span name = SPAN_LIT("Résultats/2026");

    (void)st;
    seal_cek_new(priv);
    assert_int_equal(seal_names_key(priv, 16, key, &e), RC_OK);
    assert_int_equal(seal_names_key(priv, 17, other, &e), RC_OK);
    assert_memory_not_equal(key, other, sizeof key);
    assert_int_equal(seal_name_tag(key, name, tag, &e), RC_OK);
    assert_int_equal(seal_name_tag(key, SPAN_LIT("INBOX"), tag2, &e), RC_OK);
    assert_memory_not_equal(tag, tag2, sizeof tag);
    assert_int_equal(seal_name(key, 16, name, &a, &e), RC_OK);
    assert_int_equal(seal_name(key, 16, name, &b, &e), RC_OK);
    assert_false(span_eq(buf_span(&a), buf_span(&b))); /* equal names do not show */
    assert_int_equal(open_name(key, 16, tag, buf_span(&a), &back, &e), RC_OK);
    assert_true(span_eq(buf_span(&back), name));
    buf_clear(&back);
    assert_int_equal(open_name(key, 17, tag, buf_span(&a), &back, &e), RC_CORRUPT);
    assert_int_equal(open_name(key, 16, tag2, buf_span(&a), &back, &e), RC_CORRUPT);
    assert_int_equal(open_name(other, 16, tag, buf_span(&a), &back, &e), RC_CORRUPT);
    for (size_t n = 0; n < a.n; n++) {
        assert_int_equal(open_name(key, 16, tag, span_head(buf_span(&a), n), &back, &e), RC_CORRUPT);
        a.p[n] ^= 1;
        assert_int_equal(open_name(key, 16, tag, buf_span(&a), &back, &e), RC_CORRUPT);
        a.p[n] ^= 1;
    }
    assert_int_equal(back.n, 0);
    buf_free(&a);
    buf_free(&b);
    buf_free(&back);
}

/* An annotation opens in its place alone: not in another folder, not as the other part, not as shared, not under another name. */
static void test_annotations(void **st)
{
    unsigned char priv[SEAL_PRIV], key[SEAL_NAMES_KEY], folder[SEAL_NAME_TAG];
    struct seal_place at = {.mbx = 16, .folder = 3, .shared = 0}, other[4];
    struct buf a = BUF_INIT, back = BUF_INIT;
    struct span name = SPAN_LIT("/private/comment");

    (void)st;
    seal_cek_new(priv);
    assert_int_equal(seal_names_key(priv, 16, key, &e), RC_OK);
    assert_int_equal(seal_entry_tag(key, name, at.tag, &e), RC_OK);
    assert_int_equal(seal_name_tag(key, name, folder, &e), RC_OK);
    assert_memory_not_equal(at.tag, folder, sizeof folder); /* a folder of that name has another tag */
    assert_int_equal(seal_annotation(key, &at, SEAL_ENTRY_VALUE, SPAN_LIT("douleur"), &a, &e), RC_OK);
    assert_int_equal(open_annotation(key, &at, SEAL_ENTRY_VALUE, buf_span(&a), &back, &e), RC_OK);
    assert_true(span_eq_str(buf_span(&back), "douleur"));
    buf_clear(&back);
    for (size_t i = 0; i < 4; i++)
        other[i] = at;
    other[0].mbx++;
    other[1].folder++;
    other[2].shared = 1;
    other[3].tag[0] ^= 1;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(open_annotation(key, &other[i], SEAL_ENTRY_VALUE, buf_span(&a), &back, &e), RC_CORRUPT);
    assert_int_equal(open_annotation(key, &at, SEAL_ENTRY_NAME, buf_span(&a), &back, &e), RC_CORRUPT);
    assert_int_equal(open_name(key, 16, at.tag, buf_span(&a), &back, &e), RC_CORRUPT);
    for (size_t n = 0; n < a.n; n++) {
        assert_int_equal(open_annotation(key, &at, SEAL_ENTRY_VALUE, span_head(buf_span(&a), n), &back, &e),
                         RC_CORRUPT);
        a.p[n] ^= 1;
        assert_int_equal(open_annotation(key, &at, SEAL_ENTRY_VALUE, buf_span(&a), &back, &e), RC_CORRUPT);
        a.p[n] ^= 1;
    }
    assert_int_equal(back.n, 0);
    buf_free(&a);
    buf_free(&back);
}

static void test_oids(void **st)
{
    unsigned char a[SEAL_OID], b[SEAL_OID];

    (void)st;
    for (int i = 0; i < 1000; i++) {
        seal_oid_new(a);
        seal_oid_new(b);
        assert_memory_not_equal(a, b, SEAL_OID);
        assert_true(a[0] < 16);
        assert_true(memcmp(a + 1, b + 1, 7) <= 0); /* time goes on */
    }
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_rfc3394),        cmocka_unit_test(test_rfc5869),
        cmocka_unit_test(test_rfc5869_expand), cmocka_unit_test(test_gcm_vector),
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_sizes_that_can_not_be),
        cmocka_unit_test(test_ranges),         cmocka_unit_test(test_every_byte_flipped),
        cmocka_unit_test(test_other_place),    cmocka_unit_test(test_chunks_moved),
        cmocka_unit_test(test_object_key),     cmocka_unit_test(test_bounded_out),
        cmocka_unit_test(test_epochs),         cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_rfc7748),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_annotations),    cmocka_unit_test(test_oids),
    };
    return cmocka_run_group_tests_name("seal", t, NULL, NULL);
}
