/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan_test.c - awkward mails and the trees they must give, each fed whole, a byte at a time, and at every cut
 * in two. A tree is shown as: L leaf, P multipart, M message; header length; the body's octets in quotes (leaf), the
 * children in brackets; lines.
 */
#include "mime/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct row {
    const char *name, *mail, *tree;
} rows[] = {
    {"empty", "", "L0\"\"0"},
    {"header only, no empty line", "Subject: x\r\n", "L12\"\"0"},
    {"header only, no CRLF", "Subject: x", "L10\"\"0"},
    {"header and empty line", "Subject: x\r\n\r\n", "L14\"\"0"},
    {"no header", "\r\nhello\r\n", "L2\"hello..\"1"},
    {"last line broken", "\r\nhello\r\nyou", "L2\"hello..you\"2"},
    {"bare LF is content", "A: b\r\n\r\nx\ny\r\n", "L8\"x.y..\"1"},
    {"bare LF does not end a header", "A: b\n\nx\r\n\r\ny", "L11\"y\"1"},
    {"lone CR is content", "A: b\r\n\r\nx\ry\r\n", "L8\"x.y..\"1"},
    {"plain two parts", MP("b") "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", "P45[L2\"one\"1 L2\"two\"1]"},
    {"preamble and epilogue", MP("b") "pre\r\n--b\r\n\r\none\r\n--b--\r\nepi\r\n", "P45[L2\"one\"1]"},
    {"CRLF before delimiter is its own", MP("b") "--b\r\n\r\none\r\n\r\n--b--\r\n", "P45[L2\"one..\"1]"},
    {"body of one empty line", MP("b") "--b\r\n\r\n\r\n--b--\r\n", "P45[L2\"\"0]"},
    {"header and empty body", MP("b") "--b\r\nA: b\r\n\r\n--b--\r\n", "P45[L6\"\"0]"},
    {"nothing between delimiters", MP("b") "--b\r\n--b\r\n--b--\r\n", "P45[L0\"\"0 L0\"\"0]"},
    {"empty line between delimiters", MP("b") "--b\r\n\r\n--b--\r\n", "P45[L0\"\"0]"},
    {"header without empty line", MP("b") "--b\r\nA: b\r\n--b--\r\n", "P45[L4\"\"0]"},
    {"missing close", MP("b") "--b\r\n\r\none\r\n", "P45[L2\"one..\"1]"},
    {"missing close, broken line", MP("b") "--b\r\n\r\none", "P45[L2\"one\"1]"},
    {"close without CRLF", MP("b") "--b\r\n\r\none\r\n--b--", "P45[L2\"one\"1]"},
    {"delimiter at the very end", MP("b") "--b\r\n\r\none\r\n--b", "P45[L2\"one\"1 L0\"\"0]"},
    {"delimiter with trailing blanks", MP("b") "--b \t \r\n\r\none\r\n--b-- \t\r\n", "P45[L2\"one\"1]"},
    {"delimiter after close is epilogue", MP("b") "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n", "P45[L2\"one\"1]"},
    {"no delimiter at all", MP("b") "text\r\n", "P45[]"},
    {"no body at all", "Content-Type: multipart/mixed; boundary=b\r\n", "P43[]"},
    {"no boundary parameter", "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n", "L33\"--b....x..\"3"},
    {"empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n", "L46\"--..\"1"},
    {"quoted boundary with blanks", MP("\"a b\"") "--a b\r\n\r\none\r\n--a b--\r\n", "P49[L2\"one\"1]"},
    {"boundary ending in a blank", MP("\"b \"") "--b\r\n\r\none\r\n--b--\r\n", "P48[L2\"one\"1]"},
    {"boundary with odd bytes", MP("\"=_(?:/+)'.,\"") "--=_(?:/+)'.,\r\n\r\none\r\n--=_(?:/+)'.,--\r\n",
     "P57[L2\"one\"1]"},
    {"unquoted boundary with =", MP("=_b") "--=_b\r\n\r\none\r\n--=_b--\r\n", "P47[L2\"one\"1]"},
    {"boundary in continuations",
     "Content-Type: multipart/mixed; boundary*0=\"b\";\r\n boundary*1=c\r\n\r\n--bc\r\n\r\none\r\n--bc--\r\n",
     "P65[L2\"one\"1]"},
    {"folded content type", "Content-Type: multipart/mixed;\r\n\tboundary=\"b\"\r\n\r\n--b\r\n\r\none\r\n--b--\r\n",
     "P49[L2\"one\"1]"},
    {"a dash line is no delimiter", MP("b") "--b\r\n\r\n--\r\n-b\r\n- --b\r\n--b--\r\n", "P45[L2\"--..-b..- --b\"3]"},
    {"case counts", MP("b") "--B\r\n--b\r\n\r\n--B\r\n--b--\r\n", "P45[L2\"--B\"1]"},
    {"nested", MP("a") "--a\r\n" MP("b") "--b\r\n\r\n1\r\n--b--\r\n\r\n--a\r\n\r\n2\r\n--a--\r\n",
     "P45[P45[L2\"1\"1] L2\"2\"1]"},
    {"outer closes inner", MP("a") "--a\r\n" MP("b") "--b\r\n\r\n1\r\n--a\r\n\r\n2\r\n--a--\r\n",
     "P45[P45[L2\"1\"1] L2\"2\"1]"},
    {"outer ends inner and all", MP("a") "--a\r\n" MP("b") "--b\r\n\r\n1\r\n--a--\r\n", "P45[P45[L2\"1\"1]]"},
    {"inner boundary after its close is content of nobody",
     MP("a") "--a\r\n" MP("b") "--b\r\n\r\n1\r\n--b--\r\n--b\r\n\r\nx\r\n--a--\r\n", "P45[P45[L2\"1\"1]]"},
    {"inner extends outer", MP("a") "--a\r\n" MP("a1") "--a1\r\n\r\n1\r\n--a1--\r\n--a\r\n\r\n2\r\n--a--\r\n",
     "P45[P46[L2\"1\"1] L2\"2\"1]"},
    {"outer extends inner", MP("a1") "--a1\r\n" MP("a") "--a\r\n\r\n1\r\n--a--\r\n--a1\r\n\r\n2\r\n--a1--\r\n",
     "P46[P45[L2\"1\"1] L2\"2\"1]"},
    {"same boundary twice", MP("a") "--a\r\n" MP("a") "--a\r\n\r\n1\r\n--a--\r\n--a\r\n\r\n2\r\n--a--\r\n",
     "P45[P45[L2\"1\"1] L2\"2\"1]"},
    {"beginning of the line is enough", MP("b") "--b\r\n\r\n1\r\n--bx\r\n\r\n2\r\n--b--x\r\n",
     "P45[L2\"1\"1 L2\"2\"1]"},
    {"message part", MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nin\r\n--b--\r\n",
     "P45[M32(L14\"in\"1)3]"},
    {"message part with multipart",
     MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\n" MP("c") "--c\r\n\r\n1\r\n--c--\r\n--b--\r\n",
     "P45[M32(P45[L2\"1\"1])6]"},
    {"message part, empty", MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\n--b--\r\n", "P45[M30(L0\"\"0)0]"},
    {"message part, header cut", MP("b") "--b\r\nContent-Type: message/rfc822\r\n--b--\r\n", "P45[M28(L0\"\"0)0]"},
    {"message part, inner header cut", MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: i\r\n--b--\r\n",
     "P45[M32(L10\"\"0)1]"},
    {"message at the top", "Content-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nin\r\n", "M32(L14\"in..\"1)3"},
    {"message in message",
     "Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nin\r\n",
     "M32(M32(L14\"in..\"1)3)5"},
    {"message/global", "Content-Type: message/global\r\n\r\nSubject: i\r\n\r\nin\r\n", "M32(L14\"in..\"1)3"},
    {"encoded message is a leaf", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3Vi\r\n",
     "L67\"U3Vi..\"1"},
    {"message ends at EOF in its header", "Content-Type: message/rfc822\r\n", "M30(L0\"\"0)0"},
    {"digest",
     "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: 1\r\n\r\none\r\n--b\r\n\r\nSubject: "
     "2\r\n\r\ntwo\r\n--b--\r\n",
     "P46[M2(L14\"one\"1)3 M2(L14\"two\"1)3]"},
    {"digest with a typed part",
     "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
     "P46[L28\"x\"1]"},
    {"two content types: the first",
     "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "L71\"--b..\"1"},
    {"type in capitals", "CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY=b\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n", "P45[L2\"1\"1]"},
    {"comment in type", "Content-Type: multipart/(c)mixed (x; y); boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n",
     "P55[L2\"1\"1]"},
    {"unparseable type", "Content-Type: multipart; boundary=b\r\n\r\n--b\r\n", "L39\"--b..\"1"},
    {"header line that is none", "Hello\r\nA: b\r\n\r\nx\r\n", "L15\"x..\"1"},
    {"mbox line first", "From x Thu\r\nA: b\r\n\r\nx\r\n", "L20\"x..\"1"},
    {"boundary line in the top header", "Content-Type: multipart/mixed; boundary=b\r\n--b\r\n\r\n1\r\n", "P50[]"},
    {"delimiter then end of header at once", MP("b") "--b\r\n\r\n", "P45[L2\"\"0]"},
};

static void show(const struct scan *s, const char *mail, struct buf *out)
{
    size_t stack[128], n = 1;
    char close[128] = {0};

    stack[0] = 0;
    while (n > 0) { /* each entry: a part to show; 0 children left means its bracket closes */
        size_t i = stack[n - 1];
        const struct part *p = scan_part(s, i);

        if (close[n - 1]) {
            buf_addc(out, p->kind == PART_MESSAGE ? ')' : ']');
            if (p->kind == PART_MESSAGE)
                buf_addf(out, "%llu", (unsigned long long)p->lines);
        } else {
            buf_addf(out, "%c%llu", "LPM"[p->kind], (unsigned long long)p -> header_len);
            if (p->kind != PART_LEAF) {
                buf_addc(out, p->kind == PART_MESSAGE ? '(' : '[');
                close[n - 1] = 1;
                if (p->first_child) {
                    stack[n] = p->first_child;
                    close[n++] = 0;
                }
                continue;
            }
            buf_addc(out, '"');
            for (uint64_t j = 0; j < p->body_len; j++) {
                char c = mail[p->body_off + j];
                buf_addc(out, (unsigned char)(c < ' ' ? '.' : c));
            }
            buf_addf(out, "\"%llu", (unsigned long long)p->lines);
        }
        if (p->next_sibling && n > 1) {
            buf_addc(out, ' ');
            stack[n - 1] = p->next_sibling;
            close[n - 1] = 0;
        } else {
            n--;
        }
    }
}

/* step 0: whole, 1: a byte at a time, n > 1: cut behind n - 1 bytes. */
static struct scan *feed(const char *mail, size_t len, size_t step)
{
    struct scan *s = scan_new();
    struct span d = span_of(mail, len);

    if (step == 1) {
        for (size_t i = 0; i < len; i++)
            scan_feed(s, span_of(d.p + i, 1));
    } else if (step > 1) {
        scan_feed(s, span_head(d, step - 1));
        scan_feed(s, span_from(d, step - 1));
    } else {
        scan_feed(s, d);
    }
    scan_end(s);
    return s;
}

static void check_places(const struct scan *s, const char *mail, size_t len)
{
    for (size_t i = 0; i < scan_parts(s); i++) {
        const struct part *p = scan_part(s, i);

        assert_true(p->header_off + p->header_len <= len);
        assert_int_equal(p->body_off, p->header_off + p->header_len);
        assert_true(p->body_off + p->body_len <= len);
        assert_int_equal(p->header.n, p->header_len);
        assert_true(p->header.n == 0 || memcmp(p->header.p, mail + p->header_off, p->header.n) == 0);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].mail);

        for (size_t step = 0; step <= len + 1; step++) {
            struct buf tree = BUF_INIT;
            struct scan *s = feed(rows[i].mail, len, step);

            show(s, rows[i].mail, &tree);
            if (strcmp(buf_cstr(&tree), rows[i].tree) != 0)
                fail_msg("%s (step %zu): %s, not %s", rows[i].name, step, buf_cstr(&tree), rows[i].tree);
            assert_false(scan_flat(s));
            assert_int_equal(scan_size(s), len);
            check_places(s, rows[i].mail, len);
            scan_free(&s);
            buf_free(&tree);
        }
    }
}

