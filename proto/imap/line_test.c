/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/line_test.c - framing and arguments: tables, each input again byte by byte, and at every prefix length.
 * Process  tests. */
#include "proto/imap/args.h"
#include "proto/imap/date.h"
#include "proto/imap/frame.h"
#include "proto/imap/name.h"
#include "proto/imap/opened_test.h"
#include "proto/imap/write.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- framing: what happens to an input, as text ---- */
static void frame_all(struct span in, size_t step, struct buf *out)
{
    struct imap_frame f;

    imap_frame_init(&f, 200);
    for (size_t at = 0; at < in.n;) {
        struct span piece = span_head(span_from(in, at), step);
        enum frame_event ev = FRAME_MORE;

        at += piece.n;
        while (piece.n > 0 && ev != FRAME_LONG) {
            size_t used = 0;

            ev = imap_frame_feed(&f, piece, &used);
            piece = span_from(piece, used);
            if (ev == FRAME_LITERAL) {
                buf_addf(out, "<%s%llu>", f.sync ? "+" : "", (unsigned long long)f.literal);
                if (!imap_frame_fits(&f)) {
                    buf_addstr(out, "big");
                    goto out;
                }
                imap_frame_accept(&f);
            } else if (ev == FRAME_DONE) {
                buf_addf(out, "[%.*s]", SPAN_ARG(buf_span(&f.text)));
                imap_frame_reset(&f);
            } else if (ev == FRAME_BAD) {
                buf_addstr(out, "bad");
            } else if (ev == FRAME_LONG) {
                buf_addstr(out, "long");
                goto out;
            }
        }
    }
out:
    imap_frame_free(&f);
}

static const struct {
    const char *in, *out;
} frames[] = {
    {"a NOOP\r\n", "[a NOOP]"},
    {"a NOOP\r\nb NOOP\r\n", "[a NOOP][b NOOP]"},
    {"a NOOP", ""},
    {"\r\n", "[]"},
    {"a NOOP\nb NOOP\r\n", "bad[b NOOP]"},
    {"a LOGIN {3}\r\nana {2+}\r\nxy\r\n", "<+3><2>[a LOGIN {3}\r\nana {2+}\r\nxy]"},
    {"a LOGIN {3+}\r\na\nb {0}\r\n\r\n", "<3><+0>[a LOGIN {3+}\r\na\nb {0}\r\n]"},
    {"a LOGIN \"x {3}\r\n", "[a LOGIN \"x {3}]"},
    {"a LOGIN \"x\\\" {3}\r\n", "[a LOGIN \"x\\\" {3}]"},
    {"a LOGIN \"x\" {3}\r\nabc\r\n", "<+3>[a LOGIN \"x\" {3}\r\nabc]"},
    {"a X {}\r\n", "[a X {}]"},
    {"a X {+}\r\n", "[a X {+}]"},
    {"a X {1x}\r\n", "[a X {1x}]"},
    {"a X {5\r\n", "[a X {5]"},
    {"a APPEND x {1073741824}\r\n", "<+1073741824>big"},
    {"a APPEND x {1073741824+}\r\nabc", "<1073741824>big"},
    {"a APPEND x {99999999999999999999}\r\n", "<+18446744073709551615>big"},
};

static void frames_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct span in = span_str(frames[i].in);

        for (size_t step = 1; step <= in.n; step++) {
            struct buf out = BUF_INIT;

            frame_all(in, step, &out);
            assert_string_equal(buf_cstr(&out), frames[i].out);
            buf_free(&out);
        }
    }
}

static void a_long_line_is_refused(void **state)
{
    struct buf in = BUF_INIT, out = BUF_INIT;

    (void)state;
    for (int i = 0; i < 201; i++)
        buf_addc(&in, 'x');
    buf_addstr(&in, "\r\n");
    for (size_t step = 1; step < in.n; step += 7) {
        buf_clear(&out);
        frame_all(buf_span(&in), step, &out);
        assert_string_equal(buf_cstr(&out), "long");
    }
    buf_free(&in);
    buf_free(&out);
}

