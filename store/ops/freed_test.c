/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed_test.c - an EXPUNGE answers when the removal is recorded; what the messages leave behind is freed later (INV-14): all of it,
 * once, whatever dies in between, and nothing that a copy still names. */
#include "store/db/os.h"
#include "store/ops/freed.h"
#include "store/stored/live_each_test.h"

enum { LETTERS = 200, COPIED = 20, WAIT_MS = 60000 };
/* ---- looking into the tables while the daemon is down ---- */
struct rows {
    uint64_t msgs, summaries, texts, pieces, freed;
    bool ok;
};

static enum rc count(struct stored *d, enum table tb, uint64_t *n_out, struct err *e)
{
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, tb, &from, 0, SCAN_KEYS, e);
    for (*n_out = 0; rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK; ++*n_out)
        ;
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void in_child(struct rows *r)
{
    static struct stored d;
    char dir[100];
    struct env_conf c = {.home = dir, .cache = 8 << 20};
    struct err e;

    snprintf(dir, sizeof dir, "%s/store", L.dir);
    env_open(&d.env, &c);
    r->ok = count(&d, T_MSGS, &r->msgs, &e) == RC_OK && count(&d, T_SUMMARIES, &r->summaries, &e) == RC_OK &&
            count(&d, T_TEXTS, &r->texts, &e) == RC_OK && count(&d, T_OBJECTS, &r->pieces, &e) == RC_OK &&
            count(&d, T_REMOVED, &r->freed, &e) == RC_OK;
    env_close(&d.env);
    _exit(0);
}

static struct rows look_down(void)
{
    struct rows *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), out;
    pid_t pid;

    assert_true(r != MAP_FAILED);
    memset(r, 0, sizeof *r);
    pid = fork();
    if (pid == 0)
        in_child(r);
    waitpid(pid, NULL, 0);
    assert_true(r->ok);
    out = *r;
    munmap(r, sizeof *r);
    return out;
}

/* ---- the daemon ---- */
static uint64_t freeing(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_stats_rep rep;
    struct err e;

    OK(store_call(s, STORE_STATS, NULL, -1, &rep, &e));
    store_free(&s);
    return rep.freeing;
}

static void wait_freed(void)
{
    int64_t until = deadline_in(WAIT_MS);

    while (freeing() > 0 && deadline_left_ms(until) > 0)
        poll(NULL, 0, 20);
    assert_int_equal(freeing(), 0);
}

static void check_sound(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;

    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.bad)
            fail_msg("%.*s", SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
}

/* LETTERS messages with a summary and a text, the first COPIED of them in the other folder as well. */
static uint32_t fill(uint64_t mbx, struct store *s)
{
    struct store *in = store_new(ROLE_SMTPD);
    uint32_t other = live_folder(s, "Other");
    struct store_deliver_rep rep;
    struct store_copy_rep cp;
    struct letter l;
    struct err e;

    for (int i = 0; i < LETTERS; i++) {
        letter_new(&l, 4000, 500, 700);
        letter_to(&l, mbx, STORE_INBOX, 0);
        OK(letter_send(&l, in, NULL, &rep, &e));
        letter_free(&l);
    }
    OK(store_call(s, STORE_COPY, &(struct store_copy_req){STORE_INBOX, other, live_range(1, COPIED), 0, 0, 0}, -1, &cp,
                  &e));
    store_free(&in);
    return other;
}

static void expunge_all(struct store *s)
{
    struct store_expunge_rep ex;
    struct err e;

    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, UINT32_MAX), 0, 0}, -1, &ex,
                  &e));
    assert_int_equal(ex.expunged.n / 4, LETTERS); /* in one page, and one transaction */
    assert_int_equal(ex.next, 0);
}

/* The copies, with every octet and their summaries. */
static void copies_whole(struct store *s, uint32_t other)
{
    struct store_range_req rq = {other, live_range(1, UINT32_MAX), 0, 0};
    struct store_list_rep rep;
    struct buf want = BUF_INIT;
    struct store_entry en;
    struct span rest;
    struct err e;
    size_t n = 0;

    OK(store_call(s, STORE_READ_MANY, &rq, -1, &rep, &e));
    for (rest = rep.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK; n++) {
        buf_clear(&want);
        letter_fill(&want, en.oid, seal_led_size(en.size, en.lead), SEAL_MESSAGE);
        assert_int_equal(en.object.n, want.n);
        assert_memory_equal(en.object.p, want.p, want.n);
    }
    assert_int_equal(n, COPIED);
    OK(store_call(s, STORE_SUMMARIES, &rq, -1, &rep, &e));
    for (n = 0, rest = rep.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK; n++)
        assert_true(en.object.n > 0);
    assert_int_equal(n, COPIED);
    buf_free(&want);
}