static const struct {
    const char *mail;
    const char *facts; /* 8 8bit, 0 NUL, l long line, r bare CR, n bare LF, s signed, e encrypted, t tnef */
    size_t len;
} fact_rows[] = {
    {"A: b\r\n\r\nx\r\n", "", 0},
    {"A: \xc3\xa9\r\n\r\nx\r\n", "8", 0},
    {"A: b\r\n\r\nabcdefgh\xc3\xa9\r\n", "8", 0},
    {"A: b\r\n\r\nabcdefghi\0jkl\r\n", "0", 23},
    {"A: b\r\n\r\nx\ry\r\n", "r", 0},
    {"A: b\r\n\r\nx\r", "r", 0},
    {"A: b\r\n\r\nx\r\r\n", "r", 0},
    {"A: b\r\n\r\nx\ny\r\n", "n", 0},
    {"A: b\r\n\r\nx\n", "n", 0},
    {"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n", "s", 0},
    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nx", "s", 0},
    {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx", "e", 0},
    {"Content-Type: application/x-pkcs7-mime\r\n\r\nx", "e", 0},
    {MP("b") "--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n", "", 0},
    {MP("b") "--b\r\nContent-Type: application/ms-tnef\r\n\r\n", "t", 0},
    {MP("b") "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; "
             "filename=WINMAIL.DAT\r\n\r\n",
     "t", 0},
};

static void test_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fact_rows / sizeof *fact_rows; i++) {
        size_t len = fact_rows[i].len ? fact_rows[i].len : strlen(fact_rows[i].mail);

        for (size_t step = 0; step <= len + 1; step++) {
            struct scan *s = feed(fact_rows[i].mail, len, step);
            const struct scan_facts *f = scan_facts(s);
            char got[12], *p = got;

            if (f->has_8bit)
                *p++ = '8';
            if (f->has_nul)
                *p++ = '0';
            if (f->long_line)
                *p++ = 'l';
            if (f->bare_cr)
                *p++ = 'r';
            if (f->bare_lf)
                *p++ = 'n';
            if (f->is_signed)
                *p++ = 's';
            if (f->is_encrypted)
                *p++ = 'e';
            if (f->has_tnef)
                *p++ = 't';
            *p = 0;
            if (strcmp(got, fact_rows[i].facts) != 0)
                fail_msg("facts row %zu step %zu: \"%s\", not \"%s\"", i, step, got, fact_rows[i].facts);
            scan_free(&s);
        }
    }
}

