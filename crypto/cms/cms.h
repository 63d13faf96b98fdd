/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/cms.h - CMS SignedData, detached (RFC 5652, RFC 8551, RFC 5035): made from a digest alone, verified from a reader.
 *
 * Signing   The signed attributes are content type, message digest, signing time (not with CMS_NO_TIME) and signing certificate v2.
 *           The algorithm is SHA-256 with RSA (PKCS#1 v1.5) or ECDSA.
 *           A signer (parsed key and certificate) may be kept and used by several threads at once.
 * Verifying The words are those of RFC 7281 3.1. Every signer is looked at. The worst word of all counts (enum cms_word is in that order).
 *           pass      every signer has a true signature, strong algorithms, and a chain to an anchor that RFC 5280 6.1 accepts
 *           policy    the signature is true, but not accepted here, for one of these reasons:
 *                       SHA-1 or MD5; a key below 112 bits (RSA of less than 2048)
 *                       DSA, because it is historic (RFC 8551 B) and no certificate in use has it
 *                       no signed attributes: RFC 5652 5.3 allows that for data, but such a signature can be made from one with attributes,
 *                       so nobody can tell which of the two was meant
 *                       no chain; dates; usage (RFC 8550 4.4); certificate policies
 *                       the signer's certificate, or an authority's, is revoked. It is not "fail": content and signature do agree, and nobody
 *                       can tell whether it was signed before (RFC 8550 4.3 leaves that to the reader; RFC 7281 3.1 has this word for it)
 *                       revocation could not be checked, where the caller requires it
 *           neutral   the octets are no CMS, or it has another type, an unknown algorithm, or more than the bounds
 *           permerror a signer's certificate is not in the CMS
 *           fail      content or signature were changed, or the signing-certificate attribute names another certificate (RFC 5035)
 * Revoked   Two sources are asked for each signer whose chain leads to an anchor: the lists inside the CMS (RFC 5652 10.2.1) with those that the
 *           caller has at hand, and the caller's ask(). "Revoked" of either counts; else "good" of either. Whoever shows a verdict must show
 *           .revocation too: whether it was checked, and how old the data are.
 * Bounds    CMS_DER_MAX bytes, CMS_CERTS_MAX certificates, CMS_SIGNERS_MAX signers, CMS_MAILS_MAX addresses in all.
 * Owns      A cms_signer and a cms_anchors are the caller's, to free. A verdict holds copies.
 * Process  keyd makes; httpd encloses. smtpd verifies, in the session of its peer, so that a hostile CMS harms that session only. pli cert verify.
 * Source   RFC 5652, RFC 8550, RFC 8551, RFC 7281, RFC 9598 (SmtpUTF8Mailbox).
 */
#pragma once
#include "base/buf.h"

enum { CMS_DER_MAX = 1024 * 1024, CMS_CERTS_MAX = 16, CMS_SIGNERS_MAX = 4, CMS_MAILS_MAX = 64, CMS_REASONS_MAX = 12 };

enum { CMS_NO_TIME = 0 };
/* key_pkcs8, cert: DER. when: UTC seconds, or CMS_NO_TIME. Out: DER. */
struct cms_signer;
enum rc cms_signer_new(struct span key_pkcs8, struct span cert, struct cms_signer **s_out, struct err *e); /* RC_DENIED: not a pair */
void cms_signer_free(struct cms_signer **s);
enum rc cms_signer_sign(const struct cms_signer *s, const unsigned char digest[32], int64_t when, struct buf *der_out, struct err *e);

/* Puts the content into a detached CMS that was made from its digest, and adds the other certificates of the signer's chain (a PEM text, the signer's
 * own first). The signature is not touched. RC_SYNTAX: no such CMS, or no PEM. */
enum rc cms_enclose(struct span detached, struct span content, struct span chain_pem, struct buf *der_out, struct err *e);

enum cms_word { CMS_NONE, CMS_PASS, CMS_POLICY, CMS_NEUTRAL, CMS_PERMERROR, CMS_FAIL, CMS_WORDS_ };
const char *cms_word_name(enum cms_word w); /* as RFC 7281 writes it */
struct cms_signer_id {
    char subject[256], issuer[256]; /* DN, RFC 4514 */
    char serial[48];                /* hexadecimal */
};
enum cms_checked { CMS_NOT_CHECKED, CMS_NOT_REVOKED, CMS_REVOKED };
struct cms_revocation {
    enum cms_checked state;
    int64_t as_of;    /* UTC s: how old the data are; 0: there are none */
    char why[224];    /* CMS_REVOKED: since when and by whom; CMS_NOT_CHECKED: what was tried, or "" */
};
struct cms_verdict {
    enum cms_word word;                        /* CMS_NONE: it is well-formed and nobody signed it (certificates only, or encrypted) */
    bool valid;                                /* for every signer, the signature fits the content */
    bool trusted;                              /* word is CMS_PASS */
    size_t n_signers, n_mails, n_reasons;
    struct cms_signer_id signers[CMS_SIGNERS_MAX];
    char mails[CMS_MAILS_MAX][256];            /* every address of every signer's certificate, ASCII in lower case; an IDN domain in both forms */
    uint8_t mail_of[CMS_MAILS_MAX];            /* whose address it is: index into signers */
    char reasons[CMS_REASONS_MAX][160];        /* all that is wrong, in the order in which it was found */
    char reason[160];                          /* the reason that made the word; "" when the word is pass */
    bool revoked_seen;                         /* .revoked is filled in */
    struct cms_revocation revoked;             /* of all signers: the worst state, the oldest data */
    char revocation[256];                      /* the same for people: "not checked", "not revoked as of 2026-11-28T10:00:00Z", "revoked: ..." */
};
struct cms_anchors;
enum rc cms_anchors_load(const char *pem_file, struct cms_anchors **a_out, struct err *e); /* before the sandbox */
void cms_anchors_free(struct cms_anchors **a);
struct pki_crl;
/* chain: the certificates from the signer's to the last below the anchor, as pki_list_add() lists them (crypto/pki/revocation.h). */
typedef void (*cms_ask)(void *ctx, struct span chain, struct cms_revocation *out);
struct cms_trust {
    const struct cms_anchors *anchors; /* NULL: nobody is trusted */
    cms_ask ask;                       /* NULL: there is nobody to ask */
    void *ask_ctx;
    struct pki_crl *const *crls;       /* lists at hand */
    size_t n_crls;
    bool require;                      /* what could not be checked is not accepted */
};
/* read gives the signed content's canonical octets, piece by piece, and RC_NOTFOUND at the end. read NULL: the content is inside the CMS
 * (opaque). t NULL: nobody is trusted. RC_OK: a verdict was reached; a malformed or an unsigned CMS has one too. Any other value is the
 * failure of read. */
typedef enum rc (*cms_read)(void *ctx, struct span *piece_out, struct err *e);
enum rc cms_verify(struct span cms_der, cms_read read, void *ctx, const struct cms_trust *t, struct cms_verdict *v_out, struct err *e);
