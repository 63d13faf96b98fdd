/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/signed_test.c - the signed form, found again by the reception side octet by octet; and, where the openssl program
 * is there, verified by it whole and rebuilt from its parts.
 */
#include "mime/canon.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define H "Date: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static struct scan *scan_of(struct span d)
{
    struct scan *s = scan_new();

    scan_feed(s, d);
    scan_end(s);
    return s;
}

struct letter {
    struct buf all;
    struct buf entity;
};

/* As the door does it: outer header, entity, signature. */
static void sign_with(struct span header, struct span body, struct span der, struct letter *l)
{
    struct signed_form f;
    struct err e;

    assert_int_equal(signed_form_make(header, &f, &e), RC_OK);
    buf_addspan(&l->entity, buf_span(&f.inner_header));
    buf_addspan(&l->entity, body);
    buf_addspan(&l->all, buf_span(&f.outer_header));
    buf_addspan(&l->all, buf_span(&l->entity));
    signed_form_signature(&f, der, &l->all);
    signed_form_free(&f);
}

static void letter_free(struct letter *l)
{
    buf_free(&l->all);
    buf_free(&l->entity);
}

static const struct {
    const char *header, *body, *inner;
} forms[] = {
    {H "\r\n", "hello\r\n", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {H "\r\n", "", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {H "\r\n", "no last CRLF", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {H "\r\n", "\r\n\r\n", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {H "Content-Type: text/plain;\r\n charset=utf-8\r\nSubject: s\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
     "hello\r\n", "Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"},
    {H "Content-Language: fr\r\n\r\n", "x\r\n",
     "Content-Language: fr\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {H MP("b"), "--b\r\n\r\nx\r\n--b--\r\n", MP("b")},
    {"Subject: s\r\n", "", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
    {"Subject: s", "", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"},
};

static void test_signed_forms(void **state)
{
    unsigned char der[300];

    (void)state;
    for (size_t i = 0; i < sizeof der; i++)
        der[i] = (unsigned char)(i * 7);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct letter l = {.all = BUF_INIT};
        struct buf decoded = BUF_INIT;
        struct signed_places at;
        struct scan *s;
        struct err e;

        sign_with(span_str(forms[i].header), span_str(forms[i].body), span_of(der, sizeof der), &l);
        assert_int_equal(l.entity.n, strlen(forms[i].inner) + strlen(forms[i].body));
        assert_memory_equal(l.entity.p, forms[i].inner, strlen(forms[i].inner));
        s = scan_of(buf_span(&l.all));
        assert_true(scan_facts(s)->is_signed);
        assert_int_equal(signed_places(s, &at, &e), RC_OK);
        assert_false(at.opaque);
        assert_true(span_eq(span_of(l.all.p + at.entity_off, at.entity_len), buf_span(&l.entity)));
        /* part by part, as IMAP serves it: BODY[1.MIME] and BODY[1] are the signed octets */
        assert_int_equal(scan_part(s, 1)->header_off, at.entity_off);
        assert_int_equal(scan_part(s, 1)->header_len + scan_part(s, 1)->body_len, l.entity.n);
        assert_int_equal(mime_decode(at.sig_encoding, span_of(l.all.p + at.sig_off, at.sig_len), &decoded, &e), RC_OK);
        assert_true(span_eq(buf_span(&decoded), span_of(der, sizeof der)));
        assert_null(strstr(strstr(buf_cstr(&l.all), "multipart/signed") + 1, "multipart/signed"));
        scan_free(&s);
        buf_free(&decoded);
        letter_free(&l);
    }
}

enum { NO, DETACHED, OPAQUE, ODD };
#define SIGNED "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
#define SIGNED_P7                                                                                                      \
    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
#define P7_PART "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA\r\n--b--\r\n"
static const struct {
    const char *mail;
    int what;
    const char *encoding;
} others[] = {
    {"A: b\r\n\r\nx", NO, ""},
    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: "
     "base64\r\n\r\nAAAA\r\n",
     OPAQUE, "base64"},
    {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA\r\n", NO, ""},
    {"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\n\r\nAAAA\r\n", NO, ""},
    {"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: (essai) BASE64 "
     "(fin)\r\n\r\nAAAA\r\n",
     OPAQUE, "base64"},
    {"Content-Type: application/x-pkcs7-mime\r\n\r\nAAAA\r\n", OPAQUE, ""},
    {"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
     "filename=\"SMIME.P7M\"\r\n\r\nAAAA\r\n",
     OPAQUE, ""},
    {"Content-Type: application/octet-stream; name=a.pdf\r\n\r\nAAAA\r\n", NO, ""},
    {"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", NO, ""},
    {"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; "
     "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
     ODD, ""},
    {SIGNED "--b\r\nContent-Type: application/pgp-signature\r\n\r\n--b--\r\n", NO, ""},
    {SIGNED "--b\r\nContent-Type: application/x-pkcs7-signature\r\n\r\nAA\r\n--b--\r\n", DETACHED, ""},
    {SIGNED "--b\r\nContent-Type: application/octet-stream; name=smime.p7s\r\n\r\nAA\r\n--b--\r\n", DETACHED, ""},
    {SIGNED_P7 "--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: (a) base64\r\n\r\nAA\r\n"
               "--b--\r\n",
     DETACHED, "base64"},
    {SIGNED "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n--b\r\n\r\n--b--\r\n", ODD, ""},
    /* two ways to take it apart: readers differ in which Content-Type, and which boundary, they follow */
    {"Content-Type: multipart/signed; boundary=b; boundary=c\r\n\r\n--b\r\n\r\nx\r\n" P7_PART, ODD, ""},
    {"Content-Type: multipart/signed; boundary=b; boundary*=us-ascii''c\r\n\r\n--b\r\n\r\nx\r\n" P7_PART, ODD, ""},
    {"Content-Type: multipart/signed; boundary=b; boundary*0=c\r\n\r\n--b\r\n\r\nx\r\n" P7_PART, ODD, ""},
    {"Content-Type: multipart/signed; boundary*0=b; boundary*1=c\r\n\r\n--bc\r\n\r\nx\r\n--bc\r\nContent-Type: "
     "application/pkcs7-signature\r\n\r\nAA\r\n"
     "--bc--\r\n",
     DETACHED, ""},
    {"Content-Type: multipart/signed; boundary=b\r\nContent-Type: text/html\r\n\r\n--b\r\n\r\nx\r\n" P7_PART, ODD, ""},
    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: "
     "base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\nAAAA\r\n",
     ODD, ""},
    {SIGNED_P7 "--b\r\nContent-Type: text/plain\r\n\r\nAA\r\n--b--\r\n", ODD, ""},
    {SIGNED_P7 "--b\r\n\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA\r\n--b--\r\n", ODD, ""},
    /* a list put its foot around the signed message */
    {"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" SIGNED
     "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA\r\n--b--\r\n--m\r\n\r\nfoot\r\n--m--\r\n",
     ODD, ""},
    /* forwarded: the letter inside was signed, this one is not */
    {"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: message/rfc822\r\n\r\n" SIGNED
     "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA\r\n--b--\r\n--m--\r\n",
     NO, ""},
    {"Content-Type: multipart/signed\r\n\r\nx", NO, ""},
};

static void test_places_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct scan *s = scan_of(span_str(others[i].mail));
        struct signed_places at = {.opaque = false};
        struct err e;
        enum rc rc = signed_places(s, &at, &e);

        if (rc != (others[i].what == NO ? RC_NOTFOUND : RC_OK) || at.opaque != (others[i].what == OPAQUE) ||
            (at.odd != NULL) != (others[i].what == ODD) || strcmp(at.sig_encoding, others[i].encoding) != 0)
            fail_msg("row %zu: %s opaque %d odd %s encoding \"%s\"", i, rc_name(rc), at.opaque, at.odd ? at.odd : "-",
                     at.sig_encoding);
        scan_free(&s);
    }
}

/* ---- with the openssl program ---- */

static bool run(const char *dir, const char *what)
{
    char cmd[1000];
    int st;

    snprintf(cmd, sizeof cmd, "cd %s && %s 2>/dev/null", dir, what);
    st = system(cmd);
    return WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

static void put_file(const char *dir, const char *name, struct span d)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(d.p, 1, d.n, f), d.n);
    assert_int_equal(fclose(f), 0);
}

static void get_file(const char *dir, const char *name, struct buf *out)
{
    char path[200];
    unsigned char block[4096];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        buf_add(out, block, n);
    fclose(f);
}

/* Signs the entity with openssl, puts the letter together, and lets openssl verify it whole and as entity and
 * signature apart. */
static void verify_one(const char *dir, const char *header, const char *body)
{
    struct letter draft = {.all = BUF_INIT}, l = {.all = BUF_INIT};
    struct buf der = BUF_INIT;
    struct signed_places at;
    struct scan *s;
    struct err e;

    sign_with(span_str(header), span_str(body), SPAN_LIT(""), &draft);
    put_file(dir, "entity", buf_span(&draft.entity));
    assert_true(
        run(dir, "openssl cms -sign -binary -in entity -signer cert.pem -inkey key.pem -outform DER -out sig.der"));
    get_file(dir, "sig.der", &der);
    sign_with(span_str(header), span_str(body), buf_span(&der), &l);
    put_file(dir, "mail", buf_span(&l.all));
    assert_true(run(dir, "openssl cms -verify -in mail -CAfile cert.pem -purpose any -out out1"));
    s = scan_of(buf_span(&l.all));
    assert_int_equal(signed_places(s, &at, &e), RC_OK);
    put_file(dir, "part1", span_of(l.all.p + at.entity_off, at.entity_len));
    assert_true(run(
        dir,
        "openssl cms -verify -binary -inform DER -in sig.der -content part1 -CAfile cert.pem -purpose any -out out2"));
    l.all.p[at.entity_off + at.entity_len - 1] ^= 1; /* and a changed octet is seen */
    put_file(dir, "mail", buf_span(&l.all));
    assert_false(run(dir, "openssl cms -verify -in mail -CAfile cert.pem -purpose any -out out1"));
    scan_free(&s);
    buf_free(&der);
    letter_free(&draft);
    letter_free(&l);
}

static void test_openssl_verifies(void **state)
{
    char dir[] = "/tmp/canon-test-XXXXXX";

    (void)state;
    if (system("openssl version >/dev/null 2>&1") != 0)
        skip();
    assert_non_null(mkdtemp(dir));
    assert_true(run(dir, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=t -days 2 "
                         "-keyout key.pem -out cert.pem"));
    for (size_t i = 0; i < 7; i++)
        verify_one(dir, forms[i].header, forms[i].body[0] ? forms[i].body : "x");
    assert_true(run(dir, "rm cert.pem key.pem entity sig.der mail part1 out1 out2; rmdir \"$PWD\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed_forms),
        cmocka_unit_test(test_places_of_others),
        cmocka_unit_test(test_openssl_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
