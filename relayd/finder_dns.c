/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/finder_dns.c - from a domain to its candidates: MX, then A and AAAA of each host. RFC 5321 5.1, RFC 7505. */
#include "base/ascii.h"
#include "base/wipe.h"
#include "relayd/finder_int.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    QUERY_MS = 2000 /* doubled at each try */,
    QUERY_TRIES = 3,
    CLASS_IN = 1,
    TYPE_A = 1,
    TYPE_MX = 15,
    TYPE_AAAA = 28
};

/* ---- names ---- */

/* A host name as SNI and a certificate can bear it: letters, digits, hyphens (and underscores, which some have). */
bool finder_name_ok(const char *name)
{
    size_t n = strlen(name), label = 0;

    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool dot = name[i] == '.';

        if (!dot && !ascii_is_alnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
        if ((dot && label == 0) || label > 63)
            return false;
        label = dot ? 0 : label + 1;
    }
    return label > 0 && label <= 63;
}

/* ---- the order of candidates ---- */

static uint32_t mix(uint32_t seed, const void *p, size_t n)
{
    uint32_t h = 2166136261u ^ seed * 2654435761u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ ascii_lower(((const unsigned char *)p)[i])) * 16777619u;
    h ^= h >> 15; /* the low bits alone decide nothing */
    return h * 2246822519u;
}

static uint32_t sort_seed; /* qsort(3) gives no context; this process has one thread */

