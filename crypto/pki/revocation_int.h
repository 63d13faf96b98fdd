/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/revocation_int.h - chains, lists and what they say, in the library's types. For the rest of crypto/ only.
 * Process  as crypto/pki/revocation.h.   Source RFC 5280 6.3.
 */
#pragma once
#include "crypto/pki/pki_int.h"
#include "crypto/pki/revocation.h"
#include <openssl/x509v3.h>

struct pki_anchors {
    X509_STORE *store;
    unsigned char digest[32]; /* SHA-256 of the file */
};
struct pki_chain {
    const struct pki_anchors *anchors;
    STACK_OF(X509) *given; /* as they came; the first is the leaf */
    STACK_OF(X509) *path;  /* leaf ... anchor */
    bool partial;          /* the anchor is not its own issuer */
};
struct pki_crl {
    X509_CRL *crl;
    struct pki_crl_info info;
    int refs; /* atomic */
};
enum { PKI_AUTH_LEVEL = 2, PKI_DEPTH = 8 }; /* 112 bits: RSA 2048, P-224 (NIST SP 800-57) */

void pki_name_text(const X509_NAME *n, char out[256]);              /* cut to the room there is: for people */
bool pki_name_whole(const X509_NAME *n, char *out, size_t room);      /* false and "": none, or it does not fit: for comparison */
bool pki_time_utc(const ASN1_TIME *t, int64_t *out);
/* X509_STORE that notes for crls_look() which lists were good; every store that it is given must come from here. */
X509_STORE *pki_store_new(void);
/* What the lists say of the certificates of the path from leaf, at most PKI_CHAIN_MAX of them. bad (NULL, or as long as crls): notes lists that
 * could not be trusted. used: the same, for those that were good. */
struct crls_look {
    X509_STORE *store;
    X509 *leaf;
    STACK_OF(X509) *others;
    STACK_OF(X509_CRL) *crls;
    int64_t at, grace;
    bool partial; /* as in struct pki_chain */
};
/* Answers how many there are, without the anchor; 0: there is no chain. */
size_t crls_look(const struct crls_look *l, struct pki_status out[PKI_CHAIN_MAX], STACK_OF(X509_CRL) *used);
/* The list may be believed when its signature holds: it has nextUpdate, and its digest is strong. RC_DENIED. */
enum rc pki_crl_fit(const X509_CRL *crl, struct err *e);
/* Does the digest below a signature algorithm still hold? SHA-1 and MD5 do not. */
bool pki_digest_strong(int signature_nid);
