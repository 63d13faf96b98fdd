/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter.h - one message from the door to stable storage: the steps that every received message goes through, written once.
 *
 * Owns     the spool, the scan, what the steps make (results, trace). Everything else in struct letter is borrowed from the session.
 * Use      letter_begin(), letter_put() pieces as they come, letter_file(); letter_end() in any case.
 * Steps    the table in letter.c is their list and order. A step may refuse (enum cause, with the cause in *e for the log); the octets
 *          are changed by two steps only: fields that must not go on are cut out (step_cut.c), and mail to be signed is made canonical and signed. All else is
 *          put on top, as trace.
 * Promise  CAUSE_NONE from letter_file(): on stable storage for every recipient. Anything else: nowhere.
 * Process  smtpd sessions.   Source RFC 5321 4.4, RFC 8601, RFC 7281, RFC 6409 8, RFC 8314 4.3.
 */
#pragma once
#include "crypto/cms/cms.h"
#include "directory/client.h"
#include "flow/file.h"
#include "mime/canon.h"
#include "policies/causes.h"

enum letter_door { DOOR_RELAY /* port 25 */, DOOR_SUBMISSION };
struct letter_conf {
    const char *host;                  /* our name in trace fields */
    const char *domain;                /* also ours as an authserv-id */
    const struct cms_anchors *anchors; /* NULL: signatures can not be judged */
    uint64_t max_message;
};
struct letter {
    const struct letter_conf *conf;
    struct keyd *keyd;
    struct store *store;
    struct dir *dir;
    enum letter_door door;
    char mid[17];
    /* the peer */
    struct span helo;
    const char *ip, *tls_version, *tls_cipher; /* tls_version NULL: none */
    bool esmtp;
    struct span peer_dn; /* port 25: the subject of its verified certificate */
    struct span trusted; /* port 25: a domain that dird vouched for a moment ago with that DN; empty: none */
    /* the account, on submission */
    struct span account, ticket, slots;
    bool sign;
    /* the envelope */
    struct span sender, envid;
    uint8_t ret;
    bool smtputf8;
    struct span only_rcpt;  /* the recipient when there is one alone, else empty */
    struct span recipients; /* all of them as the log names them (flow/logged.h), one a line */
    const struct file_box *boxes;
    size_t n_boxes;
    const struct file_remote *remotes;
    size_t n_remotes;
    /* made on the way */
    struct spool *message;
    struct scan *scan;           /* of .message; NULL after it was signed here */
    struct signed_places places; /* signed here: where */
    struct buf cms;              /* signed here: the signature */
    struct buf results, trace;
    struct file_result filed;
};
void letter_begin(struct letter *l);                                    /* conf is set; draws mid */
enum rc letter_put(struct letter *l, struct span piece, struct err *e); /* RC_PERM, CAUSE_TOO_BIG: beyond conf->max_message */
enum cause letter_file(struct letter *l, struct err *e);
/* What is to be said of its S/MIME signature: RFC 7281 3.1 words, with the author in From compared (RFC 8550 3). After letter_put() of all and
 * spool_end(), scan_end() (a step has done both). Of the letter: conf->anchors, message, scan; else places and cms. RC_TEMP, RC_CORRUPT:
 * the message could not be read. */
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
