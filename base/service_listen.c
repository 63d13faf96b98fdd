/* SPDX-License-Identifier: EUPL-1.2 */
/* base/service_listen.c - see base/service_listen.h. */
#include "base/service_listen.h"
#include "base/service.h"
#include "base/settings.h"
#include <signal.h>
#include <stdio.h>

enum { TICK_MS = 60 * 1000, SPARES = 2 };
static const char *const daemons[] = {"keyd.sock", "dird.sock", "stored.sock", "trustd.sock", "imapd.sock", NULL};

void service_sockets(struct listener *l, const struct boot *b, const char *const *names, size_t which_out[LISTENER_FDS])
{
    for (size_t i = 0; names[i]; i++) {
        int fd = boot_fd(b, names[i]);

        if (fd < 0)
            continue;
        which_out[l->n_fds] = i;
        l->fds[l->n_fds++] = fd;
    }
    if (l->n_fds == 0)
        die("no listening socket: set %s", names[0]);
}

static int64_t number(const struct boot *b, const char *section, const char *option)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s.%s", section, option);
    return boot_num(b, name);
}

/* The proxies of SECTION. A process has one listener. */
static const struct nets *proxies(const struct boot *b, const char *section)
{
    static struct nets list;
    char name[64];

    (void)snprintf(name, sizeof name, "%s.proxy_from", section);
    if (!nets_parse(span_str(boot_get(b, name)), &list))
        die("%s is no list of addresses", name);
    return &list;
}

void service_places(struct listener *l, const struct boot *b, const char *section)
{
    char rate[64];

    l->max_sessions = (unsigned)number(b, section, "max_sessions");
    l->max_per_address = (unsigned)number(b, section, "max_sessions_per_address");
    (void)snprintf(rate, sizeof rate, "%s.max_rate_per_address", section);
    if (setting_find(rate))
        l->max_rate = (unsigned)boot_num(b, rate);
    l->proxies = proxies(b, section);
    l->spares = SPARES;
    l->tick_ms = TICK_MS;
    l->dialler.clients = (struct dialler_clients){l->max_per_address, 0, l->max_rate};
}

void service_limits(struct listener *l, const struct boot *b, const char *section)
{
    service_places(l, b, section);
    l->max_unproven = (unsigned)number(b, section, "max_unproven");
    l->max_unproven_per_address = (unsigned)number(b, section, "max_unproven_per_address");
    l->unproven_ms = (int)number(b, section, "login_timeout") * 1000;
    l->dialler.clients.unproven = l->max_unproven_per_address;
    l->dialler.sockets = daemons;
    dialler_bounds(&l->dialler, (uint64_t)number(b, section, "max_memory"),
                   (uint64_t)number(b, section, "max_memory_per_account"), (uint64_t)number(b, section, "max_message"));
}

/* From here on the signals are the listener's: one that came before is seen here, one that comes now waits until it has
 * its handlers. */
void service_listen(const struct listener *l)
{
    sigset_t block;

    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, NULL);
    if (!service_told_to_stop())
        listener_run(l);
}
