/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/secrets_test.c - the named promise: a session's memory never holds a private key byte. */
#include "base/log.h"
#include "crypto/keyd/tls_fixture_int.h"
#include <sys/socket.h>

/* Windows of secret bytes, found in one pass: starts[] says which two bytes begin one. */
enum { WIDTH = 16, WINDOWS = 64 };
struct windows {
    unsigned n;
    unsigned char w[WINDOWS][WIDTH];
    bool starts[65536];
};

static unsigned start_of(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* as DER has it, and as limbs have it */
static void window_add(struct windows *s, const unsigned char *p)
{
    assert_true(s->n + 2 <= WINDOWS);
    for (size_t i = 0; i < WIDTH; i++) {
        s->w[s->n][i] = p[i];
        s->w[s->n + 1][i] = p[WIDTH - 1 - i];
    }
    s->starts[start_of(s->w[s->n])] = s->starts[start_of(s->w[s->n + 1])] = true;
    s->n += 2;
}

/* an RSA key behind its modulus and exponent: d, p, q and what follows */
static void rsa_add(struct windows *s, const struct key_der *key)
{
    for (size_t at = key->n / 3; at + WIDTH < key->n - 16; at += key->n / 7)
        window_add(s, key->p + at);
}

static struct windows *windows_of(const struct keyring *k)
{
    struct windows *s = calloc(1, sizeof *s);

    assert_non_null(s);
    rsa_add(s, &k->tls_rsa);
    rsa_add(s, &k->ca_key);
    window_add(s, k->tls_ec.p + 40); /* inside the private scalar, which is 32 bytes from 36 on */
    window_add(s, k->kek);
    window_add(s, k->queue_priv);
    return s;
}

static unsigned found_in(const struct windows *s, const unsigned char *p, size_t n)
{
    unsigned found = 0;

    for (size_t i = 0; i + WIDTH <= n; i++)
        if (s->starts[start_of(p + i)])
            for (unsigned k = 0; k < s->n; k++)
                found += memcmp(p + i, s->w[k], WIDTH) == 0;
    return found;
}

/* every writable page of a process; seen_out: bytes looked at */
static unsigned secrets_in(pid_t pid, const struct windows *s, size_t *seen_out)
{
    char path[64], line[512];
    unsigned found = 0;
    FILE *maps;
    int mem;

    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
    mem = open(path, O_RDONLY);
    assert_true(maps != NULL && mem >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char perms[8];
        unsigned char *p;
        ssize_t n;

        if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) != 3 || perms[1] != 'w' || to - from > (256ul << 20))
            continue;
        p = malloc(to - from);
        n = pread(mem, p, to - from, (off_t)from);
        if (n > 0) {
            *seen_out += (size_t)n;
            found += found_in(s, p, (size_t)n);
        }
        free(p);
    }
    close(mem);
    fclose(maps);
    return found;
}

/* the session is forked before this process opens the keyring, so what it holds it got by itself */
static void test_session_holds_no_key(void **st)
{
    struct tls_conf_spec spec = {.chain_pem = "tls/server.pem"};
    struct tls_conf *c = NULL;
    struct keyring *ring = NULL;
    struct windows *windows;
    struct buf file, cred;
    struct tls_peer p;
    struct stream *s;
    struct span line;
    size_t seen = 0;
    int sp[2], control;
    pid_t pid;

    (void)st;
    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
    pid = fork();
    if (pid == 0) {
        test_child();
        close(sp[0]);
        _exit(serve_one(c, sp[1], 5000));
    }
    close(sp[1]);
    s = stream_open(sp[0]);
    stream_deadline(s, deadline_in(10000));
    assert_int_equal(tls_connect(client, "localhost", NULL, s, &p, &e), RC_OK);
    assert_int_equal(stream_line(s, 512, &line, &e),
                     RC_OK); /* signed for, greeted: the session is as live as it gets */
    file = file_text("keys/keyring");
    cred = file_text("keys/credential");
    assert_int_equal(keyring_open(buf_span(&file), buf_span(&cred), &ring, &e), RC_OK);
    windows = windows_of(ring);
    assert_int_equal(secrets_in(pid, windows, &seen), 0);
    assert_true(seen > 100000);
    control = (int)secrets_in(getpid(), windows, &seen); /* the search finds them where they are: here */
    assert_true(control > 5);
    stream_close(&s);
    waitpid(pid, NULL, 0);
    keyring_free(&ring);
    free(windows);
    buf_free(&file);
    buf_free(&cred);
    tls_conf_free(&c);
}

static int group_start(void **st)
{
    (void)st;
    return tls_fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    return tls_fixture_end();
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_session_holds_no_key)};

    log_open("secrets_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("secrets", t, group_start, group_end);
}
