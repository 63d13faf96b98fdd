/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/segments_test.c - a daemon with small segments: it dies, or is refused, at each system call on them, while mail comes and goes. What was
 * answered is there with every octet, what was expunged comes back as space, and the check finds nothing. */
#include "store/segments/record.h"
#include "store/stored/live_test.h"
#include <dirent.h>

enum { MOST = 4000, SEGMENT = 1 << 20 };
static const char *const small[] = {"stored.segment", "1048576", "stored.keep_expunged", "0", NULL};
static struct live L;
static struct known {
    unsigned char oid[SEAL_OID];
    uint32_t uid; /* 0: not acknowledged */
    bool gone;    /* an expunge of it was asked */
} known[MOST];
static size_t n_known;
static uint64_t box;

static int setup(void **state)
{
    (void)state;
    live_new(&L);
    live_stop(&L, SIGTERM);
    L.more = small;
    live_start(&L);
    box = live_box(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

/* Some messages of several sizes; those not acknowledged may be there or not. Returns how many were. */
static size_t deliver(size_t n, int patience_ms)
{
    struct store *in = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct store_placed p;
    struct letter l;
    struct err e;
    size_t acked = 0;

    store_patience(in, patience_ms);
    for (size_t i = 0; i < n && n_known < MOST; i++) {
        struct known *k = &known[n_known++];

        letter_new(&l, i % 16 == 3 ? 1400000 : i % 4 == 1 ? 60000 : 900, i % 5 == 2 ? 20000 : 300, i % 3 ? 100 : 70000);
        letter_to(&l, box, STORE_INBOX, 0);
        memcpy(k->oid, l.rq.oid, SEAL_OID);
        k->uid = letter_send(&l, in, &p, &rep, &e) == RC_OK ? p.uid : 0;
        k->gone = false;
        acked += k->uid != 0;
        letter_free(&l);
        if (k->uid == 0)
            break;
    }
    store_free(&in);
    return acked;
}

/* Every other one of those that are there. */
static void expunge_half(void)
{
    struct store *s = store_new(ROLE_IMAPD);
    struct buf set = BUF_INIT, wire = BUF_INIT, mem = BUF_INIT;
    struct store_expunge_rep rep;
    struct store_box_rep bound;
    struct err e;
    bool other = false;

    store_patience(s, 20000); /* it may be dead by now, and come back */
    live_ticket(&L, box, RIGHT_READ | RIGHT_WRITE, &wire);
    if (store_bind(s, buf_span(&wire), &bound, &mem, &e) != RC_OK)
        goto out;
    for (size_t i = 0; i < n_known; i++)
        if (known[i].uid && !known[i].gone && (other = !other)) {
            buf_u32(&set, known[i].uid);
            buf_u32(&set, known[i].uid);
            known[i].gone = true;
        }
    (void)store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, buf_span(&set), 0, 0}, -1, &rep, &e);
out:
    buf_free(&set);
    buf_free(&wire);
    buf_free(&mem);
    store_free(&s);
}

static void is_whole(struct store *s, uint32_t uid, const unsigned char *oid, uint64_t size)
{
    struct store_read_req rq = {.folder = STORE_INBOX, .uid = uid, .kind = SEAL_MESSAGE};
    struct store_read_rep rep;
    struct buf want = BUF_INIT;
    struct err e;

    letter_fill(&want, oid, seal_led_size(size, letter_lead(size)), SEAL_MESSAGE);
    for (uint64_t at = 0; at < want.n; rq.chunk++) {
        OK(store_call(s, STORE_READ, &rq, -1, &rep, &e));
        assert_memory_equal(rep.chunks.p, want.p + at, rep.chunks.n);
        at += rep.chunks.n;
    }
    buf_free(&want);
}

