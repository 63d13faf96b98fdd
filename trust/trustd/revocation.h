/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation.h - TRUSTD_CHECK, TRUSTD_SOURCES, TRUSTD_CRL: is a certificate of a chain revoked, and what is known for that.
 *
 * Order    The chain is verified to the anchors of its purpose first. Only then are addresses in it followed, and only those of certificates
 *          below the anchor.
 * Data     CRLs are kept in memory and in crl/ below trustd's home; OCSP answers in memory alone. A CRL is fetched at most once in its validity
 *          period; one download at a time for an address; an address that fails is left alone for a while that doubles each time, up to an
 *          hour. What is known is used until nextUpdate, then for trust.crl_grace more while it is fetched again; "revoked" is used for ever.
 * Files    <SHA-256 of the address>.crl with .url beside it: fetched. local-<SHA-256 of issuer and scope>.crl: imported (pli trust crl add). Each
 *          is written beside and renamed. A file is only data: every list is verified to its issuer each time it is used.
 * Choice   trust.revocation_order says whether CRL or OCSP is asked first; the other one is asked when that fails, at once or within the patience.
 *          A certificate that names neither, and whose issuer has no list here, is accepted or unknown, as trust.no_address says.
 * Threads  handlers run on any worker; a few threads of its own fetch. One lock, never held while fetching, verifying or writing.
 * Process  trustd.   Source RFC 5280 6.3, RFC 6960, spec/mssante.md 1.4.
 */
#pragma once
#include "trust/wire/wire.h"

struct revocations;
struct revocation_conf {
    const char *peer_anchors, *mail_anchors; /* PEM files, read by revocations_new() */
    int64_t grace;                           /* seconds beyond nextUpdate */
    bool ocsp_first, accept_no_address;
};
struct revocations *revocations_new(const struct revocation_conf *c); /* with all rights; dies when the anchors cannot be read */
void revocations_start(struct revocations *r, const char *dir);       /* in the sandbox: reads dir ("crl"), makes it, starts its threads */
void revocations_stop(struct revocations *r);
void revocations_count(struct revocations *r, uint64_t *sources_out, uint64_t *checks_out);
enum rc revocation_check(struct revocations *r, const struct trustd_check_req *rq, struct ipc_reply *rep, struct err *e);
enum rc revocation_sources(struct revocations *r, const struct trustd_sources_req *rq, struct ipc_reply *rep, struct err *e);
enum rc revocation_import(struct revocations *r, int fd, struct ipc_reply *rep, struct err *e); /* TRUSTD_CRL */
