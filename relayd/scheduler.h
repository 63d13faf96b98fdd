/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler.h - the scheduler of pli-relayd: one thread, one poll(2), that knows what waits (schedule.h), asks the finder for connections and the
 * nursery for sessions, gives letters to them, and writes down what became of each recipient. Shared by scheduler*.c.
 *
 * Holds    connections to stored, keyd, dird, trustd; the content key and the envelope of a letter while a session has it, no longer. No network, and of a
 *          peer no octet but what a session reports.
 * Order    a recipient ends in this order: report filed (notice.h), queue settled, session answered. So a crash in between costs a second report at
 *          most, which stored answers with the first (same id), and never a recipient without one.
 * Doubles  a letter whose session died after the final dot, or that was taken when this process is killed before the queue was settled, goes again
 *          (RFC 5321 4.5.3.2.6): as many letters as are with sessions, at most.
 * Patience a request to stored, keyd or dird is waited for PATIENCE_MS; then the letter at hand waits, and everything is asked again.
 * Process  relayd scheduler (SB_RELAYD).   Source RFC 5321 4.5.4.
 */
#pragma once
#include "directory/client.h"
#include "extract/queued.h"
#include "relayd/finder.h"
#include "relayd/notice.h"
#include "relayd/nursery.h"
#include "relayd/retry.h"
#include "relayd/schedule.h"
#include "trust/client/client.h"

enum {
    PATIENCE_MS = 2000,
    PAUSE_MS = 1000,    /* after stored, keyd or dird did not answer */
    TRUSTD_REST_MS = 10 * 1000, /* after trustd did not */
    IDLE_MS = 2000,     /* a session without a letter keeps its connection so long */
    SIGNS_MOST = 4,     /* signatures of one handshake */
    BATCH_OCTETS = 60 * 1024, /* of updates in one transaction, before one more letter's */
    DOOMED_AT_ONCE = 8, /* letters that fail without a session, in one round of the loop */
    NOTED = 64          /* recipients that are shown with their host's failure */
};

/* ---- what became of a recipient ---- */
enum fate { FATE_NONE, FATE_TAKEN, FATE_LATER, FATE_NEVER };
struct verdict { /* texts borrowed, or in the flight */
    enum fate fate;
    enum cause cause; /* CAUSE_NONE: the reply below */
    uint16_t code;
    char esc[16];
    bool dsn_there;
    char text[CH_TEXT];
};

/* ---- a letter that is with a session (or is failing without one) ---- */
struct passenger {
    struct store_queue_item item;       /* its spans are in .pages */
    struct queued_envelope envelope;
    struct verdict verdict;
    bool warned;                        /* the sender knows that it is late */
    bool sent;                          /* in state Q_REPORT: the next server took it, not a mailbox here */
    bool report_later;                  /* it was taken, and its report could not be filed now: the entry becomes a report's */
    bool stuck;                         /* the queue cannot be settled for it: see settle_commit() */
};
struct flight {
    struct schedule_letter letter;
    uint64_t number;                    /* in the channel */
    struct passenger *p;
    size_t n;
    struct buf *pages;
    size_t n_pages;
    unsigned char cek[SEAL_CEK];        /* secret */
    int reports;                        /* how many of the two kinds have been filed, or are not due */
    int tries;                          /* to file them */
    int64_t not_before;                 /* monotonic: of the next try */
};

/* ---- a place: a destination that is being connected to, a session, or letters that fail without one ---- */
enum place_state { PL_FINDING = 1, PL_HANDSHAKE, PL_UP, PL_DOOMED };
struct place {
    enum place_state state;
    uint32_t dest;
    uint64_t id;                        /* of the finder's question */
    int channel;                        /* -1: none */
    uint32_t candidate, served;
    unsigned signs;
    bool introduced /* PEER was asked */, peer_ok, asked /* NEXT is not answered */, idle, leaving /* was told that there is no more */, done /* DONE is not answered */, lost /* the channel ended */, failed /* and not in good order */;
    bool gone, batched;                 /* freed at the end of this round; in the transaction that is being made */
    uint8_t stage;                      /* enum channel_stage, of END; 0: none */
    struct verdict why;                 /* the last failure of this connection, or why its letters are doomed */
    int64_t idle_since;                 /* monotonic */
    struct buf chain;                   /* the server's, from PEER on */
    int64_t check_at;                   /* monotonic: PEER waits for revocation data; 0: none waits */
    int64_t good_until;                 /* UTC s: trustd's last "good" */
    char dn[TRUST_NAME + 1], tls[CH_HOST + 1]; /* dn: as trustd reads it from the chain; "": it has not */
    struct session_start start;
    struct flight *flight;
};

