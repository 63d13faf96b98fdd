/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/wire.h - what may be asked of pli-pubd, the outbox to the national directory (decision 0051).
 *
 * State    what is published is a state: for each address, the facts that the national directory was told last. pubd compares it with the facts that our own
 *          directory has now; the difference is the event that is sent: create, update, red list, delete.
 * Again    every question and every act may be asked again: each says what is to be, none counts.
 * Process  pubd answers; pli asks. Each message is written once, below; the table of ops is in wire.c.   Source spec/mssante.md 2.1, 2.3.
 */
#pragma once
#include "base/ipc.h"
#define PUBD_VERSION 2
extern const struct ipc_proto pubd_proto;
enum pubd_op {
    PUBD_STATUS = 16, /* admin super */
    PUBD_LIST,        /* admin, as the rest: addresses that wait, in order */
    PUBD_SHOW,        /* one address: what is published, what is to be, the last report, the request as the back end gets it */
    PUBD_DIFF,        /* what a comparison with our directory finds just now; nothing is sent or kept */
    PUBD_RETRY,       /* refused ones and pauses: at once */
    PUBD_CONFIRM,     /* the deletions that are held may go */
    PUBD_BEGIN,       /* the first start, or on another machine */
    PUBD_RUN          /* compare everything now, and send without pauses */
};
enum { PUB_ADDR = 320, PUB_TEXT = 256, PUB_ID = 32, PUB_KEY = 32 /* hexadecimal digits */, PUB_REPORT = 2000, PUB_FACTS = 2048, PUB_LIST = 80 * 1024,
       PUB_QUERY = 512, PUB_BODY = 16 * 1024 };

enum pub_type { PT_PER = 1, PT_ORG, PT_APP, PT_CAB };
/* What the national directory is told of one mailbox: also a record of the state file. */
#define FIELDS_pub_facts(F, T)                                                                            \
    F(T, BYTES, address, PUB_ADDR)                                                                        \
    F(T, U8, type)                           /* enum pub_type */                                          \
    F(T, U8, red_list)                       /* 1: the national directory shows it to nobody */           \
    F(T, BYTES, person, PUB_ID)              /* RPPS (11 digits), else ADELI (9): per, cab */             \
    F(T, BYTES, structure, PUB_ID)           /* FINESS, SIREN or SIRET: org, app */                       \
    F(T, BYTES, description, PUB_TEXT)       /* org, app, cab */                                          \
    F(T, BYTES, service, PUB_TEXT)           /* org, app, as the next */                                  \
    F(T, BYTES, responsible, PUB_TEXT)                                                                    \
    F(T, BYTES, telephone, PUB_ID)           /* org, app */                                               \
    F(T, U32, rank)                          /* among the mailboxes of one holder, 1 first; 0: not told */ \
    F(T, U8, paperless)                      /* enum dird_said of directory/wire.h */
IPC_MESSAGE(pub_facts);
/* .person as one or the other; empty: it is not that one. */
struct span pub_rpps(const struct pub_facts *f);
struct span pub_adeli(const struct pub_facts *f);

enum pub_kind { PK_NONE = 0, PK_CREATE, PK_UPDATE, PK_RED_LIST, PK_DELETE };
enum pub_state {
    PS_DONE = 0, /* published is what is to be */
    PS_PENDING,  /* an event waits for its first try */
    PS_TRYING,   /* it was tried, and nobody knows yet whether the other side has it: it is repeated, with its key, until there is an answer */
    PS_REFUSED   /* refused for good: until the mailbox changes or an administrator says "retry" */
};
enum pub_mode {
    PM_RUNNING = 1,
    PM_FIRST,  /* nothing is known of what is published: pli publish begin --nothing or --everything */
    PM_COPY,   /* the state was written on another machine or in another folder: pli publish begin --here */
    PM_DAMAGED /* the state file does not read */
};

