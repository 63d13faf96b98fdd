/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/view_test.c - what a client is told, and when: changes put into a view, the lines that come out on the stream.
 * Process  tests. */
#include "imapd/view.h"
#include "proto/imap/opened_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct imap_session s;
    int far;
};

/* n messages with UIDs 10, 20 ...; all told; the store counts as just asked, so that nothing is asked here. */
static void begin(struct fixture *f, uint32_t n)
{
    struct view *v = calloc(1, sizeof *v);
    int sv[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
    *f = (struct fixture){.far = sv[1]};
    f->s.io = stream_open(sv[0]);
    f->s.view = v;
    v->n = v->told = v->cap = n;
    v->uid = calloc(n + 8, sizeof *v->uid);
    v->flags = calloc(n + 8, sizeof *v->flags);
    v->modseq_of = calloc(n + 8, sizeof *v->modseq_of);
    v->asked = clock_mono();
    for (uint32_t i = 0; i < n; i++)
        v->uid[i] = (i + 1) * 10;
}

static void end(struct fixture *f)
{
    view_free(&f->s.view);
    stream_close(&f->s.io);
    buf_free(&f->s.out);
    close(f->far);
}

static void said(struct fixture *f, const char *want)
{
    char got[2000] = "";
    struct err e;
    ssize_t n;

    assert_int_equal(stream_flush(f->s.io, &e), RC_OK);
    n = recv(f->far, got, sizeof got - 1, MSG_DONTWAIT);
    got[n > 0 ? n : 0] = '\0';
    assert_string_equal(got, want);
}

static void gone(struct fixture *f, uint32_t uid)
{
    struct buf b = BUF_INIT;

    buf_u32(&b, uid);
    view_gone_in(f->s.view, buf_span(&b));
    buf_free(&b);
}

static void came(struct fixture *f, uint32_t uid)
{
    struct view *v = f->s.view;

    v->uid[v->n] = uid;
    v->flags[v->n++] = VF_RECENT;
    v->dirty = true;
}

static void expunged_ones_are_told_by_number(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 5);
    gone(&f, 20);
    gone(&f, 40);
    gone(&f, 45); /* never was there */
    view_announce(&f.s, false, true);
    said(&f, "* 2 EXPUNGE\r\n* 3 EXPUNGE\r\n");
    assert_int_equal(f.s.view->n, 3);
    assert_int_equal(f.s.view->uid[1], 30);
    assert_int_equal(f.s.view->uid[2], 50);
    view_announce(&f.s, false, true);
    said(&f, "");
    end(&f);
}

/* The store names all UIDs that are absent: those of our rows are told, the others are not ours. */
static void absent_ones_are_told_by_range(void **state)
{
    static const uint32_t pairs[] = {1, 9, 11, 29, 31, 35, 50, 50, 51, UINT32_MAX};
    struct buf b = BUF_INIT;
    struct fixture f;

    (void)state;
    begin(&f, 5);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        buf_u32(&b, pairs[i]);
    view_absent_in(f.s.view, buf_span(&b));
    view_announce(&f.s, false, true);
    said(&f, "* 2 EXPUNGE\r\n* 4 EXPUNGE\r\n");
    assert_int_equal(f.s.view->n, 3);
    assert_int_equal(f.s.view->uid[2], 40);
    view_absent_in(f.s.view, buf_span(&b)); /* told again: nothing is left of it */
    view_announce(&f.s, false, true);
    said(&f, "");
    buf_free(&b);
    end(&f);
}

static void numbers_stay_while_they_are_used(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 3);
    gone(&f, 10);
    came(&f, 40);
    view_announce(&f.s, false, false);
    said(&f, "* 4 EXISTS\r\n* 1 RECENT\r\n");
    assert_int_equal(f.s.view->n, 4);
    view_announce(&f.s, false, true);
    said(&f, "* 1 EXPUNGE\r\n");
    assert_int_equal(f.s.view->told, 3);
    end(&f);
}

static void who_came_and_went_unseen_is_never_told(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1);
    came(&f, 20);
    came(&f, 30);
    gone(&f, 20);
    view_announce(&f.s, false, false);
    said(&f, "* 2 EXISTS\r\n* 1 RECENT\r\n");
    assert_int_equal(f.s.view->uid[1], 30);
    assert_int_equal(f.s.view->uidnext, 31);
    end(&f);
}

static void flags_made_elsewhere_are_told_once(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 2);
    f.s.view->flags[1] = MF_SEEN | MF_FLAGGED | VF_NEWS;
    f.s.view->dirty = true;
    view_announce(&f.s, false, true);
    said(&f, "* 2 FETCH (FLAGS (\\Flagged \\Seen))\r\n");
    f.s.view->flags[0] = MF_DELETED | VF_NEWS;
    f.s.view->dirty = true;
    f.s.uid = true;
    view_announce(&f.s, false, true);
    said(&f, "* 1 FETCH (UID 10 FLAGS (\\Deleted))\r\n");
    view_announce(&f.s, false, true);
    said(&f, "");
    end(&f);
}

static void sets_become_rows(void **state)
{
    static const struct {
        const char *set;
        bool uid;
        const char *rows; /* NULL: refused */
    } t[] = {
        {"1:3", false, "0-2 "},   {"2,4:*", false, "1-1 3-4 "},   {"*", false, "4-4 "},
        {"6", false, NULL},       {"1:6", false, NULL},           {"10:30", true, "0-2 "},
        {"15:16", true, ""},      {"1:9,45:99", true, "4-4 "},    {"99:*", true, "4-4 "},
        {"4294967295", true, ""}, {"1:4294967295", true, "0-4 "}, {"20,10", true, "0-0 1-1 "},
    };
    struct fixture f;

    (void)state;
    begin(&f, 5);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(span_str(t[i].set), &mem, &everything);
        struct buf out = BUF_INIT;
        struct imap_set set;
        struct err e;

        f.s.uid = t[i].uid;
        assert_true(imap_take_set(&in, &set));
        assert_int_equal(view_rows(&f.s, &set, &e), t[i].rows ? RC_OK : RC_SYNTAX);
        for (size_t k = 0; t[i].rows && k < set.n; k++)
            buf_addf(&out, "%u-%u ", set.r[k].lo, set.r[k].hi);
        if (t[i].rows)
            assert_string_equal(buf_cstr(&out), t[i].rows);
        buf_free(&out);
        imap_arena_free(&mem);
    }
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expunged_ones_are_told_by_number),   cmocka_unit_test(absent_ones_are_told_by_range),
        cmocka_unit_test(numbers_stay_while_they_are_used),   cmocka_unit_test(who_came_and_went_unseen_is_never_told),
        cmocka_unit_test(flags_made_elsewhere_are_told_once), cmocka_unit_test(sets_become_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
