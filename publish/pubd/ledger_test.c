/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/ledger_test.c - the state file: read as it was written, cut off at each octet, changed at each octet, of another place. And the states of an entry. */
#include "publish/pubd/ledger.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/pli-ledger-XXXXXX";
static const struct ledger_place here = {.inode = 7, .machine = "abc"};

static struct buf facts(const char *address, bool red)
{
    struct pub_facts f = {
        .address = span_str(address), .type = PT_PER, .person = SPAN_LIT("10001234565"), .red_list = red};
    struct buf b = BUF_INIT;

    ipc_encode(&b, pub_facts_f, &f);
    return b;
}

static enum ledger_found opened(struct table *t, struct ledger **l, struct ledger_place *p)
{
    enum ledger_found found;
    struct err e;

    *t = (struct table){.v = NULL};
    assert_int_equal(ledger_open(open(folder, O_RDONLY | O_DIRECTORY), p, t, l, &found, &e), RC_OK);
    return found;
}

static enum ledger_found looked(size_t *published, size_t *n)
{
    struct ledger_place p = here;
    struct ledger *l = NULL;
    struct table t;
    enum ledger_found found = opened(&t, &l, &p);

    *published = t.count.published;
    *n = t.n;
    ledger_close(&l);
    table_free(&t);
    return found;
}

static struct span file(struct buf *out)
{
    char path[128];
    unsigned char piece[65536];
    int fd;
    ssize_t n;

    snprintf(path, sizeof path, "%s/state", folder);
    fd = open(path, O_RDONLY);
    buf_clear(out);
    while ((n = read(fd, piece, sizeof piece)) > 0)
        buf_add(out, piece, (size_t)n);
    close(fd);
    return buf_span(out);
}

static void put(struct span s)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/state", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, s.p, s.n), s.n);
    close(fd);
}

/* Two addresses are published, one of them is then tried again with another state, and a third was refused. */
static void fill(struct ledger *l, struct table *t)
{
    struct err e;
    const char *const names[] = {"a@b.test", "b@b.test", "c@b.test"};

    for (size_t i = 0; i < 3; i++) {
        struct pub_entry *en = table_add(t, span_str(names[i]));
        struct buf f = facts(names[i], false);
        table_want(t, en, buf_span(&f), 1, 1000);
        assert_int_equal(en->state, PS_PENDING);
        table_begin(t, en);
        en->attempts = 1;
        assert_int_equal(ledger_entry(l, en, &e), RC_OK);
        table_answer(t, en, i < 2 ? TA_TAKEN : TA_REFUSED, SPAN_LIT("report"), 0, 1001);
        assert_int_equal(ledger_entry(l, en, &e), RC_OK);
        buf_free(&f);
    }
}

static void test_written_and_read(void **st)
{
    struct ledger_place p = here;
    struct ledger *l = NULL;
    struct table t;
    struct pub_entry *en;

    (void)st;
    assert_int_equal(opened(&t, &l, &p), LF_NEW);
    fill(l, &t);
    assert_int_equal(t.count.published, 2);
    assert_int_equal(t.count.state[PS_REFUSED], 1);
    ledger_close(&l);
    table_free(&t);
    p = here;
    assert_int_equal(opened(&t, &l, &p), LF_HERE);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.count.published, 2);
    assert_int_equal(t.count.state[PS_REFUSED], 1);
    assert_int_equal(t.count.state[PS_DONE], 2);
    en = table_find(&t, SPAN_LIT("c@b.test"));
    assert_string_equal(en->report, "report");
    assert_int_equal(strlen(en->key), PUB_KEY);
    assert_int_equal(en->kind, PK_CREATE);
    ledger_close(&l);
    table_free(&t);
}

static void test_cut_at_each_octet(void **st)
{
    struct buf whole = BUF_INIT;
    struct span s = file(&whole);
    size_t published, n, before = 0;

    (void)st;
    for (size_t cut = s.n; cut > 0; cut--) {
        struct span part = span_head(s, s.n - cut);
        enum ledger_found found;
        put(part);
        found = looked(&published, &n);
        /* before the place is there whole it is damage, else less is known, and nothing else */
        assert_true(found == LF_HERE || (found == LF_DAMAGED && part.n < 8 + 12 + 64));
        assert_true(n >= before || found == LF_DAMAGED);
        before = n;
    }
    put(s);
    buf_free(&whole);
}

