/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/wire/wire.h - what may be asked of pli-trustd: the signed list of the trust space (liste blanche), and whether a certificate is revoked.
 *
 * Why      trustd is the one program that fetches from the web (white list, CRL, OCSP) and reads XML. It holds no key and no mail, and it reads no
 *          byte of a mail peer. The list itself is parsed in a child of its own that has neither files nor network.
 * List     the last good list is kept in DIR/trust. Who looks names up (dird) maps the index (trust/index/index.h) that INDEX gives out, and gets
 *          EV_NEWS when there is another. So a look-up costs no question, and trustd may be away while mail goes on.
 * Revoked  the asker gives a whole chain, leaf first. trustd verifies it to the anchors of that purpose before it follows any address in it, because
 *          an address in a certificate of somebody unknown would make trustd fetch what a stranger likes.
 * Named    the answer has the subject of the chain's first certificate. Who compares a DN with the trust space compares that one, so the name, the chain
 *          and the state are of one certificate, whatever a session says of it.
 * Known    a chain that trustd verified is not verified again for an hour at most, while every certificate in it and every list used are in force, no list
 *          has come since, and trustd runs: its answer is kept by the hash of the chain. A session asks for that first (TW_KNOWN) and then need not
 *          verify the chain itself. Nobody but trustd writes there, and only what it verified. Decision 0031.
 * Again    every question may be asked again after a lost reply; UPDATE too: the same list twice is no change.
 * Process  trustd answers. Each message is written once, below; the table of ops is in wire.c.   Source spec/mssante.md 1.3, 1.4.
 */
#pragma once
#include "base/ipc.h"
#define TRUSTD_VERSION 3
extern const struct ipc_proto trustd_proto;
enum trustd_op {
    TRUSTD_INDEX = 16,   /* the index of the list in use, in a sealed memfd. dird admin */
    TRUSTD_CHECK,        /* is any certificate of this chain revoked? smtpd relayd admin */
    TRUSTD_UPDATE,       /* admin: take this list (a descriptor of the XML), or only try it; or fetch now */
    TRUSTD_STATUS,       /* admin super */
    TRUSTD_SOURCES,      /* admin: each CRL and OCSP address known: age, next fetch, failures */
    TRUSTD_CRL,          /* admin: take this revocation list (a descriptor of the DER), for an authority that names no address */
    TRUSTD_EV_NEWS = 200 /* pushed: another index is in use */
};
enum { TRUST_CHAIN_MAX = 64 * 1024, TRUST_CERTS_MAX = 8, TRUST_TEXT = 256, TRUST_URL = 512, TRUST_NAME = 512, TRUST_PEM_MAX = 16 * 1024 };

/* ---- TRUSTD_INDEX: the descriptor rides with the reply, but for have == generation, and for generation 0: there is no list ---- */
#define FIELDS_trustd_index_req(F, T)                                   \
    F(T, U64, have)                          /* generation; 0: none */
IPC_MESSAGE(trustd_index_req);

#define FIELDS_trustd_index_rep(F, T)                                                                        \
    F(T, U64, generation)                    /* grows with each list taken into use, also after a restart */ \
    F(T, U64, generated)                     /* UTC s: DateDeGeneration */                                   \
    F(T, U64, taken)                         /* UTC s: when it was last seen to be the newest */             \
    F(T, U64, good_until)                    /* UTC s: nobody may rely on it later (trust.max_age, trust.max_list_age); 0: no end */ \
    F(T, U8, configured)                     /* 1: there should be a list: an address or a signer is set, or one was in use */
IPC_MESSAGE(trustd_index_rep);

/* ---- TRUSTD_CHECK ---- */
enum trust_purpose { TP_PEER = 1 /* smtpd.peer_anchors */, TP_MAIL /* smtpd.mail_anchors */ };
enum trust_state {
    TS_GOOD = 1, /* every certificate below the anchor is covered by data in force, and none is revoked */
    TS_REVOKED,
    TS_UNKNOWN,  /* nothing could be had: why says what was tried */
    TS_PENDING,  /* being fetched: ask again in a moment. Never for longer than trustd's own patience, then TS_UNKNOWN */
    TS_NO_CHAIN  /* the chain does not lead to an anchor of that purpose */
};
enum trust_want {
    TW_REVOCATION,
    TW_NAME,     /* the chain and the name alone: nothing is looked up or fetched; TS_GOOD or TS_NO_CHAIN */
    TW_KNOWN     /* what TW_REVOCATION was answered lately, TS_GOOD or TS_REVOKED; RC_NOTFOUND: nothing that holds still. No certificate is read */
};
#define FIELDS_trustd_check_req(F, T)                                                          \
    F(T, U8, purpose)                        /* enum trust_purpose */                          \
    F(T, U8, want)                           /* enum trust_want */                             \
    F(T, BYTES, chain, TRUST_CHAIN_MAX)      /* list of trustd_cert, leaf first; anchor or not */
IPC_MESSAGE(trustd_check_req);

#define FIELDS_trustd_cert(F, T)             \
    F(T, BYTES, der, TRUST_CHAIN_MAX)
IPC_MESSAGE(trustd_cert); /* a list record */

