/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/crash_test.c - promise 1 under the worst: kill -9 under load, death at each flush, a full disk, a newer
 * format, garbage.
 *
 * After each, every acknowledged object id must be there exactly once, with every byte, and one that was not
 * acknowledged at most once.
 *
 * PLI_KILLS=200 kills that often, with messages of 5 MB and 4 KB: build-dev/test/store/stored/crash_test, some minutes. */
#include "store/stored/live_test.h"
#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { WRITERS = 4, KILLS = 20, LETTERS_MAX = 20000 };
static struct live L;
static uint64_t large = 1500000, little = 900;

struct sent {
    unsigned char oid[SEAL_OID];
    uint32_t uid;
    bool acked;
    int seen;
};
struct writer {
    pthread_t thread;
    uint64_t mbx;
    atomic_bool *stop;
    struct sent *sent;
    atomic_size_t n, acked;
};

static int setup(void **state)
{
    (void)state;
    live_new_in(&L, "/var/tmp"); /* on a disk, per which some kills come while the daemon waits for a flush */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

static void *write_letters(void *arg)
{
    struct writer *w = arg;
    struct store *s = store_new(ROLE_SMTPD);
    struct store_deliver_rep rep;
    struct store_placed p;
    struct letter l;
    struct err e;

    store_patience(s, 20000);
    while (!atomic_load(w->stop) && w->n < LETTERS_MAX) {
        struct sent *x = &w->sent[w->n];

        letter_new(&l, w->n % 40 == 7 ? large : w->n % 5 ? little : 40000, 300, w->n % 3 ? 100 : 0);
        letter_to(&l, w->mbx, STORE_INBOX, 0);
        memcpy(x->oid, l.rq.oid, SEAL_OID);
        x->acked = letter_send(&l, s, &p, &rep, &e) == RC_OK;
        x->uid = x->acked ? p.uid : 0;
        w->acked += x->acked;
        w->n++;
        letter_free(&l);
    }
    store_free(&s);
    live_call_end();
    return NULL;
}

static struct sent *find(struct writer *w, const unsigned char *oid)
{
    for (size_t i = 0; i < w->n; i++)
        if (memcmp(w->sent[i].oid, oid, SEAL_OID) == 0)
            return &w->sent[i];
    return NULL;
}

static void check_bytes(struct store *s, const struct store_entry *en)
{
    struct store_read_req rq = {.folder = STORE_INBOX, .uid = en->uid, .kind = SEAL_MESSAGE};
    struct store_read_rep rep;
    struct buf want = BUF_INIT;
    struct err e;
    uint64_t at = 0;

    letter_fill(&want, en->oid, seal_led_size(en->size, en->lead), SEAL_MESSAGE);
    for (; at < want.n; rq.chunk++) {
        OK(store_call(s, STORE_READ, &rq, -1, &rep, &e));
        assert_memory_equal(rep.chunks.p, want.p + at, rep.chunks.n);
        at += rep.chunks.n;
    }
    buf_free(&want);
}

static void check_writer(struct writer *w)
{
    struct store *s = live_bound(&L, w->mbx);
    struct store_range_req rq = {STORE_INBOX, live_range(1, UINT32_MAX), 0, 0};
    struct store_list_rep rep;
    struct store_status_rep st;
    struct store_entry en;
    struct buf list = BUF_INIT;
    struct err e;
    size_t n = 0;

    do {
        struct span rest;
        OK(store_call(s, STORE_ENTRIES, &rq, -1, &rep, &e));
        rq.from = rep.next;
        buf_clear(&list);
        buf_addspan(&list, rep.list);
        rest = buf_span(&list);
        while (ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK) {
            struct sent *x = find(w, en.oid);
            assert_non_null(x);
            assert_int_equal(++x->seen, 1);
            if (x->acked)
                assert_int_equal(x->uid, en.uid);
            if (n++ % 16 == 0 || en.size > 1000000)
                check_bytes(s, &en);
        }
    } while (rq.from);
    for (size_t i = 0; i < w->n; i++)
        if (w->sent[i].acked)
            assert_int_equal(w->sent[i].seen, 1);
    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, -1, &st, &e));
    assert_int_equal(st.exists, n);
    buf_free(&list);
    store_free(&s);
}