/* All that were acknowledged and not expunged are listed and whole. */
static void all_there(void)
{
    struct store *s = live_bound(&L, box);
    struct store_range_req rq = {STORE_INBOX, live_range(1, UINT32_MAX), 0, 0};
    static bool seen[MOST];
    struct store_list_rep rep;
    struct store_entry en;
    struct buf mem = BUF_INIT;
    struct err e, end;

    memset(seen, 0, sizeof seen);
    do {
        OK(store_call_in(s, STORE_ENTRIES, &rq, -1, &rep, &mem, &e));
        while (ipc_list_next(&rep.list, store_entry_f, &en, &end) == RC_OK)
            for (size_t i = 0; i < n_known; i++)
                if (memcmp(known[i].oid, en.oid, SEAL_OID) == 0) {
                    seen[i] = true;
                    is_whole(s, en.uid, en.oid, en.size);
                }
        rq.from = rep.next;
    } while (rep.next);
    for (size_t i = 0; i < n_known; i++)
        if (known[i].uid && !known[i].gone && !seen[i])
            fail_msg("message uid=%u is lost", (unsigned)known[i].uid);
    buf_free(&mem);
    store_free(&s);
}

static void check_finds_nothing(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;

    poll(NULL, 0, 1100); /* so that every object was last touched in a second before the check's */
    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.bad)
            fail_msg("%.*s", SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
}

static struct store_stats_rep stats(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_stats_rep rep;
    struct err e;

    OK(store_call(s, STORE_STATS, NULL, -1, &rep, &e));
    store_free(&s);
    return rep;
}

/* The background gives back what is dead. */
static void space_comes_back(void)
{
    int64_t until = deadline_in(90000);
    struct store_stats_rep st;

    do {
        poll(NULL, 0, 200);
        st = stats();
    } while (st.segment_bytes > st.live_bytes + st.live_bytes * 3 / 10 + 3 * SEGMENT && deadline_left_ms(until) > 0);
    if (deadline_left_ms(until) <= 0)
        fail_msg("segments take %llu, %llu of it live", (unsigned long long)st.segment_bytes,
                 (unsigned long long)st.live_bytes);
    assert_true(st.live_bytes > 0);
}

static void test_space_comes_back(void **state)
{
    (void)state;
    assert_int_equal(deliver(200, 20000), 200);
    expunge_half();
    space_comes_back();
    all_there();
    assert_int_equal(deliver(60, 20000), 60);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    live_start(&L);
    all_there();
    check_finds_nothing();
}

/* While the file "hold" is there, no octet is given back: a backup may be copying. */
static void test_held(void **state)
{
    struct store_stats_rep before, after;
    int fd = open("store/hold", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    deliver(30, 20000);
    before = stats();
    expunge_half();
    poll(NULL, 0, 1500);
    after = stats();
    assert_true(after.segment_bytes >= before.segment_bytes && after.live_bytes < before.live_bytes);
    assert_int_equal(unlink("store/hold"), 0);
    space_comes_back();
    all_there();
}

static void *come_and_go(void *arg)
{
    for (int i = 0; i < 12 && !atomic_load((atomic_bool *)arg); i++) {
        deliver(30, 20000);
        expunge_half();
    }
    live_call_end();
    return arg;
}

static uint64_t removed(void)
{
    uint64_t last = 0, there = 0;
    DIR *d = opendir("store");

    for (struct dirent *x; (x = readdir(d)) != NULL;)
        if (strstr(x->d_name, ".seg")) {
            uint64_t n = strtoull(x->d_name, NULL, 16);
            last = n > last ? n : last;
            there++;
        }
    closedir(d);
    return last - there;
}

/* Checks one after the other, while mail comes and goes and segments are rewritten under them: they find nothing, and hold nobody up. */
static void test_checked_while_serving(void **state)
{
    struct store *s = store_new(ROLE_ADMIN);
    int64_t until = deadline_in(90000);
    uint64_t before = removed(), checked = 0;
    atomic_bool stop = false;
    pthread_t user;
    struct err e;

    (void)state;
    assert_int_equal(pthread_create(&user, NULL, come_and_go, &stop), 0);
    for (int rounds = 0; (rounds < 5 || removed() < before + 3) && deadline_left_ms(until) > 0; rounds++) {
        struct store_check_req rq = {0};
        struct store_check_rep rep;
        do {
            OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
            if (rep.bad)
                fail_msg("%.*s", SPAN_ARG(rep.findings));
            checked += rep.checked;
            rq.cursor = rep.cursor;
        } while (rep.cursor);
    }
    atomic_store(&stop, true);
    pthread_join(user, NULL);
    assert_true(removed() >= before + 3 && checked > 0);
    all_there();
    store_free(&s);
}

/* A segment that the tables know was taken away: the start says which, and nothing is served as if it had never been. */
static void test_missing_segment(void **state)
{
    char name[300] = "", from[320];
    DIR *d = opendir("store");

    (void)state;
    for (struct dirent *x; (x = readdir(d)) != NULL;)
        if (strstr(x->d_name, ".seg"))
            snprintf(name, sizeof name, "%s", x->d_name);
    closedir(d);
    snprintf(from, sizeof from, "store/%s", name);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    assert_int_equal(rename(from, "aside"), 0);
    live_start(&L);
    assert_int_equal(live_stop(&L, 0), 1);
    assert_int_equal(rename("aside", from), 0);
    live_start(&L);
    all_there();
}

#ifdef PLI_DEV
static const char *const calls[] = {"seg-open",   "seg-pwrite", "seg-fsync", "seg-rename",
                                    "seg-unlink", "seg-punch",  "seg-pread"};
enum { CALLS = sizeof calls / sizeof calls[0] };

static bool died(int ms)
{
    int st;

    for (int64_t until = deadline_in(ms); deadline_left_ms(until) > 0; poll(NULL, 0, 20))
        if (waitpid(L.pid, &st, WNOHANG) == L.pid) {
            L.pid = 0;
            assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 9);
            return true;
        }
    return false;
}

