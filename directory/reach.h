/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/reach.h - does the directory really answer? It is asked over a new connection, because dird answers from its memory long after slapd
 * has frozen. The connection is made, signed in and read from; each step has a bound in time.
 * Process  pli (doctor). Source RFC 4511.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* Signs in as dn with the secret and reads the entry base, each within that many seconds. RC_DENIED: the secret is not right. RC_TEMP: there was no
 * answer (e->log says at which step). */
#define DIRECTORY_SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
/* ca: of an ldaps:// address, the PEM file of the authorities that are believed; empty: DIRECTORY_SYSTEM_CA. */
enum rc directory_reach(const char *uri, const char *ca, const char *dn, struct span secret, const char *base, int seconds, struct err *e);
