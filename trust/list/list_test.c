/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list_test.c - times; a reader that dies or says nothing good; a starter that ends; threads beside it. Lists themselves are read in
 * tests/protocol/test_white_list.py, which makes and signs them. */
#include "trust/list/list_int.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void times(void **state)
{
    static const struct {
        const char *text;
        uint64_t utc; /* 0: none */
    } t[] = {
        {"2025-02-28T15:42:07Z", 1740757327},
        {"2025-02-28T15:42:07.5Z", 1740757327},
        {"2025-02-28T16:42:07+01:00", 1740757327},
        {"2025-02-28T10:12:07-05:30", 1740757327},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"1970-01-01T00:00:01Z", 1},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"2025-02-29T00:00:00Z", 0},
        {"2025-13-01T00:00:00Z", 0},
        {"2025-00-01T00:00:00Z", 0},
        {"2025-01-01T24:00:00Z", 0},
        {"2025-01-01T00:60:00Z", 0},
        {"2025-01-01T00:00:60Z", 0},
        {"2025-01-01T00:00:00", 0},
        {"2025-01-01T00:00:00+1:00", 0},
        {"2025-01-01T00:00:00+15:00", 0},
        {"2025-01-01 00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", 0},
        {"20250101T000000Z", 0},
        {"", 0},
        {"-025-01-01T00:00:00Z", 0},
        {"2025-01-01T00:00:00ZZ", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        uint64_t utc = 0;
        bool ok = list_time(span_str(t[i].text), &utc);
        if (ok != (t[i].utc != 0) || utc != t[i].utc)
            fail_msg("%s: %llu", t[i].text, (unsigned long long)utc);
    }
}

/* ---- the reader is not to be trusted: whatever it does, its caller goes on and says what it was ---- */
static enum rc dies(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    (void)xml;
    (void)how;
    (void)out;
    (void)e;
    kill(getpid(), SIGKILL); /* the filter does not let it: SIGSYS */
    return RC_OK;
}

static enum rc waits(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    (void)xml;
    (void)how;
    (void)out;
    (void)e;
    poll(NULL, 0, -1);
    return RC_OK;
}

static enum rc lies(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    (void)xml;
    (void)how;
    (void)e;
    buf_addstr(&out->index, "no index");
    return RC_OK;
}

static enum rc says_too_much(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    (void)xml;
    (void)how;
    (void)out;
    return err_cause(e, RC_DENIED, CAUSE_AUTH_FAILED, "a cause that no list has");
}

static enum rc repeats(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    (void)out;
    return err_cause(e, RC_DENIED, CAUSE_LIST_SIGNER, "%.*s %.*s %.*s %.*s %d %llu", SPAN_ARG(xml),
                     SPAN_ARG(how->signer_pem), SPAN_ARG(how->anchors_pem), SPAN_ARG(how->signer_name),
                     (int)how->expired_signer, (unsigned long long)how->now);
}

static const struct list_how asked = {SPAN_LIT("pem"), SPAN_LIT("anchors"), SPAN_LIT("name"), LIST_EXPIRED_NEVER, 7};

static void readers_that_do_ill(void **state)
{
    static const struct {
        enum rc (*read)(struct span, const struct list_how *, struct list_result *, struct err *);
        enum cause cause;
        const char *log;
    } t[] = {
        {dies, CAUSE_LIST_UNREADABLE, "list: its reader was ended by signal 31"},
        {waits, CAUSE_LIST_UNREADABLE, "list: its reader was ended by signal 9"},
        {lies, CAUSE_LIST_UNREADABLE, "list: its reader answered strangely"},
        {says_too_much, CAUSE_LIST_UNREADABLE, "list: its reader answered strangely"},
        {repeats, CAUSE_LIST_SIGNER, "<html> pem anchors name 1 7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const struct apart_how how = {0, NULL, t[i].read == waits ? 300 : LIST_READ_MS, t[i].read};
        struct list_apart *a = NULL;
        struct list_result r = {0};
        struct err e = {0};
        assert_int_equal(apart_start(&how, &a, &e), RC_OK);
        for (int again = 0; again < 2; again++) { /* the starter is there for the next list */
            assert_int_equal(list_read_apart(a, SPAN_LIT("<html>"), &asked, &r, &e), RC_DENIED);
            assert_int_equal(e.cause, t[i].cause);
            assert_string_equal(e.log, t[i].log);
            assert_int_equal(r.index.n, 0);
        }
        list_apart_stop(&a);
        assert_null(a);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
    }
}

static int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static struct list_apart *starter(void)
{
    struct list_apart *a = NULL;
    struct err e;

    assert_int_equal(list_apart_start(0, NULL, &a, &e), RC_OK);
    return a;
}

static void refusals_come_through(void **state)
{
    int before = open_files();
    struct list_apart *a = starter();
    struct list_result r = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(list_read_apart(a, SPAN_LIT("<html>"), &asked, &r, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_LIST_UNREADABLE);
    assert_string_equal(e.log, "list: an HTML page");
    list_apart_stop(&a);
    assert_int_equal(open_files(), before);
}

static pid_t child_of(pid_t parent)
{
    char path[64];
    pid_t pid = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    return pid;
}

/* Another rc than any that a list can have: who asks cannot go on with it. */
static void a_starter_that_ends(void **state)
{
    struct list_apart *a = starter();
    struct list_result r = {0};
    struct err e = {0};

    (void)state;
    kill(child_of(getpid()), SIGKILL);
    assert_int_equal(list_read_apart(a, SPAN_LIT("<html>"), &asked, &r, &e), RC_CLOSED);
    assert_int_equal(list_read_apart(a, SPAN_LIT("<html>"), &asked, &r, &e), RC_CLOSED);
    list_apart_stop(&a);
}

static atomic_bool enough;
static void *allocates(void *nothing)
{
    for (size_t n = 1; !atomic_load(&enough); n = n * 7 % 9001)
        free(malloc(n));
    return nothing;
}

/* trustd has threads. A child forked beside them may find the allocator's lock, or any library's, held by a thread that it does not have. */
static void beside_threads(void **state)
{
    struct list_apart *a = starter();
    pthread_t t[3];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, allocates, NULL), 0);
    for (int i = 0; i < (getenv("PLI_LONG") ? 200 : 40); i++) {
        struct list_result r = {0};
        struct err e = {0};
        assert_int_equal(list_read_apart(a, SPAN_LIT("<html>"), &asked, &r, &e), RC_DENIED);
        assert_string_equal(e.log, "list: an HTML page");
    }
    atomic_store(&enough, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    list_apart_stop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(readers_that_do_ill),
        cmocka_unit_test(refusals_come_through),
        cmocka_unit_test(a_starter_that_ends),
        cmocka_unit_test(beside_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
