/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields_test.c - header fields by tables: walking, addresses, types; every prefix of
 * every input is parsed too, so that no cut reads beyond its end (the sanitizers watch).
 */
#include "mime/fields.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A copy of exactly n bytes, so that a read behind them is seen. */
static struct span exact(const char *s, size_t n)
{
    unsigned char *p = malloc(n > 0 ? n : 1);

    assert_non_null(p);
    memcpy(p, s, n);
    return span_of(p, n);
}

static void release(struct span s)
{
    free((void *)(uintptr_t)s.p);
}

/* ---- walking ---- */

static const struct {
    const char *block, *shown; /* name=body| for each field */
} walk_rows[] = {
    {"", ""},
    {"\r\n", ""},
    {"A: b\r\n", "A= b|"},
    {"A: b", "A= b|"},
    {"A:\r\n", "A=|"},
    {"A: b\r\nC: d\r\n\r\nE: f\r\n", "A= b|C= d|"},
    {"A: b\r\n c\r\n\td\r\nE:f\r\n", "A= b.. c...d|E=f|"},
    {"A : b\r\n", "A= b|"},
    {"no field\r\nA: b\r\n", "=no field|A= b|"},
    {": x\r\nA: b\r\n", "=: x|A= b|"},
    {" continued\r\nA: b\r\n", "= continued|A= b|"},
    {"A: b\nC: d\r\n", "A= b.C: d|"},
    {"A: b\rC: d\r\n", "A= b.C: d|"},
    {"A: b\r\n \r\nC: d\r\n", "A= b.. |C= d|"},
    {"A b: c\r\n", "=A b: c|"},
};

static void walk(struct span block, struct buf *out)
{
    struct err e;
    struct field f;

    while (field_next(&block, &f, &e) == RC_OK) {
        buf_addspan(out, f.name);
        buf_addc(out, '=');
        for (size_t i = 0; i < f.body.n; i++)
            buf_addc(out, f.body.p[i] < ' ' ? '.' : f.body.p[i]);
        buf_addc(out, '|');
    }
}

static void test_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walk_rows / sizeof *walk_rows; i++) {
        for (size_t n = 0; n <= strlen(walk_rows[i].block); n++) {
            struct span in = exact(walk_rows[i].block, n);
            struct buf out = BUF_INIT;

            walk(in, &out);
            if (n == strlen(walk_rows[i].block))
                assert_string_equal(buf_cstr(&out), walk_rows[i].shown);
            buf_free(&out);
            release(in);
        }
    }
}

/* ---- addresses ---- */

static const struct {
    const char *body, *shown; /* name<local@domain> , group [name, end ], NIL - */
} address_rows[] = {
    {"", ""},
    {"a@b", "-<a@b>"},
    {" a@b ", "-<a@b>"},
    {"Joe <a@b>", "Joe<a@b>"},
    {"Joe<a@b>", "Joe<a@b>"},
    {"\"Doe, J\" <a@b>", "Doe, J<a@b>"},
    {"\"a\\\"b\" <c@d>", "a\"b<c@d>"},
    {"a@b (Joe Bloggs)", "Joe Bloggs<a@b>"},
    {"Joe (c) <a@b>", "Joe<a@b>"},
    {"\"john, doe\"@x.org", "-<john, doe@x.org>"},
    {"\"john doe\"@x.org", "-<john doe@x.org>"},
    {"<\"john doe\"@x.org>", "-<john doe@x.org>"},
    {"=?utf-8?q?J=C3=A9?= =?utf-8?q?x?= <j@x>", "=?utf-8?q?J=C3=A9?= =?utf-8?q?x?=<j@x>"},
    {"grp: a@b, \"C\" <c@d>;, e@f", "[grp,-<a@b>,C<c@d>,],-<e@f>"},
    {"undisclosed-recipients:;", "[undisclosed-recipients,]"},
    {"Two Words: a@b;", "[Two Words,-<a@b>,]"},
    {"g: a@b", "[g,-<a@b>,]"},
    {"J\xc3\xa9r\xc3\xb4me <j@x>", "J\xc3\xa9r\xc3\xb4me<j@x>"},
    {"j\xc3\xa9@\xc3\xa9.fr", "-<j\xc3\xa9@\xc3\xa9.fr>"},
    {"<@r1,@r2:a@b>", "-<@r1,@r2:a@b>"},
    {"< @r1 , @r2 . x : a@b >", "-<@r1,@r2.x:a@b>"},
    {"Joe <@r1:a@b>, c@d", "Joe<@r1:a@b>,-<c@d>"},
    {"<@r1>", ""},
    {"a@b, , c@d,", "-<a@b>,-<c@d>"},
    {"a@b; c@d", "-<a@b>,-<c@d>"},
    {"Dr. Joe Q. Public <a@b>", "Dr. Joe Q. Public<a@b>"},
    {"joe", "-<joe@>"},
    {"Joe Bloggs", "-<Joe Bloggs@>"},
    {"Joe Bloggs joe@x.org", "Joe Bloggs<joe@x.org>"},
    {"<>", ""},
    {"Joe <>", "Joe<@>"},
    {"<a@b", "-<a@b>"},
    {"a b <c@d", "a b<c@d>"},
    {"a@[1.2.3.4]", "-<a@[1.2.3.4]>"},
    {"a@[IPv6:::1], b@c", "-<a@[IPv6:::1]>,-<b@c>"},
    {"john . doe @ x (c) . org", "c<john.doe@x.org>"},
    {"a@b,\r\n c@d", "-<a@b>,-<c@d>"},
    {"\"a\r\n b\" <c@d>", "a b<c@d>"},
    {"\"\" <c@d>", "-<c@d>"},
    {"Jean  Paul <a@b>", "Jean Paul<a@b>"},
    {"a@b c@d", "-<a@b>"},
    {"joe@x.org <joe@x.org>", "joe@x.org<joe@x.org>"},
    {"a@b@c", "-<a@b@c>"},
    {"mailto:a@b", "[mailto,-<a@b>,]"},
    {"a@b>, c@d", "-<a@b>,-<c@d>"},
    {"[x <a@b>", "[x<a@b>"},
    {"Joe <a@b> trailing, c@d", "Joe<a@b>,-<c@d>"},
    {"\"unterminated <a@b>", "-<unterminated <a@b>@>"},
    {"(only a comment)", ""},
    {"(a (b (c))) x@y", "a (b (c))<x@y>"},
    {"x@y (unterminated", "unterminated<x@y>"},
    {"\\", "-<\\@>"},
    {"::::;;;", "[,]"},
    {"@", ""},
    {"a@", "-<a@>"},
    {"@b", "-<@b>"},
    {"'a@b' <a@b>", "'a@b'<a@b>"},
};

