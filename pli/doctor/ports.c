/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/ports.c - does each port answer? See pli/doctor/doctor.h. Every connection is a session and writes two
 * lines to the log. So one port of each daemon is asked for its greeting. For the other ports the kernel is asked
 * whether a process listens on them. */
#include "pli/doctor/doctor.h"
#include "pli/super/super.h"
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TCP_LISTEN_STATE = 0x0A };

/* "  0: 0100007F:9C69 00000000:0000 0A ..." proc(5): local address, remote address, state. */
static bool listed(const char *file, unsigned port)
{
    FILE *f = fopen(file, "re");
    char line[512];
    unsigned local, state;
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local, &state) == 2 && local == port &&
                state == TCP_LISTEN_STATE;
    if (f)
        fclose(f);
    return found;
}

static bool listened_on(const char *address)
{
    unsigned port = (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);

    return listed("/proc/net/tcp", port) || listed("/proc/net/tcp6", port);
}

static void check_port(struct report *r, const char *name, const char *greeting, const char *proxies)
{
    const char *text = conf_get(r->conf, name);

    if (!text[0])
        finding(r, F_OK, "port", NULL, "%s is off", name);
    else if (greeting ? port_greets(text, greeting, proxies) : listened_on(text))
        finding(r, F_OK, "port", NULL, "%s %s on %s", name, greeting ? "answers" : "listens", text);
    else
        finding(r, F_FAIL, "port", "see log/pli.log for the daemon that should answer, and your firewall",
                "%s does not answer on %s", name, text);
}

/* Other operators find this server by its name; a trial on the loopback needs none. */
static void check_name(struct report *r)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *name = conf_hostname(r->conf), *smtp = conf_get(r->conf, "listen.smtp");
    int got;

    if (!smtp[0] || strncmp(smtp, "127.", 4) == 0 || strncmp(smtp, "[::1]", 5) == 0)
        return;
    got = getaddrinfo(name, NULL, &hints, &found);
    if (got == 0)
        finding(r, F_OK, "dns", NULL, "%s has an address", name);
    else
        finding(r, F_WARN, "dns", "give it an A or AAAA record, and the mail domain an MX record that names it",
                "%s: %s", name, gai_strerror(got));
    if (found)
        freeaddrinfo(found);
}

/* The daemon behind a listener was greeted already: the kernel's word is enough for this one. */
static void check_listeners(struct report *r, enum proc_id daemon)
{
    bool greeted = r->frozen[daemon];

    for (size_t l = 0; l < LISTENERS_; l++) {
        const char *greeting = greeted ? NULL : listener_defs[l].greeting;
        if (!(proc_defs[daemon].listeners & (1u << l)))
            continue;
        check_port(r, listener_defs[l].name, greeting, conf_get(r->conf, listener_defs[l].proxies));
        greeted = greeted || (greeting && conf_get(r->conf, listener_defs[l].name)[0]);
    }
}

void check_ports(struct report *r)
{
    if (!r->conf || !r->served)
        return;
    check_name(r);
    for (size_t i = 0; i < PROCS_; i++)
        check_listeners(r, (enum proc_id)i);
    if (conf_get(r->conf, "directory.uri")[0])
        return;
    check_port(r, "listen.ldap", NULL, "");
    check_port(r, "listen.ldaps", NULL, "");
}
