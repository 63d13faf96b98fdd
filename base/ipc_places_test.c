/* SPDX-License-Identifier: EUPL-1.2 */
/* What one process and one role may hold of a daemon's places, and pushes that meet clients that come and go. */
#include "base/ipc_test.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { PLACES = 40, OF_ONE = 4, STRESS_MS = 3000 };

static enum rc try(struct world *w, enum ipc_role role, struct ipc **c)
{
    struct err e;

    *c = NULL;
    return ipc_dial(w->path, &proto, role, deadline_in(60000), c, &e);
}

/* A process of its own that takes n places of a role, says how many it got, and holds them until it is ended. */
static pid_t holder(struct world *w, enum ipc_role role, unsigned n, unsigned *got_out)
{
    int p[2];
    unsigned got = 0;
    pid_t pid;

    assert_int_equal(pipe(p), 0);
    if ((pid = fork()) == 0) {
        struct ipc *c;

        while (got < n && try(w, role, &c) == RC_OK)
            got++;
        if (write(p[1], &got, sizeof got) == sizeof got)
            pause();
        _exit(0);
    }
    close(p[1]);
    assert_int_equal(read(p[0], got_out, sizeof *got_out), sizeof *got_out);
    close(p[0]);
    return pid;
}

static void end_holder(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_one_process(void **state)
{
    unsigned got;
    pid_t pid = holder(*state, ROLE_SMTPD, 1000, &got);
    struct ipc *c = NULL;

    assert_int_equal(got, OF_ONE);
    c = dial(*state, ROLE_SMTPD); /* another process of the same role gets in */
    ipc_hangup(&c);
    end_holder(pid);
}

static void test_one_role(void **state)
{
    pid_t pids[PLACES];
    unsigned got, all = 0, n = 0;
    struct ipc *c = NULL;

    do {
        pids[n++] = holder(*state, ROLE_SMTPD, OF_ONE, &got);
        all += got;
    } while (got == OF_ONE && n < PLACES);
    assert_int_equal(all, PLACES - PLACES / 4);
    assert_int_equal(try(*state, ROLE_SMTPD, &c), RC_TEMP);
    c = dial(*state, ROLE_IMAPD);
    ipc_hangup(&c);
    c = dial(*state, ROLE_ADMIN);
    ipc_hangup(&c);
    for (unsigned i = 0; i < n; i++)
        end_holder(pids[i]);
    c = dial(*state, ROLE_SMTPD); /* what they held is free again */
    ipc_hangup(&c);
}

/* Who connects for another has no place of its own: the process that says HELLO has it. */
static void test_connected_for_another(void **state)
{
    struct world *w = *state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct ipc_hello hi = {"", proto.id, proto.version, ROLE_SMTPD};
    struct buf b = BUF_INIT;
    struct err e;
    int s[OF_ONE + 1];

    memcpy(hi.magic, "PLI2", 4);
    assert_int_equal(ipc_pack(&b, (struct ipc_head){IPC_OP_HELLO, 0, 0, 0}, ipc_hello_fields, &hi, &e), RC_OK);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", w->path);
    for (int i = 0; i <= OF_ONE; i++) {
        char in[200];
        pid_t pid;

        s[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        assert_int_equal(connect(s[i], (struct sockaddr *)&a, sizeof a), 0); /* this process connects */
        if ((pid = fork()) == 0)
            _exit(ipc_tx(s[i], buf_span(&b), -1) == 1 ? 0 : 1); /* another one says HELLO */
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_true(recv(s[i], in, sizeof in, 0) > IPC_HEAD);
        assert_int_equal(in[2], IPC_REPLY); /* and none of them is one too many for this process */
    }
    for (int i = 0; i <= OF_ONE; i++)
        close(s[i]);
    buf_free(&b);
}

/* ---- pushes against comings and goings, as store/ops/watch.c does it ---- */
struct watcher {
    struct ipc_peer *p;
    struct watcher *next;
};
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static struct watcher *watchers;
static atomic_bool stress_over;

static void watch_joined(void *d, struct ipc_peer *p)
{
    struct watcher *x = calloc(1, sizeof *x);

    (void)d;
    x->p = p;
    p->user = x;
    pthread_mutex_lock(&watch_lock);
    x->next = watchers;
    watchers = x;
    pthread_mutex_unlock(&watch_lock);
    on_join(d, p);
}

static void watch_left(void *d, struct ipc_peer *p)
{
    struct watcher *x = p->user, **at = &watchers;

    pthread_mutex_lock(&watch_lock);
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    pthread_mutex_unlock(&watch_lock);
    free(x);
    on_leave(d, p);
}

static void *push_all(void *arg)
{
    (void)arg;
    for (uint64_t n = 1; !atomic_load(&stress_over); n++) {
        pthread_mutex_lock(&watch_lock);
        for (struct watcher *x = watchers; x; x = x->next)
            ipc_push(x->p, OP_NEWS, &(struct news){n});
        pthread_mutex_unlock(&watch_lock);
    }
    return NULL;
}

static void *come_and_go(void *arg)
{
    struct world *w = arg;
    unsigned seed = (unsigned)(uintptr_t)&seed;
    struct ipc *c;

    while (!atomic_load(&stress_over)) {
        if (try(w, ROLE_IMAPD, &c) != RC_OK)
            continue;
        usleep(300 + (unsigned)rand_r(&seed) % 4000); /* reads nothing meanwhile */
        ipc_hangup(&c);
    }
    return NULL;
}

static void test_pushes_and_deaths(void **state)
{
    pthread_t push, c[4];
    int left_before = left_n;

    atomic_store(&stress_over, false);
    assert_int_equal(pthread_create(&push, NULL, push_all, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&c[i], NULL, come_and_go, *state), 0);
    poll(NULL, 0, getenv("PLI_LONG") ? STRESS_MS : STRESS_MS / 3);
    for (int i = 0; i < 60000 && __atomic_load_n(&left_n, __ATOMIC_SEQ_CST) <= left_before + 20; i++)
        usleep(1000);
    atomic_store(&stress_over, true);
    pthread_join(push, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(c[i], NULL);
    for (int i = 0;
         i < 10000 && __atomic_load_n(&joined_n, __ATOMIC_SEQ_CST) != __atomic_load_n(&left_n, __ATOMIC_SEQ_CST); i++)
        usleep(1000);
    assert_int_equal(joined_n, left_n); /* each that joined left once, and no more */
    assert_true(left_n > left_before + 20);
    assert_null(watchers);
}

static int setup_places(void **state)
{
    service.max_peers = PLACES;
    service.max_per_process = OF_ONE;
    service.threads = 8;
    service.joined = watch_joined;
    service.left = watch_left;
    return setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_process),
        cmocka_unit_test(test_one_role),
        cmocka_unit_test(test_connected_for_another),
        cmocka_unit_test(test_pushes_and_deaths),
    };

    return cmocka_run_group_tests(tests, setup_places, teardown);
}