static void show_part(struct span s, struct buf *out)
{
    if (s.p)
        buf_addspan(out, s);
    else
        buf_addc(out, '-');
}

static void show_list(const struct address_list *l, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct address *a = &l->a[i];

        if (i > 0)
            buf_addc(out, ',');
        if (a->local.p) {
            show_part(a->name, out);
            buf_addf(out, "<%.*s%s%.*s@%.*s>", SPAN_ARG(a->route), a->route.p ? ":" : "", SPAN_ARG(a->local),
                     SPAN_ARG(a->domain));
        } else if (a->name.p) {
            buf_addf(out, "[%.*s", SPAN_ARG(a->name));
        } else {
            buf_addc(out, ']');
        }
    }
}

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof address_rows / sizeof *address_rows; i++) {
        size_t len = strlen(address_rows[i].body);

        for (size_t n = 0; n <= len; n++) {
            struct span in = exact(address_rows[i].body, n);
            struct buf out = BUF_INIT;
            struct address_list l;
            struct err e;

            assert_int_equal(addresses_parse(in, &l, &e), RC_OK);
            release(in);
            show_list(&l, &out);
            if (n == len && strcmp(buf_cstr(&out), address_rows[i].shown) != 0)
                fail_msg("\"%s\": %s, not %s", address_rows[i].body, buf_cstr(&out), address_rows[i].shown);
            addresses_free(&l);
            buf_free(&out);
        }
    }
}

/* One reading of these is not everybody's: who decides by the list must not go by ours (the rows above say what it is). */
static const struct {
    const char *body;
    bool odd;
} odd_rows[] = {
    {"a@b", false},
    {"Ana Martin <a@b>, c@d", false},
    {"G: a@b, <c@d>;", false},
    {":;", false},
    {"<@x,@y:a@b>", false},
    {"john . doe @ x (c) . org", false},
    {"< a @ b . c >", false},
    {"\"c@d\" <a@b>", false},
    {"(c@d) a@b (e@f)", false},
    {"Dr. A. Martin <a@b>", false},
    {"a@b <A@B>", false},
    {"a@[1.2.3.4]", false},
    {"Ana", false},
    {"<a@b> <c@d>", true},
    {"<a@b> c@d", true},
    {"<a@b>c", true},
    {"c@d <a@b>", true},
    {"c@d Ana <a@b>", true},
    {"a@b c@d", true},
    {"a@b c", true},
    {"a@b@c", true},
    {"<a@b@c>", true},
    {"<a@b", true},
    {"<@x:a@b", true},
    {"a@b>", true},
    {"<<a@b>>", true},
    {"<a c@b>", true},
    {"<a@b c>", true},
    {"a@b: c@d;", true},
    {"G: H: a@b;;", true},
    {"\"a <a@b>", true},
    {"a@b (c", true},
    {"a@b ]", true},
};