static void assert_all_freed(struct rows r, uint64_t boxes)
{
    assert_int_equal(r.freed, 0);
    assert_int_equal(r.msgs, COPIED * boxes);
    assert_int_equal(r.summaries, COPIED * boxes);
    assert_int_equal(r.texts, COPIED * boxes);
    assert_int_equal(r.pieces, COPIED * boxes);
}

/* What the client is told is so at once; what was left behind goes by itself, and the copies stay. */
static uint64_t boxes; /* filled so far: the store is the same in all tests */

static void test_counts_at_once(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    uint32_t other = fill(mbx, s);
    struct store_status_rep st;

    (void)state;
    boxes++;
    expunge_all(s);
    st = live_status(s, STORE_INBOX);
    assert_int_equal(st.exists, 0);
    assert_int_equal(st.unseen, 0);
    check_sound(); /* with the list half worked off, or not begun */
    copies_whole(s, other);
    store_free(&s); /* what left is kept for as long as a session may not have been told */
    wait_freed();
    check_sound();
    live_stop(&L, SIGTERM);
    assert_all_freed(look_down(), boxes);
    live_start(&L);
}

/* kill -9 behind the answer, at any moment of the work: what is left is freed by the next daemon, once. */
static void test_killed(void **state)
{
    int midway = 0;

    (void)state;
    for (int i = 0; i < 6; i++) {
        uint64_t mbx = live_box(0);
        struct store *s = live_bound(&L, mbx);
        uint32_t other = fill(mbx, s);
        struct rows r;

        boxes++;
        expunge_all(s);
        poll(NULL, 0, i * 60);
        live_stop(&L, SIGKILL);
        r = look_down();
        midway += r.freed > 0;
        assert_int_equal(r.msgs, COPIED * boxes); /* nobody gets an expunged message back */
        live_start(&L);
        check_sound();
        copies_whole(s, other);
        store_free(&s);
        wait_freed();
        check_sound();
        live_stop(&L, SIGTERM);
        assert_all_freed(look_down(), boxes);
        live_start(&L);
    }
    assert_true(midway > 0);
}

#ifdef PLI_DEV
/* Death at the n-th write or flush of a daemon that works the list off. */
static void test_death_at_its_writes(void **state)
{
    static const char *const calls[] = {"pwrite", "fsync"};
    uint64_t mbx = live_box(0);
    struct store *s = live_bound(&L, mbx);
    uint32_t other = fill(mbx, s);
    char fault[32];
    int died[2] = {0, 0};

    (void)state;
    boxes++;
    expunge_all(s);
    live_stop(&L, SIGKILL);
    for (int n = 1; n < 30; n += live_step(3)) { /* odd: both calls have their turn */
        pid_t ended = 0;

        snprintf(fault, sizeof fault, "%s:%d:kill", calls[n % 2], n);
        L.fault = fault;
        live_start(&L);
        L.fault = NULL;
        for (int64_t until = deadline_in(died[n % 2] ? 700 : 20000); /* the first of its kind does come */
             (ended = waitpid(L.pid, NULL, WNOHANG)) == 0 && deadline_left_ms(until) > 0;)
            poll(NULL, 0, 10);
        died[n % 2] += ended > 0;
        if (ended == 0) { /* it came to no n-th call */
            kill(L.pid, SIGKILL);
            waitpid(L.pid, NULL, 0);
        }
        L.pid = 0;
    }
    assert_true(died[0] > 0 && died[1] > 0);
    live_start(&L);
    check_sound();
    copies_whole(s, other);
    store_free(&s); /* what left is kept for as long as a session may not have been told */
    wait_freed();
    check_sound();
    live_stop(&L, SIGTERM);
    assert_all_freed(look_down(), boxes);
    live_start(&L);
}
#endif

/* ---- a bad page of the list itself ---- */
enum { BOXES = 60, PAGE = 16384, PG_TYPE = 25, P_LEAF = 5 };

/* arg: the flags of the first mailbox */
static enum rc put_boxes(struct tx *t, void *arg, struct err *e)
{
    struct box b = {.flags = *(uint32_t *)arg};
    enum rc rc = RC_OK;

    for (uint64_t mbx = 1; rc == RC_OK && mbx <= BOXES; mbx++, b.flags = 0)
        rc = box_put(t, mbx, &b, e);
    return rc;
}

static enum rc add_rows(struct tx *t, void *arg, struct err *e)
{
    static struct freed f[FREED_A_ROW] = {{.uid = 1}}; /* of objects that are not there: such an item just goes */
    enum rc rc = RC_OK;

    for (uint64_t mbx = 1; rc == RC_OK && mbx <= BOXES; mbx++) {
        struct freeing of = {.mbx = mbx, .folder = 1, .how = REMOVED_EXPUNGE};
        rc = freed_all(arg, t, &of, f, FREED_A_ROW, e);
    }
    return rc;
}

static bool never(struct stored *d)
{
    (void)d;
    return false;
}