static void test_line_length(void **state)
{
    (void)state;
    for (size_t n = 997; n < 1001; n++) {
        for (int crlf = 0; crlf < 2; crlf++) {
            struct buf b = BUF_INIT;
            struct scan *s;

            buf_addstr(&b, "\r\n");
            for (size_t i = 0; i < n; i++)
                buf_addc(&b, 'x');
            buf_addstr(&b, crlf ? "\r\n" : "");
            s = feed((const char *)b.p, b.n, 0);
            assert_int_equal(scan_facts(s)->long_line, n > 998);
            assert_int_equal(scan_part(s, 0)->body_octets, n > 998 ? OCT_LONG_LINE : 0);
            scan_free(&s);
            buf_free(&b);
        }
    }
}

static void test_octets_belong_to_their_part(void **state)
{
    static const char mail[] = "A: \xe9\r\n" MP("b") "\xe9\r\n--b\r\n\r\nplain\r\n--b\r\n\r\n\xe9\r\n--b--\r\n";
    struct scan *s = feed(mail, sizeof mail - 1, 0);

    (void)state;
    assert_int_equal(scan_parts(s), 3);
    assert_int_equal(scan_part(s, 0)->header_octets, OCT_8BIT | OCT_NOT_UTF8);
    assert_int_equal(scan_part(s, 0)->body_octets, OCT_8BIT | OCT_NOT_UTF8);
    assert_int_equal(scan_part(s, 1)->body_octets, 0);
    assert_int_equal(scan_part(s, 2)->body_octets, OCT_8BIT | OCT_NOT_UTF8);
    scan_free(&s);
}

