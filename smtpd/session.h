/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/session.h - one SMTP session in a process of its own: what it holds, and what its verbs share.
 *
 * Holds    one envelope, one message, the ticket of a sign-in. It never holds a private key or another session's mail.
 * Phases   START --EHLO/HELO--> READY (CLEAR, READY or PROVEN) --MAIL--> MAIL --RCPT--> RCPT --BDAT--> BDAT; the end of a message, RSET
 *          and EHLO lead back to READY; STARTTLS leads back to START. The table in verbs.c says which verb may come in which phase.
 * Ends     by QUIT, at a deadline, after too many errors, when the peer is gone, and when the server stops (421 at the next pause, after a message
 *          on its way is finished).
 * Units    deadlines (.._deadline, .._until, .._at) are clock_mono() nanoseconds; settings that end in _ms are milliseconds.
 * Process  smtpd sessions.   Source RFC 5321, RFC 2920, RFC 3030, RFC 3207, RFC 4954, RFC 6409.
 */
#pragma once
#include "base/listener.h"
#include "base/stream.h"
#include "crypto/tls/tls.h"
#include "directory/stay.h"
#include "flow/letter.h"
#include "flow/logged.h"
#include "proto/smtp/data_stream.h"
#include "proto/smtp/cmd.h"
#include "trust/client/client.h"

enum smtp_kind { KIND_SMTP = 0, KIND_SUBMISSION, KIND_SUBMISSIONS, KINDS_ };
enum citizen_check { CITIZEN_REFUSE = 0, CITIZEN_WARN, CITIZEN_OFF }; /* a patient's address that is no matricule INS: smtpd.citizen_check */
/* trust.revocation, in the order of its words: what a peer meets whose revocation cannot be checked */
enum smtp_revocation { REVOCATION_REQUIRE = 0, REVOCATION_SOFT, REVOCATION_OFF };
struct smtpd { /* settings and what the listener keeps warm; read only in sessions */
    const char *host, *domain;
    struct letter_conf letter;
    struct tls_conf *tls[KINDS_]; /* with client certificates on port 25 */
    enum smtp_revocation revocation;
    enum smtp_kind kind[LISTENER_FDS];
    enum citizen_check citizen_check;
    unsigned max_recipients, max_unknown, max_errors, max_auth;
    int64_t command_ms, data_ms, login_ms, session_ms;
    struct listener listener;
};

/* .phase keeps READY for each of CLEAR, READY and PROVEN. Which of the three it means depends on TLS and sign-in; smtp_phase() says it. */
enum {
    PH_START = 1, /* "connected": no EHLO yet */
    PH_CLEAR = 2, /* "clear": greeted, no TLS */
    PH_READY = 4, /* "helo": greeted over TLS, nobody signed in */
    PH_PROVEN =
        8, /* "auth": greeted over TLS, signed in; on port 25 there is nothing to sign in to: the certificate speaks */
    PH_MAIL = 16,
    PH_RCPT = 32,
    PH_BDAT = 64,
    PH_ANY = 127
};
enum { SMTP_ADDR = 256, SMTP_RCPTS = 500 /* what a request to stored can name; the setting goes no further */ };

struct smtp_envelope {
    char sender[SMTP_ADDR]; /* "" for <> */
    char envid[SMTP_ENVID_MAX + 1];
    struct smtp_mail_params params; /* its spans are not kept */
    struct letter_envelope is;      /* the same, as the letter takes it, and the recipients: one for each accepted RCPT */
    size_t places, weight;          /* distinct ones among them; bytes that these take in the request to stored */
    size_t named;                   /* accepted RCPTs: a distribution list is one of them, its members are recipients */
};
struct smtp_session {
    const struct smtpd *conf;
    const struct listener_peer *peer;
    enum smtp_kind kind;
    struct stream *st;
    struct buf reply; /* open: scratch for one reply */
    struct keyd *keyd;
    struct store *store;
    struct dir *dir;
    struct trust *trust;
    unsigned phase;
    bool over;        /* end after what is gathered was sent */
    const char *end;  /* why, for the log */
    const char *verb; /* at hand, from the table: for the log */
    char about[LOGGED_MAX]; /* the envelope address that the verb is about, as the log names it; "": none */
    bool tls;
    struct tls_peer tls_peer;
    bool peer_noted;         /* the log has said who the peer is */
    int64_t peer_good_until; /* UTC s: port 25: trustd's last "good" about the peer's certificate */
    int64_t peer_ask_at;     /* until then trustd, which did not answer, is not asked again */
    char vouched[SMTP_DOMAIN_MAX + 1]; /* port 25: the domain that dird gave to the peer's DN last */
    int64_t stands_until;              /* submission: no need to ask before whether the account still stands */
    char helo[SMTP_DOMAIN_MAX + 1];
    struct letter_peer from; /* what is known of the peer; its spans lie in this struct */
    char account[SMTP_ADDR]; /* "" until AUTH */
    struct buf ticket;
    uint64_t mbx; /* of the account */
    struct buf slots; /* open: wrapped keys */
    struct dird_may_rep own, may; /* what the account's domain allows its mail to be; the same, and what that of MAIL's sender allows */
    struct letter_account as; /* the same, as the letter takes it: account_is() */
    struct stay stay; /* from sign-in on: the right to be here */
    uint32_t account_flags;
    int64_t login_deadline, renew_at; /* AUTH must have come / the ticket is old: sign in anew */
    unsigned errors, unknown /* recipients refused */, auth_failures, messages;
    bool proven;                         /* signed in; on port 25, a listed operator's certificate: see smtp_prove() */
    struct smtp_envelope env;
    struct letter letter; /* between DATA/BDAT and the end of the message */
    struct data_stream data;
    int64_t data_until;        /* however it trickles, a message ends by then */
    int64_t look_at;           /* while a message comes: when to ask again whether the account may still be here */
    enum cause data_refused; /* told at the end of the message */
};

