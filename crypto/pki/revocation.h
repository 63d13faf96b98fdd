/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/revocation.h - is a certificate revoked? Chains to anchors, revocation lists (CRL), answers about one certificate (OCSP), and the
 * addresses where both are to be had. Nothing here fetches anything.
 *
 * Order    A chain is verified to an anchor first (pki_chain_find). Only then is an address in it worth following, and only then can a CRL or an
 *          OCSP answer be verified, because both are verified to an authority of that chain.
 * CRL      The library's path validation does RFC 5280 6.3: issuer and key, cRLSign, dates, scope of the issuing distribution point, reasons,
 *          indirect lists, delta lists, critical extensions. Refused here beyond that: a list without nextUpdate (5.1.2.5), one whose signature
 *          is over SHA-1 or MD5, one above PKI_CRL_MAX. A list that cannot be trusted for a certificate counts as if it were not there.
 * OCSP     RFC 6960: the responder is the certificate's issuer, or has a certificate from that issuer with id-kp-OCSPSigning. A certID of SHA-1
 *          is what responders expect (RFC 5019 2.1.1); it names a certificate and proves nothing. A nonce is not sent: answers may be cached.
 *          When the responder's certificate lacks id-pkix-ocsp-nocheck it is believed for its own life (RFC 6960 4.2.2.2.1: local policy).
 * Age      Data beyond nextUpdate are stale. They say "good" for a grace that the caller gives, and "revoked" for ever.
 * Clocks   thisUpdate may be up to PKI_SKEW seconds ahead.
 * Units    UTC seconds.
 * Owns     a pki_crl is counted (pki_crl_ref). A chain borrows its anchors. Others are the caller's to free.
 * Threads  anchors, chains and lists may be read by several threads at once.
 * Process  trustd; smtpd sessions and pli cert verify (lists inside a message).   Source RFC 5280, RFC 6960, RFC 5019.
 */
#pragma once
#include "base/buf.h"

enum { PKI_CHAIN_MAX = 10, PKI_CRL_MAX = 32 * 1024 * 1024, PKI_OCSP_MAX = 64 * 1024, PKI_SKEW = 300, PKI_URLS = 4, PKI_URL_MAX = 512, PKI_NAME_MAX = 512 };

/* ---- anchors and chains ---- */
struct pki_anchors;
const unsigned char *pki_anchors_digest(const struct pki_anchors *a); /* 32 bytes: SHA-256 of the file that was read */
enum rc pki_anchors_load(const char *pem_file, struct pki_anchors **a_out, struct err *e);
void pki_anchors_free(struct pki_anchors **a);
struct pki_chain;
/* The chain from the first certificate to an anchor, at that time; the others are there to build it from, in any order. RC_DENIED: there is none,
 * e->log says why, e->cause is one of CAUSE_CERT_EXPIRED, _NOT_YET, _WEAK, _CHAIN. RC_SYNTAX: not certificates. What a certificate may be used
 * for is not looked at: the asker has done so. */
enum rc pki_chain_find(const struct pki_anchors *a, const struct span *ders, size_t n, int64_t at, struct pki_chain **c_out, struct err *e);
void pki_chain_free(struct pki_chain **c);
size_t pki_chain_n(const struct pki_chain *c); /* certificates below the anchor, leaf first: those that can be revoked */
/* For i < pki_chain_n(). A name is RFC 4514, cut to the room there is. */
void pki_chain_issuer(const struct pki_chain *c, size_t i, char out[256]);
/* The name of the first certificate, whole; the same text for the same name, whoever presents it. False: it has none, or one that does not fit. */
bool pki_chain_subject(const struct pki_chain *c, char out[PKI_NAME_MAX]);
int64_t pki_chain_ends(const struct pki_chain *c); /* UTC s: notAfter of the certificate that ends first, the anchor among them */
/* What the chain may be used for in TLS, PKI_USE_ bits (RFC 5280 4.2.1.3, 4.2.1.12): PKI_USE_SIGNS, the first certificate may sign; the others, each certificate
 * that was given names that purpose, or any, or none at all. PKI_USE_EITHER: each names one of the two, not all of them the same. */