/* ---- growth: each of these would take a recursive or quadratic parser down ---- */

static void repeat(struct buf *b, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addstr(b, what);
}

enum {
    MEMORY_MOST = 2 * SCAN_HEADERS + 4 * SCAN_PARTS * 200 + 64 * 1024
}; /* buffers double, the part table grows by 4 */

static struct scan *scan_buf(struct buf *b)
{
    struct scan *s = feed((const char *)b->p, b->n, 0);

    assert_int_equal(scan_size(s), b->n);
    assert_true(scan_memory(s) < MEMORY_MOST);
    buf_free(b);
    return s;
}

static void assert_flat(struct scan *s)
{
    assert_true(scan_flat(s));
    assert_int_equal(scan_parts(s), 1);
    assert_int_equal(scan_part(s, 0)->kind, PART_LEAF);
    assert_int_equal(scan_part(s, 0)->first_child, 0);
    assert_int_equal(scan_part(s, 0)->body_off + scan_part(s, 0)->body_len, scan_size(s));
    scan_free(&s);
}

static void test_nested_parentheses(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_addstr(&b, "Content-Type: text/plain ");
    repeat(&b, "(", 3000000);
    buf_addstr(&b, "\r\n\r\nx");
    assert_flat(scan_buf(&b)); /* a header block too large */
    buf_addstr(&b, "Content-Type: text/html ");
    repeat(&b, "(", 20000);
    buf_addstr(&b, "\r\n\r\nx");
    struct scan *s = scan_buf(&b); /* small enough to keep, too deep to parse */
    assert_false(scan_flat(s));
    scan_free(&s);
}

