/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/tombs_test.c - one object whose octets cannot be given back keeps no other back: its segment cannot be opened, a page of the tombs is
 * damaged, or the file system makes no holes. Each store is opened in a child of its own, in which the thread's work is done by hand. */
#include "store/ops/tombs.h"
#include "base/folder_test.h"
#include "store/db/os.h"
#include "store/ops/octets.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { LEN = 256 << 10, OBJECTS = 6, TOMBS = 1500, PG_TYPE = 25, P_LEAF = 5 };
static struct stored d;
static char dir[] = "/tmp/pli-tombs-XXXXXX";
static char home[60];
static int said; /* what the child wrote into the log */

/* ---- a store in a child ---- */
static void up(void)
{
    struct env_conf c = {.home = home, .cache = 8 << 20};

    os_install();
    d.segment = LEN; /* each object has a segment of its own */
    d.busy = busy_new();
    env_open(&d.env, &c);
    octets_open(&d, true);
}

static void down(void)
{
    octets_close(&d);
    env_close(&d.env);
}

static void fresh(const char *name)
{
    snprintf(home, sizeof home, "%s/%s", dir, name);
    assert_int_equal(mkdir(home, 0700), 0);
    said = memfd_create("log", MFD_CLOEXEC);
    assert_true(said >= 0);
}

/* True: fn said so of everything that it looked at. */
static bool in_child(const char *fault, bool (*fn)(void))
{
    pid_t pid = fork();
    int st;

    if (pid == 0) {
        dup2(said, STDERR_FILENO);
        if (fault)
            setenv("PLI_FAULT", fault, 1);
        up();
        st = fn() ? 0 : 1;
        down();
        _exit(st);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &st, 0), pid);
    return WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

static unsigned lines(const char *ev)
{
    static char log[1 << 20];
    ssize_t n = pread(said, log, sizeof log - 1, 0);
    unsigned found = 0;

    assert_true(n >= 0);
    log[n] = 0;
    for (const char *p = log; (p = strstr(p, ev)) != NULL; p++)
        found++;
    return found;
}

/* ---- objects that nobody refers to ---- */
static void id_of(size_t i, unsigned char oid[SEAL_OID])
{
    memset(oid, 0, SEAL_OID);
    oid[14] = (unsigned char)(i >> 8);
    oid[15] = (unsigned char)i;
}

static bool append(size_t i, struct objref *r)
{
    static unsigned char body[LEN];
    struct record head = {.kind = SEAL_SUMMARY, .len = LEN};
    struct run run;
    struct err e;
    bool ok;

    *r = (struct objref){.where = 1u << SEAL_SUMMARY, .len_summary = LEN};
    id_of(i, head.oid);
    memset(body, (int)i + 1, sizeof body);
    ok = run_begin(d.env.segs, objref_run(r), &run, &e) == RC_OK &&
         run_write(&run, run.offset + RECORD_HEAD, &head, span_of(body, sizeof body), &e) == RC_OK &&
         run_flush(&run, &e) == RC_OK;
    r->segment = run.segment;
    r->offset = run.offset;
    run_end(&run);
    return ok;
}

struct made {
    size_t i;
    struct objref r;
};

/* .created is long ago: objref and tomb go at once. */
static enum rc put_object(struct tx *t, void *arg, struct err *e)
{
    struct made *m = arg;
    unsigned char oid[SEAL_OID];
    struct key tomb;
    enum rc rc;

    id_of(m->i, oid);
    tomb = key_tomb(1000 + m->i, oid);
    rc = objref_put(t, oid, &m->r, true, e);
    return rc == RC_OK ? tx_put(t, T_TOMBS, &tomb, SPAN_LIT("t"), 0, e) : rc;
}

static bool make_objects(void)
{
    struct made m;
    struct err e;
    bool ok = true;

    for (m.i = 0; ok && m.i < OBJECTS; m.i++)
        ok = append(m.i, &m.r) && tx_run(&d.env, TX_WRITE, put_object, &m, &e) == RC_OK;
    return ok;
}

static bool is_there(enum table tb, size_t i)
{
    unsigned char oid[SEAL_OID];
    struct key k;
    struct tx t;
    struct err e;

    id_of(i, oid);
    k = tb == T_TOMBS ? key_tomb(1000 + i, oid) : key_oid(oid);
    tx_bare(&d.env, &t);
    return tx_has(&t, tb, &k, &e) != RC_NOTFOUND;
}

static size_t tombs_left(size_t of)
{
    size_t n = 0;

    for (size_t i = 0; i < of; i++)
        n += is_there(T_TOMBS, i);
    return n;
}

static bool never(struct stored *s)
{
    (void)s;
    return false;
}

/* So many passes; "later" is at once. */
static void passes(struct tomb_walk *w, int n)
{
    for (int rounds = 0; n > 0 && rounds < 1000; rounds++) {
        w->again = 0;
        tombs_sweep(&d, w, never);
        n -= w->whole;
    }
}

/* ---- a segment that cannot be opened ---- */
static void swap_first(const char *with, const char *aside)
{
    char a[100], b[100], c[100];

    snprintf(a, sizeof a, "%s/00000001.seg", home);
    snprintf(b, sizeof b, "%s/%s", home, aside);
    snprintf(c, sizeof c, "%s/%s", home, with);
    assert_int_equal(rename(a, b), 0);
    assert_int_equal(rename(c, a), 0);
}

