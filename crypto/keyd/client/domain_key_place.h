/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_place.h - where an owner's certificates and keys stand below the instance, and how they are named. No other file knows it.
 *
 * Owner    a mail domain in lower case and A-labels; or OUTBOX_KEY, which stands in the place of a domain.
 * Files    DIR/keys/domains/DOMAIN.rsa, DOMAIN.ec: keys. DIR/tls/domains/DOMAIN.rsa.pem, DOMAIN.ec.pem: certificates with their chains.
 *          The outbox's: DIR/keys/publish/client.rsa, client.ec; DIR/tls/publish/client.rsa.pem, client.ec.pem.
 * Names    what a key is sealed for: "DOMAIN.rsa", or "publish/client.rsa", which no domain is called: so neither kind of key opens as the other.
 * Process  pli, pli-keyd, pli-pubd, listeners, relayd: whoever reads or writes one of these files.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

#define OUTBOX_KEY "publish/client"
#define DOMAINS_BELOW "domains" /* DIR/keys/domains, DIR/tls/domains */
#define OUTBOX_BELOW "publish"
enum domain_cert_kind { DC_RSA = 0, DC_EC, DC_KINDS };
extern const char *const domain_cert_kinds[DC_KINDS]; /* "rsa", "ec" */

enum { DOMAIN_KEY_NAME = 300 };
struct domain_key_place {
    char name[DOMAIN_KEY_NAME];             /* what the key is sealed for */
    char key[DOMAIN_KEY_NAME + 32];         /* "keys/domains/DOMAIN.rsa": below the instance */
    char certificate[DOMAIN_KEY_NAME + 32]; /* "tls/domains/DOMAIN.rsa.pem" */
};
bool domain_key_is_outbox(const char *owner);
const char *domain_key_below(const char *owner); /* DOMAINS_BELOW or OUTBOX_BELOW */
/* False: longer than a domain is. */
bool domain_key_place(const char *owner, enum domain_cert_kind kind, struct domain_key_place *out);
/* By a key's file that was found in DIR/keys/BELOW. */
bool domain_key_place_of(const char *below, const char *file, struct domain_key_place *out);
/* Whether a name that was found in one of the folders is a key's ("DOMAIN.rsa"), or a certificate's ("DOMAIN.rsa.pem"); n_owner_out: octets of it before the
 * kind. What is hidden, or being written (".new"), is neither. */
bool domain_key_file(const char *file, enum domain_cert_kind *kind_out, size_t *n_owner_out);
bool domain_cert_file(const char *file, enum domain_cert_kind *kind_out, size_t *n_owner_out);
enum rc domain_key_none(const char *owner, struct err *e); /* RC_NOTFOUND: it has no certificate of its own */
