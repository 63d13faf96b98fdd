/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/reach.h - does the directory really answer? A connection of its own, signed in and read, each step within a bound: what a
 * daemon has kept in memory answers long after slapd has frozen.
 * Process  pli (doctor). Source RFC 4511.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* Signs in as dn with the secret and reads the entry base, each within that many seconds. RC_DENIED: the secret is not right. RC_TEMP: no
 * answer (e->log says at which step). */
enum rc directory_reach(const char *uri, const char *dn, struct span secret, const char *base, int seconds, struct err *e);
