/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/fetch_test.c - FETCH items and SEARCH programs: parsed, then written back as text; every prefix again.
 * Process  tests. */
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void show_fetch(const struct imap_fetch *f, struct buf *out)
{
    buf_addf(out, "%u", f->items);
    for (size_t i = 0; i < f->n_sections; i++) {
        buf_addc(out, ' ');
        imap_section_name(&f->sections[i], out);
        if (f->sections[i].partial)
            buf_addf(out, "+%u", f->sections[i].len);
        if (f->sections[i].peek)
            buf_addc(out, '!');
    }
}

static void show_key(const struct imap_key *k, struct buf *out)
{
    buf_addf(out, "%d", (int)k->op);
    if (!k->on && (k->op == SK_FLAG || k->op == SK_KEYWORD))
        buf_addc(out, '-');
    if (k->flag)
        buf_addf(out, "f%llu", (unsigned long long)k->flag);
    if (k->num)
        buf_addf(out, "n%lld", (long long)k->num);
    if (k->field.n)
        buf_addf(out, "[%.*s]", SPAN_ARG(k->field));
    if (k->text.n)
        buf_addf(out, "'%.*s'", SPAN_ARG(k->text));
    for (size_t i = 0; i < k->set.n; i++)
        buf_addf(out, "<%u:%u>", k->set.r[i].lo, k->set.r[i].hi);
    if (k->child) {
        buf_addc(out, '(');
        for (const struct imap_key *c = k->child; c; c = c->next) {
            show_key(c, out);
            buf_addstr(out, c->next ? " " : "");
        }
        buf_addc(out, ')');
    }
}

static const struct {
    const char *in, *out; /* out NULL: refused */
} fetches[] = {
    {" 1 ALL", "30 "},
    {" 1 FAST", "14 "},
    {" 1 full", "62 "},
    {" 1 FLAGS", "2 "},
    {" 1 (UID FLAGS)", "3 "},
    {" 1 (ALL)", NULL},
    {" 1 ()", NULL},
    {" 1 (UID", NULL},
    {" 1 (UID  FLAGS)", NULL},
    {" 1 UID FLAGS", NULL},
    {" 1 BODY", "32 "},
    {" 1 BODYSTRUCTURE", "64 "},
    {" 1 BODY[]", "0 BODY[]"},
    {" 1 BODY.PEEK[]<0.5>", "0 BODY[]<0>+5!"},
    {" 1 RFC822", "0 RFC822"},
    {" 1 (RFC822.SIZE RFC822.HEADER RFC822.TEXT)", "8 RFC822.HEADER! RFC822.TEXT"},
    {" 1 BODY[HEADER.FIELDS (Subject \"From\")]", "0 BODY[HEADER.FIELDS (Subject From)]"},
    {" 1 BODY[1.2.HEADER.FIELDS.NOT (a b)]<10.20>", "0 BODY[1.2.HEADER.FIELDS.NOT (a b)]<10>+20"},
    {" 1 BODY[4.2.2.2.HEADER]", "0 BODY[4.2.2.2.HEADER]"},
    {" 1 BODY[1.MIME]", "0 BODY[1.MIME]"},
    {" 1 body[text]", "0 BODY[TEXT]"},
    {" 1 BODY[12]", "0 BODY[12]"},
    {" 1 (BODY[1] BODY[2])", "0 BODY[1] BODY[2]"},
    {" 1 PREVIEW", "32768 "},
    {" 1 (PREVIEW (LAZY) UID)", "32769 "},
    {" 1 PREVIEW (lazy)", "32768 "},
    {" 1 PREVIEW (EAGER)", NULL},
    {" 1 PREVIEW ()", NULL},
    {" 1 PREVIEW(LAZY)", NULL},
    {" 1 BINARY[]", "0 BINARY[]"},
    {" 1 (BINARY.PEEK[1.2]<3.4> BINARY.SIZE[2])", "0 BINARY[1.2]<3>+4! BINARY.SIZE[2]!"},
    {" 1 BINARY", NULL},
    {" 1 BINARY[TEXT]", NULL},
    {" 1 BINARY[1.MIME]", NULL},
    {" 1 BINARY[1.]", NULL},
    {" 1 BINARY.SIZE[1]<0.1>", NULL},
    {" 1 BODY[MIME]", NULL},
    {" 1 BODY[0]", NULL},
    {" 1 BODY[1.]", NULL},
    {" 1 BODY[01]", NULL},
    {" 1 BODY[1.0]", NULL},
    {" 1 BODY[1..2]", NULL},
    {" 1 BODY[HEADER.FIELDS ()]", NULL},
    {" 1 BODY[HEADER.FIELDS]", NULL},
    {" 1 BODY[]<0.0>", NULL},
    {" 1 BODY[]<0>", NULL},
    {" 1 BODY[]<.1>", NULL},
    {" 1 BODY[HEADERX]", NULL},
    {" 1 BODY[", NULL},
    {" 1 FLAGS[]", NULL},
    {" 1 ENVELOPE.PEEK[]", NULL},
    {" 1 BODY[99999999999]", NULL},
    {" 1 BODY[]<4294967296.1>", NULL},
    {" 1 X", NULL},
};
static const struct {
    const char *in, *out;
} searches[] = {
    {" ALL", "0(3)"},
    {" UNSEEN DELETED", "0(4-f1 4f8)"},
    {" 2,4:6", "0(9<2:2><4:6>)"},
    {" *", "0(9<0:0>)"},
    {" UID 1:*", "0(10<1:0>)"},
    {" OR SEEN (FLAGGED DRAFT)", "0(1(4f1 0(4f4 4f16)))"},
    {" NOT NOT SEEN", "0(2(2(4f1)))"},
    {" FROM ana", "0(19[from]'ana')"},
    {" HEADER \"X-Y\" \"a b\"", "0(19[X-Y]'a b')"},
    {" HEADER x \"\"", "0(19[x])"},
    {" LARGER 10 SMALLER 20", "0(11n10 12n20)"},
    {" BEFORE 2-Jan-1970", "0(13n1)"},
    {" SENTSINCE \"3-Jan-1970\"", "0(18n2)"},
    {" KEYWORD $a UNKEYWORD b", "0(8'$a' 8-'b')"},
    {" CHARSET UTF-8 TEXT {3}\r\nabc", "0(21'abc')"},
    {" BODY \"x\"", "0(20'x')"},
    {" RETURN (min COUNT) SEEN", "0(4f1)"},
    {" RETURN () $", "0(9)"},
    {" UID $ MODSEQ 5", "0(10 24n5)"},
    {" MODSEQ \"/flags/\\\\Seen\" priv 5", "0(24n5)"},
    {" NEW OLD RECENT", "0(7 6 5)"},
    {" ON 2-Jan-1970", "0(14n1)"},
    {" SINCE 2-Jan-1970", "0(15n1)"},
    {" SENTBEFORE 2-Jan-1970", "0(16n1)"},
    {" SENTON 2-Jan-1970", "0(17n1)"},
    {"", NULL},
    {" ", NULL},
    {" ()", NULL},
    {" (SEEN", NULL},
    {" OR SEEN", NULL},
    {" NOT", NULL},
    {" FROM", NULL},
    {" LARGER x", NULL},
    {" ON 32-Jan-2026", NULL},
    {" ON 1-Foo-2026", NULL},
    {" SEEN ", NULL},
    {" FOO", NULL},
    {" RETURN (X) ALL", NULL},
    {" RETURN (MIN MIN) ALL", NULL},
    {" RETURN () ", NULL},
    {" UID", NULL},
    {" 0", NULL},
    {" CHARSET UTF-8", NULL},
};

