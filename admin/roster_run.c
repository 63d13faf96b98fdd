/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_run.c - the rows of a roster worked on by several threads, and told in their order. See admin/roster.h.
 *
 * Why      an account waits for the disk of the store and of the directory, and for a password hash; several at once wait together.
 * State    under .lock: .next, .in_a_row, .stopped and the turns. A turn is its worker's until it is done, then the caller's. */
#include "admin/roster.h"
#include "base/wipe.h"
#include <pthread.h>
#include <stdlib.h>

struct turn {
    bool done;
    struct roster_result result;
    struct roster_room room;
};
struct running {
    const struct roster_run *run;
    pthread_mutex_t lock;
    pthread_cond_t done;
    uint32_t next, told; /* rows */
    unsigned in_a_row;
    bool stopped;      /* by who is told */
    struct turn *turn; /* a ring of TURNS: a worker does not run further ahead of what was told */
};
enum { TURNS = 256 };

static struct turn *turn_of(const struct running *g, uint32_t row)
{
    return &g->turn[row % TURNS];
}

/* False: no more rows. */
static bool take_row(struct running *g, uint32_t *row, const char **untried)
{
    bool more;

    pthread_mutex_lock(&g->lock);
    while (g->next < g->run->roster->rows.n && g->next - g->told >= TURNS)
        pthread_cond_wait(&g->done, &g->lock);
    more = g->next < g->run->roster->rows.n;
    *row = g->next;
    g->next += more;
    *untried = roster_untried(g->stopped, g->in_a_row);
    pthread_mutex_unlock(&g->lock);
    return more;
}

static void give_back(struct running *g, uint32_t row)
{
    struct turn *s = turn_of(g, row);

    pthread_mutex_lock(&g->lock);
    s->done = true;
    if (s->result.outcome == ROSTER_FAILED)
        g->in_a_row++;
    else if (s->result.outcome != ROSTER_UNTRIED)
        g->in_a_row = 0;
    pthread_cond_broadcast(&g->done);
    pthread_mutex_unlock(&g->lock);
}

static void *work(void *arg)
{
    struct running *g = arg;
    const struct roster_run *run = g->run;
    struct admin *ad = run->acting.n > 0 ? admin_new_as(run->acting) : admin_new(run->role);
    uint32_t row;
    const char *untried;

    while (take_row(g, &row, &untried)) {
        struct turn *s = turn_of(g, row);

        if (!untried)
            roster_apply(ad, run->roster, row, run->defaults, run->dry, &s->room, &s->result);
        else
            s->result = (struct roster_result){.outcome = ROSTER_UNTRIED,
                                               .line = run->roster->rows.row[row].line,
                                               .address = roster_cell(run->roster, row, ROSTER_ADDRESS),
                                               .why = untried};
        give_back(g, row);
    }
    admin_free(&ad);
    return NULL;
}

static void tell(struct running *g)
{
    for (uint32_t row = 0; row < g->run->roster->rows.n; row++) {
        struct turn *s = turn_of(g, row);
        bool on;

        pthread_mutex_lock(&g->lock);
        while (!s->done)
            pthread_cond_wait(&g->done, &g->lock);
        pthread_mutex_unlock(&g->lock);
        on = g->run->told(&s->result, g->run->ctx);
        pthread_mutex_lock(&g->lock);
        g->stopped = g->stopped || !on;
        wipe(s->room.code, DRAWN_SIZE);
        s->done = false;
        g->told++;
        pthread_cond_broadcast(&g->done);
        pthread_mutex_unlock(&g->lock);
    }
}

enum rc roster_run(const struct roster_run *run, struct err *e)
{
    struct running g = {.run = run, .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    pthread_t worker[ROSTER_WORKERS];
    unsigned n = 0;
    char *codes = secret_alloc(TURNS * DRAWN_SIZE);

    if ((g.turn = calloc(TURNS, sizeof *g.turn)) == NULL) {
        secret_free(codes, TURNS * DRAWN_SIZE);
        return err_set(e, RC_TEMP, "out of memory");
    }
    for (size_t i = 0; i < TURNS; i++)
        g.turn[i].room.code = codes + i * DRAWN_SIZE;
    while (n < run->workers && n < ROSTER_WORKERS && pthread_create(&worker[n], NULL, work, &g) == 0)
        n++;
    if (n > 0)
        tell(&g);
    for (unsigned i = 0; i < n; i++)
        pthread_join(worker[i], NULL);
    free(g.turn);
    secret_free(codes, TURNS * DRAWN_SIZE);
    return n > 0 ? RC_OK : err_set(e, RC_TEMP, "no thread can be made");
}