static void test_odd_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odd_rows / sizeof *odd_rows; i++) {
        struct address_list l;
        struct err e;

        assert_int_equal(addresses_parse(span_str(odd_rows[i].body), &l, &e), RC_OK);
        if (l.odd != odd_rows[i].odd)
            fail_msg("\"%s\": odd=%d", odd_rows[i].body, l.odd);
        addresses_free(&l);
    }
}

static void test_address_bounds(void **state)
{
    struct buf b = BUF_INIT;
    struct address_list l;
    struct err e;

    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_addstr(&b, "a@b,");
    assert_int_equal(addresses_parse(buf_span(&b), &l, &e), RC_OK);
    assert_int_equal(l.n, ADDRESSES_MAX);
    addresses_free(&l);
    buf_clear(&b);
    for (int i = 0; i < 21; i++)
        buf_addc(&b, '(');
    assert_int_equal(addresses_parse(buf_span(&b), &l, &e), RC_SYNTAX);
    assert_int_equal(l.n, 0);
    addresses_free(&l);
    buf_clear(&b);
    for (int i = 0; i <= FIELD_MAX; i++)
        buf_addc(&b, '[');
    assert_int_equal(addresses_parse(buf_span(&b), &l, &e), RC_SYNTAX);
    addresses_free(&l);
    buf_cut(&b, FIELD_MAX);
    assert_int_equal(addresses_parse(buf_span(&b), &l, &e), RC_OK);
    addresses_free(&l);
    buf_free(&b);
}

/* ---- content types ---- */

static const struct {
    const char *body;
    bool ok;
    const char *shown;
} type_rows[] = {
    {"text/plain", true, "text/plain"},
    {"text/plain; charset=utf-8", true, "text/plain charset=utf-8"},
    {"multipart/mixed; boundary=\"a b\"", true, "multipart/mixed boundary=a b"},
    {"text/plain; charset=\"us-ascii\" (c)", true, "text/plain charset=us-ascii"},
    {"text/plain; charset=us-ascii (Plain text)", true, "text/plain charset=us-ascii"},
    {"text", false, "text/plain"},
    {"", false, "text/plain"},
    {"/", false, "text/plain"},
    {"text/", false, "text/plain"},
    {"te\xc3\xa9t/x", false, "text/plain"},
    {"text/plain;", true, "text/plain"},
    {"text/plain; name=a b.pdf", true, "text/plain name=a b.pdf"},
    {"text/plain; name=a b.pdf; x=y", true, "text/plain name=a b.pdf x=y"},
    {"text/plain; charset=utf-8 format=flowed", true, "text/plain charset=utf-8"},
    {"text/plain; name*0=\"a\"; name*1*=%20b", true, "text/plain name*0=a name*1*=%20b"},
    {"application/pdf; name=\"a\\\"b\"", true, "application/pdf name=a\"b"},
    {"application/pdf; name=\"a;b\"; x=1", true, "application/pdf name=a;b x=1"},
    {"text / plain ; charset = x", true, "text/plain charset=x"},
    {"text/plain charset=x", true, "text/plain"},
    {"text/plain; x; y=z", true, "text/plain y=z"},
    {"text/plain; =x; y=z", true, "text/plain y=z"},
    {"text/plain; x=; y=z", true, "text/plain x= y=z"},
    {"text/plain;; y=z", true, "text/plain y=z"},
    {"image/jpeg; name=\xc3\xa9.jpg", true, "image/jpeg name=\xc3\xa9.jpg"},
    {"multipart/mixed; boundary==_abc", true, "multipart/mixed boundary==_abc"},
    {"multipart/mixed; boundary=a/b:c?d", true, "multipart/mixed boundary=a/b:c?d"},
    {"foo/bar; a=\"b\r\n c\"", true, "foo/bar a=b c"},
    {"(c) text/html", true, "text/html"},
    {"text/plain; name=\"open", true, "text/plain name=open"},
};

static void show_type(const struct content_type *ct, struct buf *out)
{
    struct rd r = rd_of(buf_span(&ct->params));

    buf_addf(out, "%s/%s", ct->type, ct->subtype);
    while (r.s.n > 0) {
        struct span n = rd_bytes(&r), v = rd_bytes(&r);

        assert_true(rd_ok(&r));
        buf_addf(out, " %.*s=%.*s", SPAN_ARG(n), SPAN_ARG(v));
    }
}