void *smtp_ready(void *conf);                                                         /* listener.ready: sandbox, daemons dialled */
void smtp_session(void *conf, void *ready, int fd, const struct listener_peer *peer); /* listener.session */
void smtp_session_loop(struct smtp_session *s);                          /* st, conf, peer are set */
/* False: the account is disabled, gone, or has another password. Then the client has been told (421), and the session is over. */
bool smtp_stays(struct smtp_session *s);
void tls_is(struct smtp_session *s);      /* the handshake is over, .tls_peer is filled in: .tls and .from follow */
void account_is(struct smtp_session *s); /* after each change of .account, .ticket, .slots or .account_flags: .as follows */
bool smtp_is_submission(const struct smtp_session *s);
unsigned smtp_phase(const struct smtp_session *s); /* one PH_ bit */
/* Notes that the peer has shown who it is: by a sign-in, or on port 25 by a verified certificate that the trust space lists for the sender's domain.
 * TLS alone proves nothing. Before this call the session must end by its login deadline, and holds one of the few places for strangers. */
void smtp_prove(struct smtp_session *s);

/* ---- replies (reply.c) ---- */
void smtp_say(struct smtp_session *s, int code, const char *esc, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Says the cause's row, with our id of the message while there is one; counts and logs. why may be NULL. 421, and 554 at the start, end it. */
void smtp_refuse(struct smtp_session *s, enum cause c, const struct err *why);
void smtp_end(struct smtp_session *s, const char *why);
/* A read failed: says so where the peer still listens (too late: the given cause; the account changed meanwhile), and the session is over. */
void smtp_unread(struct smtp_session *s, enum rc rc, enum cause late, const struct err *e);

/* ---- the envelope (envelope.c) ---- */
void envelope_reset(struct smtp_session *s); /* to READY when it was beyond; drops a message on its way */
/* Adds a recipient. False: one request to stored has no room for another. */
bool envelope_add_box(struct smtp_session *s, const struct dird_lookup_rep *who, const char *address, const struct smtp_rcpt_params *p);
bool envelope_add_remote(struct smtp_session *s, const char *address, const struct smtp_rcpt_params *p);
/* A member of a distribution list who cannot get the message: the sender is told why. A null sender is told nothing, and nothing is added. */
bool envelope_add_failed(struct smtp_session *s, const char *address, enum cause why, const struct smtp_rcpt_params *p);
/* All or none of a list's members: takes those away again that were added since mark. */
struct envelope_mark {
    size_t n, places, weight;
};
struct envelope_mark envelope_mark(const struct smtp_session *s);
void envelope_back(struct smtp_session *s, struct envelope_mark m);
void envelope_via(struct smtp_session *s, struct envelope_mark m, const char *list); /* those added since came through that list */
bool envelope_has(const struct smtp_session *s, const struct recipient *like); /* somebody of the same place gets it already */
size_t envelope_counted(const struct smtp_session *s); /* recipients as the rates count them: a list is one, and each of its members elsewhere */

/* ---- the message (receive.c) ---- */
bool receive_begin(struct smtp_session *s, bool dots);  /* false: refused already */
bool receive_data(struct smtp_session *s);              /* DATA: up to the end. false: the peer is gone */
bool receive_chunk(struct smtp_session *s, uint64_t n); /* BDAT */
/* BURL: n octets from another stream, which stays the caller's. RC_TEMP: they ended before. */
enum rc receive_from(struct smtp_session *s, struct stream *from, uint64_t n, struct err *e);
bool receive_skip(struct smtp_session *s, uint64_t n);  /* a BDAT that is refused: its octets are not commands */
void receive_end(struct smtp_session *s);               /* files it, answers, READY */
