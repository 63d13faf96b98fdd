/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener_test.c - a listener in a child process: sessions are served, limited, told to stop, and their deaths survived. */
#include "base/listener.h"
#include "base/listener_int.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static void session(void *ctx, void *ready, int fd, const struct listener_peer *peer)
{
    struct pollfd p[2] = {{fd, POLLIN, 0}, {peer->stop_fd, POLLIN, 0}};
    char c;

    (void)ctx;
    if (write(fd, "hello", 5) != 5 || (ready != NULL && write(fd, ready, strlen(ready)) < 0))
        return;
    while (poll(p, 2, 60000) > 0) {
        if (p[1].revents && write(fd, "bye", 3) == 3)
            return;
        if (read(fd, &c, 1) != 1)
            return;
        if (c == 'x')
            abort();
    }
}

static void refuse(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    const char *name = listener_why_name(why);

    (void)ctx;
    (void)peer;
    (void)!write(fd, name, strlen(name));
}

static void *prepared(void *ctx)
{
    static char plus[] = "+";

    (void)ctx;
    return plus;
}

static pid_t start_on(struct listener l, int fd)
{
    pid_t pid = fork();

    if (pid == 0) {
        l.fds[0] = fd;
        l.n_fds = 1;
        log_open("listener-test", LOG_ERROR_ + 1);
        listener_run(&l);
        _exit(7);
    }
    close(fd);
    return pid;
}

static pid_t start_as(struct listener l, uint16_t *port_out)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port_out = ntohs(a.sin_port);
    return start_on(l, fd);
}

static pid_t start(unsigned max, unsigned per_address, unsigned spares, uint16_t *port_out)
{
    return start_as((struct listener){.max_sessions = max,
                                      .max_per_address = per_address,
                                      .grace_ms = 3000,
                                      .spares = spares,
                                      .ready = spares > 0 ? prepared : NULL,
                                      .session = session,
                                      .refuse = refuse},
                    port_out);
}

static int dial(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[64] = "";
    size_t n = 0;

    while (n < strlen(text)) {
        struct pollfd p = {fd, POLLIN, 0};
        ssize_t m;

        assert_int_equal(poll(&p, 1, 60000), 1);
        m = read(fd, got + n, strlen(text) - n);
        assert_true(m > 0);
        n += (size_t)m;
    }
    assert_string_equal(got, text);
}

static void stop(pid_t pid)
{
    int status;

    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void test_limits_and_stop(void **state)
{
    uint16_t port;
    pid_t pid = start(10, 2, 0, &port);
    int a = dial(port), b, c;

    (void)state;
    expect(a, "hello");
    b = dial(port);
    expect(b, "hello");
    c = dial(port);
    expect(c, "address-full");
    close(c);
    assert_int_equal(write(b, "x", 1), 1); /* this session aborts; the others do not notice */
    for (int i = 0; i < 3000; i++) {       /* until the listener has seen its death */
        char first;

        c = dial(port);
        assert_int_equal(read(c, &first, 1), 1);
        if (first == 'h')
            break;
        close(c);
        usleep(20000);
    }
    expect(c, "ello");
    kill(pid, SIGTERM);
    expect(a, "bye");
    expect(c, "bye");
    stop(pid);
    close(a);
    close(b);
    close(c);
}

static void test_full(void **state)
{
    uint16_t port;
    pid_t pid = start(1, 10, 0, &port);
    int a = dial(port), b;

    (void)state;
    expect(a, "hello");
    b = dial(port);
    expect(b, "full");
    stop(pid);
    close(a);
    close(b);
}

static size_t children_of(pid_t pid, pid_t *out, size_t most);

/* In the listener: whoever is refused first sees the dialler die, whose death is seen while the next peer of that turn is taken. */
static void refuse_and_kill(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why)
{
    static bool killed;
    pid_t kids[4];
    siginfo_t si;

    refuse(ctx, fd, peer, why);
    if (killed || children_of(getpid(), kids, 4) == 0)
        return;
    killed = true;
    kill(kids[0], SIGKILL);
    (void)waitid(P_PID, (id_t)kids[0], &si, WEXITED | WNOWAIT);
}

/* A dialler that is started while a peer is taken has nothing of that peer: his connection ends when the listener lets go of it. */
static void test_dialler_has_no_peer(void **state)
{
    static const char *const sockets[] = {"none.sock", NULL};
    const struct listener l = {.max_sessions = 10,
                               .max_per_address = 10,
                               .max_unproven = 3,
                               .max_unproven_per_address = 1,
                               .unproven_ms = 60000,
                               .grace_ms = 3000,
                               .dialler = {.sockets = sockets},
                               .session = session,
                               .refuse = refuse_and_kill};
    uint16_t port;
    pid_t pid = start_as(l, &port);
    int a = dial(port), b, c;
    char end;

    (void)state;
    expect(a, "hello");
    kill(pid, SIGSTOP);
    b = dial(port);
    c = dial(port);
    kill(pid, SIGCONT);
    expect(b, "unproven");
    expect(c, "hello"); /* without a dialler nobody can say that he is proven, so all are */
    assert_int_equal(write(c, "x", 1), 1);
    assert_int_equal(poll(&(struct pollfd){c, POLLIN, 0}, 1, 60000), 1);
    assert_true(read(c, &end, 1) <= 0);
    stop(pid);
    close(a);
    close(b);
    close(c);
}

static size_t children_of(pid_t pid, pid_t *out, size_t most)
{
    char path[64];
    size_t n = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        skip(); /* a kernel without the list */
    while (n < most && fscanf(f, "%d", &out[n]) == 1)
        n++;
    fclose(f);
    return n;
}

static void await_children(pid_t pid, pid_t *out, size_t n)
{
    size_t got = 0;

    for (int i = 0; i < 6000 && (got = children_of(pid, out, 16)) != n; i++)
        usleep(10000);
    assert_int_equal(got, n);
}

/* Forked ahead or as they come, they are the same; the limits count those that have a peer; a spare that dies is replaced. */
static void test_spares(void **state)
{
    uint16_t port;
    pid_t pid = start(3, 10, 2, &port), kids[16], later[16];
    int fd[4];

    (void)state;
    await_children(pid, kids, 2);
    for (int i = 0; i < 4; i++) {
        fd[i] = dial(port);
        expect(fd[i], i < 3 ? "hello+" : "full");
    }
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    await_children(pid, kids, 2);
    kill(kids[0], SIGKILL);
    for (int i = 0; i < 6000; i++) {
        usleep(10000);
        if (children_of(pid, later, 16) == 2 && later[0] != kids[0] && later[1] != kids[0])
            break;
    }
    await_children(pid, later, 2);
    assert_int_not_equal(later[0], kids[0]);
    fd[0] = dial(port);
    expect(fd[0], "hello+");
    stop(pid);
    expect(fd[0], "bye");
    close(fd[0]);
}

static void test_table(void **state)
{
    static struct listener_table t;

    (void)state;
    for (int i = 1; i <= 1000; i++)
        table_add(&t, i, (uint64_t)i % 10);
    assert_int_equal(table_count(&t, 3), 100);
    for (int i = 3; i <= 1000; i += 10)
        assert_true(table_drop(&t, i));
    assert_int_equal(table_count(&t, 3), 0);
    assert_false(table_drop(&t, 3));
    assert_int_equal(t.n, 900);
    for (int i = 0; i < 5; i++)
        assert_true(table_rate(&t, 42, 1000, 5));
    assert_false(table_rate(&t, 42, 1000, 5));
    assert_true(table_rate(&t, 42, 1000 + 61 * INT64_C(1000000000), 5));
    table_free(&t);
}

static int local(struct sockaddr_un *a, socklen_t *len_out)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path + 1, sizeof a->sun_path - 1, "pli-listener-test-%d", (int)getpid()); /* no file */
    *len_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->sun_path + 1));
    return fd;
}