static void test_nested_messages(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    repeat(&b, "Content-Type: message/rfc822\r\n\r\n", 300000);
    assert_flat(scan_buf(&b));
    repeat(&b, "Content-Type: message/rfc822\r\n\r\n", SCAN_DEPTH);
    struct scan *s = scan_buf(&b);
    assert_false(scan_flat(s));
    assert_int_equal(scan_parts(s), SCAN_DEPTH + 1);
    scan_free(&s);
    repeat(&b, "Content-Type: message/rfc822\r\n\r\n", SCAN_DEPTH + 1);
    assert_flat(scan_buf(&b));
}

static void test_nested_multiparts(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    for (int i = 0; i < 3000; i++)
        buf_addf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
    assert_flat(scan_buf(&b));
}

static void test_many_parts(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_addstr(&b, MP("b"));
    repeat(&b, "--b\r\n\r\nx\r\n", SCAN_PARTS - 1);
    struct scan *s = scan_buf(&b);
    assert_int_equal(scan_parts(s), SCAN_PARTS);
    assert_false(scan_flat(s));
    scan_free(&s);
    buf_addstr(&b, MP("b"));
    repeat(&b, "--b\r\n\r\nx\r\n", 100000);
    assert_flat(scan_buf(&b));
}

static void test_header_sizes(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_addstr(&b, "Subject: first\r\n");
    repeat(&b, "X: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n", 10000);
    buf_addstr(&b, "\r\nbody\r\n");
    struct scan *s = scan_buf(&b);
    assert_true(scan_flat(s));
    assert_true(scan_part(s, 0)->header.n <= SCAN_TOP_HEADER && scan_part(s, 0)->header.n > SCAN_TOP_HEADER - 100);
    assert_memory_equal(scan_part(s, 0)->header.p, "Subject: first\r\n", 16);
    assert_memory_equal(scan_part(s, 0)->header.p + scan_part(s, 0)->header.n - 2, "\r\n", 2);
    assert_int_equal(scan_part(s, 0)->body_len, 6);
    scan_free(&s);
    buf_addstr(&b, MP("b"));
    for (int i = 0; i < 30; i++) { /* each header lawful, all together too large */
        buf_addstr(&b, "--b\r\n");
        repeat(&b, "X: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n", 1000);
        buf_addstr(&b, "\r\nx\r\n");
    }
    assert_flat(scan_buf(&b));
}

