/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/append_test.c - several messages at once to a real daemon: all or none, what they replace, the same request again.
 * Process  tests. */
#include "store/stored/live_each_test.h"
#include <pthread.h>

enum { MOST = STORE_APPEND_MAX + 1 };
struct many {
    struct letter l[MOST];
    size_t n;
    struct buf list, objects;
    struct store_append_req rq;
    struct store_placed placed[MOST];
};

static void many_add(struct many *m, uint64_t size, uint64_t mbx, uint32_t folder)
{
    struct letter *l = &m->l[m->n++];

    letter_new(l, size, 500, 100);
    letter_to(l, mbx, folder, 0);
    l->rq.places = buf_span(&l->places);
    l->rq.enforce_quota = 1;
    l->rq.skip = 0;
    ipc_list_add(&m->list, store_deliver_req_f, &l->rq);
    buf_addspan(&m->objects, buf_span(&l->objects));
}

static enum rc many_send(struct many *m, struct store *s)
{
    struct letter all = {.objects = m->objects};
    struct store_append_rep rep;
    struct buf mem = BUF_INIT;
    struct span rest;
    struct err e;
    int fd;
    enum rc rc;

    m->rq.skip = all.rq.skip = 100; /* objects may begin anywhere */
    fd = letter_memfd(&all);
    m->rq.messages = buf_span(&m->list);
    rc = store_call_in(s, STORE_APPEND, &m->rq, fd, &rep, &mem, &e);
    rest = rep.placed;
    for (size_t i = 0; rc == RC_OK && i < m->n; i++)
        assert_int_equal(ipc_list_next(&rest, store_placed_f, &m->placed[i], &e), RC_OK);
    close(fd);
    buf_free(&mem);
    return rc;
}

static void many_free(struct many *m)
{
    for (size_t i = 0; i < m->n; i++)
        letter_free(&m->l[i]);
    buf_free(&m->list);
    buf_free(&m->objects);
    *m = (struct many){.n = 0};
}

static void status(struct store *s, uint32_t folder, struct store_status_rep *st)
{
    struct err e;

    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){folder}, -1, st, &e));
}

/* The first chunk of the message, against what was sent. */
static void is_message(struct store *s, uint32_t uid, const struct letter *l)
{
    struct store_read_req rq = {.folder = STORE_INBOX, .uid = uid, .kind = SEAL_MESSAGE};
    struct store_read_rep rep;
    struct buf mem = BUF_INIT;
    struct err e;

    OK(store_call_in(s, STORE_READ, &rq, -1, &rep, &mem, &e));
    assert_memory_equal(rep.oid, l->rq.oid, SEAL_OID);
    assert_memory_equal(rep.chunks.p, l->objects.p, rep.chunks.n);
    buf_free(&mem);
}

static void test_all_in_order(void **state)
{
    static const uint64_t sizes[][3] = {{10, 20000, 3}, {300000, 5, 2500000}, {900000, 900000, 1}};
    static struct many m;
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    uint32_t uid = 1;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++)
            many_add(&m, sizes[i][k], mbx, STORE_INBOX);
        for (int again = 0; again < 2; again++) /* the same request again files nothing */
            assert_int_equal(many_send(&m, s), RC_OK);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(m.placed[k].uid, uid);
            is_message(s, uid++, &m.l[k]);
        }
        many_free(&m);
    }
    status(s, STORE_INBOX, &st);
    assert_int_equal(st.exists, 9);
    store_free(&s);
}

static void test_none(void **state)
{
    static struct many m;
    uint64_t mbx = live_box(60000), other = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct store_box_rep box;
    struct err e;

    (void)state;
    many_add(&m, 100, mbx, STORE_INBOX);
    many_add(&m, 100, mbx, 77); /* no such folder */
    assert_int_equal(many_send(&m, s), RC_NOTFOUND);
    many_free(&m);
    many_add(&m, 100, mbx, STORE_INBOX);
    many_add(&m, 100, other, STORE_INBOX); /* not the ticket's */
    assert_int_equal(many_send(&m, s), RC_DENIED);
    many_free(&m);
    many_add(&m, 30000, mbx, STORE_INBOX);
    many_add(&m, 30000, mbx, STORE_INBOX); /* the second is beyond the quota */
    assert_int_equal(many_send(&m, s), RC_QUOTA);
    many_free(&m);
    many_add(&m, 100, mbx, STORE_INBOX);
    ipc_list_add(&m.list, store_deliver_req_f, &m.l[0].rq); /* one id twice */
    buf_addspan(&m.objects, buf_span(&m.l[0].objects));
    assert_int_equal(many_send(&m, s), RC_SYNTAX);
    many_free(&m);
    assert_int_equal(many_send(&m, s), RC_SYNTAX); /* nothing at all */
    many_add(&m, 100, mbx, STORE_INBOX);
    buf_addstr(&m.objects, "more");
    assert_int_equal(many_send(&m, s), RC_SYNTAX);
    many_free(&m);
    status(s, STORE_INBOX, &st);
    assert_int_equal(st.exists, 0);
    assert_int_equal(st.uidnext, 1);
    OK(store_call(s, STORE_BOX_GET, &(struct store_mbx_msg){0}, -1, &box, &e));
    assert_int_equal(box.used, 0);
    store_free(&s);
}

