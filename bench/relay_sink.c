/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/relay_sink.c - the other side of bench/relay.py: a server of many operators at once, which takes every message and keeps none.
 *
 *     relay_sink PORT CERT.pem COUNT [MANNERS IDS]     CERT.pem: chain and key. Ends when COUNT messages were taken; 0: never.
 *
 * MANNERS: a letter for each domain, whose server is 127.0.0.1, 127.0.0.2, ...
 *     g takes all   c says nothing   e says nothing after EHLO   t says nothing in the handshake   4 answers 451 to MAIL
 * IDS: a file; the Message-ID of each message is added to it before the reply, with the time.
 *
 * It prints "ready", then "first SECONDS" and "last SECONDS SESSIONS OCTETS" (CLOCK_MONOTONIC), so that the time between is the sender's.
 * STARTTLS is compulsory and a client certificate is asked for, as between operators. One thread a session. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static atomic_long taken, octets, sessions;
static long wanted;
static const char *manners = "";
static FILE *ids;
static SSL_CTX *tls;

struct peer {
    int fd;
    SSL *ssl;
    char in[65536];
    size_t from, to;
    char manner;
    char head[8192]; /* of the message at hand */
    size_t n_head;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fill(struct peer *p)
{
    int n;

    if (p->from > 0) {
        memmove(p->in, p->in + p->from, p->to - p->from);
        p->to -= p->from;
        p->from = 0;
    }
    if (p->to == sizeof p->in)
        return 0;
    n = p->ssl ? SSL_read(p->ssl, p->in + p->to, (int)(sizeof p->in - p->to))
               : (int)read(p->fd, p->in + p->to, sizeof p->in - p->to);
    if (n > 0)
        p->to += (size_t)n;
    return n > 0;
}

/* The next line without its CRLF; it lives until the next call. */
static char *line(struct peer *p, size_t *len)
{
    for (;;) {
        char *start = p->in + p->from, *end = memchr(start, '\n', p->to - p->from);

        if (end) {
            *len = (size_t)(end - start) + 1;
            p->from += *len;
            *end = '\0';
            if (end > start && end[-1] == '\r')
                end[-1] = '\0';
            return start;
        }
        if (!fill(p))
            return NULL;
    }
}

static int say(struct peer *p, const char *text)
{
    int n = (int)strlen(text);

    return (p->ssl ? SSL_write(p->ssl, text, n) : (int)write(p->fd, text, (size_t)n)) == n;
}

static void keep_head(struct peer *p, const char *octets, size_t n)
{
    if (n > sizeof p->head - 1 - p->n_head)
        n = sizeof p->head - 1 - p->n_head;
    memcpy(p->head + p->n_head, octets, n);
    p->n_head += n;
}

static void note_id(struct peer *p)
{
    char *id, *end;

    p->head[p->n_head] = '\0';
    p->n_head = 0;
    if (!ids || !(id = strcasestr(p->head, "\nMessage-ID: <")) || !(end = strchr(id, '>')))
        return;
    fprintf(ids, "%.6f %.*s\n", now(), (int)(end - id - 14), id + 14);
    fflush(ids);
}

static int one_taken(struct peer *p)
{
    long n = atomic_fetch_add(&taken, 1) + 1;

    note_id(p);

    if (n == 1)
        printf("first %.6f\n", now()), fflush(stdout);
    if (n == wanted)
        printf("last %.6f %ld %ld\n", now(), atomic_load(&sessions), atomic_load(&octets)), fflush(stdout);
    if (!say(p, "250 2.0.0 taken\r\n"))
        return 0;
    if (n == wanted) {
        sleep(1); /* the reply travels */
        exit(0);
    }
    return 1;
}

static int data(struct peer *p)
{
    size_t n;
    char *l;

    if (!say(p, "354 go on\r\n"))
        return 0;
    while ((l = line(p, &n)) != NULL && strcmp(l, ".") != 0) {
        atomic_fetch_add(&octets, (long)n);
        keep_head(p, l, strlen(l));
        keep_head(p, "\r\n", 2);
    }
    return l != NULL && one_taken(p);
}

static int bdat(struct peer *p, const char *args)
{
    long n = strtol(args, NULL, 10);
    int last = strcasestr(args, "LAST") != NULL;

    atomic_fetch_add(&octets, n);
    while (n > 0) {
        size_t have = p->to - p->from;

        if (have > (size_t)n)
            have = (size_t)n;
        keep_head(p, p->in + p->from, have);
        p->from += have;
        n -= (long)have;
        if (n > 0 && !fill(p))
            return 0;
    }
    if (p->manner == '4')
        return say(p, "503 5.5.1 no MAIL\r\n");
    return last ? one_taken(p) : say(p, "250 2.0.0 more\r\n");
}

/* Until the other side goes. */
static int hang(struct peer *p)
{
    char c;

    while (read(p->fd, &c, 1) > 0)
        ;
    return 0;
}

static int starttls(struct peer *p)
{
    if (!say(p, "220 2.0.0 go\r\n"))
        return 0;
    if (p->manner == 't')
        return hang(p);
    p->from = p->to = 0;
    p->ssl = SSL_new(tls);
    SSL_set_fd(p->ssl, p->fd);
    return SSL_accept(p->ssl) == 1;
}

static int command(struct peer *p, const char *l)
{
    static const char hello[] = "250-sink\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n"
                                "250-SMTPUTF8\r\n250 CHUNKING\r\n";

    if (strncasecmp(l, "EHLO", 4) == 0 && p->manner == 'e')
        return hang(p);
    if (strncasecmp(l, "MAIL", 4) == 0 && p->manner == '4')
        return say(p, "451 4.3.2 not now\r\n");
    if (strncasecmp(l, "EHLO", 4) == 0)
        return say(p, p->ssl ? hello : "250-sink\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
    if (strncasecmp(l, "STARTTLS", 8) == 0)
        return starttls(p);
    if (strncasecmp(l, "QUIT", 4) == 0)
        return say(p, "221 2.0.0 bye\r\n") && 0;
    if (!p->ssl)
        return say(p, "530 5.7.0 STARTTLS first\r\n");
    if (p->manner == '4' && (strncasecmp(l, "RCPT", 4) == 0 || strncasecmp(l, "DATA", 4) == 0))
        return say(p, "503 5.5.1 no MAIL\r\n");
    if (strncasecmp(l, "DATA", 4) == 0)
        return data(p);
    if (strncasecmp(l, "BDAT ", 5) == 0)
        return bdat(p, l + 5);
    return say(p, "250 2.0.0 OK\r\n");
}

static void *session(void *ctx)
{
    struct peer *p = ctx;
    size_t n;
    char *l;

    atomic_fetch_add(&sessions, 1);
    if (p->manner == 'c' ? hang(p) : say(p, "220 sink ESMTP\r\n"))
        while ((l = line(p, &n)) != NULL && command(p, l))
            ;
    if (p->ssl)
        SSL_free(p->ssl);
    close(p->fd);
    free(p);
    return NULL;
}

/* By the address that was dialled. */
static char manner_of(int fd)
{
    struct sockaddr_in me;
    socklen_t n = sizeof me;
    unsigned i;

    if (getsockname(fd, (struct sockaddr *)&me, &n) != 0)
        return 'g';
    i = ntohl(me.sin_addr.s_addr) & 0xff;
    return i > 0 && i <= strlen(manners) ? manners[i - 1] : 'g';
}

static int any(int ok, X509_STORE_CTX *c)
{
    (void)ok;
    (void)c;
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (argc != 4 && argc != 6)
        return 2;
    if (argc == 6) {
        manners = argv[4];
        if (!(ids = fopen(argv[5], "ae")))
            return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    wanted = strtol(argv[3], NULL, 10);
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, any);
    SSL_CTX_set_session_id_context(tls, (const unsigned char *)"sink", 4);
    if (SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1 || SSL_CTX_use_PrivateKey_file(tls, argv[2], SSL_FILETYPE_PEM) != 1)
        return 1;
    here.sin_port = htons((unsigned short)strtol(argv[1], NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3); /* 127.0.0.1 and its like, for a domain each; nobody from outside */
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0 || listen(fd, 512) != 0)
        return 1;
    printf("ready\n"), fflush(stdout);
    for (;;) {
        struct peer *p = calloc(1, sizeof *p);
        pthread_t t;

        if (!p || (p->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) < 0)
            return 1;
        p->manner = manner_of(p->fd);
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&t, NULL, session, p) == 0)
            pthread_detach(t);
    }
}