enum pki_uses { PKI_USE_SIGNS = 1, PKI_USE_CLIENT = 2, PKI_USE_SERVER = 4, PKI_USE_EITHER = 8 };
unsigned pki_chain_uses(const struct pki_chain *c);
/* Digest of the issuer's name and key and of the serial number: one value for one certificate, whoever presents it. */
enum rc pki_chain_id(const struct pki_chain *c, size_t i, unsigned char out[32], struct err *e);
/* The http addresses that a certificate names: of lists (cRLDistributionPoints), of responders (authorityInfoAccess). ldap is left out. */
struct pki_addresses {
    unsigned n_crl, n_ocsp, skipped; /* skipped: addresses of another scheme, or too long */
    char crl[PKI_URLS][PKI_URL_MAX], ocsp[PKI_URLS][PKI_URL_MAX];
};
void pki_chain_addresses(const struct pki_chain *c, size_t i, struct pki_addresses *out);

/* One more certificate of a chain as it travels: base/ipc.h's list of records, each one BYTES field (trustd_cert in trust/wire/wire.h). */
void pki_list_add(struct buf *list, struct span der);

/* ---- lists ---- */
struct pki_crl;
struct pki_crl_info {
    char issuer[256];
    int64_t this_update, next_update;
    uint32_t revoked; /* entries */
    bool delta;
};
/* RC_SYNTAX: not one CRL in DER; e->log says what it looks like (PEM, HTML). RC_DENIED: without nextUpdate, weakly signed, too large. */
enum rc pki_crl_parse(struct span der, struct pki_crl **c_out, struct err *e);
struct pki_crl *pki_crl_ref(struct pki_crl *c);
void pki_crl_free(struct pki_crl **c);
const struct pki_crl_info *pki_crl_about(const struct pki_crl *c);
/* Issuer, distribution point and kind: a younger list with the same value takes the place of an older one. */
void pki_crl_scope(const struct pki_crl *c, unsigned char out[32]);
/* A list whose issuer is called as one of these anchors must be signed by it. RC_DENIED: it is not. RC_OK also when no anchor is called so: who uses
 * the list verifies it. b may be NULL. */
enum rc pki_crl_by_anchor(const struct pki_anchors *a, const struct pki_anchors *b, const struct pki_crl *c, struct err *e);
bool pki_crl_same_issuer(const struct pki_crl *a, const struct pki_crl *b);

/* ---- what they say ---- */
enum pki_state { PKI_UNKNOWN, PKI_GOOD, PKI_REVOKED };
struct pki_status {
    enum pki_state state;
    bool stale;          /* what it rests on is beyond its nextUpdate */
    int64_t this_update; /* of the youngest data used; 0: none */
    int64_t next_update; /* of the data used that end first */
    int64_t revoked_at;
    int reason;          /* RFC 5280 5.3.1; -1: none given */
    char why[160];       /* PKI_UNKNOWN: why; "" when there was simply nothing */
};
struct pki_data {
    struct pki_crl *const *crls;
    size_t n_crls;
    int64_t at, grace;
};
/* out: pki_chain_n() of them. used (NULL, or n_crls of them): whether that list was good for a certificate of the chain. */
void pki_crls_say(const struct pki_chain *c, const struct pki_data *d, struct pki_status *out, bool *used);
/* The request about one certificate, DER. */
enum rc pki_ocsp_request(const struct pki_chain *c, size_t i, struct buf *der_out, struct err *e);
/* Reads and verifies the answer. RC_OK: out has what it says (PKI_UNKNOWN: the responder does not know the certificate). RC_SYNTAX: not OCSP.
 * RC_TEMP: the responder's own "try later". RC_DENIED: an answer that cannot be believed; e->log says why. */
enum rc pki_ocsp_read(const struct pki_chain *c, size_t i, struct span der, int64_t at, int64_t grace, struct pki_status *out, struct err *e);