static void start_writers(struct writer *w, atomic_bool *stop)
{
    for (int i = 0; i < WRITERS; i++) {
        w[i].mbx = live_box(0);
        w[i].sent = calloc(LETTERS_MAX, sizeof *w[i].sent);
        w[i].stop = stop;
        atomic_store(&w[i].n, 0);
        atomic_store(&w[i].acked, 0);
        assert_int_equal(pthread_create(&w[i].thread, NULL, write_letters, &w[i]), 0);
    }
}

static size_t count_acked(const struct writer *w)
{
    size_t acked = 0;

    for (int i = 0; i < WRITERS; i++)
        acked += w[i].acked;
    return acked;
}

/* Until so many are acknowledged, however slow the machine is. */
static void wait_acked(const struct writer *w, size_t want)
{
    int64_t until = deadline_in(60000);

    while (count_acked(w) < want && deadline_left_ms(until) > 0)
        poll(NULL, 0, 20);
}

static size_t end_writers(struct writer *w, atomic_bool *stop)
{
    size_t acked = 0;

    atomic_store(stop, true);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(w[i].thread, NULL);
    for (int i = 0; i < WRITERS; i++) {
        check_writer(&w[i]);
        for (size_t k = 0; k < w[i].n; k++)
            acked += w[i].sent[k].acked;
        free(w[i].sent);
    }
    return acked;
}

static void test_kill_under_load(void **state)
{
    const char *many = getenv("PLI_KILLS");
    size_t kills = many ? strtoul(many, NULL, 10) : KILLS;
    struct writer w[WRITERS];
    atomic_bool stop = false;

    (void)state;
    large = many ? 5000000 : large;
    little = many ? 4096 : little;
    start_writers(w, &stop);
    for (size_t i = 0; i < kills; i++) {
        if (many) /* never while it starts: test_death_at_each_flush does that */
            wait_acked(w, count_acked(w) + 1 + i % 16);
        poll(NULL, 0, 60 + (i * 37) % 90);
        assert_int_equal(live_stop(&L, SIGKILL), 128 + SIGKILL);
        live_start(&L);
    }
    poll(NULL, 0, 200);
    wait_acked(w, kills + 1);
    assert_true(end_writers(w, &stop) > kills);
}

#ifdef PLI_DEV
/* The process ends at its n-th flush, n going up: what was answered before is there, whatever was under way. */
static void test_death_at_each_flush(void **state)
{
    struct writer w[WRITERS];
    atomic_bool stop = false;
    char fault[32];

    (void)state;
    live_stop(&L, SIGTERM);
    live_start(&L);
    start_writers(w, &stop);
    live_stop(&L, SIGTERM);
    for (int n = 1; n < 40; n += n < 12 ? 1 : 7) {
        snprintf(fault, sizeof fault, n % 3 ? "fsync:%d:kill" : "pwrite:%d:kill", n);
        L.fault = fault;
        live_start(&L);
        L.fault = NULL;
        assert_int_equal(live_stop(&L, 0), 9);
    }
    live_start(&L);
    poll(NULL, 0, 200);
    wait_acked(w, 1);
    assert_true(end_writers(w, &stop) > 0);
}

/* The disk fills under it: deliveries are refused for now, or the daemon ends with 3; nothing that was answered is
 * lost. */
static void test_full_disk(void **state)
{
    struct writer w[WRITERS];
    atomic_bool stop = false;
    int end;

    (void)state;
    start_writers(w, &stop);
    poll(NULL, 0, 100);
    live_stop(&L, SIGTERM);
    for (int n = 40; n < 2000; n *= 5) { /* in recovery, then in service */
        char fault[32];
        snprintf(fault, sizeof fault, "pwrite:%d:enospc", n);
        L.fault = fault;
        live_start(&L);
        L.fault = NULL;
        poll(NULL, 0, 300);
        end = live_stop(&L, SIGTERM);
        print_message("full disk at write %d: exit %d\n", n, end);
        assert_true(end == 3 || end == 0);
    }
    live_start(&L);
    poll(NULL, 0, 200);
    wait_acked(w, 1);
    assert_true(end_writers(w, &stop) > 0);
}
#endif

