/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/segment_test.c - segment files alone: appended by several threads, flushed, read, walked; torn at every octet of the last record, one bit
 * turned in each field of a head, holes, a file removed under its reader. */
#include "store/segments/segment.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { SMALL = 1 << 20, THREADS = 6, RUNS = 60 };
static char dir[64];
static int dir_fd;
static unsigned made_n;

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != RC_OK)                                                                                           \
            fail_msg("%s: %s", #call, e.log);                                                                          \
    } while (0)

static enum rc made(void *owner, uint32_t number, struct err *e)
{
    (void)owner;
    (void)number;
    (void)e;
    __atomic_fetch_add(&made_n, 1, __ATOMIC_RELAXED);
    return RC_OK;
}

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(dir, sizeof dir, "%s/pli-seg-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char name[32];

    (void)state;
    for (unsigned i = 1; i < 400; i++) {
        snprintf(name, sizeof name, "%08x.seg", i);
        (void)unlinkat(dir_fd, name, 0);
    }
    close(dir_fd);
    return rmdir(dir);
}

static struct segs *open_segs(uint64_t most)
{
    struct segs_conf c = {.home_fd = dir_fd, .most = most, .made = made};
    struct segs *s = NULL;
    struct err e;

    OK(segs_open(&s, &c, &e));
    return s;
}

static void fill(struct buf *b, unsigned seed, size_t n)
{
    buf_clear(b);
    for (size_t i = 0; i < n; i++)
        buf_addc(b, (unsigned char)(seed * 31 + i * 7 + (i >> 8)));
}

/* One record, flushed; where it is. */
static struct run append(struct segs *s, unsigned seed, size_t n)
{
    struct record r = {.kind = SEAL_MESSAGE, .len = n};
    struct buf b = BUF_INIT;
    struct run run;
    struct err e;

    fill(&b, seed, n);
    memset(r.oid, (int)seed, sizeof r.oid);
    digest_of(buf_span(&b), r.digest);
    OK(run_begin(s, record_size(n), &run, &e));
    OK(run_write(&run, run.offset + RECORD_HEAD, &r, buf_span(&b), &e));
    OK(run_flush(&run, &e));
    buf_free(&b);
    return run;
}

static void is_there(struct segs *s, const struct run *run, unsigned seed, size_t n)
{
    struct buf want = BUF_INIT, got = BUF_INIT;
    struct record r;
    struct err e;

    fill(&want, seed, n);
    OK(seg_record(s, run->segment, run->offset, &r, &e));
    assert_int_equal(r.len, n);
    assert_int_equal(r.oid[5], seed & 255);
    OK(seg_read(s, run->segment, run->offset + RECORD_HEAD, n, &got, &e));
    assert_memory_equal(got.p, want.p, n);
    buf_free(&want);
    buf_free(&got);
}

/* How many whole records a walk finds: their digests are right. */
static size_t walk_count(struct segs *s, uint32_t number)
{
    unsigned char digest[DIGEST_LEN];
    struct record r;
    struct walk w;
    struct err e;
    uint64_t at;
    size_t n = 0;

    OK(walk_open(&w, s, number, 0, UINT64_MAX, &e));
    while (walk_next(&w, &r, &at, &e) == RC_OK) {
        OK(seg_digest(s, number, at + RECORD_HEAD, r.len, digest, &e));
        n += memcmp(digest, r.digest, DIGEST_LEN) == 0;
    }
    walk_close(&w);
    return n;
}

/* ---- several at once ---- */
struct appender {
    pthread_t thread;
    struct segs *s;
    unsigned seed;
    struct run runs[RUNS];
};

static size_t len_of(unsigned seed, unsigned i)
{
    return 1 + (seed * 977 + i * 4099) % (i % 20 == 7 ? 300000 : 9000);
}

static void *append_many(void *arg)
{
    struct appender *a = arg;

    for (unsigned i = 0; i < RUNS; i++)
        a->runs[i] = append(a->s, a->seed + i, len_of(a->seed, i));
    return NULL;
}