static void bad_page_child(const char *dir, bool sweep, struct rows *r)
{
    static struct stored d;
    struct env_conf c = {.home = dir, .cache = 8 << 20};
    struct freed_walk w = {0};
    uint32_t none = 0;
    struct err e;

    os_install(); /* the guard reads for the library */
    d.seats = seats_new(1);
    env_open(&d.env, &c);
    if (sweep)
        for (int i = 0; i < 100 && w.again == 0; i++)
            freed_sweep(&d, &w, never);
    else if (tx_run(&d.env, TX_LAZY, put_boxes, &none, &e) == RC_OK)
        (void)tx_run(&d.env, TX_LAZY, add_rows, &d, &e);
    for (uint64_t mbx = 1; mbx <= BOXES; mbx++) {
        struct key k = key_freed(mbx, 1);
        struct tx t;

        tx_bare(&d.env, &t);
        r->freed += tx_has(&t, T_FREED, &k, &e) != RC_NOTFOUND;
    }
    r->ok = true;
    env_close(&d.env);
    _exit(0);
}

static struct rows bad_page_run(const char *dir, bool sweep)
{
    struct rows *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), out;
    pid_t pid;

    assert_true(r != MAP_FAILED);
    memset(r, 0, sizeof *r);
    pid = fork();
    if (pid == 0)
        bad_page_child(dir, sweep, r);
    waitpid(pid, NULL, 0);
    out = *r;
    munmap(r, sizeof *r);
    assert_true(out.ok);
    return out;
}

static void spoil_third_leaf(const char *dir)
{
    unsigned char p[PAGE];
    char path[200];
    int fd, leaves = 0;

    snprintf(path, sizeof path, "%s/freed.db", dir);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t at = PAGE; pread(fd, p, PAGE, at) == PAGE; at += PAGE)
        if (p[PG_TYPE] == P_LEAF && ++leaves == 3) {
            p[PAGE / 2] ^= 1;
            assert_int_equal(pwrite(fd, p, PAGE, at), PAGE);
        }
    assert_true(leaves > 6);
    close(fd);
}

/* The rows that lie on it wait for a salvage. Those before and behind it do not. */
static void test_bad_page(void **state)
{
    char dir[100];
    struct rows r;

    (void)state;
    snprintf(dir, sizeof dir, "%s/spoilt", L.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(bad_page_run(dir, false).freed, BOXES);
    spoil_third_leaf(dir);
    r = bad_page_run(dir, true);
    assert_in_range(r.freed, 1,
                    PAGE / (FREED_HEAD + FREED_A_ROW * FREED_ITEM) + 1 /* a row whose head is on that page */);
}

/* ---- a low disk ---- */
static void low_child(const char *dir, int log, struct rows *r)
{
    static struct stored d;
    struct env_conf c = {.home = dir, .cache = 8 << 20, .min_free = 1ull << 50};
    struct freed_walk w = {0};
    uint32_t held = BOX_HELD;
    struct err e;

    dup2(log, STDERR_FILENO);
    d.seats = seats_new(1);
    d.keep_s = 14 * 86400;
    d.keep_share = 100;
    env_open(&d.env, &c);
    r->ok =
        tx_run(&d.env, TX_LAZY, put_boxes, &held, &e) == RC_OK && tx_run(&d.env, TX_LAZY, add_rows, &d, &e) == RC_OK;
    freed_sweep(&d, &w, never);
    r->ok = r->ok && count(&d, T_REMOVED, &r->freed, &e) == RC_OK;
    env_close(&d.env);
    _exit(0);
}

/* What is kept goes early, but for the mailbox on hold; and the log says that of no other message than those that go. */
static void test_low_disk(void **state)
{
    struct rows *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int log = memfd_create("log", MFD_CLOEXEC);
    static char said[1 << 20];
    char dir[100];
    pid_t pid;

    (void)state;
    assert_true(r != MAP_FAILED && log >= 0);
    memset(r, 0, sizeof *r);
    snprintf(dir, sizeof dir, "%s/low", L.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    pid = fork();
    if (pid == 0)
        low_child(dir, log, r);
    waitpid(pid, NULL, 0);
    assert_true(r->ok);
    assert_int_equal(r->freed, 1);
    assert_true(pread(log, said, sizeof said - 1, 0) > 0);
    assert_non_null(strstr(said, "ev=removed-freed-early mbx=2 "));
    assert_null(strstr(said, "ev=removed-freed-early mbx=1 "));
    munmap(r, sizeof *r);
    close(log);
}

static int setup_keeping_nothing(void **state)
{
    static const char *const more[] = {"stored.keep_expunged", "0", NULL};
    int ret = setup(state);

    live_stop(&L, SIGTERM);
    L.more = more;
    live_start(&L);
    return ret;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_at_once),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_bad_page),
        cmocka_unit_test(test_low_disk),
#ifdef PLI_DEV
        cmocka_unit_test(test_death_at_its_writes),
#endif
    };

    return cmocka_run_group_tests(tests, setup_keeping_nothing, teardown);
}