static enum rc run(enum rc (*fn)(struct imap_in *, union imap_args *, struct err *), struct span text, struct buf *out)
{
    struct imap_arena mem = {0};
    struct imap_in in = imap_in_of(text, &mem, &everything);
    union imap_args a;
    struct err e = {0};
    enum rc rc = fn(&in, &a, &e);

    if (rc == RC_OK && fn == imap_parse_fetch)
        show_fetch(&a.fetch.what, out);
    else if (rc == RC_OK)
        show_key(a.search.top, out);
    imap_arena_free(&mem);
    return rc;
}

static void check(enum rc (*fn)(struct imap_in *, union imap_args *, struct err *), const char *text, const char *want)
{
    struct buf out = BUF_INIT, copy = BUF_INIT;
    enum rc rc = run(fn, span_str(text), &out);

    if (rc != (want ? RC_OK : RC_SYNTAX))
        fail_msg("'%s': %s", text, rc_name(rc));
    if (want) {
        buf_addc(&out, ' ');
        if (strncmp(buf_cstr(&out), want, strlen(want)) != 0 || out.n > strlen(want) + 1)
            fail_msg("'%s': '%s' but '%s' is due", text, buf_cstr(&out), want);
    }
    for (size_t n = 0; n < strlen(text); n++) { /* in memory of its own, so that the sanitizer sees a step too far */
        buf_free(&copy);
        buf_add(&copy, text, n);
        (void)run(fn, buf_span(&copy), &out);
    }
    buf_free(&out);
    buf_free(&copy);
}

static void fetches_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fetches / sizeof *fetches; i++)
        check(imap_parse_fetch, fetches[i].in, fetches[i].out);
}

static void searches_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++)
        check(imap_parse_search, searches[i].in, searches[i].out);
}

static enum rc repeated(const char *lead, const char *unit, int n, const char *tail)
{
    struct buf text = BUF_INIT, out = BUF_INIT;
    enum rc rc;

    buf_addstr(&text, lead);
    for (int i = 0; i < n; i++)
        buf_addstr(&text, unit);
    buf_addstr(&text, tail);
    rc = run(text.p[0] == ' ' && strncmp(lead, " 1 (", 4) == 0 ? imap_parse_fetch : imap_parse_search, buf_span(&text),
             &out);
    buf_free(&text);
    buf_free(&out);
    return rc;
}

static void bounds_hold(void **state)
{
    (void)state;
    assert_int_equal(repeated(" ", "NOT ", 10, "SEEN"), RC_OK);
    assert_int_equal(repeated(" ", "NOT ", 100000, "SEEN"), RC_SYNTAX);
    assert_int_equal(repeated(" ", "(", 100000, ""), RC_SYNTAX);
    assert_int_equal(repeated(" ", "OR SEEN ", 100000, "SEEN"), RC_SYNTAX);
    assert_int_equal(repeated(" SEEN", " SEEN", 900, ""), RC_OK);
    assert_int_equal(repeated(" SEEN", " SEEN", 1000, ""), RC_SYNTAX);
    assert_int_equal(repeated(" 1 (UID", " BODY[]", 256, ")"), RC_OK);
    assert_int_equal(repeated(" 1 (UID", " BODY[]", 257, ")"), RC_SYNTAX);
    assert_int_equal(repeated(" 1 (UID", " UID", 5000, ")"), RC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fetches_are_parsed), cmocka_unit_test(searches_are_parsed),
                                       cmocka_unit_test(bounds_hold)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