static void *use(void *arg)
{
    deliver(12, 20000);
    expunge_half();
    live_call_end();
    return arg;
}

/* It dies at the n-th call, be it of a delivery, of what is freed or of a segment that is rewritten. */
static void test_death_at_each_call(void **state)
{
    int deaths[CALLS] = {0};
    char fault[40];
    pthread_t user;

    (void)state;
    for (size_t c = 0; c < CALLS; c++)
        for (int n = 1; n < 10; n *= live_step(3) == 1 ? 3 : 9) {
            live_stop(&L, SIGKILL);
            snprintf(fault, sizeof fault, "%s:%d:kill", calls[c], n);
            L.fault = fault;
            live_start(&L);
            L.fault = NULL;
            assert_int_equal(pthread_create(&user, NULL, use, NULL), 0);
            deaths[c] += died(n == 1 ? 60000 : 1500); /* a first call always comes */
            live_stop(&L, SIGKILL);
            live_start(&L); /* who asked asks again, with the same object id */
            pthread_join(user, NULL);
            all_there();
        }
    for (size_t c = 0; c < CALLS; c++)
        print_message("%s: died %d times\n", calls[c], deaths[c]);
    for (size_t c = 0; c < CALLS; c++)
        assert_true(deaths[c] > 0);
    check_finds_nothing();
    space_comes_back();
}

/* The call fails once: one delivery is refused for now, or nothing is noticed; the daemon lives. */
static void test_refused_at_each_call(void **state)
{
    char fault[40];

    (void)state;
    for (size_t c = 0; c < CALLS; c++)
        for (int full = 0; full < 2; full += live_step(2)) {
            assert_int_equal(live_stop(&L, SIGTERM), 0);
            snprintf(fault, sizeof fault, "%s:2:%s", calls[c], full ? "enospc" : "eio");
            L.fault = fault;
            live_start(&L);
            L.fault = NULL;
            deliver(12, 20000);
            deliver(12, 20000);
            expunge_half();
            assert_int_equal(live_stop(&L, SIGTERM), 0);
            live_start(&L);
            all_there();
        }
    assert_int_equal(deliver(20, 20000), 20);
    all_there();
    check_finds_nothing();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_space_comes_back),      cmocka_unit_test(test_held),
        cmocka_unit_test(test_checked_while_serving), cmocka_unit_test(test_missing_segment),
#ifdef PLI_DEV
        cmocka_unit_test(test_death_at_each_call),    cmocka_unit_test(test_refused_at_each_call),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