enum peer_revocation { PEER_REQUIRE = 0 /* what cannot be checked is not sent to */, PEER_SOFT, PEER_OFF };
struct alarm {
    char domain[SCHEDULE_DOMAIN + 1];
    enum cause cause;
    int64_t until;
};
struct feed { /* a walk through the queue, page after page */
    bool on;
    struct store_queue_list_req rq;
    int64_t begun;
};
struct scheduler {
    struct retry retry;
    struct schedule_limits limits;
    const char *host, *domain;
    uint64_t report_full_max;           /* relayd.report_full_max */
    enum peer_revocation revocation;    /* trust.revocation */
    int64_t trustd_away_until;          /* monotonic: it did not answer, and is left alone */
    struct schedule *plan;
    struct store *store, *ear;
    bool listening;                     /* .ear watches */
    struct keyd *keyd;
    struct dir *dir;
    struct trust *trust;
    struct finder *finder;
    struct nursery *nursery;
    struct identities *identities;
    struct place **place;
    size_t n, cap;
    uint64_t last_id, last_letter;
    struct feed news, all;
    int64_t news_at, all_at;            /* monotonic: not before */
    bool news_wanted;
    bool quota_wanted;                  /* mailboxes fill up, and their holders are to be told */
    int64_t quota_at;                   /* monotonic: it is asked about then in any case */
    int64_t quota_rest;                 /* monotonic: not before, after one could not be told */
    uint64_t seen_to;                   /* UTC s: what was due before has been looked at */
    uint64_t deferred_to;               /* UTC s: nothing that this process put off is due later */
    int64_t pause_until;                /* monotonic: a daemon is away */
    struct buf in;                      /* a session's packet */
    struct alarm alarms[32];
    size_t next_alarm;
    int64_t counts_at;                  /* monotonic */
    bool stopping, any_gone;
};

/* ---- scheduler.c ---- */
void scheduler_pause(struct scheduler *s); /* something that everything needs does not answer: a second's rest */
bool scheduler_paused(const struct scheduler *s);
uint64_t scheduler_now(void); /* UTC s */
uint8_t scheduler_random(void);
void scheduler_text(char *out, size_t cap, struct span text); /* cut at cap - 1; ended by a NUL */
void places_sweep(struct scheduler *s);               /* frees those that are gone */
void place_end(struct scheduler *s, struct place *p); /* its session, connection and letter are gone */

/* ---- scheduler_feed.c: from the queue into the schedule ---- */
void feed_round(struct scheduler *s);                /* a page at most */
int64_t feed_next(const struct scheduler *s);        /* monotonic: when there is something to do for it */
void feed_event(struct scheduler *s);                /* .ear is readable */

/* ---- scheduler_flight.c: letters ---- */
enum flight_rc { FL_OK = 1, FL_EMPTY /* nobody of it waits any more */, FL_TEMP };
enum flight_rc flight_open(struct scheduler *s, const struct schedule_letter *l, struct flight **f_out);
/* Recipients of one message that are in that state and with no session. */
enum flight_rc flight_of_state(struct scheduler *s, uint64_t qid, uint8_t state, struct flight **f_out);
void flight_close(struct flight **f);
enum rc flight_chunk(struct scheduler *s, const struct flight *f, uint32_t chunk, struct buf *mem, struct span *sealed_out, struct err *e);
void flight_next(const struct flight *f, struct channel_next_rep *rep, struct buf *rcpts, struct span chunk);
enum rc content_key(struct scheduler *s, const struct store_queue_item *it, unsigned char cek_out[SEAL_CEK], struct err *e);
enum rc envelope_open(const struct store_queue_item *it, const unsigned char cek[SEAL_CEK], struct queued_envelope *out, struct err *e);