/* ---- arguments, written back as text ---- */
typedef enum rc parse_fn(struct imap_in *, union imap_args *, struct err *);

static void show_flags(const struct imap_flags *f, struct buf *out)
{
    buf_addf(out, "%llu", (unsigned long long)f->system);
    for (size_t i = 0; i < f->n; i++)
        buf_addf(out, ",%.*s", SPAN_ARG(f->keywords[i]));
}

static void show_set(const struct imap_set *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++)
        buf_addf(out, "%u-%u ", s->r[i].lo, s->r[i].hi);
}

static void show(parse_fn *fn, const union imap_args *a, struct buf *out)
{
    if (fn == imap_parse_login)
        buf_addf(out, "%.*s|%.*s", SPAN_ARG(a->login.user), SPAN_ARG(a->login.pass));
    else if (fn == imap_parse_auth)
        buf_addf(out, "%.*s|%d%.*s", SPAN_ARG(a->auth.mechanism), a->auth.has_initial,
                 a->auth.has_initial ? (int)a->auth.initial.n : 0,
                 a->auth.has_initial ? (const char *)a->auth.initial.p : "");
    else if (fn == imap_parse_words)
        for (size_t i = 0; i < a->words.n; i++)
            buf_addf(out, "%.*s|", SPAN_ARG(a->words.words[i]));
    else if (fn == imap_parse_mailbox)
        buf_addspan(out, a->mailbox.name);
    else if (fn == imap_parse_rename)
        buf_addf(out, "%.*s|%.*s", SPAN_ARG(a->rename.from), SPAN_ARG(a->rename.to));
    else if (fn == imap_parse_status)
        buf_addf(out, "%.*s|%u", SPAN_ARG(a->status.name), a->status.items);
    else if (fn == imap_parse_list || fn == imap_parse_lsub) {
        buf_addf(out, "%d|%u|%u|%u|", a->list.extended, a->list.select, a->list.ret, a->list.status);
        for (size_t i = 0; i < a->list.n; i++)
            buf_addf(out, "%.*s|", SPAN_ARG(a->list.patterns[i]));
    } else if (fn == imap_parse_create) {
        buf_addf(out, "%.*s|", SPAN_ARG(a->create.name));
        for (size_t i = 0; i < a->create.n; i++)
            buf_addf(out, "%.*s,", SPAN_ARG(a->create.uses[i]));
    } else if (fn == imap_parse_append || fn == imap_parse_replace) {
        buf_addf(out, "%.*s|", SPAN_ARG(a->append.name));
        struct imap_append ap = {0};
        struct imap_in rest = a->append.rest;

        while (imap_append_step(&rest, &ap) == APPEND_URL)
            buf_addf(out, "<%.*s>", SPAN_ARG(ap.url));
        show_flags(&ap.flags, out);
        buf_addf(out, "|%lld%s", ap.has_date ? (long long)ap.date : -1, ap.literal8 ? "|8" : "");
    } else if (fn == imap_parse_store) {
        show_set(&a->store.set, out);
        buf_addf(out, "|%d%d|", (int)a->store.how, a->store.silent);
        show_flags(&a->store.flags, out);
    } else if (fn == imap_parse_copy) {
        show_set(&a->copy.set, out);
        buf_addspan(out, a->copy.name);
    } else if (fn == imap_parse_uids)
        show_set(&a->uids.set, out);
}

