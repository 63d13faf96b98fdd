/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/client_test.c - the client against a stand-in for dird that dies and comes back: questions are asked again, changes are not.
 */
#include "directory/client.h"
#include "base/clock.h"
#include "base/ipc_stand_in_test.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct shared { /* with the stand-in */
    volatile int lookups, adds, auths, busy, die_at_next;
};
static struct shared *sh;
static pid_t stand_in;
static char dir_name[] = "/tmp/pli-client-XXXXXX";

static void perhaps_die(void)
{
    if (sh->die_at_next) {
        sh->die_at_next = 0;
        raise(SIGKILL);
    }
}

static enum rc h_lookup(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct dird_lookup_rep *a = r->msg;
    (void)d, (void)p, (void)fd, (void)e;
    sh->lookups++;
    perhaps_die();
    buf_addspan(r->scratch, ((const struct dird_lookup_req *)req)->address);
    a->address = buf_span(r->scratch);
    a->kind = DK_MAILBOX;
    a->mbx = 17;
    return RC_OK;
}

static enum rc h_auth(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct dird_auth_rep *a = r->msg;
    (void)d, (void)p, (void)req, (void)fd;
    if (sh->auths++ < sh->busy)
        return err_cause(e, RC_TEMP, CAUSE_BUSY, "busy");
    a->mbx = 17;
    return RC_OK;
}

static enum rc h_add(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)r, (void)e;
    sh->adds++;
    perhaps_die();
    return RC_OK;
}

static enum rc h_none(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)r;
    return err_set(e, RC_PERM, "not in this stand-in");
}

static void start(void)
{
    static const struct ipc_bind some[] = {
        {DIRD_LOOKUP, h_lookup}, {DIRD_AUTH, h_auth}, {DIRD_ACCOUNT_ADD, h_add}, {0, NULL}};
    struct err e = {0};
    int fd = ipc_listen("dird.sock", &e);
    assert_true(fd >= 0);
    stand_in = fork();
    if (stand_in == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct ipc_service s = {.proto = &dird_proto,
                                .handlers = stand_in_handlers(&dird_proto, some, h_none),
                                .threads = 1,
                                .max_peers = 8};
        _exit(ipc_serve(&s, fd, &e) == RC_OK ? 0 : 1);
    }
    close(fd);
}

static void stop(void)
{
    kill(stand_in, SIGKILL);
    waitpid(stand_in, NULL, 0);
}

static int make(void **state)
{
    (void)state;
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return sh != MAP_FAILED && mkdtemp(dir_name) && chdir(dir_name) == 0 ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    unlink("dird.sock");
    return chdir("/tmp") == 0 ? rmdir(dir_name) : -1;
}

static enum rc look(struct dir *d)
{
    struct err e = {0};
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_lookup(d, SPAN_LIT("a@chu.example"), &rep, &mem, &e);
    assert_true(rc != RC_OK || rep.mbx == 17);
    buf_free(&mem);
    return rc;
}

static void a_question_survives_a_restart(void **state)
{
    (void)state;
    struct dir *d = dir_new(ROLE_ADMIN);
    start();
    assert_int_equal(look(d), RC_OK);
    stop();
    start();
    assert_int_equal(look(d), RC_OK);
    dir_free(&d);
    stop();
}

static void start_later(int ms)
{
    pid_t self = fork();
    if (self == 0) { /* the stand-in of a stand-in: comes up after a while, dies with the test */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
        start();
        waitpid(stand_in, NULL, 0);
        _exit(0);
    }
    stand_in = self;
}

static void a_question_waits_for_one_that_comes_up(void **state)
{
    (void)state;
    struct dir *d = dir_new(ROLE_ADMIN);
    start_later(200);
    assert_int_equal(look(d), RC_OK);
    dir_free(&d);
    stop();
}

