/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/convert_test.c - what may be converted for a server without 8BITMIME, and what a conversion keeps. The random messages are named by PLI_SEED. */
#include "mime/convert_fixture_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define E "\303\251"
#define SIGNED                                                                                                         \
    "Content-Type: multipart/signed; boundary=s; "                                                                     \
    "protocol=\"application/pgp-signature\"\r\n\r\n--s\r\n\r\nx\r\n--s--\r\n"
static const struct {
    const char *name, *message;
    enum convert_may may;
} table[] = {
    {"text", "A: b\r\n\r\n" E "\r\n", CONVERT_MAY},
    {"multipart", "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n" E "\r\n--o--\r\n", CONVERT_MAY},
    {"enclosed", "Content-Type: message/rfc822\r\n\r\nSubject: " E "\r\n\r\n" E "\r\n", CONVERT_MAY},
    {"8 bits in a part's header",
     "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Description: " E "\r\n\r\nx\r\n--o--\r\n",
     CONVERT_MAY},
    {"signed", SIGNED, CONVERT_SIGNED},
    {"signed, deep",
     "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n" SIGNED
     "\r\n--o--\r\n",
     CONVERT_SIGNED},
    {"encrypted", "Content-Type: multipart/encrypted; boundary=o\r\n\r\n--o\r\n\r\nx\r\n--o--\r\n", CONVERT_SIGNED},
    {"pkcs7-mime",
     "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: binary\r\n\r\n" E,
     CONVERT_SIGNED},
    {"x-pkcs7-mime, attached",
     "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: "
     "application/x-pkcs7-mime\r\n\r\nx\r\n--o--\r\n",
     CONVERT_SIGNED},
    {"octet-stream named .p7m", "Content-Type: application/octet-stream; name=smime.p7m\r\n\r\n" E, CONVERT_SIGNED},
    {"DKIM", "dkim-signature: v=1\r\n\r\n" E "\r\n", CONVERT_SIGNED},
    {"ARC", "ARC-Message-Signature: i=1\r\n\r\n" E "\r\n", CONVERT_SIGNED},
    {"DKIM of an enclosed message", "Content-Type: message/rfc822\r\n\r\nDKIM-Signature: v=1\r\n\r\n" E "\r\n",
     CONVERT_SIGNED},
    {"a header beyond ASCII", "Subject: " E "\r\n\r\nx\r\n", CONVERT_NOT},
    {"message/partial", "Content-Type: message/partial; id=x; number=1\r\n\r\nx\r\n", CONVERT_NOT},
    {"message/delivery-status in 8 bits", "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; " E "\r\n",
     CONVERT_NOT},
    {"message/delivery-status in 7 bits", "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n",
     CONVERT_MAY},
};

static void test_what_may_be(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scan *s = scanned(span_str(table[i].message));
        enum convert_may may = convert_may(s);
        const char *no;

        scan_free(&s);
        if (may != table[i].may)
            fail_msg("%s: %d", table[i].name, (int)may);
        if ((no = conversion_fails(span_str(table[i].message), 7, &out)) != NULL)
            fail_msg("%s: %s", table[i].name, no);
    }
    buf_free(&out);
}

static void test_nothing_is_added(void **state)
{
    struct scan *s =
        scanned(SPAN_LIT("From: a@b.test\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\351t\351\r\n"));
    struct buf out = BUF_INIT;

    (void)state;
    converted(s, SPAN_LIT("From: a@b.test\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\351t\351\r\n"), 5,
              &out);
    assert_string_equal(buf_cstr(&out),
                        "From: a@b.test\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                        "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n=E9t=E9\r\n");
    buf_free(&out);
    scan_free(&s);
}

/* ---- at random ---- */
static uint64_t seed;

static unsigned any(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void any_body(struct buf *out)
{
    static const char *const words[] = {"été ",  "mot",     "\r\n",     ".",     "\r\n--",   "=",
                                        "=\r\n", "\t \r\n", "\377\376", "From ", "\r\n\r\n", "a very long word "};

    for (unsigned n = any(40); n > 0; n--)
        buf_addstr(out, words[any(sizeof words / sizeof *words)]);
    /* A long line stands behind an empty one, in a body. In what is the header of an enclosed message (of a digest) and no field, it can be neither
     * encoded nor folded; no such line comes in over DATA. */
    if (any(8) == 0) {
        buf_addstr(out, "\r\n\r\n");
        for (unsigned n = any(3000); n > 0; n--)
            buf_addc(out, any(50) ? 'x' : 0xE9);
    }
    buf_addstr(out, "\r\n");
}

static void any_entity(struct buf *out, unsigned depth)
{
    static const char *const types[] = {"text/plain; charset=utf-8",
                                        "text/plain",
                                        "text/html; charset=iso-8859-1",
                                        "application/pdf; name=\"\303\251.pdf\"",
                                        "image/png",
                                        "text/plain; charset=us-ascii"};
    static const char *const encodings[] = {"8bit", "binary", "7bit", "quoted-printable", "base64", "8BIT (x)"};
    unsigned kind = depth < 4 ? any(5) : 4;

    if (kind == 0) {
        buf_addstr(out, "Content-Type: message/rfc822\r\n");
    } else if (kind < 3) {
        buf_addf(out, "Content-Type: multipart/%s; boundary=b%u\r\n", any(6) ? "mixed" : "digest", depth);
    } else if (any(6) > 0) {
        buf_addf(out, "Content-Type: %s\r\n", types[any(sizeof types / sizeof *types)]);
    }
    if (any(3) > 0)
        buf_addf(out, "Content-Transfer-Encoding: %s\r\n", encodings[any(sizeof encodings / sizeof *encodings)]);
    buf_addstr(out, "\r\n");
    if (kind == 0) {
        buf_addf(out, "Subject: enclosed%s\r\n", depth % 2 ? " " E : "");
        any_entity(out, depth + 1);
    } else if (kind < 3) {
        for (unsigned n = any(4); n > 0; n--) {
            buf_addf(out, "%s\r\n--b%u\r\n", any(4) ? "" : "pr" E "amble", depth);
            any_entity(out, depth + 1);
        }
        buf_addf(out, "\r\n--b%u--\r\n%s", depth, any(4) ? "" : E "pilogue\r\n");
    } else {
        any_body(out);
    }
}

static void test_at_random(void **state)
{
    const char *given = getenv("PLI_SEED");
    unsigned long first = given ? strtoul(given, NULL, 10) : 1;
    struct buf message = BUF_INIT, out = BUF_INIT, pieces = BUF_INIT;
    unsigned n_converted = 0;

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        const char *no;

        seed = first * 100000 + i;
        buf_clear(&message);
        buf_addstr(&message, "From: a@b.test\r\n");
        any_entity(&message, 0);
        no = conversion_fails(buf_span(&message), message.n + 1, &out);
        if (!no)
            no = conversion_fails(buf_span(&message), 1 + any(50), &pieces);
        if (!no && !span_eq(buf_span(&out), buf_span(&pieces)))
            no = "another form in pieces";
        if (no)
            fail_msg("PLI_SEED=%lu, message %u: %s\n%.*s", first, i, no, (int)message.n, (const char *)message.p);
        n_converted += out.n > 0;
    }
    assert_true(n_converted > 500); /* else nothing was looked at */
    buf_free(&message);
    buf_free(&out);
    buf_free(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_may_be), cmocka_unit_test(test_nothing_is_added),
                                       cmocka_unit_test(test_at_random)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