static const struct {
    parse_fn *fn;
    const char *in;
    enum rc rc;
    const char *out;
} args[] = {
    {imap_parse_none, "", RC_OK, ""},
    {imap_parse_none, " x", RC_SYNTAX, NULL},
    {imap_parse_login, " ana secret", RC_OK, "ana|secret"},
    {imap_parse_login, " \"ana@chu.example\" \"a \\\"b\\\\c\"", RC_OK, "ana@chu.example|a \"b\\c"},
    {imap_parse_login, " {3}\r\nana {4+}\r\na\r\nb", RC_OK, "ana|a\r\nb"},
    {imap_parse_login, " {3}\r\nana", RC_SYNTAX, NULL},
    {imap_parse_login, " {9}\r\nana x", RC_SYNTAX, NULL},
    {imap_parse_login, " ana sec ret", RC_SYNTAX, NULL},
    {imap_parse_login, " ana \"a\\b\"", RC_SYNTAX, NULL},
    {imap_parse_login, " ana \"a", RC_SYNTAX, NULL},
    {imap_parse_login, " ana s*", RC_SYNTAX, NULL},
    {imap_parse_auth, " PLAIN", RC_OK, "PLAIN|0"},
    {imap_parse_auth, " PLAIN AGFuYQ==", RC_OK, "PLAIN|1AGFuYQ=="},
    {imap_parse_auth, " PLAIN =", RC_OK, "PLAIN|1="},
    {imap_parse_auth, " PLAIN ", RC_SYNTAX, NULL},
    {imap_parse_words, " CONDSTORE UTF8=ACCEPT", RC_OK, "CONDSTORE|UTF8=ACCEPT|"},
    {imap_parse_words, "", RC_SYNTAX, NULL},
    {imap_parse_words, " a ", RC_SYNTAX, NULL},
    {imap_parse_id, " NIL", RC_OK, ""},
    {imap_parse_id, " ()", RC_OK, ""},
    {imap_parse_id, " (\"name\" \"x\" \"version\" NIL)", RC_OK, ""},
    {imap_parse_id, " (\"name\")", RC_SYNTAX, NULL},
    {imap_parse_mailbox, " inbox", RC_OK, "INBOX"},
    {imap_parse_mailbox, " \"iNbOx/sub\"", RC_OK, "INBOX/sub"},
    {imap_parse_mailbox, " Inboxes", RC_OK, "Inboxes"},
    {imap_parse_mailbox, " \"R&AOk-sultats\"", RC_OK, "R\xc3\xa9sultats"},
    {imap_parse_mailbox, " &U,BTFw-&ZeVnLIqe-", RC_OK, "\xe5\x8f\xb0\xe5\x8c\x97\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
    {imap_parse_mailbox, " &2D3eAA-", RC_OK, "\xf0\x9f\x98\x80"},
    {imap_parse_mailbox, " a&-b", RC_OK, "a&b"},
    {imap_parse_mailbox, " a&b", RC_SYNTAX, NULL},
    {imap_parse_mailbox, " &AGE-", RC_SYNTAX, NULL},
    {imap_parse_mailbox, " &2D0-", RC_SYNTAX, NULL},
    {imap_parse_mailbox, " \"R\xc3\xa9sultats\"", RC_SYNTAX, NULL},
    {imap_parse_mailbox, " a/", RC_OK, "a"},
    {imap_parse_mailbox, " a//b", RC_PERM, NULL},
    {imap_parse_mailbox, " /a", RC_PERM, NULL},
    {imap_parse_mailbox, " \"\"", RC_PERM, NULL},
    {imap_parse_mailbox, " a%", RC_SYNTAX, NULL},
    {imap_parse_rename, " a \"b c\"", RC_OK, "a|b c"},
    {imap_parse_rename, " a", RC_SYNTAX, NULL},
    {imap_parse_status, " a (MESSAGES UNSEEN)", RC_OK, "a|17"},
    {imap_parse_status, " a ()", RC_SYNTAX, NULL},
    {imap_parse_status, " a (size AppendLimit)", RC_OK, "a|96"},
    {imap_parse_status, " a (SIZES)", RC_SYNTAX, NULL},
    {imap_parse_list, " \"\" *", RC_OK, "0|0|0|0|*|"},
    {imap_parse_list, " \"\" \"\"", RC_OK, "0|0|0|0||"},
    {imap_parse_list, " a/ %", RC_OK, "0|0|0|0|a/%|"},
    {imap_parse_list, " \"\" %]x", RC_OK, "0|0|0|0|%]x|"},
    {imap_parse_list, " (SUBSCRIBED) \"\" (a \"b*\") RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))", RC_OK,
     "1|1|10|5|a|b*|"},
    {imap_parse_list, " (RECURSIVEMATCH SUBSCRIBED) \"\" *", RC_OK, "1|5|0|0|*|"},
    {imap_parse_list, " (RECURSIVEMATCH) \"\" *", RC_SYNTAX, NULL},
    {imap_parse_list, " () \"\" * RETURN ()", RC_OK, "1|0|0|0|*|"},
    {imap_parse_list, " \"\" * RETURN (SPECIAL-USE SUBSCRIBED)", RC_OK, "1|0|5|0|*|"},
    {imap_parse_list, " \"\" ()", RC_SYNTAX, NULL},
    {imap_parse_lsub, " \"\" \"%\"", RC_OK, "0|0|0|0|%|"},
    {imap_parse_create, " Envoi", RC_OK, "Envoi|"},
    {imap_parse_create, " \"a b\" (USE (\\Sent \\x-y))", RC_OK, "a b|\\Sent,\\x-y,"},
    {imap_parse_create, " a (use ())", RC_OK, "a|"},
    {imap_parse_create, " a (USE \\Sent)", RC_SYNTAX, NULL},
    {imap_parse_create, " a (USE (Sent))", RC_SYNTAX, NULL},
    {imap_parse_create, " a (USE (\\Sent)", RC_SYNTAX, NULL},
    {imap_parse_create, " a (OTHER (\\Sent))", RC_SYNTAX, NULL},
    {imap_parse_replace, " 4 Drafts (\\Seen) {3}", RC_OK, "Drafts|1|-1"},
    {imap_parse_replace, " * Drafts {3+}", RC_OK, "Drafts|0|-1"},
    {imap_parse_replace, " 4,5 Drafts {3}", RC_SYNTAX, NULL},
    {imap_parse_replace, " 4:5 Drafts {3}", RC_SYNTAX, NULL},
    {imap_parse_replace, " 0 Drafts {3}", RC_SYNTAX, NULL},
    {imap_parse_replace, " Drafts {3}", RC_SYNTAX, NULL},
    {imap_parse_replace, " 4 {3}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE (URL /a/;UID=1 URL \"/b/;UID=2\" TEXT {3}", RC_OK,
     "Sent|</a/;UID=1></b/;UID=2>0|-1"},
    {imap_parse_append, " Sent (\\Seen) catenate (url {2}\r\n/a)", RC_OK, "Sent|</a>1|-1"},
    {imap_parse_append, " Sent CATENATE (TEXT {3+}", RC_OK, "Sent|0|-1"},
    {imap_parse_append, " Sent CATENATE ()", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE (URL /a", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE (URL /a) x", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE (URL {3}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE (TEXT x)", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent CATENATE ({3}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent (\\Seen $x) \"21-Nov-2026 10:00:00 +0100\" {310+}", RC_OK, "Sent|1,$x|1795251600"},
    {imap_parse_append, " Sent \" 1-Jan-1970 00:00:01 +0000\" {0}", RC_OK, "Sent|0|1"},
    {imap_parse_append, " Sent {3}", RC_OK, "Sent|0|-1"},
    {imap_parse_append, " Sent () ~{3+}", RC_OK, "Sent|0|-1|8"},
    {imap_parse_append, " Sent ~ {3}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent ~~{3}", RC_SYNTAX, NULL},
    {imap_parse_append, " {4}\r\nSent {3}", RC_OK, "Sent|0|-1"},
    {imap_parse_append, " {4}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent (\\Recent) {3}", RC_SYNTAX, NULL},
    {imap_parse_append, " Sent \"31-Feb-2026 10:00:00 +0100\" {3}", RC_SYNTAX, NULL},
    {imap_parse_store, " 1:* +FLAGS (\\Deleted)", RC_OK, "1-0 |10|8"},
    {imap_parse_store, " 2,4:7 -FLAGS.SILENT \\seen \\Flagged", RC_OK, "2-2 4-7 |21|5"},
    {imap_parse_store, " 9:1 FLAGS ()", RC_OK, "9-1 |00|0"},
    {imap_parse_store, " 1 FLAGS", RC_SYNTAX, NULL},
    {imap_parse_store, " 1 FLAGS (\\Seen", RC_SYNTAX, NULL},
    {imap_parse_store, " 0 FLAGS (\\Seen)", RC_SYNTAX, NULL},
    {imap_parse_copy, " 1,* x", RC_OK, "1-1 0-0 x"},
    {imap_parse_copy, " 1, x", RC_SYNTAX, NULL},
    {imap_parse_copy, " 1:4294967296 x", RC_SYNTAX, NULL},
    {imap_parse_uids, " 4294967295", RC_OK, "4294967295-4294967295 "},
};

static void arguments_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(span_str(args[i].in), &mem, &everything);
        union imap_args a;
        struct buf out = BUF_INIT;
        struct err e = {0};
        enum rc rc = args[i].fn(&in, &a, &e);

        if (rc != args[i].rc)
            fail_msg("%s: %s (%s)", args[i].in, rc_name(rc), e.log);
        if (rc == RC_OK) {
            show(args[i].fn, &a, &out);
            assert_string_equal(buf_cstr(&out), args[i].out);
        }
        buf_free(&out);
        imap_arena_free(&mem);
    }
}

/* A prefix never reads beyond its end (the sanitizer sees it: each lies in memory of its own) and never crashes. */
static void prefixes_are_safe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof args / sizeof *args; i++)
        for (size_t n = 0; n < strlen(args[i].in); n++) {
            struct imap_arena mem = {0};
            struct buf copy = BUF_INIT;
            struct imap_in in;
            union imap_args a;
            struct err e = {0};

            buf_add(&copy, args[i].in, n);
            in = imap_in_of(buf_span(&copy), &mem, &everything);
            (void)args[i].fn(&in, &a, &e);
            buf_free(&copy);
            imap_arena_free(&mem);
        }
}

