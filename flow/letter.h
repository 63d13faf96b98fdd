/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter.h - one message from the door to stable storage: the steps that every received message goes through.
 *
 * Owns     the spool, the scan, and what the steps make (results, trace). Peer, account and envelope are borrowed from the session. The session
 *          fills each of them when its SMTP command comes.
 * Use      letter_begin(), letter_put() for the pieces as they come, letter_file(); letter_end() in any case.
 * Steps    the table in letter.c is the list of the steps and their order. A step may refuse the message (enum cause; *e has the details for the
 *          log). Only two steps change the octets: step_cut.c cuts out the fields that must not go on, and step_sign.c makes mail that is to
 *          be signed canonical and signs it. Everything else is put on top of the message, as trace.
 * Verdicts a step may refuse the message for one recipient (recipient.verdict). Such a verdict refuses the message for all recipients, because SMTP
 *          has one answer after DATA; but of a member of a distribution list it is reported to the sender, and the others get it.
 * Promise  CAUSE_NONE from letter_file(): the message is on stable storage for every recipient. Any other answer: it is nowhere.
 * Process  smtpd sessions.   Source RFC 5321 4.4, RFC 8601, RFC 7281, RFC 6409 8, RFC 8314 4.3.
 */
#pragma once
#include "crypto/cms/cms.h"
#include "directory/client.h"
#include "flow/file.h"
#include "mime/canon.h"
#include "policies/causes.h"
#include "trust/client/client.h"

enum letter_door { DOOR_RELAY /* port 25 */, DOOR_SUBMISSION };
/* Port 25: of which domains the authors of a message may be. Setting smtpd.from_domain. */
enum letter_from {
    FROM_OPERATOR, /* listed for the DN that the peer has shown */
    FROM_DOMAIN,   /* the envelope sender's; a null sender has none: as FROM_OPERATOR */
    FROM_OFF       /* any */
};
/* trust.mail_revocation, in the order of its words. A signature whose revocation could not be checked: said to be so; not accepted (word policy);
 * trustd is not asked at all. The lists inside a message are looked at in any case. */
enum letter_revocation { LETTER_SOFT = 0, LETTER_REQUIRE, LETTER_OFF };
struct letter_conf {
    const char *host;                  /* our name in trace fields */
    const char *domain;                /* also ours as an authserv-id */
    const struct cms_anchors *anchors; /* NULL: signatures can not be judged */
    struct pki_crl *const *crls;       /* revocation lists at hand, besides those in a message and what trustd says */
    size_t n_crls;
    enum letter_revocation revocation;
    uint64_t max_message;
    enum letter_from from;
    const char *citizens;              /* the domain of patients' mailboxes; "": none */
    unsigned char once_key[32];        /* that keys of submissions are made with */
    uint32_t once_s;                   /* a submission that comes again within that time is answered, not filed; 0: never */
    uint64_t citizen_max;              /* largest message submitted to one of them, as it leaves */
};
struct letter_peer { /* who brings it: filled at connect, EHLO and STARTTLS */
    struct span helo;
    const char *ip, *tls_version, *tls_cipher; /* tls_version NULL: none */
    bool esmtp;
    struct span dn;        /* port 25: the subject of its verified certificate */
    struct span vouched;   /* port 25: a domain that dird gave to that DN; empty: none */
    int64_t vouched_until; /* clock_mono: how long that answer is good */
};
struct letter_account { /* on submission, who signed in: filled at AUTH. Zeroed on port 25 */
    struct span address, ticket, slots;
    bool sign;
    uint64_t max_message; /* octets that its domain lets it send; 0: as .conf */
};
struct letter_envelope { /* filled at MAIL and RCPT */
    struct span sender /* empty for <> */, envid;
    uint8_t ret;
    bool smtputf8, requiretls; /* RFC 8689 */
    struct recipients to;
};
struct letter {
    const struct letter_conf *conf;
    struct keyd *keyd;
    struct store *store;
    struct dir *dir;
    struct trust *trust;               /* asked about signers' certificates; NULL: nobody is */
    enum letter_door door;
    char mid[17];
    const struct letter_peer *peer;
    const struct letter_account *account;
    const struct letter_account *signer; /* who signs: .account, or the mailbox in whose name it is written (step_delegate.c) */
    struct letter_envelope *env; /* steps change its recipients */
    /* made on the way */
    struct spool *message;
    struct scan *scan;           /* of .message; NULL after it was signed here */
    struct signed_places places; /* signed here: where */
    struct buf cms;              /* open: signed here: the signature */
    struct buf results, trace;
    struct file_result filed;
    struct buf author;   /* open: submission: an address, the first of From, when it is not the account's own; empty: it is */
    bool author_known;
    struct span author_is;
    struct {
        struct letter_account as;
        struct buf ticket_mem, slots_mem; /* open: a ticket, wrapped keys */
    } acting; /* .signer, when that is another's */
    struct digest *digest; /* submission: of the octets as they came; NULL: not asked for */
    unsigned char once[STORE_ONCE];
    bool has_once;
};
/* The local part of a patient's address; empty when that is none. */
struct span letter_citizen(const struct letter_conf *c, struct span address);
void letter_begin(struct letter *l);                                    /* conf is set; draws mid */
enum rc letter_put(struct letter *l, struct span piece, struct err *e); /* RC_PERM, CAUSE_TOO_BIG: beyond conf->max_message; CAUSE_DOMAIN_SIZE: beyond the account's */
/* A submission that was filed before (docs/decisions/0019) is CAUSE_NONE, too: .filed.first is its id then. */
enum cause letter_file(struct letter *l, struct err *e);
/* Judges the message's S/MIME signature, in the words of RFC 7281 3.1. The author in From is compared with the certificate (RFC 8550 3).
 * The call comes after the whole message was put and after spool_end() and scan_end(), which a step has called. It reads .conf->anchors, .message
 * and .scan. For a letter that was signed here it reads .places and .cms instead of .scan. RC_TEMP, RC_CORRUPT: the message could not be read. */
struct letter_verdict {
    enum cms_word word;
    bool judged;           /* a signature was looked at, and cms is filled in */
    char reason[160];      /* of the word; "" when it is pass or none */
    char identifier[256];  /* the certificate's address: the one in From, else its first */
    struct cms_verdict cms;
};
enum rc letter_verdict(struct letter *l, struct letter_verdict *v_out, struct err *e);
/* What it holds is given back: it is refused. Its id stays, for the reply and the log; letter_end() is still due. */
void letter_drop(struct letter *l);
void letter_end(struct letter *l); /* a zeroed one is fine */
