/* SPDX-License-Identifier: EUPL-1.2 */
/* base/service_listen.h - what listeners that fork a session a peer (smtpd, imapd, httpd) set up alike: sockets, limits. Used in
 * the steps of base/service.h.
 *
 * Settings of SECTION: max_sessions, max_sessions_per_address, max_unproven, max_unproven_per_address, max_message, max_memory, proxy_from,
 *          max_memory_per_account, login_timeout; max_rate_per_address where the table has it.
 * Process  listeners of smtpd, imapd and httpd.
 */
#pragma once
#include "base/boot.h"
#include "base/listener.h"

/* Those of the named sockets (listen.smtp ...) that were given go into l->fds, in that order; which_out[i]: which name fds[i] is. names ends
 * with NULL. Dies when none was given. */
void service_sockets(struct listener *l, const struct boot *b, const char *const *names, size_t which_out[LISTENER_FDS]);
/* Sessions and addresses of SECTION, proxies; spares and ticks as all have them: all that a listener without sign-in needs. */
void service_places(struct listener *l, const struct boot *b, const char *section);
/* And what comes with a sign-in: places before it, its time, memory; the daemons that the sessions dial. */
void service_limits(struct listener *l, const struct boot *b, const char *section);
void service_listen(const struct listener *l);  /* listener_run(), unless the daemon was told to stop during its start */