static const struct {
    const char *pattern, *name;
    bool match;
} matches[] = {
    {"*", "a/b", true},
    {"%", "a", true},
    {"%", "a/b", false},
    {"a/%", "a/b", true},
    {"a/%", "a/b/c", false},
    {"a*", "a", true},
    {"%/%", "a/b", true},
    {"*b", "a/b", true},
    {"%b", "a/b", false},
    {"a%c*d", "abcxd/d", true},
    {"*%*%*%*x", "aaaaaaaaaaaaaaaaaaaay", false},
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"**", "", true},
    {"*a*b*c", "xaxbxc", true},
    {"a.b", "a/b", false},
};

static void patterns_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++)
        assert_int_equal(imap_name_match(span_str(matches[i].pattern), span_str(matches[i].name)), matches[i].match);
}

static void names_round_trip(void **state)
{
    static const char *const names[] = {"a",
                                        "a&b",
                                        "R\xc3\xa9sultats/\xf0\x9f\x98\x80x",
                                        "\xc3\xa9&\xc3\xa9",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf wire = BUF_INIT, back = BUF_INIT;
        struct err e;

        imap_utf7_encode(span_str(names[i]), &wire);
        assert_int_equal(imap_utf7_decode(buf_span(&wire), &back, &e), RC_OK);
        assert_string_equal(buf_cstr(&back), names[i]);
        buf_free(&wire);
        buf_free(&back);
    }
}

