/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/domain_certs.h - the certificates of domains that have their own (docs/decisions/0055), read once, found by a server's name or by the domain.
 *
 * Files    those of crypto/keyd/client/domain_key_place.h: PEM, the certificate first, then those above it.
 * Names    a certificate's names are the dNSNames of its subjectAltName, or the CN where there is none. A name that two domains' certificates have leads to the
 *          domain that comes first in octet order, and is told (ev=certificate-name-twice): pli cert import refuses the second.
 * Cost     names and domains are sorted, so a look-up costs the logarithm of their number. A file takes its size of memory and some 300 octets; its chain is
 *          parsed again by the connection that shows it.
 * Owns     what it gives lives as long as the table. Read before a sandbox, because files are read; shared read-only by who is forked.
 * Fails    a file that cannot be read or holds no certificate is told (ev=domain-certificate-unread) and left out.
 * Process  listeners (SNI), relayd (who it is), pli.   Source RFC 6066 3, RFC 6125 6.4.
 */
#pragma once
#include "base/buf.h"
#include "crypto/keyd/client/domain_key_place.h"
#include "crypto/keyd/client/wire.h"

struct domain_certs;
struct domain_cert {
    char *domain; /* lower case, A-labels */
    struct buf pem[DC_KINDS]; /* empty: none of that kind */
    unsigned char shown[DC_KINDS][KEYD_SHOWN]; /* as KEYD_TLS_SIGN names the key */
};
enum rc domain_certs_read(const char *instance, struct domain_certs **out, struct err *e);
void domain_certs_free(struct domain_certs **d);
size_t domain_certs_count(const struct domain_certs *d);
const struct domain_cert *domain_certs_at(const struct domain_certs *d, size_t i); /* in the order of domains */
/* By a name that a client asks for, in any case; a certificate's "*.x" is for one label more than x. NULL: nobody's. */
const struct domain_cert *domain_certs_of_host(const struct domain_certs *d, struct span host);
/* The number of a domain (in lower case and A-labels), one more than its place; 0: it has no certificate of its own. */
size_t domain_certs_of_domain(const struct domain_certs *d, struct span domain);
bool domain_certs_key(struct span pem, unsigned char out[KEYD_SHOWN]); /* how KEYD_TLS_SIGN names the key of a certificate (PEM). False: it is none */
/* The first name of a certificate (PEM) that leads elsewhere: to another domain than this one. False: there is none. */
bool domain_certs_clash(const struct domain_certs *d, struct span pem, const char *domain, char name_out[256], char owner_out[256]);
size_t domain_certs_names(struct span pem); /* how many names it has */