static void test_appended_together(void **state)
{
    static struct appender a[THREADS];
    struct segs *s = open_segs(SMALL);
    struct seg_info *list;
    size_t n, found = 0;
    struct err e;

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        a[i].s = s;
        a[i].seed = i * 40;
        assert_int_equal(pthread_create(&a[i].thread, NULL, append_many, &a[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(a[i].thread, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < RUNS; k++) {
            is_there(s, &a[i].runs[k], a[i].seed + k, len_of(a[i].seed, k));
            run_end(&a[i].runs[k]);
        }
    OK(segs_list(s, &list, &n, &e));
    assert_true(n > 2 && n == made_n);
    for (size_t i = 0; i < n; i++) {
        assert_true(list[i].size <= SMALL && !list[i].writing);
        found += walk_count(s, list[i].number);
    }
    assert_int_equal(found, THREADS * RUNS);
    free(list);
    segs_close(&s);
}

/* ---- a crash in the middle of the last record ---- */
static void test_torn_tail(void **state)
{
    const size_t before = 3000, last = 5000;
    struct segs *s = open_segs(SMALL);
    struct run one = append(s, 1, before), two = append(s, 2, last), three;
    uint64_t end = two.offset + RECORD_HEAD + last;
    char name[32], path[128];

    (void)state;
    snprintf(name, sizeof name, "%08x.seg", (unsigned)one.segment);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    run_end(&one);
    run_end(&two);
    segs_close(&s);
    for (uint64_t cut = end - 1; cut >= two.offset - 10; cut -= cut > two.offset + RECORD_HEAD + 3 ? 611 : 1) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        s = open_segs(SMALL);
        assert_int_equal(walk_count(s, one.segment), 1);
        is_there(s, &one, 1, before);
        three = append(s, 3, 100); /* what comes goes elsewhere */
        assert_int_not_equal(three.segment, one.segment);
        assert_int_equal(walk_count(s, three.segment), 1);
        run_end(&three);
        segs_close(&s);
    }
}

/* Stopped and started: the same segment goes on. */
static void test_resumed(void **state)
{
    struct segs *s = open_segs(SMALL);
    struct run one = append(s, 1, 3000), two;
    struct err e;

    (void)state;
    run_end(&one);
    segs_close(&s);
    s = open_segs(SMALL);
    OK(segs_resume(s, one.segment, &e));
    two = append(s, 2, 700);
    assert_int_equal(two.segment, one.segment);
    assert_int_equal(walk_count(s, one.segment), 2);
    run_end(&two);
    segs_close(&s);
}

/* ---- one bit ---- */
static void flip(const char *path, uint64_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char c;

    assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
    c ^= 4;
    assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
    close(fd);
}

static void test_a_bit_in_each_field(void **state)
{
    struct segs *s = open_segs(SMALL);
    struct run r[3] = {append(s, 1, 700), append(s, 2, 700), append(s, 3, 700)};
    char path[128];
    struct record rec;
    struct err e;

    (void)state;
    snprintf(path, sizeof path, "%s/%08x.seg", dir, (unsigned)r[0].segment);
    for (uint64_t at = 0; at < RECORD_HEAD; at++) { /* magic, format, kind, part, oid, length, digest, check */
        flip(path, r[1].offset + at);
        assert_int_equal(seg_record(s, r[1].segment, r[1].offset, &rec, &e), RC_CORRUPT);
        assert_int_equal(walk_count(s, r[0].segment), 2);
        is_there(s, &r[0], 1, 700);
        is_there(s, &r[2], 3, 700);
        flip(path, r[1].offset + at);
    }
    flip(path, r[1].offset + RECORD_HEAD + 350);
    assert_int_equal(walk_count(s, r[0].segment), 2); /* its head is sound, its digest is not */
    flip(path, r[1].offset + RECORD_HEAD + 350);
    for (int i = 0; i < 3; i++)
        run_end(&r[i]);
    segs_close(&s);
    for (uint64_t at = 0; at < SEG_HEAD_ONE; at++) { /* the segment's own head: the other one is as good */
        flip(path, at);
        s = open_segs(SMALL);
        assert_int_equal(walk_count(s, r[0].segment), 3);
        segs_close(&s);
        flip(path, at);
    }
}

/* ---- the head of a record is valid at its place only ---- */
static void test_a_copy_is_no_record(void **state)
{
    struct segs *s = open_segs(SMALL);
    struct run one = append(s, 9, 300), two;
    struct record r = {.kind = SEAL_MESSAGE, .len = 1000};
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    OK(seg_read(s, one.segment, one.offset, record_size(300) - RECORD_ALIGN, &b, &e));
    while (b.n < r.len) /* octets that a session sends, which look like a record */
        buf_addc(&b, 0);
    OK(run_begin(s, record_size(r.len), &two, &e));
    OK(run_write(&two, two.offset + RECORD_ALIGN, NULL, buf_span(&b), &e));
    assert_int_equal(walk_count(s, one.segment), 1);
    buf_free(&b);
    run_end(&one);
    run_end(&two);
    segs_close(&s);
}

/* ---- space ---- */
static void test_holes_and_removal(void **state)
{
    struct segs *s = open_segs(SMALL);
    struct run one = append(s, 1, 400000), two = append(s, 2, 400000), three = append(s, 3, 200);
    struct seg_info *list;
    struct buf got = BUF_INIT;
    struct walk w;
    struct err e;
    size_t n, i;

    (void)state;
    OK(seg_punch(s, two.segment, two.offset, two.len, &e));
    is_there(s, &one, 1, 400000);
    is_there(s, &three, 3, 200);
    OK(segs_list(s, &list, &n, &e));
    for (i = 0; list[i].number != one.segment;)
        i++;
    assert_true(list[i].allocated < 450000 && list[i].size > 800000);
    assert_true(list[i].writing && list[i].current);
    free(list);
    assert_int_equal(walk_count(s, one.segment), 2);
    OK(walk_open(&w, s, one.segment, 0, UINT64_MAX, &e)); /* a reader */
    run_end(&one);
    run_end(&two);
    run_drop(&three);
    segs_roll(s, one.segment);
    OK(seg_remove(s, one.segment, &e));
    assert_int_equal(seg_read(s, one.segment, 0, 1, &got, &e), RC_NOTFOUND);
    walk_close(&w);
    one = append(s, 7, 10);
    assert_int_not_equal(one.segment, two.segment); /* its number is not used again */
    run_end(&one);
    buf_free(&got);
    segs_close(&s);
}

/* A run that is larger than a segment has one of its own. */
static void test_larger_than_a_segment(void **state)
{
    struct segs *s = open_segs(SMALL);
    struct run one = append(s, 4, 3 * SMALL), two = append(s, 5, 10);

    (void)state;
    is_there(s, &one, 4, 3 * SMALL);
    assert_int_not_equal(one.segment, two.segment);
    run_end(&one);
    run_end(&two);
    segs_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_appended_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_tail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resumed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bit_in_each_field, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_copy_is_no_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_holes_and_removal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_larger_than_a_segment, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