static void test_boundaries_with_common_prefix(void **state)
{
    struct buf b = BUF_INIT;
    char prefix[160];

    (void)state;
    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = 0;
    for (int i = 10; i < 50; i++)
        buf_addf(&b, "Content-Type: multipart/mixed; boundary=%s%d\r\n\r\n--%s%d\r\n", prefix, i, prefix, i);
    buf_addstr(&b, "\r\n");
    for (int i = 0; i < 20000; i++)
        buf_addf(&b, "--%sxx\r\n", prefix);
    struct scan *s = scan_buf(&b);
    assert_false(scan_flat(s));
    assert_int_equal(scan_parts(s), 41);
    assert_int_equal(scan_part(s, 40)->kind, PART_LEAF);
    scan_free(&s);
}

/* What is put in front afterwards, where the tree is that of both together. */
static void led(const char *fields, const char *message, bool good)
{
    struct scan *s = scan_new(), *both = scan_new();

    scan_feed(s, span_str(message));
    scan_end(s);
    assert_int_equal(scan_lead(s, span_str(fields)), good);
    scan_feed(both, span_str(good ? fields : ""));
    scan_feed(both, span_str(message));
    scan_end(both);
    assert_int_equal(scan_parts(s), scan_parts(both));
    assert_true(scan_size(s) == scan_size(both) && scan_lines(s) == scan_lines(both));
    assert_memory_equal(scan_facts(s), scan_facts(both), sizeof(struct scan_facts));
    for (size_t i = 0; i < scan_parts(s); i++) {
        const struct part *a = scan_part(s, i), *b = scan_part(both, i);

        assert_true(a->header_off == b->header_off && a->header_len == b->header_len && a->body_off == b->body_off &&
                    a->body_len == b->body_len && a->lines == b->lines && a->kind == b->kind &&
                    a->parent == b->parent && a->header_octets == b->header_octets && span_eq(a->header, b->header));
    }
    scan_free(&s);
    scan_free(&both);
}

static void test_lead(void **state)
{
    static const char nested[] =
        "Subject: s\r\n" MP("b") "\r\npre\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
                                 "Subject: inner\r\n\r\ntext\r\n--b\r\n\r\nlast\r\n--b--\r\nepilogue";

    (void)state;
    led("Received: by x\r\n", nested, true);
    led("Return-Path: <>\r\nReceived: by x\r\n\twith \xc3\xa9\r\n", nested, true);
    led("Received: by x\r\n", "\r\nno header at all\r\n", true);
    led("Received: by x\r\n", "Subject: no body", true);
    led("Received: by x\r\n", "no field\r\nSubject: s\r\n\r\nbody\r\n", true);
    led("Received: by x\r\n", "", true);
    led("Received: by x\r\n", " continues\r\n\r\nbody\r\n", false);
    led("Received: by x\r\n", "\tcontinues\r\n\r\nbody\r\n", false);
    led("", nested, false);
    led("Received: by x", nested, false);
    led("no field\r\n", nested, false);
    led("Received: by x\r\n\r\n", nested, false);
    led("Content-Type: text/html\r\n", nested, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lead),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_line_length),
        cmocka_unit_test(test_octets_belong_to_their_part),
        cmocka_unit_test(test_nested_parentheses),
        cmocka_unit_test(test_nested_messages),
        cmocka_unit_test(test_nested_multiparts),
        cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_header_sizes),
        cmocka_unit_test(test_boundaries_with_common_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