static void dates_are_written(void **state)
{
    char out[IMAP_DATE_TIME];

    (void)state;
    imap_date_time(1795251600, out);
    assert_string_equal(out, "\"21-Nov-2026 09:00:00 +0000\"");
    imap_date_time(951782400, out);
    assert_string_equal(out, "\"29-Feb-2000 00:00:00 +0000\"");
    imap_date_time(-5, out);
    assert_string_equal(out, "\" 1-Jan-1970 00:00:00 +0000\"");
    assert_int_equal(imap_day_of(-1), -1);
    assert_int_equal(imap_day_of(86400), 1);
}

static void strings_are_written(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    imap_put_string(&out, SPAN_LIT("a\"b\\"));
    imap_put_string(&out, SPAN_LIT("\xc3\xa9"));
    imap_put_string(&out, SPAN_LIT("a\r\n\0b"));
    imap_put_astring(&out, SPAN_LIT("atom"));
    imap_put_astring(&out, SPAN_LIT("nil"));
    imap_put_mailbox(&out, SPAN_LIT("\xc3\xa9"), false);
    imap_put_string(&out, SPAN_NULL);
    assert_string_equal(buf_cstr(&out), "\"a\\\"b\\\\\"{2}\r\n\xc3\xa9{4}\r\na\r\nbatom\"nil\"&AOk-\"\"");
    buf_free(&out);
}

