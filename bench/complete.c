/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/complete.c - mail clients that complete names without pause, for bench/directory.py.
 *
 *     complete URI CA.pem BINDDN BASE KIND NAMES CLIENTS SECONDS SEED     the password on standard input; BINDDN "": nobody signs in
 *
 * KIND: prefix    what an address book asks for the first letters of a name: cn, sn, givenName or mail begins with them
 *       words     any word of the entry begins with them (mssSearchName)
 *       anywhere  cn, sn, givenName or mail has them anywhere, as Thunderbird can ask
 * NAMES: a file of names, one a line; what is typed are the first three to six characters of one of them.
 *
 * One thread a client, libldap, a connection of its own. It prints: questions, answers, p50 and p99 in milliseconds, the longest, its own CPU
 * seconds, and the seconds that the questions took. */
#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 20, MOST = 1 << 20 };

static struct {
    const char *uri, *ca, *who, *base, *kind;
    double seconds;
    char **names;
    size_t n_names;
    char password[256];
} a;

struct client {
    pthread_t thread;
    unsigned seed;
    float *times;
    size_t n, answers;
    double end;
    LDAP *ld;
};

static pthread_barrier_t ready;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, int code)
{
    fprintf(stderr, "complete: %s: %s\n", what, ldap_err2string(code));
    exit(1);
}

/* Many at once are told to come again (busy): who did not get in would ask for nothing, very fast. */
static void sign_in(struct client *c)
{
    struct berval password = { strlen(a.password), a.password };
    int version = LDAP_VERSION3, code = ldap_initialize(&c->ld, a.uri);

    if (code != LDAP_SUCCESS)
        die(a.uri, code);
    ldap_set_option(c->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    while (*a.who && (code = ldap_sasl_bind_s(c->ld, a.who, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL)) != LDAP_SUCCESS) {
        if (code != LDAP_BUSY && code != LDAP_UNAVAILABLE)
            die(a.who, code);
        usleep(200000);
    }
}

static void filter(char *out, size_t room, const char *typed)
{
    const char *before = strcmp(a.kind, "anywhere") == 0 ? "*" : "";

    if (strcmp(a.kind, "words") == 0)
        snprintf(out, room, "(mssSearchName=%s*)", typed);
    else
        snprintf(out, room, "(|(cn=%s%s*)(sn=%s%s*)(givenName=%s%s*)(mail=%s%s*))", before, typed, before, typed, before, typed, before, typed);
}

/* The first three to six characters of a name: a character of UTF-8 is not cut. */
static void typed(struct client *c, char out[32])
{
    const char *name = a.names[rand_r(&c->seed) % a.n_names];
    size_t n = 0, want = 3 + rand_r(&c->seed) % 4;

    while (name[n] && n < 30 && (want > 0 || (name[n] & 0xc0) == 0x80)) {
        want -= (name[n] & 0xc0) != 0x80;
        n++;
    }
    memcpy(out, name, n);
    out[n] = '\0';
}

static void ask(struct client *c)
{
    char *wanted[] = { "cn", "mail", "title", "o", "l", NULL }, text[32], f[512];
    LDAPMessage *found = NULL;
    double began;

    typed(c, text);
    filter(f, sizeof f, text);
    began = now();
    int code = ldap_search_ext_s(c->ld, a.base, LDAP_SCOPE_SUBTREE, f, wanted, 0, NULL, NULL, NULL, LIMIT, &found);
    if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED)
        die(f, code);
    if (c->n < MOST)
        c->times[c->n++] = (float)(1000 * (now() - began));
    c->answers += (size_t)ldap_count_entries(c->ld, found);
    ldap_msgfree(found);
}

static void *client(void *arg)
{
    struct client *c = arg;

    c->times = malloc(MOST * sizeof *c->times);
    sign_in(c);
    pthread_barrier_wait(&ready);
    for (double end = now() + a.seconds; now() < end;)
        ask(c);
    c->end = now();
    ldap_unbind_ext_s(c->ld, NULL, NULL);
    return NULL;
}

static void read_names(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[256];

    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        a.names = realloc(a.names, (a.n_names + 1) * sizeof *a.names);
        a.names[a.n_names++] = strdup(line);
    }
    if (a.n_names == 0)
        die(path, LDAP_PARAM_ERROR);
    fclose(f);
}

static int later(const void *x, const void *y)
{
    float u = *(const float *)x, v = *(const float *)y;

    return (u > v) - (u < v);
}

static void told(const struct client *c, int clients, double began)
{
    size_t n = 0, answers = 0;
    double end = began;
    float *all = NULL;
    struct rusage use;

    for (int i = 0; i < clients; i++) {
        all = realloc(all, (n + c[i].n + 1) * sizeof *all);
        memcpy(all + n, c[i].times, c[i].n * sizeof *all);
        n += c[i].n;
        answers += c[i].answers;
        end = c[i].end > end ? c[i].end : end;
    }
    qsort(all, n, sizeof *all, later);
    getrusage(RUSAGE_SELF, &use);
    printf("%zu %zu %.2f %.2f %.2f %.2f %.3f\n", n, answers, (double)all[n / 2], (double)all[n * 99 / 100], (double)all[n - 1],
           (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6, end - began);
    free(all);
}

int main(int argc, char **argv)
{
    if (argc != 10) {
        fprintf(stderr, "usage: complete URI CA.pem BINDDN BASE KIND NAMES CLIENTS SECONDS SEED, the password on standard input\n");
        return 2;
    }
    int clients = atoi(argv[7]);
    struct client *c = calloc((size_t)clients, sizeof *c);
    double began;

    a.uri = argv[1], a.ca = argv[2], a.who = argv[3], a.base = argv[4], a.kind = argv[5], a.seconds = atof(argv[8]);
    read_names(argv[6]);
    if (*a.who && fgets(a.password, sizeof a.password, stdin))
        a.password[strcspn(a.password, "\n")] = '\0';
    ldap_set_option(NULL, LDAP_OPT_X_TLS_CACERTFILE, a.ca);
    pthread_barrier_init(&ready, NULL, (unsigned)clients + 1);
    for (int i = 0; i < clients; i++) {
        c[i].seed = (unsigned)(atoi(argv[9]) + i * 7919);
        if (pthread_create(&c[i].thread, NULL, client, c + i) != 0)
            die("pthread_create", LDAP_NO_MEMORY);
    }
    pthread_barrier_wait(&ready);
    began = now();
    for (int i = 0; i < clients; i++)
        pthread_join(c[i].thread, NULL);
    told(c, clients, began);
    return 0;
}