static void a_sign_in_waits_its_turn(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_auth_req rq = {SPAN_LIT("a@chu.example"), SPAN_LIT("pw"), SPAN_LIT("192.0.2.1"), 2};
    struct dird_auth_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct dir *d = dir_new(ROLE_IMAPD);
    start();
    sh->busy = 3;
    assert_int_equal(dir_auth(d, &rq, &rep, &mem, &e), RC_OK);
    assert_int_equal(rep.mbx, 17);
    assert_int_equal(sh->auths, 4);
    buf_free(&mem);
    dir_free(&d);
    stop();
}

static void a_change_is_never_made_twice(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_account a = {.address = SPAN_LIT("a@chu.example")};
    struct dir *d = dir_new(ROLE_ADMIN);
    start();
    assert_int_equal(look(d), RC_OK);
    sh->adds = 0;
    sh->die_at_next = 1;
    assert_int_equal(dir_call(d, DIRD_ACCOUNT_ADD, &a, NULL, &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_UNAVAILABLE);
    stop();
    start();
    assert_int_equal(sh->adds, 1);
    assert_int_equal(dir_call(d, DIRD_ACCOUNT_ADD, &a, NULL, &e), RC_OK);
    assert_int_equal(sh->adds, 2);
    dir_free(&d);
    stop();
}

static enum rc ask_for(struct dir *d, const char *address, struct dird_lookup_rep *rep, struct buf *mem)
{
    struct err e = {0};
    return dir_lookup(d, span_str(address), rep, mem, &e);
}

/* The stand-in answers with what it was asked for: the first answer is as it was, whatever is asked next, and when dird and the client have gone. */
static void an_answer_outlives_the_next_ones(void **state)
{
    (void)state;
    struct dir *d = dir_new(ROLE_ADMIN);
    struct dird_lookup_rep first = {0}, next = {0};
    struct buf first_mem = BUF_INIT, mem = BUF_INIT;
    start();
    assert_int_equal(ask_for(d, "first@chu.example", &first, &first_mem), RC_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask_for(d, "next@cabinet.example", &next, &mem), RC_OK);
        assert_true(span_eq_str(next.address, "next@cabinet.example"));
        assert_true(span_eq_str(first.address, "first@chu.example"));
    }
    stop();
    start();
    assert_int_equal(ask_for(d, "later@chu.example", &next, &mem), RC_OK); /* on a new connection */
    dir_rest(d);
    assert_true(span_eq_str(first.address, "first@chu.example"));
    dir_free(&d);
    assert_true(span_eq_str(first.address, "first@chu.example"));
    assert_true(span_eq_str(next.address, "later@chu.example"));
    assert_true(first_mem.secret && mem.secret); /* they may hold a ticket: wiped when freed */
    buf_free(&first_mem);
    buf_free(&mem);
    stop();
}

/* A call that names no memory for spans cannot be made. */
static void an_answer_with_spans_needs_memory(void **state)
{
    int st = 0;
    pid_t pid;
    (void)state;
    start();
    pid = fork();
    if (pid == 0) {
        struct dir *d = dir_new(ROLE_ADMIN);
        struct dird_lookup_req rq = {SPAN_LIT("a@chu.example")};
        struct dird_lookup_rep rep = {0};
        struct err e = {0};
        close(2);
        (void)dir_call(d, DIRD_LOOKUP, &rq, &rep, &e);
        _exit(0);
    }
    waitpid(pid, &st, 0);
    assert_true(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
    stop();
}

static void nobody_there_is_a_temporary_failure(void **state)
{
    (void)state;
    struct dir *d = dir_new(ROLE_ADMIN);
    int64_t begun = clock_mono();
    unlink("dird.sock");
    dir_patience(d, 400);
    assert_int_equal(look(d), RC_TEMP);
    assert_in_range((clock_mono() - begun) / 1000000, 300, 60000);
    dir_free(&d);
    dir_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_survives_a_restart),
        cmocka_unit_test(a_question_waits_for_one_that_comes_up),
        cmocka_unit_test(a_sign_in_waits_its_turn),
        cmocka_unit_test(a_change_is_never_made_twice),
        cmocka_unit_test(an_answer_outlives_the_next_ones),
        cmocka_unit_test(an_answer_with_spans_needs_memory),
        cmocka_unit_test(nobody_there_is_a_temporary_failure),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