static void sets_settle(void **state)
{
    static const struct {
        const char *in, *out;
        uint32_t star;
    } t[] = {
        {"1:3,2:5", "1:5", 9},
        {"*", "9", 9},
        {"12:*", "9:12", 9},
        {"5,4,1", "1,4:5", 9},
        {"4294967295,1:2,3", "1:3,4294967295", 9},
        {"7,7,7", "7", 9},
        {"*:2", "2:9", 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(span_str(t[i].in), &mem, &everything);
        struct imap_set s;
        struct buf out = BUF_INIT;
        struct imap_set_writer w = {.out = &out};

        assert_true(imap_take_set(&in, &s));
        imap_set_settle(&s, t[i].star);
        for (size_t k = 0; k < s.n; k++) {
            imap_set_put(&w, s.r[k].lo);
            if (s.r[k].hi != s.r[k].lo)
                w.hi = s.r[k].hi;
            assert_true(imap_set_has(&s, s.r[k].lo) && imap_set_has(&s, s.r[k].hi));
        }
        imap_set_flush(&w);
        assert_string_equal(buf_cstr(&out), t[i].out);
        assert_false(imap_set_has(&s, 1000));
        buf_free(&out);
        imap_arena_free(&mem);
    }
}

/* With UTF8=ACCEPT a name is what its octets are (RFC 6855 3). */
static void names_in_utf8(void **state)
{
    static const struct {
        const char *wire, *name; /* NULL: no name */
    } t[] = {
        {"&AOk-", "&AOk-"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"e\xcc\x81", "\xc3\xa9"},
        {"a&b", "a&b"},
        {"\xe9", NULL},
        {"\xc0\x80", NULL},
        {"\xed\xa0\x80", NULL},
        {"inbox/x", "INBOX/x"},
        {"a\xe2\x80\xae"
         "b",
         NULL},
    };
    struct buf out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(SPAN_NULL, &mem, &everything_utf8);
        struct span name;
        struct err e;
        enum rc rc = imap_name(&in, span_str(t[i].wire), &name, &e);

        assert_int_equal(rc == RC_OK, t[i].name != NULL);
        if (rc == RC_OK)
            assert_true(span_eq_str(name, t[i].name));
        imap_arena_free(&mem);
    }
    imap_put_mailbox(&out, SPAN_LIT("\xc3\xa9 \"x"), true);
    assert_string_equal(buf_cstr(&out), "\"\xc3\xa9 \\\"x\"");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_utf8),          cmocka_unit_test(frames_are_cut),
        cmocka_unit_test(a_long_line_is_refused), cmocka_unit_test(arguments_are_parsed),
        cmocka_unit_test(prefixes_are_safe),      cmocka_unit_test(patterns_match),
        cmocka_unit_test(names_round_trip),       cmocka_unit_test(dates_are_written),
        cmocka_unit_test(strings_are_written),    cmocka_unit_test(sets_settle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
