/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_int.h - the state behind trust/trustd/lists.h. Private to trust/trustd/lists*.c.
 * Locks    .look is held while a list is fetched, verified and written, so that one is looked at at a time; .mu guards .now and the index, and is held
 *          only to read or exchange them. .look is taken first.
 * Process  trustd.
 */
#pragma once
#include "trust/fetch/fetch.h"
#include "trust/index/index.h"
#include "trust/trustd/lists.h"
#include <pthread.h>

struct list_state { /* what list.state keeps */
    uint64_t generation, generated, taken, dated, last_try, next, signer_until, failures, modified;
    char url[TRUST_URL + 1]; /* that .etag, .modified, .failures and .next are about */
    char digest[2 * 32 + 1]; /* SHA-256 of list.index, hexadecimal: which list the rest is about */
    char etag[FETCH_ETAG], signer[LIST_SIGNER], last_error[TRUST_TEXT];
};
struct lists {
    struct lists_conf conf; /* texts owned */
    char *dir;
    char https_anchors[4096]; /* DIR/trust/https.pem; "": the machine's */
    pthread_mutex_t look, mu;
    struct list_state now;
    int index_fd;           /* sealed memfd; -1: no list */
    struct trust_index *index;
    void (*news)(void *ctx, uint64_t generation);
    void *news_ctx;
    pthread_t refresher;
    pthread_cond_t wake;
    bool running, stop;
    bool had_one;           /* a list was in use at some time */
    int64_t alarmed;        /* UTC s of the last alarm line */
};

/* lists_files.c. dir is l->dir. */
void digest_text(struct span index, char out[2 * 32 + 1]);
void state_write(struct buf *out, const struct list_state *s);
void state_read(struct span text, struct list_state *out); /* unknown names are passed over; what is missing is 0 */
/* RC_NOTFOUND: there is no list. RC_CORRUPT: there is one that cannot be used. .now is what list.state says. */
enum rc files_load(struct lists *l, struct err *e);
enum rc files_xml(struct lists *l, struct buf *out, struct err *e);
enum rc files_keep_list(struct lists *l, struct span xml, struct span index, const struct list_state *s, struct err *e);
void files_keep_anchors(struct lists *l); /* sets .https_anchors */
enum rc files_keep_state(struct lists *l, const struct list_state *s, struct err *e);
enum rc index_memfd(struct span index, int *fd_out, struct err *e);
/* lists.c */
struct difference { uint64_t gained, lost, changed /* domains */, generated /* of the list in use; 0: none */; };
enum rc list_differ(const struct lists *l, struct span index, struct difference *d, struct err *e); /* from the list in use to that one */
enum rc list_look_at(struct lists *l, struct span xml, const struct trustd_update_req *rq, struct list_result *res, struct err *e); /* with .look */
enum list_how_came {
    LF_HAND,  /* the administrator brought it */
    LF_HTTPS, /* the server that was asked is who it should be */
    LF_HTTP,  /* whoever answered */
    LF_KEPT   /* read again from list.xml */
};
struct list_from {
    enum list_how_came how;
    const struct fetched *url; /* what the server of trust.url said of it; NULL: it comes from elsewhere */
};
enum rc list_use(struct lists *l, struct span xml, struct list_result *res, const struct list_from *from, struct err *e);         /* with .look */
/* lists_age.c: pure but for .conf */
void lists_seen(struct list_state *s, enum list_how_came how, bool same, uint64_t now); /* .taken and .dated, when .generated is set */
uint64_t lists_good_until(const struct lists *l, const struct list_state *s, int64_t now); /* UTC s; 0: no end */
int lists_alarm(const struct lists *l, const struct list_state *s, int64_t now);
/* lists_refresh.c */
/* With .look: fetches; what is good is used, but for TU_TRY. d: what it changes. */
enum rc refresh_once(struct lists *l, const struct trustd_update_req *rq, struct list_result *res, bool *unchanged_out, struct difference *d, struct err *e);
void *refresh_thread(void *lists);