static void test_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++) {
        size_t len = strlen(type_rows[i].body);

        for (size_t n = 0; n <= len; n++) {
            struct span in = exact(type_rows[i].body, n);
            struct content_type ct;
            struct buf out = BUF_INIT;
            bool ok = content_type_parse(in, &ct);

            release(in);
            show_type(&ct, &out);
            if (n == len && (ok != type_rows[i].ok || strcmp(buf_cstr(&out), type_rows[i].shown) != 0))
                fail_msg("\"%s\": %d %s, not %s", type_rows[i].body, ok, buf_cstr(&out), type_rows[i].shown);
            content_type_free(&ct);
            buf_free(&out);
        }
    }
}

static const struct {
    const char *body, *name, *value; /* value NULL: absent */
} param_rows[] = {
    {"a/b; name=x", "NAME", "x"},
    {"a/b; name=x; name=y", "name", "x"},
    {"a/b", "name", NULL},
    {"a/b; name*=utf-8''%C3%A9t%C3%A9.pdf", "name", "\xc3\xa9t\xc3\xa9.pdf"},
    {"a/b; name*=iso-8859-1'fr'%E9t%E9.pdf", "name", "\xc3\xa9t\xc3\xa9.pdf"},
    {"a/b; name*0=ab; name*1=cd", "name", "abcd"},
    {"a/b; name*0*=utf-8''%C3; name*1*=%A9; name*2=.pdf", "name", "\xc3\xa9.pdf"},
    {"a/b; name*1=x", "name", NULL},
    {"a/b; name*=%", "name", "%"},
    {"a/b; name*=nocharset''x%zz", "name", "x%zz"},
    {"a/b; name=plain; name*=utf-8''other", "name", "plain"},
};

static void test_params(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof param_rows / sizeof *param_rows; i++) {
        struct content_type ct;
        struct buf v = BUF_INIT;
        bool found;

        content_type_parse(span_str(param_rows[i].body), &ct);
        found = content_type_param(&ct, param_rows[i].name, &v);
        assert_int_equal(found, param_rows[i].value != NULL);
        if (found)
            assert_string_equal(buf_cstr(&v), param_rows[i].value);
        content_type_free(&ct);
        buf_free(&v);
    }
}

static void test_many_params(void **state)
{
    struct buf b = BUF_INIT;
    struct content_type ct;
    struct rd r;
    size_t n = 0;

    (void)state;
    buf_addstr(&b, "a/b");
    for (int i = 0; i < 5000; i++)
        buf_addstr(&b, ";x=y");
    assert_true(content_type_parse(buf_span(&b), &ct));
    r = rd_of(buf_span(&ct.params));
    for (; r.s.n > 0; n++) {
        rd_bytes(&r);
        rd_bytes(&r);
    }
    assert_int_equal(n, PARAMS_MAX);
    content_type_free(&ct);
    buf_free(&b);
}

static void test_disposition(void **state)
{
    struct content_type d;
    struct buf v = BUF_INIT;

    (void)state;
    assert_true(disposition_parse(SPAN_LIT(" attachment; filename=\"a b.pdf\"; size=3"), &d));
    assert_string_equal(d.type, "attachment");
    assert_true(content_type_param(&d, "filename", &v));
    assert_string_equal(buf_cstr(&v), "a b.pdf");
    content_type_free(&d);
    buf_free(&v);
    assert_false(disposition_parse(SPAN_LIT(" ;filename=x"), &d));
    content_type_free(&d);
}

/* What a reader is shown of an address is found, however it was written. */
static void test_shown_addresses(void **state)
{
    static const struct {
        const char *body, *line;
    } t[] = {
        {"J <a@b>", "J <a@b>"},
        {"a(comment)@b (J D)", "a(comment)@b (J D) a@b"},
        {"a @ b . c", "a @ b . c a@b.c"},
        {"\"J \\\"X\\\"\" <a@b>", "\"J \\\"X\\\"\" <a@b> J \"X\""},
        {"g: a@b, \"c\"@d;", "g: a@b, \"c\"@d; c@d"},
        {"<@r:a@b>", "<@r:a@b>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf line = BUF_INIT;

        buf_addstr(&line, t[i].body);
        addresses_add_shown(span_str(t[i].body), &line);
        assert_string_equal(buf_cstr(&line), t[i].line);
        buf_free(&line);
    }
    assert_true(addresses_in(SPAN_LIT("reply-to")));
    assert_false(addresses_in(SPAN_LIT("Subject")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_bounds),
        cmocka_unit_test(test_odd_addresses),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_many_params),
        cmocka_unit_test(test_disposition),
        cmocka_unit_test(test_shown_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
