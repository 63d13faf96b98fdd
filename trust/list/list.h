/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list.h - the white list (liste blanche) as it comes: verified and read, or refused with the reason.
 *
 * Verifies the enveloped XML signature (exclusive C14N, RSA or ECDSA with SHA-256 or better, one Reference with URI "" over the whole document) with
 *          libxmlsec1, by the certificate in KeyInfo, which must
 *            be the pinned one (.signer_pem), or
 *            chain to .anchors_pem at the time the list was generated and have .signer_name as CN or as rfc822Name.
 *          Its dates: see .expired_signer.
 * Refuses  any byte changed; DTDs, entities, XInclude, network access, anything beyond bounds; HTML; another root or namespace; Domaine without Nom or
 *          DNCertificatOperateur, or with a domain or DN that is none; a DateDeGeneration in the future. What is signed is what is read: the entries come
 *          from the canonical octets that the signature covers.
 * Where    list_read() is to be called in a process that holds no key and no mail: list_read_apart() forks one, in the sandbox SB_TRUST_PARSER (no files,
 *          no network), gives it the text and takes the index from a pipe. A crash or a loop there is RC_DENIED, CAUSE_LIST_UNREADABLE.
 * Causes   CAUSE_LIST_UNREADABLE, CAUSE_LIST_SIGNATURE, CAUSE_LIST_SIGNER, CAUSE_LIST_EXPIRED_SIGNER, CAUSE_LIST_FUTURE (all told to the administrator only).
 * Process  trustd's parser child; pli trust verify.   Source spec/mssante.md 1.3, XML Signature Syntax, RFC 3275, Exclusive XML Canonicalization 1.0.
 */
#pragma once
#include "base/buf.h"

enum { LIST_XML_MAX = 64 * 1024 * 1024, LIST_ENTRIES_MAX = 200000, LIST_SIGNER = 512 };
enum list_expired { LIST_EXPIRED_AT_GENERATION = 0 /* it must have been valid at DateDeGeneration; the result says that it has expired since */, LIST_EXPIRED_NEVER /* it must be valid now too */ };
struct list_how {
    struct span signer_pem;  /* empty: by anchors and name */
    struct span anchors_pem; /* PEM text, certificates */
    struct span signer_name; /* "alb.mssante.fr" or "alb@mssante.fr" */
    enum list_expired expired_signer;
    uint64_t now;            /* UTC s */
};
struct list_result {
    uint64_t generated, signer_from, signer_until; /* UTC s */
    uint64_t entries, domains, duplicates;
    bool signer_expired;
    char signer[LIST_SIGNER], issuer[LIST_SIGNER]; /* RFC 4514 */
    struct buf index;                              /* trust/index form; the caller's */
};
enum rc list_read(struct span xml, const struct list_how *how, struct list_result *out, struct err *e);
enum rc list_read_apart(struct span xml, const struct list_how *how, struct list_result *out, struct err *e);
void list_result_free(struct list_result *r);