/* A local peer who is another user is let go before anything is forked for him. */
static void test_local_user(void **state)
{
    uid_t users[] = {geteuid(), geteuid() + 1};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct listener l = {.max_sessions = 4, .grace_ms = 3000, .session = session, .local_user = &users[i]};
        struct sockaddr_un a;
        socklen_t len;
        int fd = local(&a, &len), c = local(&a, &len);
        char got;
        pid_t pid;

        assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
        assert_int_equal(listen(fd, 4), 0);
        pid = start_on(l, fd);
        assert_int_equal(connect(c, (struct sockaddr *)&a, len), 0);
        if (i == 0)
            expect(c, "hello");
        else
            assert_int_equal(read(c, &got, 1), 0);
        close(c);
        stop(pid);
    }
}

/* Two ports, three addresses: who has proven itself counts no more, and the oldest of the heaviest address is the one to go. */
static void test_unproven(void **state)
{
    static const struct {
        pid_t pid;
        uint64_t key;
        int64_t since;
        uint8_t which;
    } rows[] = {{1, 7, 50, 0}, {2, 8, 10, 0}, {3, 8, 5, 0}, {4, 8, 20, 0}, {5, 9, 1, 0}, {6, 9, 1, 1}, {7, 9, 2, 1}};
    static struct listener_table t;
    uint64_t light = 9, none = 10;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct listener_kid *kid = table_add(&t, rows[i].pid, rows[i].key);

        kid->since = rows[i].since;
        kid->which = rows[i].which;
        kid->unproven = true;
    }
    assert_int_equal(table_unproven(&t, 0, NULL), 5);
    assert_int_equal(table_unproven(&t, 1, NULL), 2);
    assert_int_equal(table_unproven(&t, 0, &light), 1);
    assert_int_equal(table_oldest(&t, 0, NULL)->pid, 3);
    assert_int_equal(table_oldest(&t, 0, &light)->pid, 5);
    assert_null(table_oldest(&t, 0, &none));
    table_proven(&t, 3);
    assert_int_equal(table_oldest(&t, 0, NULL)->pid, 2);
    table_proven(&t, 2);
    table_proven(&t, 4);
    table_proven(&t, 99); /* gone already */
    assert_int_equal(table_unproven(&t, 0, NULL), 2);
    assert_int_equal(table_count(&t, 8), 3); /* still sessions of that address */
    table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unproven),
                                       cmocka_unit_test(test_limits_and_stop),
                                       cmocka_unit_test(test_full),
                                       cmocka_unit_test(test_spares),
                                       cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_local_user),
                                       cmocka_unit_test(test_dialler_has_no_peer)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