static void test_replaces(void **state)
{
    static struct many m;
    uint64_t mbx = live_box(60000);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;
    struct store_changes_rep ch;
    struct buf mem = BUF_INIT;
    struct err e;

    (void)state;
    many_add(&m, 40000, mbx, STORE_INBOX);
    assert_int_equal(many_send(&m, s), RC_OK);
    many_free(&m);
    many_add(&m, 45000, mbx, STORE_INBOX); /* there is room for it only because the first one leaves */
    m.rq.gone_folder = STORE_INBOX;
    m.rq.gone_uid = 1;
    assert_int_equal(many_send(&m, s), RC_OK);
    assert_int_equal(many_send(&m, s), RC_OK); /* its answer was lost */
    assert_int_equal(m.placed[0].uid, 2);
    many_free(&m);
    status(s, STORE_INBOX, &st);
    assert_int_equal(st.exists, 1);
    assert_int_equal(st.uidnext, 3);
    OK(store_call_in(s, STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, 1, 0}, -1, &ch, &mem, &e));
    assert_int_equal(ch.gone.n, 8);
    many_add(&m, 10, mbx, STORE_INBOX);
    m.rq.gone_folder = STORE_INBOX;
    m.rq.gone_uid = 1; /* it has left */
    assert_int_equal(many_send(&m, s), RC_NOTFOUND);
    many_free(&m);
    status(s, STORE_INBOX, &st);
    assert_int_equal(st.exists, 1);
    buf_free(&mem);
    store_free(&s);
}

static void test_most(void **state)
{
    static struct many m;
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    struct store_status_rep st;

    (void)state;
    for (int i = 0; i < STORE_APPEND_MAX; i++)
        many_add(&m, 50, mbx, STORE_INBOX);
    assert_true(m.list.n <= STORE_PLACES_BYTES);
    assert_int_equal(many_send(&m, s), RC_OK);
    status(s, STORE_INBOX, &st);
    assert_int_equal(st.exists, STORE_APPEND_MAX);
    many_free(&m);
    store_free(&s);
}

/* Several of the largest at once: each waits for no place in busy.c with some of its own in hand, or none would ever end. */
enum { AT_ONCE = 4, ROUNDS = 6 };
struct appender {
    struct many m[ROUNDS];
    uint64_t mbx;
    pthread_t thread;
    enum rc rc;
};

static void *append_rounds(void *arg)
{
    struct appender *a = arg;
    struct store *s = live_bound(&L, a->mbx);

    for (int r = 0; a->rc == RC_OK && r < ROUNDS; r++)
        a->rc = many_send(&a->m[r], s);
    store_free(&s);
    return NULL;
}

static void test_most_at_once(void **state)
{
    static struct appender a[AT_ONCE];

    (void)state;
    for (int i = 0; i < AT_ONCE; i++) {
        a[i].mbx = live_box(0);
        for (int r = 0; r < ROUNDS; r++)
            for (int k = 0; k < STORE_APPEND_MAX; k++)
                many_add(&a[i].m[r], 50, a[i].mbx, STORE_INBOX);
    }
    for (int i = 0; i < AT_ONCE; i++)
        assert_int_equal(pthread_create(&a[i].thread, NULL, append_rounds, &a[i]), 0);
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(a[i].thread, NULL);
        assert_int_equal(a[i].rc, RC_OK);
        for (int r = 0; r < ROUNDS; r++)
            many_free(&a[i].m[r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_in_order), cmocka_unit_test(test_none),         cmocka_unit_test(test_replaces),
        cmocka_unit_test(test_most),         cmocka_unit_test(test_most_at_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
