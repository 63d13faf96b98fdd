/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/identity.h - as whom mail leaves: the instance's certificate, or that of the sender's domain where it has one of its own (docs/decisions/0055). The server
 * that gets it compares the name in the certificate with the white list's entry for the sender's domain.
 *
 * Number   0 is the instance; others are numbers of this table, which is read once, before any secret: relayd starts again for new certificates.
 * Kinds    relayd.certificate holds for domains too: one that has no certificate of the kind that is wanted has none.
 * Owns     what it gives lives as long as the table, which is shared by all processes of relayd.
 * Process  relayd: scheduler, nursery and sessions.
 */
#pragma once
#include "base/boot.h"
#include "base/span.h"
#include <stdint.h>

enum { IDENTITY_DIGITS = 10 };
struct identities;
struct identities *identities_read(const struct boot *b); /* dies with a line */
void identities_free(struct identities **t);
/* By the envelope's sender, any case; the null sender's reports leave as the instance. */
uint32_t identity_of(const struct identities *t, struct span sender);
const char *identity_name(const struct identities *t, uint32_t as); /* the domain; "": the instance */
/* The chains to be shown, PEM; empty: none of that kind. False: the instance's, which the nursery has loaded. */
bool identity_chains(const struct identities *t, uint32_t as, struct span *ec_out, struct span *rsa_out);
/* Is that the digest of a key that this identity shows? So a session that was taken over has nothing signed with another's. */
bool identity_has(const struct identities *t, uint32_t as, struct span shown);
