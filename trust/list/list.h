/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list.h - the white list (liste blanche) as it comes: verified and read, or refused with the reason.
 *
 * Verifies the enveloped XML signature with libxmlsec1: the last child of the root, the only one of the document; exclusive C14N, RSA or ECDSA with SHA-256
 *          or better, one Reference with URI "" over the whole document, one certificate in KeyInfo. That certificate must
 *            be the pinned one (.signer_pem), or
 *            chain to .anchors_pem at the time the list was generated and have .signer_name as CN or as rfc822Name.
 *          Its key has 112 bits or more. Its dates: see .expired_signer.
 * Reads    what is signed: the entries come from the canonical octets that the digest was made of, never from the document. Elements that are not
 *          known are passed over, so that the list may grow fields. A domain with accents (an old list had one) counts as its A-labels
 *          (base/idn.h). An entry whose domain or DN is none is left out and counted: nobody can be it, and all others are good.
 * Refuses  any byte changed; DTDs (so entities), anything beyond bounds; HTML; another root or namespace; an element that holds more than text where text
 *          belongs; Domaine without Nom or DNCertificatOperateur; a list without entries; a DateDeGeneration more than LIST_SKEW seconds ahead.
 *          XInclude and the network are never used.
 * Where    list_read() is to be called in a process that holds no key and no mail: list_read_apart() has one forked, in the sandbox SB_TRUST_PARSER (no
 *          files, no network), with limits on memory and time, sends it the text and takes the result. A crash, a loop or a bomb there is RC_DENIED,
 *          CAUSE_LIST_UNREADABLE. The reader is forked by a process that list_apart_start() forked (SB_TRUST_STARTER), because a process with threads
 *          must not go on in a child of its own: start it before the first thread and before the caller's sandbox.
 * Threads  one list_read_apart() of a struct list_apart at a time.
 * Errors   RC_DENIED with CAUSE_LIST_UNREADABLE, _SIGNATURE, _SIGNER, _EXPIRED_SIGNER or _FUTURE (all told to the administrator only). RC_TEMP: no
 *          process, no memory. RC_SYNTAX: .signer_pem or .anchors_pem cannot be read. list_read_apart()
 *          also RC_CLOSED: the process of list_apart_start() has ended; no later call can succeed.
 * Process  list_apart_*: trustd, pli trust verify. list_read(): the reader.   Source spec/mssante.md 1.3, XML Signature Syntax, RFC 3275, Exclusive XML Canonicalization 1.0.
 */
#pragma once
#include "base/buf.h"
#include <sys/types.h>

enum { LIST_XML_MAX = 64 * 1024 * 1024, LIST_ENTRIES_MAX = 200000, LIST_SIGNER = 512, LIST_SKEW = 300 };
enum list_expired { LIST_EXPIRED_AT_GENERATION = 0 /* it must have been valid at DateDeGeneration; the result says that it has expired since */, LIST_EXPIRED_NEVER /* it must be valid now too */ };
struct list_how {
    struct span signer_pem;  /* empty: by anchors and name */
    struct span anchors_pem; /* PEM text, certificates; any of them ends a path */
    struct span signer_name; /* "alb.mssante.fr" or "alb@mssante.fr" */
    enum list_expired expired_signer;
    uint64_t now;            /* UTC s */
};
struct list_result {
    uint64_t generated, signer_from, signer_until; /* UTC s */
    uint64_t entries;                              /* Domaine elements of the list */
    uint64_t duplicates, skipped;                  /* of these left out: exact duplicates; those whose domain or DN is none */
    uint64_t domains, operators;                   /* of the index; operators: distinct DNs */
    bool signer_expired;                           /* at .now */
    char signer[LIST_SIGNER], issuer[LIST_SIGNER]; /* RFC 4514 */
    struct buf index;                              /* trust/index form; the caller's */
};
void list_warm(void); /* what the libraries load from files at their first use; once for a process, and again is nothing */
enum rc list_read(struct span xml, const struct list_how *how, struct list_result *out, struct err *e);
struct list_apart;
enum rc list_apart_start(uid_t uid, const char *root, struct list_apart **out, struct err *e); /* uid, root: as in struct sandbox_how */
void list_apart_stop(struct list_apart **a);
enum rc list_read_apart(struct list_apart *a, struct span xml, const struct list_how *how, struct list_result *out, struct err *e);
void list_result_free(struct list_result *r);