static enum rc rename_one(struct store *s, uint32_t folder, const char *name, struct err *e)
{
    struct store_rename r = {.folder = folder, .tag = "another", .name = span_str(name)};
    struct store_folder_rename_req rq;
    struct buf list = BUF_INIT;
    enum rc rc;

    ipc_list_add(&list, store_rename_f, &r);
    rq.renames = buf_span(&list);
    rc = store_call(s, STORE_FOLDER_RENAME, &rq, -1, NULL, e);
    buf_free(&list);
    return rc;
}

/* Below the reserve a delivery and a copy are refused before the promise; reading, moving, renaming and expunging go on: a client's delete key is a
 * MOVE to the Trash, or the RENAME of a folder. */
static void test_reserve(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_expunge_rep ex;
    struct store_copy_rep cp;
    uint32_t trash = live_folder(s, "Trash");
    struct letter l;
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    live_stop(&L, SIGTERM);
    L.min_free = "1024G"; /* the most that can be asked for: no test machine has it free */
    live_start(&L);
    letter_new(&l, 10, 0, 0);
    letter_to(&l, mbx, STORE_INBOX, 0);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_DISK_FULL);
    assert_int_equal(
        store_call(s, STORE_COPY,
                   &(struct store_copy_req){.folder = STORE_INBOX, .dest = trash, .uids = live_range(1, 1)}, -1, &cp,
                   &e),
        RC_TEMP);
    assert_int_equal(e.cause, CAUSE_DISK_FULL);
    OK(store_call(s, STORE_COPY,
                  &(struct store_copy_req){.folder = STORE_INBOX, .dest = trash, .uids = live_range(1, 1), .move = 1},
                  -1, &cp, &e));
    assert_true(cp.pairs.n == 8 && cp.next == 0);
    OK(rename_one(s, trash, "Elsewhere", &e));
    live_stop(&L, SIGTERM);
    L.min_free = NULL;
    live_start(&L);
    OK(letter_send(&l, in, NULL, &rep, &e));
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){trash, live_range(1, 1), 0, 0}, -1, &ex, &e));
    letter_free(&l);
    store_free(&in);
    store_free(&s);
}

/* ---- another format ---- */
static void digest_tree(const char *dir, unsigned char out[DIGEST_LEN])
{
    struct digest *d = digest_new();
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphasort);
    char path[600];
    static unsigned char block[65536];

    for (int i = 0; i < n; i++) {
        int fd;
        ssize_t got;
        snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        digest_add(d, span_str(list[i]->d_name));
        fd = open(path, O_RDONLY);
        while (fd >= 0 && (got = read(fd, block, sizeof block)) > 0)
            digest_add(d, span_of(block, (size_t)got));
        if (fd >= 0)
            close(fd);
        free(list[i]);
    }
    free(list);
    digest_end(&d, out);
}

static void write_format(const char *dir, uint32_t format)
{
    unsigned char be[4] = {0, 0, 0, (unsigned char)format};
    char path[200];
    DB *db;
    DBT k = {.data = (void *)(uintptr_t) "format", .size = 6}, v = {.data = be, .size = 4};

    snprintf(path, sizeof path, "%s/format.db", dir);
    assert_int_equal(db_create(&db, NULL, 0), 0);
    assert_int_equal(db->open(db, NULL, path, NULL, DB_BTREE, 0, 0), 0);
    assert_int_equal(db->put(db, NULL, &k, &v, 0), 0);
    assert_int_equal(db->close(db, 0), 0);
}

