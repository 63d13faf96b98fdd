/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session.h - a destination session from inside: one peer, one channel to the scheduler, letters one after the other.
 *
 * Steps    session.c: greeting, EHLO, STARTTLS, handshake, PEER, EHLO, then letters until there is none. session_line.c: commands and replies.
 *          session_letter.c: one letter's envelope and what became of its recipients. session_body.c: its octets, chunk by chunk; session_convert.c: in seven bits.
 *          session_ask.c: the channel.
 * Ending   the first thing that goes wrong with the connection is kept in .end and told to the scheduler (CH_END). What goes wrong with a letter alone
 *          is in its results, and the connection goes on.
 * Strict   replies are lines that end in CRLF, of bounded length and number, with one code. A reply that nobody asked for ends the connection: in clear it
 *          is an injection (CAUSE_PEER_INJECTED), under TLS it would shift all later replies by one.
 * Memory   a chunk of the message in clear and sealed, and what the streams gather: less than 1 MB, whatever the message's size; where it is
 *          converted, its structure too (mime/scan.h has the bounds).
 * Process  relayd sessions.   Source RFC 5321, RFC 3207, RFC 2920, RFC 3030, RFC 1870, RFC 6152, RFC 3461, RFC 6531, RFC 8689, RFC 9422.
 */
#pragma once
#include "base/sandbox.h"
#include "base/stream.h"
#include "crypto/seal/seal.h"
#include "crypto/tls/tls_client.h"
#include "policies/causes.h"
#include "proto/smtp/client.h"
#include "relayd/nursery.h"

struct session_conf {
    struct tls_client *tls;
    const struct identities *identities; /* NULL: all mail leaves as the instance */
    char host[256];        /* what we say in EHLO */
    int64_t command_ms;    /* one reply, the greeting and the handshake included (RFC 5321 4.5.3.2.1 to .4) */
    int64_t data_ms;       /* a block of the message is taken (.5) */
    int64_t final_ms;      /* the reply to the message (.6) */
    struct sandbox_how sandbox;
};
enum { QUIT_MS = 5000, LETTER_MS = 2 * 60 * 60 * 1000 /* the octets of one message in all */ };

struct session_end {
    bool set;
    enum channel_stage stage;
    enum cause cause;
    uint16_t code;
    char esc[SMTP_ESC_MAX];
    char text[CH_TEXT + 1];
};
struct session {
    const struct session_conf *conf;
    const struct session_start *start;
    int channel;
    struct stream *s;
    enum channel_stage stage;
    bool secret;                /* TLS is up */
    struct smtp_offers offers;
    struct smtp_answer answer;  /* the last reply */
    struct session_end end;
    struct buf mem, line, plain; /* of the channel's answers; a command; a chunk in clear */
    uint64_t letters;
    bool dirty;                 /* the peer may hold a part of a transaction: RSET before the next */
    bool cut;                   /* the peer is in the middle of a message: nothing can be said any more */
};

/* ---- session_line.c ---- */
/* All give false when the connection is of no more use; .end says why. */
bool session_failed(struct session *n, enum cause cause, const char *text);       /* false */
bool session_answered(struct session *n, enum cause cause);                       /* the last reply ends it; false */
bool session_io(struct session *n, const struct err *e);                          /* false */
bool session_send(struct session *n, struct span d);                              /* gathered and flushed, within command_ms */
bool session_reply(struct session *n, enum channel_stage stage, int64_t ms);      /* the next reply into .answer; 421 is a reply like others */
bool session_reply_until(struct session *n, enum channel_stage stage, int64_t deadline);
bool session_command(struct session *n, enum channel_stage stage, const char *command);
bool session_silent(struct session *n);                                           /* nobody said anything unasked */
bool session_flush(struct session *n, int64_t deadline);
static inline unsigned session_class(const struct session *n) /* of the last reply */
{
    return n->answer.code / 100;
}

/* ---- session_ask.c ---- */
/* Waits for the answer as long as it takes. False: the scheduler has gone, or answered with something else; the session ends without a word. */
bool session_ask(struct session *n, uint16_t op, const struct ipc_field *rq_fields, const void *rq, const struct ipc_field *rep_fields, void *rep_out);
bool session_tell(struct session *n, uint16_t op, const struct ipc_field *fields, const void *msg);
/* The next letter. False as above, and when the peer spoke or left while we waited. */
bool session_next(struct session *n, struct channel_next_rep *out);
bool session_wanted(const struct session *n); /* the scheduler is still there */
struct tls_signer session_signer(struct session *n);

/* ---- session_letter.c ---- */
/* One letter, its DONE included. False: the connection is of no more use. */
bool session_letter(struct session *n, const struct channel_next_rep *l);

/* ---- session_body.c ---- */
struct letter_body {
    struct session *n;
    struct seal_obj *object;
    uint64_t letter, size;
    uint32_t lead;               /* octets of its first chunk, where that is a lead */
    uint32_t chunks, next;       /* next: number of the chunk behind the one in n->plain */
    uint64_t sends;              /* octets that leave: without Return-Path, or converted */
    bool eight_bit;              /* octets beyond 127 may be read */
    bool utf8;                   /* SMTPUTF8 was asked for: its header may be UTF-8 */
    struct conversion *conv;     /* NULL: the message leaves as it is */
    unsigned char last;          /* the last octet of the chunks before */
    enum cause cause;            /* why the message cannot be sent; CAUSE_NONE: it can */
    bool gone;                   /* the scheduler has no octets for us: the connection ends */
};
bool body_next(struct letter_body *b); /* the next chunk into n->plain, as it is to leave. False: .cause, or .gone */

/* ---- session_convert.c ---- */
/* Reads the whole message twice: what is it made of, and what would leave? Then the first chunk is at hand, converted. False: .cause says why not. */
bool convert_open(struct letter_body *b);
bool convert_chunk(struct letter_body *b); /* n->plain becomes what leaves in its place */
void convert_close(struct letter_body *b);
enum body_result {
    BODY_SENT = 1, /* the reply to it is due */
    BODY_REFUSED,  /* the last reply refuses it; the connection is good */
    BODY_CUT       /* the connection must end, without a final dot: .cause, .gone or the session's .end says why */
};
/* The first chunk came with the letter. A message with octets beyond 127 for a peer without 8BITMIME is looked at as a whole, and converted where that
 * breaks nothing (session_convert.c). False: .cause says why it cannot be sent. */
bool body_open(struct letter_body *b, struct session *n, const struct channel_next_rep *l);
bool body_more(const struct letter_body *b);
bool body_wanted(struct letter_body *b); /* the scheduler is still there to hear what becomes of it; looked at before what cannot be taken back */
void body_close(struct letter_body *b);
/* Sends the chunk at hand and all that follow. */
enum body_result body_send_data(struct letter_body *b);
enum body_result body_send_bdat(struct letter_body *b);
void body_put_bdat(const struct letter_body *b); /* gathers the chunk at hand with its BDAT */
