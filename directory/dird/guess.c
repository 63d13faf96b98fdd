/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/guess.c - see guess.h. */
#include "directory/dird/guess.h"
#include "base/ascii.h"
#include "base/err.h"
#include "base/wipe.h"
#include "directory/dird/checked.h"
#include "directory/dird/throttle.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PLACE_FACTOR = 5, /* behind one address there are several people */
    ACCOUNT_MOST_MS = 300000,
    PAIR_MOST_MS = 60000,
    PLACE_MOST_MS = 10000,
    PROCESS_MOST_MS = 60000,
    WRONG_MS = 600000,
    KNOWN_ROWS = 16384,
    WAYS = 8, /* 2 MiB */
    LOGIN = 256
};
#define KNOWN_MS (30LL * 24 * 3600 * 1000)

/* The places of an account stand in one row. So a user who signs in from a great many places pushes out only his
 * own. */
struct known { /* an account signed in from a place */
    uint64_t pair;
    int64_t until; /* 0: free */
};
struct guesses {
    struct throttle *account, *place, *pair, *process;
    struct checked *wrong; /* a key of its own: one table's MACs say nothing about another's */
    pthread_mutex_t lock;
    struct known known[KNOWN_ROWS][WAYS];
};

struct guesses *guesses_new(unsigned most)
{
    struct guesses *g = calloc(1, sizeof *g);
    if (!g)
        die("out of memory");
    g->account = throttle_new(most, ACCOUNT_MOST_MS);
    g->place = throttle_new(most * PLACE_FACTOR, PLACE_MOST_MS);
    g->pair = throttle_new(most, PAIR_MOST_MS);
    g->process = throttle_new(most, PROCESS_MOST_MS);
    g->wrong = checked_new(WRONG_MS, false);
    pthread_mutex_init(&g->lock, NULL);
    return g;
}

void guesses_free(struct guesses **g)
{
    if (!g || !*g)
        return;
    throttle_free(&(*g)->account);
    throttle_free(&(*g)->place);
    throttle_free(&(*g)->pair);
    throttle_free(&(*g)->process);
    checked_free(&(*g)->wrong);
    pthread_mutex_destroy(&(*g)->lock);
    free(*g);
    *g = NULL;
}

void guess_place(struct span peer, char out[64])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:192.0.2.1 is 192.0.2.1 */
    unsigned char a[16];
    snprintf(out, 64, "%.*s", SPAN_ARG(span_head(peer, 63)));
    if (inet_pton(AF_INET6, out, a) != 1)
        return;
    if (memcmp(a, mapped, sizeof mapped) == 0) {
        inet_ntop(AF_INET, a + sizeof mapped, out, 64);
        return;
    }
    memset(a + 8, 0, 8);
    char site[INET6_ADDRSTRLEN];
    snprintf(out, 64, "%s/64", inet_ntop(AF_INET6, a, site, sizeof site));
}

static uint64_t key_of(const struct guesses *g, char what, struct span a, struct span b)
{
    unsigned char mac[CHECKED_MAC];
    char text[LOGIN + 2];
    uint64_t key;
    size_t n = a.n < LOGIN ? a.n : LOGIN;
    text[0] = what;
    if (n > 0)
        memcpy(text + 1, a.p, n);
    checked_mac(g->wrong, span_of(text, n + 1), b, mac);
    memcpy(&key, mac, sizeof key);
    return key;
}

static bool is_known(struct guesses *g, uint64_t account, uint64_t pair, int64_t now)
{
    bool known = false;
    pthread_mutex_lock(&g->lock);
    const struct known *row = g->known[account % KNOWN_ROWS];
    for (int i = 0; i < WAYS; i++)
        known = known || (row[i].pair == pair && row[i].until > now);
    pthread_mutex_unlock(&g->lock);
    return known;
}

static void make_known(struct guesses *g, uint64_t account, uint64_t pair, int64_t now)
{
    pthread_mutex_lock(&g->lock);
    struct known *row = g->known[account % KNOWN_ROWS], *to = row;
    for (int i = 0; i < WAYS; i++) {
        if (row[i].pair == pair) {
            to = &row[i];
            break;
        }
        if (row[i].until < to->until)
            to = &row[i];
    }
    *to = (struct known){pair, now + KNOWN_MS};
    pthread_mutex_unlock(&g->lock);
}

static int64_t wait_of(struct guesses *g, const struct guess *t, int64_t now)
{
    if (t->known)
        return throttle_wait(g->pair, t->pair, now);
    int64_t most = throttle_wait(g->account, t->account, now), ms = throttle_wait(g->place, t->place, now);
    most = ms > most ? ms : most;
    ms = t->counted ? throttle_wait(g->process, t->process, now) : 0;
    return ms > most ? ms : most;
}

enum guess_answer guess_ask(struct guesses *g, const struct guess_who *who, struct span password, int64_t now,
                            struct guess *t)
{
    char login[LOGIN], place[64];
    size_t n = who->login.n < sizeof login ? who->login.n : sizeof login - 1;
    ascii_lower_all(span_head(who->login, n), login); /* letter case does not make another account */
    struct span name = span_of(login, n);
    guess_place(who->peer, place);
    *t = (struct guess){.account = key_of(g, 'a', name, SPAN_NULL),
                        .place = key_of(g, 'l', SPAN_NULL, span_str(place)),
                        .pair = key_of(g, 'p', name, span_str(place)),
                        .csn = who->csn,
                        .process = key_of(g, 's', SPAN_NULL, span_of(&who->process, sizeof who->process))};
    checked_mac(g->wrong, name, password, t->mac);
    t->counted = who->process != 0;
    t->known = is_known(g, t->account, t->pair, now);
    if (checked_has(g->wrong, t->mac, t->csn, now))
        return GUESS_WRONG;
    return wait_of(g, t, now) > 0 ? GUESS_WAIT : GUESS_TRY;
}

static void count(struct guesses *g, const struct guess *t, void (*how)(struct throttle *, uint64_t, int64_t),
                  int64_t now)
{
    if (t->known) {
        how(g->pair, t->pair, now);
        return;
    }
    how(g->account, t->account, now);
    how(g->place, t->place, now);
    if (t->counted)
        how(g->process, t->process, now);
}

void guess_take(struct guesses *g, const struct guess *t, int64_t now)
{
    count(g, t, throttle_take, now);
}

void guess_right(struct guesses *g, const struct guess *t, bool taken, int64_t now)
{
    if (taken)
        count(g, t, throttle_back, now);
    make_known(g, t->account, t->pair, now);
}

void guess_wrong(struct guesses *g, const struct guess *t, int64_t now)
{
    checked_put(g->wrong, t->mac, t->csn, now);
}

void guess_undecided(struct guesses *g, const struct guess *t, int64_t now)
{
    count(g, t, throttle_back, now);
}