/* 3 had no segments. The numbers are written out: a store of that layout is known by its number alone. */
static void test_other_format(void **state)
{
    static const uint32_t others[] = {3, 7};
    unsigned char before[DIGEST_LEN], after[DIGEST_LEN];
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD);
    char dir[100];

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    snprintf(dir, sizeof dir, "%s/store", L.dir);
    live_stop(&L, SIGTERM);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        write_format(dir, others[i]);
        digest_tree(dir, before);
        live_start(&L);
        assert_int_equal(live_stop(&L, 0), 1);
        digest_tree(dir, after);
        assert_memory_equal(before, after, DIGEST_LEN);
    }
    write_format(dir, STORE_FORMAT);
    live_start(&L);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    store_free(&in);
}

/* 4 had no acl.db, 4 and 5 no seen.db. They are taken over, whether the first start got as far as to make those files or not; of the format that has one it
 * is missed. */
static void test_older_formats_are_taken_over(void **state)
{
    static const struct {
        uint32_t format;
        const char *lacks[3];
    } older[] = {{4, {"acl.db", "seen.db", NULL}}, {5, {"seen.db", NULL}}};
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    uint32_t n = 0;
    char dir[100], path[120];

    (void)state;
    snprintf(dir, sizeof dir, "%s/store", L.dir);
    for (size_t i = 0; i < 2 * sizeof older / sizeof *older; i++) {
        const char *const *lacks = older[i / 2].lacks;

        live_stop(&L, SIGTERM);
        write_format(dir, older[i / 2].format);
        for (size_t k = 0; i % 2 && lacks[k]; k++) {
            snprintf(path, sizeof path, "%s/%s", dir, lacks[k]);
            assert_int_equal(unlink(path), 0);
        }
        live_start(&L);
        live_deliver(in, mbx, STORE_INBOX, 10, 0);
        assert_int_equal(live_status(s, STORE_INBOX).exists, ++n);
        for (size_t k = 0; lacks[k]; k++) {
            snprintf(path, sizeof path, "%s/%s", dir, lacks[k]);
            assert_int_equal(access(path, F_OK), 0);
        }
    }
    live_stop(&L, SIGTERM);
    assert_int_equal(unlink(path), 0); /* seen.db */
    live_start(&L);
    assert_int_equal(live_stop(&L, 0), 1);
    write_format(dir, 5);
    snprintf(path, sizeof path, "%s/acl.db", dir);
    assert_int_equal(unlink(path), 0);
    live_start(&L);
    assert_int_equal(live_stop(&L, 0), 1);
    write_format(dir, 4);
    live_start(&L);
    store_free(&in);
    store_free(&s);
}

/* Told to stop right after live_start() it ends well, not by the signal, however long it takes to begin. */
static void test_stopped_at_once(void **state)
{
    (void)state;
    L.late_ms = 500;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(live_stop(&L, SIGTERM), 0);
        live_start(&L);
    }
    L.late_ms = 0;
}

/* Two at once: the second says so and ends, the first does not notice. */
static void test_one_owner(void **state)
{
    struct live second = L;

    (void)state;
    live_box(0);
    live_start(&second);
    assert_int_equal(live_stop(&second, 0), 1);
    live_box(0);
}

/* Any packet that is not lawful ends its sender and nobody else. */
static void test_garbage(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD);
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "stored.sock"};
    unsigned char b[3000], back[2000];

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        size_t n = i * 7 % sizeof b;

        assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
        for (size_t k = 0; k < n; k++)
            b[k] = (unsigned char)(k * i ^ i >> 3);
        if (i % 3 == 0 && n > 8)
            memcpy(b, "\1\0\0\0\0\0\0\0", 8); /* a HELLO's head */
        (void)send(fd, b, n, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        while (recv(fd, back, sizeof back, 0) > 0)
            ;
        close(fd);
    }
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_under_load),
        cmocka_unit_test(test_other_format),
        cmocka_unit_test(test_older_formats_are_taken_over),
        cmocka_unit_test(test_stopped_at_once),
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_garbage),
#ifdef PLI_DEV
        cmocka_unit_test(test_death_at_each_flush),
        cmocka_unit_test(test_full_disk),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