/* ---- scheduler_settle.c: what became of them ---- */
bool settle_reports(struct scheduler *s, const struct place *p, struct flight *f); /* those of its verdicts. False: not now, ask again */
size_t settle_write(struct scheduler *s, struct buf *up, const struct flight *f, size_t from); /* updates of its verdicts, as many as one request holds */
/* RC_OK: it stands. RC_TEMP: not now, everything is as it was. RC_PERM: never, as a whole; settle_singly() finds whom it is about. */
enum rc settle_commit(struct scheduler *s, struct buf *up, size_t n);
bool settle_singly(struct scheduler *s, struct flight *f); /* each recipient by itself: .stuck are those that cannot be. False: not now, ask again */
void settle_landed(struct scheduler *s, const struct flight *f); /* the schedule forgets the letter, but for those that are stuck */
/* Every verdict is given: reports first, then the queue, then the log. False: not now, ask again; nothing is lost. */
bool settle_flight(struct scheduler *s, const struct place *p, struct flight *f);
void settle_delivered(struct scheduler *s, struct flight *f); /* entries in state Q_REPORT: reported, then ended, or met again */
bool settle_warn(struct scheduler *s, const struct flight *f); /* tells the sender of the delay, once; false: not now */
void settle_rest(struct flight *f, enum fate fate, const struct verdict *why); /* a verdict for whoever has none */
enum rc settle_updates(struct scheduler *s, struct buf *updates, size_t n, struct err *e);
void settle_add(struct buf *updates, const struct store_queue_item *it, uint8_t state, uint64_t next_try, const struct verdict *why);
void settle_note(struct scheduler *s, uint32_t dest, uint64_t until, const struct verdict *why); /* the host's failure, shown with its recipients */

/* ---- scheduler_host.c: connections ---- */
void host_round(struct scheduler *s);                          /* gives places away, asks the finder */
void host_answers(struct scheduler *s);                        /* the finder is readable */
void host_failed(struct scheduler *s, struct place *p);        /* .why says how: the next candidate, or the destination rests */
void host_doom(struct place *p, enum cause cause);             /* its letters fail */
void host_doomed(struct scheduler *s, struct place *p);        /* some of them */

/* ---- scheduler_channel.c: what sessions ask ---- */
void channel_read(struct scheduler *s, struct place *p);       /* one packet */
void channel_give(struct scheduler *s, struct place *p);       /* a letter for one that asked, if there is one */
void channel_settle(struct scheduler *s);                      /* every DONE of this round: settled together, then answered */
void channel_answer(const struct place *p, uint16_t op, const struct ipc_field *fields, const void *msg);

/* ---- scheduler_peer.c: who is it ---- */
void peer_asked(struct scheduler *s, struct place *p, const struct channel_peer_req *rq);
void peer_again(struct scheduler *s, struct place *p);
enum cause peer_trusted(struct scheduler *s, const char *domain, const char *dn); /* CAUSE_NONE: it is. dn NULL: the domain alone */
/* Before each letter: is the DN still listed, and nothing of the chain revoked since? What cannot be known now counts as it was known last, until then. */
enum cause peer_still_trusted(struct scheduler *s, struct place *p);

/* ---- scheduler_reports.c ---- */
bool reports_due(struct scheduler *s, const struct store_queue_item *it); /* of its message; false: a daemon is away, ask again */

/* ---- scheduler_quota.c ---- */
void quota_round(struct scheduler *s);
int64_t quota_next(const struct scheduler *s); /* monotonic: quota_round has work then */

/* ---- scheduler_age.c ---- */
void age_round(struct scheduler *s);

/* ---- scheduler_log.c ---- */
void log_recipient(const struct scheduler *s, const struct place *p, const struct passenger *r);
void log_connected(const struct place *p, const struct channel_ready_req *r);
void log_delayed(const struct flight *f); /* the sender was told of it */
void log_counts(struct scheduler *s); /* once a minute, when something waits */
void log_alarm(struct scheduler *s, const char *domain, const char *host, const struct verdict *why);
void verdict_cause(struct verdict *v, enum fate fate, enum cause cause);
const char *verdict_esc(const struct verdict *v);