/* ---- PUBD_STATUS ---- */
#define FIELDS_pubd_status_rep(F, T)                                                                      \
    F(T, U8, mode)                           /* enum pub_mode; but for PM_RUNNING nothing is sent */      \
    F(T, U8, away)                           /* 1: our own directory could not be read, the last time */  \
    F(T, U64, published)                     /* mailboxes */                                              \
    F(T, U64, pending)                       /* this and the next two: by state */                        \
    F(T, U64, trying)                                                                                     \
    F(T, U64, refused)                                                                                    \
    F(T, U64, held)                          /* deletions among .pending that wait for "confirm" */       \
    F(T, U64, left_out)                      /* mailboxes without the number that a publication needs */  \
    F(T, U64, oldest)                        /* UTC s: since when the oldest of .pending and .trying waits; 0: none */ \
    F(T, U64, compared)                      /* UTC s: the last whole comparison; 0: none since the start */ \
    F(T, U64, compares)                      /* since the start */                                        \
    F(T, U64, sent)                          /* events that were taken, since the start */                \
    F(T, U64, last_sent)                     /* UTC s */                                                  \
    F(T, U64, pause_until)                   /* UTC s: the back end failed several times in a row; 0: no pause */ \
    F(T, U64, due)                           /* events that could be sent just now */                     \
    F(T, BYTES, last_error, PUB_REPORT)      /* since the last success: a back end's, the disk's */
IPC_MESSAGE(pubd_status_rep);

/* ---- PUBD_LIST, PUBD_DIFF ---- */
enum pub_which { PW_OPEN = 1 /* all that waits or was refused */, PW_REFUSED, PW_ALL };
#define FIELDS_pub_row(F, T)                                                                              \
    F(T, BYTES, address, PUB_ADDR)                                                                        \
    F(T, U8, kind)                           /* enum pub_kind */                                          \
    F(T, U8, state)                          /* enum pub_state */                                         \
    F(T, U8, held)                           /* 1: a deletion that waits for "confirm" */                 \
    F(T, U32, attempts)                                                                                   \
    F(T, U64, since)                         /* UTC s: waits since then */                                \
    F(T, U64, next)                          /* UTC s: not before */                                      \
    F(T, U64, done)                          /* UTC s: the last event that was taken */                   \
    F(T, BYTES, key, PUB_KEY)                /* of the event; the same at each try */                     \
    F(T, BYTES, report, PUB_REPORT)          /* the last answer of the back end */
IPC_MESSAGE(pub_row);

#define FIELDS_pubd_list_req(F, T)                                                                        \
    F(T, BYTES, after, PUB_ADDR)             /* the page behind this address */                           \
    F(T, U8, which)                          /* LIST: enum pub_which */
IPC_MESSAGE(pubd_list_req);
#define FIELDS_pubd_list_rep(F, T)                                                                        \
    F(T, BYTES, list, PUB_LIST)              /* pub_row records */                                        \
    F(T, U8, more)                           /* 1: ask again, behind .last */                             \
    F(T, BYTES, last, PUB_ADDR)
IPC_MESSAGE(pubd_list_rep);

/* ---- PUBD_SHOW. RC_NOTFOUND: nothing is published of it, nor is to be. ---- */
#define FIELDS_pubd_address_req(F, T)                                                                     \
    F(T, BYTES, address, PUB_ADDR)           /* RETRY: empty: all */
IPC_MESSAGE(pubd_address_req);
#define FIELDS_pubd_show_rep(F, T)                                                                        \
    F(T, BYTES, row, 4096)                   /* one pub_row record */                                     \
    F(T, BYTES, published, PUB_FACTS)        /* pub_facts, encoded; empty: nothing, as the next */        \
    F(T, BYTES, wanted, PUB_FACTS)                                                                        \
    F(T, BYTES, resource, PUB_TEXT)          /* of the event, if there is one: "Practitioner" */          \
    F(T, BYTES, query, PUB_QUERY)                                                                         \
    F(T, BYTES, body, PUB_BODY)
IPC_MESSAGE(pubd_show_rep);

/* ---- PUBD_RETRY, PUBD_CONFIRM ---- */
#define FIELDS_pubd_count_rep(F, T)                                                                       \
    F(T, U32, n)                             /* how many entries */
IPC_MESSAGE(pubd_count_rep);

/* ---- PUBD_BEGIN. RC_PERM: not in this mode. ---- */
enum pub_begin { PB_NOTHING = 1 /* the national directory has none of ours */, PB_EVERYTHING /* it has all of them, as they are here now */, PB_HERE };
#define FIELDS_pubd_begin_req(F, T)                                                                       \
    F(T, U8, how)
IPC_MESSAGE(pubd_begin_req);

/* ---- PUBD_RUN ---- */
#define FIELDS_pubd_run_rep(F, T)                                                                         \
    F(T, U64, compares)                      /* it is done once .compares of STATUS is that */
IPC_MESSAGE(pubd_run_rep);
