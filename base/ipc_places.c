/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_places.c - how many places of a daemon a process and a role hold: see base/ipc_server_int.h.
 *
 * A process is found by its id, in chains so that a newcomer costs a few steps however many peers there are. Until HELLO a place is held
 * by whoever connected, which may be a dialler (base/dialler.h) that connects for sessions; from HELLO on by whoever said it. */
#include "base/ipc_server_int.h"

static struct ipc_conn **chain_of(struct ipc_places *p, pid_t pid)
{
    return &p->by_pid[(unsigned)pid % PLACES_CHAINS];
}

void ipc_place_take(struct ipc_places *p, struct ipc_conn *c)
{
    struct ipc_conn **chain = chain_of(p, c->peer.pid);

    c->same_pid = *chain;
    *chain = c;
}

static void unchain(struct ipc_places *p, struct ipc_conn *c)
{
    struct ipc_conn **at = chain_of(p, c->peer.pid);

    while (*at != c)
        at = &(*at)->same_pid;
    *at = c->same_pid;
    c->same_pid = NULL;
}

static unsigned index_of(enum ipc_role role)
{
    return (unsigned)__builtin_ctz((unsigned)role);
}

void ipc_place_leave(struct ipc_places *p, struct ipc_conn *c)
{
    unchain(p, c);
    if (atomic_load(&c->joined))
        p->of_role[index_of(c->peer.role)]--;
}

unsigned ipc_places_of(const struct ipc_places *p, pid_t pid, bool joined)
{
    unsigned n = 0;

    for (const struct ipc_conn *c = p->by_pid[(unsigned)pid % PLACES_CHAINS]; c; c = c->same_pid)
        n += c->peer.pid == pid && atomic_load(&c->joined) == joined;
    return n;
}

/* Whoever administers must get in when a role has gone wild. */
static bool role_full(const struct ipc_places *p, enum ipc_role role, unsigned max_peers)
{
    return !(role & (ROLE_ADMIN | ROLE_SUPER)) && p->of_role[index_of(role)] >= max_peers - max_peers / 4;
}

bool ipc_place_join(struct ipc_places *p, struct ipc_conn *c, pid_t pid, enum ipc_role role, unsigned per_process,
                    unsigned max_peers)
{
    if (ipc_places_of(p, pid, true) >= per_process || role_full(p, role, max_peers))
        return false;
    unchain(p, c);
    c->peer.pid = pid;
    c->peer.role = role;
    ipc_place_take(p, c);
    p->of_role[index_of(role)]++;
    atomic_store(&c->joined, true);
    return true;
}