static void test_changed_at_each_octet(void **st)
{
    struct buf whole = BUF_INIT, bad = BUF_INIT;
    struct span s = file(&whole);
    size_t published, n, damaged = 0;

    (void)st;
    for (size_t i = 0; i < s.n; i++) {
        enum ledger_found found;
        buf_clear(&bad);
        buf_addspan(&bad, s);
        bad.p[i] ^= 0x41;
        put(buf_span(&bad));
        found = looked(&published, &n);
        damaged += found == LF_DAMAGED;
        if (found !=
            LF_DAMAGED) /* the last record, or a length that leads beyond the end: what stands before is as it was */
            assert_true(found == LF_HERE && published <= 2);
    }
    assert_true(damaged > s.n / 2);
    put(s);
    buf_free(&whole);
    buf_free(&bad);
}

/* What a power failure leaves behind the end. */
static void test_a_rest_that_was_never_whole(void **st)
{
    static const unsigned char zeros[4096];
    const struct span rests[] = {span_of(zeros, sizeof zeros), SPAN_LIT("\x55"),
                                 SPAN_LIT("\x20\0\0\0\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11")};
    struct buf whole = BUF_INIT, more = BUF_INIT;
    struct span s = file(&whole);
    size_t published, n;

    (void)st;
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        buf_clear(&more);
        buf_addspan(&more, s);
        buf_addspan(&more, rests[i]);
        put(buf_span(&more));
        assert_int_equal(looked(&published, &n), LF_HERE);
        assert_int_equal(published, 2);
        assert_int_equal(n, 3);
    }
    put(s);
    buf_free(&whole);
    buf_free(&more);
}

static void test_another_place(void **st)
{
    struct ledger_place p = {.inode = 8, .machine = "abc"};
    struct ledger *l = NULL;
    struct table t;

    (void)st;
    assert_int_equal(opened(&t, &l, &p), LF_COPY);
    assert_int_equal(t.count.published, 2);
    ledger_close(&l);
    table_free(&t);
    p = (struct ledger_place){.inode = 7, .machine = "abd"};
    assert_int_equal(opened(&t, &l, &p), LF_COPY);
    ledger_close(&l);
    table_free(&t);
}

static enum ledger_found found_at(const char *machine)
{
    struct ledger_place p = {.inode = 7};
    struct ledger *l = NULL;
    struct table t;
    enum ledger_found found;

    snprintf(p.machine, sizeof p.machine, "%s", machine);
    found = opened(&t, &l, &p);
    ledger_close(&l);
    table_free(&t);
    return found;
}

/* A snapshot of the file system that is mounted beside it: the same inode, the same machine. A state of before there was a path takes the one where it is found. */
static void test_another_path(void **st)
{
    struct ledger_place p = here;
    struct ledger *l = NULL;
    struct table t;
    struct err e;

    (void)st;
    assert_int_equal(opened(&t, &l, &p), LF_HERE);
    p.begun = true;
    assert_int_equal(ledger_place_write(l, &p, &e), RC_OK);
    ledger_close(&l);
    table_free(&t);
    assert_int_equal(found_at("abd@1"), LF_COPY);
    assert_int_equal(found_at("abcd@1"), LF_COPY);
    assert_int_equal(found_at("abc@1"), LF_HERE);
    assert_int_equal(found_at("abc@2"), LF_COPY);
    assert_int_equal(found_at("abc"), LF_COPY);
    assert_int_equal(found_at("abc@1"), LF_HERE);
}