static int by_preference(const void *a, const void *b)
{
    const struct mx_host *x = a, *y = b;
    uint32_t hx = mix(sort_seed, x->name, strlen(x->name)), hy = mix(sort_seed, y->name, strlen(y->name));

    if (x->preference != y->preference)
        return x->preference < y->preference ? -1 : 1;
    return hx != hy ? (hx < hy ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_chance(const void *a, const void *b)
{
    const struct finder_addr *x = a, *y = b;
    uint32_t hx = mix(sort_seed, x->octets, sizeof x->octets), hy = mix(sort_seed, y->octets, sizeof y->octets);

    return hx != hy ? (hx < hy ? -1 : 1) : memcmp(x->octets, y->octets, sizeof x->octets);
}

/* Families take turns, so that a family without a route costs one attempt and not all (RFC 8305 section 4). */
static void list_host(struct hunt *h, struct mx_host *m)
{
    for (int f = 0; f < 2; f++)
        qsort(m->addr[f], m->n[f], sizeof m->addr[f][0], by_chance);
    for (unsigned i = 0; i < ADDRS_MAX; i++)
        for (int f = 0; f < 2; f++)
            if (i < m->n[f] && h->n_cand < FINDER_CANDIDATES)
                h->cand[h->n_cand++] = (struct candidate){m, &m->addr[f][i]};
}

static void list_candidates(struct hunt *h)
{
    sort_seed = h->seed;
    for (unsigned i = 0; i < h->n_hosts; i++)
        list_host(h, &h->host[i]);
    if (h->n_cand > 0) {
        finder_connect(h);
        return;
    }
    snprintf(h->why, sizeof h->why, "%s %.80s: %s", h->named ? "the MX hosts of" : "no MX, and", h->ask.domain,
             h->temp ? "the DNS does not answer for their addresses" : "no address");
    finder_answer_of(h, h->temp ? FIND_DNS_TEMP : FIND_NO_ADDRESS, 0, -1);
}

/* ---- addresses ---- */

static void one_less(struct hunt *h)
{
    if (--h->pending == 0 && !h->answered)
        list_candidates(h);
}

struct address_query {
    struct hunt *hunt;
    unsigned host, family; /* 0: IPv6 */
};

static void keep(struct mx_host *m, unsigned f, const void *octets, size_t n)
{
    struct finder_addr a = {f == 0 ? AF_INET6 : AF_INET, {0}};

    memcpy(a.octets, octets, n);
    for (unsigned i = 0; i < m->n[f]; i++)
        if (memcmp(&m->addr[f][i], &a, sizeof a) == 0)
            return;
    if (m->n[f] < ADDRS_MAX)
        m->addr[f][m->n[f]++] = a;
}

static int read_addresses(struct mx_host *m, unsigned f, const unsigned char *p, int n)
{
    struct ares_addr6ttl six[ADDRS_MAX];
    struct ares_addrttl four[ADDRS_MAX];
    int got = ADDRS_MAX,
        code = f == 0 ? ares_parse_aaaa_reply(p, n, NULL, six, &got) : ares_parse_a_reply(p, n, NULL, four, &got);

    for (int i = 0; code == ARES_SUCCESS && i < got; i++)
        keep(m, f, f == 0 ? (const void *)&six[i].ip6addr : (const void *)&four[i].ipaddr, f == 0 ? 16 : 4);
    return code;
}

static bool means_none(int code)
{
    return code == ARES_SUCCESS || code == ARES_ENODATA || code == ARES_ENOTFOUND;
}

static void on_address(void *ctx, int code, int timeouts, unsigned char *p, int n)
{
    struct address_query q = *(struct address_query *)ctx;

    (void)timeouts;
    free(ctx);
    if (code == ARES_SUCCESS)
        code = read_addresses(&q.hunt->host[q.host], q.family, p, n);
    q.hunt->temp = q.hunt->temp || !means_none(code);
    one_less(q.hunt);
}

static void ask_addresses(struct hunt *h)
{
    for (unsigned i = 0; i < h->n_hosts; i++)
        for (unsigned f = 0; f < 2; f++) {
            struct address_query *q = malloc(sizeof *q);

            if (q == NULL)
                die("out of memory");
            *q = (struct address_query){h, i, f};
            h->pending++;
            ares_query(h->loop->dns, h->host[i].name, CLASS_IN, f == 0 ? TYPE_AAAA : TYPE_A, on_address, q);
        }
}

/* ---- MX ---- */

static void add_host(struct hunt *h, const char *name, uint16_t preference)
{
    struct mx_host *m = &h->host[h->n_hosts];

    for (unsigned i = 0; i < h->n_hosts; i++)
        if (span_ieq_str(span_str(h->host[i].name), name)) {
            h->host[i].preference = preference < h->host[i].preference ? preference : h->host[i].preference;
            return;
        }
    if (h->n_hosts == HOSTS_MAX)
        return;
    memset(m, 0, sizeof *m);
    snprintf(m->name, sizeof m->name, "%s", name);
    m->preference = preference;
    h->n_hosts++;
}

/* RFC 5321 5.1: where we are an MX of the domain ourselves, only better ones may have the mail. */
static bool drop_ourselves(struct hunt *h)
{
    unsigned own = UINT16_MAX + 1u, kept = 0;

    for (unsigned i = 0; i < h->n_hosts; i++)
        if (span_ieq_str(span_str(h->host[i].name), h->loop->conf.own_host) && h->host[i].preference < own)
            own = h->host[i].preference;
    for (unsigned i = 0; i < h->n_hosts; i++)
        if (h->host[i].preference < own)
            h->host[kept++] = h->host[i];
    h->n_hosts = kept;
    return kept > 0;
}

static void go_on(struct hunt *h)
{
    if (!drop_ourselves(h)) {
        snprintf(h->why, sizeof h->why, "%.100s: its MX is this server itself", h->ask.domain);
        finder_answer_of(h, FIND_UNREACHABLE, 0, -1);
        return;
    }
    sort_seed = h->seed;
    qsort(h->host, h->n_hosts, sizeof h->host[0], by_preference);
    ask_addresses(h);
}

/* Of a domain with hundreds of MX, the best ones count. */
static void take_best(struct hunt *h, const struct ares_mx_reply *list)
{
    for (unsigned long p = 0; p <= UINT16_MAX && h->n_hosts < HOSTS_MAX;) {
        unsigned long next = UINT16_MAX + 1ul;

        for (const struct ares_mx_reply *r = list; r != NULL; r = r->next) {
            if (r->priority == p && finder_name_ok(r->host))
                add_host(h, r->host, r->priority);
            if (r->priority > p && r->priority < next)
                next = r->priority;
        }
        p = next;
    }
}

static void with_mx(struct hunt *h, const struct ares_mx_reply *list)
{
    h->named = true;
    take_best(h, list);
    if (h->n_hosts > 0) {
        go_on(h);
    } else if (list->next == NULL && list->host[0] == '\0') {
        snprintf(h->why, sizeof h->why, "%.100s takes no mail (null MX)", h->ask.domain);
        finder_answer_of(h, FIND_NULL_MX, 0, -1);
    } else {
        snprintf(h->why, sizeof h->why, "%.100s: its MX are no host names", h->ask.domain);
        finder_answer_of(h, FIND_NO_ADDRESS, 0, -1);
    }
}

static void without_mx(struct hunt *h, int code)
{
    if (code == ARES_ENODATA) {
        add_host(h, h->ask.domain, 0);
        go_on(h);
        return;
    }
    snprintf(h->why, sizeof h->why, "%.100s: %s", h->ask.domain, ares_strerror(code));
    finder_answer_of(h, code == ARES_ENOTFOUND ? FIND_NO_DOMAIN : FIND_DNS_TEMP, 0, -1);
}

static void on_mx(void *ctx, int code, int timeouts, unsigned char *p, int n)
{
    struct ares_mx_reply *list = NULL;
    struct hunt *h = ctx;

    (void)timeouts;
    if (code == ARES_SUCCESS)
        code = ares_parse_mx_reply(p, n, &list);
    if (!h->answered && code == ARES_SUCCESS && list != NULL)
        with_mx(h, list);
    else if (!h->answered)
        without_mx(h, code == ARES_SUCCESS ? ARES_ENODATA : code);
    if (list != NULL)
        ares_free_data(list);
    one_less(h); /* last, because queries for addresses may have been answered at once */
}

void finder_dns_ask(struct hunt *h)
{
    if (!finder_name_ok(h->ask.domain)) {
        snprintf(h->why, sizeof h->why, "no domain name");
        finder_answer_of(h, FIND_NO_DOMAIN, 0, -1);
        return;
    }
    h->pending++;
    ares_query(h->loop->dns, h->ask.domain, CLASS_IN, TYPE_MX, on_mx, h);
}

/* ---- the library ---- */

static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
    struct finder_loop *l = ctx;
    unsigned i = 0;

    while (i < l->n_dns && l->dns_fd[i].fd != fd)
        i++;
    if (!readable && !writable) {
        if (i < l->n_dns)
            l->dns_fd[i] = l->dns_fd[--l->n_dns];
        return;
    }
    if (i == DNS_SOCKETS_MAX)
        return; /* its answers are found lost, and asked for again */
    l->n_dns += i == l->n_dns;
    l->dns_fd[i] = (struct pollfd){fd, (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)), 0};
}

enum rc finder_dns_start(struct finder_loop *l, struct err *e)
{
    struct ares_options o = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
                             .timeout = QUERY_MS,
                             .tries = QUERY_TRIES,
                             .ednspsz = 1232,
                             .sock_state_cb = on_socket,
                             .sock_state_cb_data = l};
    int code = ares_library_init(ARES_LIB_INIT_ALL);

    if (code == ARES_SUCCESS)
        code = ares_init_options(&l->dns, &o,
                                 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                                     ARES_OPT_SOCK_STATE_CB);
    if (code == ARES_SUCCESS && l->conf.resolver[0])
        code = ares_set_servers_ports_csv(l->dns, l->conf.resolver);
    return code == ARES_SUCCESS ? RC_OK
                                : err_set(e, RC_PERM, "relayd.resolver %s: %s", l->conf.resolver, ares_strerror(code));
}
