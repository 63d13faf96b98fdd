/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/session.h - one IMAP session: what it holds, and what its commands share.
 *
 * States   IS_NEW (connected) -> IS_AUTH (signed in, mailbox opened) -> IS_SELECTED (a folder's view is loaded) -> IS_AUTH ... ; .bye ends it.
 * Memory   a process has one struct imap_session. .mem is the arena of the command at hand; .out is scratch for answers.
 * Answers  a command writes its untagged answers and returns RC_OK, or any other code and an err. From that imapd/reply.c writes the tagged line;
 *          no other file writes one. .code, when set, is the response code of the tagged line: "[READ-ONLY]".
 * Secrets  are the mailbox key, the epoch keys (flow/mailbox.h), and what passes through the frame and the stream. All of them are wiped.
 * Process  pli-imapd session.   Source RFC 3501.
 */
#pragma once
#include "base/listener.h"
#include "base/stream.h"
#include "crypto/tls/tls.h"
#include "directory/client.h"
#include "directory/stay.h"
#include "flow/mailbox.h"
#include "imapd/keywords.h"
#include "policies/causes.h"
#include "proto/imap/args.h"
#include "proto/imap/frame.h"

enum { IS_NEW = 1, IS_AUTH = 2, IS_SELECTED = 4, IS_ANY = 7 };
enum { OWN_MOST = 16 };
struct command;
struct context;
struct home;
struct notify;
struct view;
struct imap_conf { /* made by the listener, shared by its sessions */
    struct tls_conf *tls;
    const char *hostname;
    uint64_t max_message;
    unsigned max_errors;
    int login_ms, idle_ms, progress_ms;
    unsigned language; /* enum folder_language */
    bool implicit_tls[LISTENER_FDS];
    bool urls[LISTENER_FDS]; /* imapd/resolve.c */
    uid_t smtpd_uid;
};
struct imap_session {
    const struct imap_conf *conf;
    const struct listener_peer *peer;
    struct stream *io;
    struct tls_peer tls;
    bool has_tls, bye, stopping;
    bool compressed; /* imapd/deflate.h */
    bool lost;     /* the line is gone or out of step: nothing more may be said on it */
    bool answered; /* answered: the command wrote its own tagged line */
    unsigned state;
    unsigned errors, failed_logins;
    int64_t login_deadline; /* the sign-in must be done by then, whatever is said meanwhile */

    struct keyd *keyd;
    struct store *store; /* one connection: requests, and from the first IDLE or NOTIFY on events too */
    bool watching;       /* imapd/watch.h: */
    uint32_t watched;    /* this folder, 0: all, */
    unsigned watched_on; /* on this connection: store_dials() */
    struct notify *notify; /* imapd/notify.h; NULL: no NOTIFY was given */
    struct dir *dir;
    struct mailbox *box;   /* .store, .box, .keywords and the watch are of the mailbox at hand: imapd/homes.h */
    struct home *at;       /* that is another's; NULL: her own */
    struct home *homes, *view_home; /* all that are open; the selected folder's */
    unsigned renewals;     /* so often the ticket was renewed */
    char address[256];
    uint64_t mbx;
    struct stay stay;  /* from sign-in on: the right to be here */
    int64_t look_at;   /* not before: session_cut_if_ended() */
    int64_t progress_at; /* not before: reply_progress() */
    struct view *view; /* IS_SELECTED */
    struct keywords keywords;
    struct context *contexts; /* imapd/contexts.h */
    struct { /* imapd/metadata.h: what was told of other sessions' annotations */
        bool known;            /* .change is the number up to which all has been told */
        uint64_t change;
        struct {
            uint64_t from, to; /* above from, up to to */
        } own[OWN_MOST];       /* this session's own changes above .change, in order */
        size_t n_own;
        int64_t asked;
    } annotated;
    struct imap_set saved; /* "$": UIDs of the selected folder, settled; ours */

    const struct command *cmd; /* the command at hand */
    struct span tag;
    bool uid; /* it is one of the UID commands: C_UID */
    struct imap_opened opened; /* imapd/extensions.h: the words that are known */
    uint64_t enabled;          /* by ENABLE: a bit a row there */
    struct imap_frame frame;
    struct imap_arena mem;
    struct buf out;
    bool blamed;     /* reply_bad() */
    struct buf code; /* open: response code of a tagged OK, without brackets; empty: none. A failure has that of its cause, if none */
    bool streaming;  /* the command's last literal is still on the stream */
};
/* Sets .bye and .lost. A command calls it when reading or writing the stream fails. Returns RC_CLOSED. */
enum rc session_lost(struct imap_session *s, struct err *e, const char *why) __attribute__((warn_unused_result));
/* The client fell silent in the middle of a command: the session ends with a BYE that says so. Returns RC_TIMEOUT. */
enum rc session_late(struct imap_session *s, struct err *e) __attribute__((warn_unused_result));
/* A read in the middle of a command failed: late, lost for that reason, or RC_DENIED by session_watch, which has said what is to be done. */
enum rc session_unread(struct imap_session *s, enum rc rc, struct err *e, const char *why) __attribute__((warn_unused_result));
void *session_ready(void *conf); /* listener.ready: sandbox, daemons dialled */
void session_run(void *conf, void *ready, int fd, const struct listener_peer *peer); /* listener.session */

/* imapd/account.c. May the session stay? Called before each command and whenever a wait gives WAIT_STAY. RC_DENIED: the session must end, and e->cause
 * is told in its BYE. */
enum rc session_stays(struct imap_session *s, struct err *e);
int64_t session_due(const struct imap_session *s); /* a deadline: then session_stays() is to be asked again */
/* For the middle of a long answer, where no BYE can be said. When the session must end, the connection is cut and the next write fails. It looks a
 * few times per second. */
void session_cut_if_ended(struct imap_session *s);
extern const struct stream_watch session_watch; /* as session_goes_on(), for a client that is silent in the middle of what it sends */
enum rc session_goes_on(struct imap_session *s, struct err *e); /* in the middle of what a client sends: else a BYE, and no tagged answer */

/* imapd/input.c: reads the next whole command into .frame, and asks the client for its literals. RC_CLOSED, RC_TIMEOUT: the session ends. RC_SYNTAX:
 * the command was answered already. */
enum rc input_command(struct imap_session *s, struct err *e);
enum rc input_line(struct imap_session *s, struct span *line_out,
                   struct err *e); /* one line of a SASL or IDLE exchange */
/* stream_peek(), after the answers so far have gone out when there is nothing at hand. */
enum rc input_peek(struct imap_session *s, struct span *at_hand_out, struct err *e);
/* Takes n octets of a literal off the stream, in pieces. */
enum rc input_octets(struct imap_session *s, uint64_t n, enum rc (*sink)(void *ctx, struct span piece, struct err *e),
                     void *ctx, struct err *e);
enum { WAIT_INPUT = 1, WAIT_EVENT = 2, WAIT_STOP = 4, WAIT_STAY = 8 /* session_stays() is due */ };
enum rc input_wait(struct imap_session *s, int event_fd, int64_t deadline, unsigned *what_out, struct err *e);
/* The same without waiting: WAIT_EVENT, for there was one, and what else there is. RC_TIMEOUT: nothing else, and until has passed. */
enum rc input_look(struct imap_session *s, int64_t until, unsigned *what_out, struct err *e);

/* imapd/small.c: gives memory back before a long wait, between commands or in IDLE. */
void session_small(struct imap_session *s);

/* imapd/reply.c */
void reply_put(struct imap_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* CRLF is added */
void reply_out(struct imap_session *s); /* .out as it is, to the stream; emptied */
void reply_tagged(struct imap_session *s, enum rc rc, const struct err *e);
void reply_code(struct imap_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void reply_alive(struct imap_session *s);  /* an answer makes progress: the write deadline begins anew */
void reply_later(struct imap_session *s);  /* the same, for an answer that is still to come: a session that has ended is not cut */
/* Tells how far a long command is, when it is time to: "* OK [INPROGRESS ("a1" 454 1000)]" (RFC 9585). For loops that write nothing else meanwhile; .out is left alone. A
 * client that takes nothing does not end the command here. */
void reply_progress(struct imap_session *s, uint64_t done, uint64_t total);
void put_u64(struct buf *out, uint64_t v); /* decimal: listings write five numbers a message */
/* BAD: the client's fault. Any other RC_SYNTAX out of a command is ours, and is answered NO [SERVERBUG]. */
enum rc reply_bad(struct imap_session *s, struct err *e, enum cause cause) __attribute__((warn_unused_result));
enum rc reply_no(struct err *e, enum cause cause) __attribute__((warn_unused_result)); /* NO: a refusal, RC_PERM */
void reply_refused(struct imap_session *s, enum cause cause); /* a tagged NO at once, before the rest of its command is read away */
void reply_why(struct buf *out, enum cause cause); /* "[CODE] French / English", as it follows NO, BAD or BYE */

/* imapd/resolve.c: a session that smtpd asked for the octets of one URL (flow/resolver.h). fd: the connection. */
void resolve_run(struct imap_session *s, int fd);

/* imapd/signin.c: LOGIN and AUTHENTICATE meet here. */
enum rc signin(struct imap_session *s, struct span login, struct span password, struct err *e);