static bool all_but_the_first_go(void)
{
    struct tomb_walk w = {0};

    passes(&w, 3);
    return w.failed == 1 && is_there(T_TOMBS, 0) && is_there(T_OBJREFS, 0) && tombs_left(OBJECTS) == 1 &&
           !is_there(T_OBJREFS, 1) && !is_there(T_OBJREFS, OBJECTS - 1);
}

static bool none_is_left(void)
{
    struct tomb_walk w = {0};

    passes(&w, 1);
    return w.failed == 0 && tombs_left(OBJECTS) == 0 && !is_there(T_OBJREFS, 0);
}

static void test_segment_not_opened(void **state)
{
    char path[100];

    (void)state;
    fresh("segment");
    assert_true(in_child(NULL, make_objects));
    snprintf(path, sizeof path, "%s/a-folder", home);
    assert_int_equal(mkdir(path, 0700), 0);
    swap_first("a-folder", "aside");
    assert_true(in_child(NULL, all_but_the_first_go));
    assert_int_equal(lines("ev=store-sweep"), 1); /* in three passes */
    swap_first("aside", "a-folder");
    assert_true(in_child(NULL, none_is_left));
    assert_int_equal(lines("ev=store-sweep"), 1);
    close(said);
}

/* ---- a page of the tombs ---- */
static enum rc put_tombs(struct tx *t, void *arg, struct err *e)
{
    enum rc rc = RC_OK;

    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < TOMBS; i++) { /* of objects that are not there: such a tomb just goes */
        unsigned char oid[SEAL_OID];
        struct key k;

        id_of(i, oid);
        k = key_tomb(1000 + i, oid);
        rc = tx_put(t, T_TOMBS, &k, SPAN_LIT("t"), 0, e);
    }
    return rc;
}

static bool make_tombs(void)
{
    struct err e;

    return tx_run(&d.env, TX_WRITE, put_tombs, NULL, &e) == RC_OK && tombs_left(TOMBS) == TOMBS;
}

static void spoil_third_leaf(void)
{
    static unsigned char p[TABLE_PAGE_MOST];
    uint32_t size = tables[T_TOMBS].page;
    int fd, leaves = 0;
    char path[100];

    snprintf(path, sizeof path, "%s/%s", home, tables[T_TOMBS].file);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t at = size; pread(fd, p, size, at) == (ssize_t)size; at += size)
        if (p[PG_TYPE] == P_LEAF && ++leaves == 3) {
            p[size / 2] ^= 1;
            assert_int_equal(pwrite(fd, p, size, at), size);
        }
    assert_true(leaves > 6);
    close(fd);
}

static bool one_page_stays(void)
{
    struct tomb_walk w = {0};
    size_t left;

    passes(&w, 2);
    left = tombs_left(TOMBS);
    return w.failed > 0 && left > 0 && left < TOMBS / 10 && !is_there(T_TOMBS, 0) && !is_there(T_TOMBS, TOMBS - 1);
}

static void test_bad_page(void **state)
{
    (void)state;
    fresh("page");
    assert_true(in_child(NULL, make_tombs));
    spoil_third_leaf();
    assert_true(in_child(NULL, one_page_stays));
    assert_int_equal(lines("ev=store-sweep"), 1);
    close(said);
}

#ifdef PLI_DEV
/* ---- holes ---- */
static uint64_t on_disk(size_t *files_out)
{
    struct seg_info *list;
    uint64_t sum = 0;
    struct err e;

    if (segs_list(d.env.segs, &list, files_out, &e) != RC_OK)
        return UINT64_MAX;
    for (size_t i = 0; i < *files_out; i++)
        sum += list[i].allocated;
    free(list);
    return sum;
}

/* The space comes back with the segments, all but the current one. */
static bool space_comes_without_holes(void)
{
    struct tomb_walk w = {0};
    uint64_t before, after;
    size_t files, were;

    before = on_disk(&were);
    passes(&w, 1);
    if (w.failed > 0 || tombs_left(OBJECTS) > 0 || on_disk(&files) != before)
        return false;
    octets_settle(&d);
    octets_rewrite(&d, never);
    octets_settle(&d);
    octets_rewrite(&d, never); /* the current one was closed in the first round */
    after = on_disk(&files);
    return were >= OBJECTS && files <= 1 && before >= (uint64_t)OBJECTS * LEN && after < 2 * LEN;
}

static void test_no_holes(void **state)
{
    (void)state;
    fresh("holes");
    assert_true(in_child(NULL, make_objects));
    assert_true(in_child("seg-punch:1:eopnotsupp", space_comes_without_holes));
    assert_int_equal(lines("ev=store-no-holes"), 1);
    assert_int_equal(lines("ev=store-sweep"), 0);
    close(said);
}

/* One hole fails once: its tomb waits for the next pass. */
static bool second_waits(void)
{
    struct tomb_walk w = {0};

    passes(&w, 1);
    if (w.failed != 1 || tombs_left(OBJECTS) != 1 || !is_there(T_TOMBS, 1))
        return false;
    passes(&w, 1);
    return w.failed == 0 && tombs_left(OBJECTS) == 0;
}

static void test_one_hole_fails(void **state)
{
    (void)state;
    fresh("once");
    assert_true(in_child(NULL, make_objects));
    assert_true(in_child("seg-punch:2:eio", second_waits));
    assert_int_equal(lines("ev=store-sweep"), 1);
    close(said);
}
#endif

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segment_not_opened),
        cmocka_unit_test(test_bad_page),
#ifdef PLI_DEV
        cmocka_unit_test(test_no_holes),
        cmocka_unit_test(test_one_hole_fails),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