#define FIELDS_trustd_check_rep(F, T)                                                                                \
    F(T, U8, state)                          /* enum trust_state */                                                  \
    F(T, U64, as_of)                         /* UTC s: thisUpdate of the oldest data used; 0: none */                \
    F(T, U64, until)                         /* UTC s: the answer may be kept until then */                          \
    F(T, U64, revoked_at)                    /* UTC s; TS_REVOKED */                                                 \
    F(T, U16, cause)                         /* enum cause; TS_NO_CHAIN: why (CAUSE_CERT_EXPIRED ...) */            \
    F(T, U8, depth)                          /* which certificate of the chain .why is about; 0: the leaf */         \
    F(T, U8, uses)                           /* enum pki_uses (crypto/pki/revocation.h); 0 with TS_NO_CHAIN */          \
    F(T, FIX, anchors, 32)                   /* SHA-256 of the file of anchors that it was verified to; zeros with TS_NO_CHAIN */ \
    F(T, BYTES, dn, TRUST_NAME)              /* subject of the first certificate, RFC 4514; empty: none, or no name that can be compared; TS_NO_CHAIN */ \
    F(T, BYTES, why, TRUST_TEXT)             /* for the log and the verdict, English: "revoked 2026-10-01 by CN=..." */
IPC_MESSAGE(trustd_check_rep);

/* ---- TRUSTD_UPDATE. The descriptor of the request is the XML (a file or memfd), or an empty file: fetch now. RC_DENIED with e->log: it
 * is not taken, and why (enum cause of the list: CAUSE_LIST_...). The reply's descriptor is the index of that list, also when it was only tried. ---- */
enum trust_update { TU_TRY = 1 /* verify, take nothing into use */, TU_ACCEPT_LOSS = 2 /* a list that loses many domains, or is older, is meant */ };
#define FIELDS_trustd_update_req(F, T)                                                                            \
    F(T, U32, flags)                         /* enum trust_update */                                              \
    F(T, BYTES, signer_pem, TRUST_PEM_MAX)   /* the one certificate that must have signed it; empty: as configured */ \
    F(T, BYTES, url, TRUST_URL)              /* with an empty file: fetch this, once; empty: trust.url */
IPC_MESSAGE(trustd_update_req);

#define FIELDS_trustd_update_rep(F, T)                                                                   \
    F(T, U64, generation)                    /* in use after it */                                       \
    F(T, U64, generated)                                                                                 \
    F(T, U64, entries)                                                                                   \
    F(T, U64, domains)                                                                                   \
    F(T, U64, gained)                        /* domains, against the list in use before */               \
    F(T, U64, lost)                                                                                      \
    F(T, U64, changed)                       /* domains whose DNs changed */                             \
    F(T, U8, unchanged)                      /* 1: it is the list in use */                              \
    F(T, BYTES, signer, TRUST_NAME)          /* subject of the certificate that signed it, RFC 4514 */   \
    F(T, U64, signer_until)                  /* UTC s: notAfter of it */                                 \
    F(T, BYTES, remark, TRUST_TEXT)          /* empty, or "signer's certificate expired on ..., valid when the list was generated" */
IPC_MESSAGE(trustd_update_rep);

/* ---- TRUSTD_STATUS ---- */
#define FIELDS_trustd_status_rep(F, T)                                                                        \
    F(T, U64, generation)                    /* 0: no list */                                                 \
    F(T, U64, generated)                                                                                      \
    F(T, U64, taken)                                                                                          \
    F(T, U64, good_until)                    /* as trustd_index_rep */                                        \
    F(T, U64, entries)                                                                                        \
    F(T, U64, domains)                                                                                        \
    F(T, U64, operators)                     /* distinct DNs */                                               \
    F(T, U64, next_fetch)                    /* UTC s; 0: no address is configured */                         \
    F(T, U64, last_try)                                                                                       \
    F(T, U32, failures)                      /* in a row */                                                   \
    F(T, U8, alarm)                          /* 1: older than trust.alarm_age, or soon too old by its own date; 2: beyond good_until */ \
    F(T, U8, configured)                     /* 1: there should be a list; see trustd_index_rep */           \
    F(T, U64, sources)                       /* CRL and OCSP addresses known */                               \
    F(T, U64, checks)                        /* since the start */                                            \
    F(T, BYTES, signer, TRUST_NAME)                                                                           \
    F(T, BYTES, last_error, TRUST_TEXT)
IPC_MESSAGE(trustd_status_rep);

/* ---- TRUSTD_SOURCES ---- */
#define FIELDS_trustd_sources_req(F, T) \
    F(T, U32, from)
IPC_MESSAGE(trustd_sources_req);

#define FIELDS_trustd_source(F, T)                                                        \
    F(T, U8, ocsp)                           /* 1: OCSP, 0: CRL */                        \
    F(T, BYTES, url, TRUST_URL)                                                           \
    F(T, BYTES, issuer, TRUST_NAME)                                                       \
    F(T, U64, this_update)                   /* UTC s; 0: never had */                    \
    F(T, U64, next_update)                                                                \
    F(T, U64, next_fetch)                                                                 \
    F(T, U32, failures)                                                                   \
    F(T, U32, revoked)                       /* entries of the CRL */                     \
    F(T, BYTES, last_error, TRUST_TEXT)
IPC_MESSAGE(trustd_source); /* a list record */

#define FIELDS_trustd_sources_rep(F, T)                                                   \
    F(T, BYTES, sources, 80 * 1024)          /* list of trustd_source */                  \
    F(T, U32, next)                          /* 0: that was all */
IPC_MESSAGE(trustd_sources_rep);

/* ---- TRUSTD_CRL. RC_SYNTAX, RC_DENIED with e->log: it is no list that can be used, or is older than the one held. ---- */
#define FIELDS_trustd_crl_rep(F, T)                                                       \
    F(T, BYTES, issuer, TRUST_NAME)          /* RFC 4514 */                               \
    F(T, U64, this_update)                                                                \
    F(T, U64, next_update)                                                                \
    F(T, U32, revoked)                       /* entries */
IPC_MESSAGE(trustd_crl_rep);

#define FIELDS_trustd_ev_news(F, T)          \
    F(T, U64, generation)
IPC_MESSAGE(trustd_ev_news); /* the event */