/* What may have arrived is repeated as it was, whatever changes here meanwhile; then follows what is to be. */
static void test_an_event_under_way_is_not_changed(void **st)
{
    struct table t = {.v = NULL};
    struct pub_entry *en = table_add(&t, SPAN_LIT("x@b.test"));
    struct buf f = facts("x@b.test", false), red = facts("x@b.test", true);
    char key[PUB_KEY + 1];

    (void)st;
    table_want(&t, en, buf_span(&f), 1, 10);
    table_begin(&t, en);
    memcpy(key, en->key, sizeof key);
    table_answer(&t, en, TA_LATER, SPAN_NULL, 99, 11);
    table_want(&t, en, SPAN_NULL, 1, 12);
    assert_int_equal(en->state, PS_TRYING);
    assert_true(span_eq(en->target, buf_span(&f)));
    assert_string_equal(en->key, key);
    table_answer(&t, en, TA_TAKEN, SPAN_NULL, 0, 13);
    assert_int_equal(en->state, PS_PENDING);
    assert_true(en->since > en->done); /* in the same second, too: an order that files can be sorted by */
    assert_int_equal(en->kind, PK_DELETE);
    assert_int_equal(t.count.deletes, 1);
    table_want(&t, en, buf_span(&red), 1, 14); /* it is back before the deletion left */
    assert_int_equal(en->kind, PK_RED_LIST);
    assert_int_equal(t.count.deletes, 0);
    table_want(&t, en, buf_span(&f), 1, 15);
    assert_int_equal(en->state, PS_DONE);
    buf_free(&f);
    buf_free(&red);
    table_free(&t);
}

static void test_refused_until_it_changes(void **st)
{
    struct table t = {.v = NULL};
    struct pub_entry *en = table_add(&t, SPAN_LIT("x@b.test"));
    struct buf f = facts("x@b.test", false), red = facts("x@b.test", true);

    (void)st;
    table_want(&t, en, buf_span(&f), 1, 10);
    table_begin(&t, en);
    table_answer(&t, en, TA_REFUSED, SPAN_LIT("no"), 0, 11);
    table_want(&t, en, buf_span(&f), 2, 12);
    assert_int_equal(en->state, PS_REFUSED);
    assert_string_equal(en->report, "no");
    table_want(&t, en, buf_span(&red), 3, 13);
    assert_int_equal(en->state, PS_PENDING);
    table_begin(&t, en);
    table_answer(&t, en, TA_REFUSED, SPAN_LIT("no"), 0, 14);
    assert_true(table_retry(&t, en, 15));
    assert_int_equal(en->state, PS_PENDING);
    table_want(&t, en, SPAN_NULL, 4, 16); /* nothing of it is there, and nothing is to be */
    assert_true(table_idle(en));
    assert_int_equal(t.count.state[PS_DONE], 1);
    buf_free(&f);
    buf_free(&red);
    table_free(&t);
}

/* An upgrade changes no mailbox: what was refused stays so, though its facts are written with more fields now. */
static void test_refused_as_an_older_version_wrote_it(void **st)
{
    const size_t since = 4 + 4 + 1; /* an empty text, a u32, a u8 */
    struct table t = {.v = NULL};
    struct pub_entry *en = table_add(&t, SPAN_LIT("x@b.test"));
    struct buf f = facts("x@b.test", false), red = facts("x@b.test", true);

    (void)st;
    table_want(&t, en, span_head(buf_span(&f), f.n - since), 1, 10);
    table_begin(&t, en);
    table_answer(&t, en, TA_REFUSED, SPAN_LIT("no"), 0, 11);
    table_want(&t, en, buf_span(&f), 2, 12);
    assert_int_equal(en->state, PS_REFUSED);
    table_want(&t, en, buf_span(&red), 3, 13);
    assert_int_equal(en->state, PS_PENDING);
    buf_free(&f);
    buf_free(&red);
    table_free(&t);
}

static int setup(void **st)
{
    (void)st;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **st)
{
    char path[160];

    (void)st;
    snprintf(path, sizeof path, "rm -rf %s", folder);
    return system(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written_and_read),
                                       cmocka_unit_test(test_cut_at_each_octet),
                                       cmocka_unit_test(test_changed_at_each_octet),
                                       cmocka_unit_test(test_a_rest_that_was_never_whole),
                                       cmocka_unit_test(test_another_place),
                                       cmocka_unit_test(test_another_path),
                                       cmocka_unit_test(test_an_event_under_way_is_not_changed),
                                       cmocka_unit_test(test_refused_as_an_older_version_wrote_it),
                                       cmocka_unit_test(test_refused_until_it_changes)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
