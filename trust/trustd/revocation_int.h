/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_int.h - the tables of revocation data. Private to trust/trustd/revocation_*.c.
 * Locks    .mu guards sources, answers, replies and generation. A source is never freed while .busy.
 * Process  trustd.
 */
#pragma once
#include "crypto/pki/revocation.h"
#include "trust/trustd/revocation.h"
#include <pthread.h>

enum {
    REV_SOURCES = 512, REV_ANSWERS = 4096, REV_REPLIES = 1024, REV_THREADS = 4,
    REV_PATIENCE = 5,            /* seconds after which a download that goes on counts as failing, for who waits */
    REV_BACKOFF = 60, REV_BACKOFF_MOST = 3600,
    REV_NEGATIVE = 300,          /* seconds for which a responder's refusal about one certificate is kept */
    REV_KEEP = 3600,             /* an answer to an asker is good no longer, so that an imported list soon counts */
    REV_UNUSED = 14 * 86400      /* a list that nobody needed for so long is not fetched again by itself */
};

/* One certificate of a chain: what a list or an answer is verified with. */
struct rev_subject {
    uint8_t purpose;  /* enum trust_purpose */
    struct buf chain; /* list of trustd_cert */
    size_t i;
    unsigned char id[32];
};
struct rev_source {
    bool ocsp, local;
    bool busy, taken;    /* wanted or being downloaded; by a thread already */
    char url[TRUST_URL]; /* local: the file's name */
    char issuer[256];
    struct pki_crl *crl;
    int64_t next_fetch, wanted, used; /* UTC s */
    uint32_t failures;
    char last_error[TRUST_TEXT];
    struct rev_subject about; /* the certificate that asked for it last, for the download at hand */
};
struct rev_answer { /* OCSP */
    bool set;
    unsigned char id[32];
    struct pki_status st;
    int64_t until; /* of a refusal: asked again then */
};
struct rev_reply { /* what was answered lately: a list of megabytes is not hashed for every message */
    unsigned char key[32];
    uint64_t generation;
    int64_t until;
    struct trustd_check_rep rep;
    char why[TRUST_TEXT], dn[TRUST_NAME];
};
struct revocations {
    struct revocation_conf conf;
    struct pki_anchors *anchors[TP_MAIL + 1];
    const char *dir;
    pthread_mutex_t mu;
    pthread_cond_t work;
    pthread_t threads[REV_THREADS];
    bool stop;
    struct rev_source *sources[REV_SOURCES];
    size_t n_sources;
    struct rev_answer answers[REV_ANSWERS];
    struct rev_reply replies[REV_REPLIES];
    uint64_t generation, checks;
};

/* ---- revocation_sources.c; .mu is held ---- */
struct rev_source *rev_source_at(struct revocations *r, bool ocsp, const char *url); /* found or added; NULL: no room */
enum rev_wanted { REV_NO, REV_COMING };
/* Wants data about that certificate from one of the addresses: starts a download where one may start. why: what the addresses say that failed. */
enum rev_wanted rev_want(struct revocations *r, bool ocsp, const char url[][PKI_URL_MAX], unsigned n, const struct rev_subject *s,
                         char why[TRUST_TEXT]);
/* May it be asked now? A pause longer than there are was written by a clock that was wrong. */
bool rev_source_due(const struct rev_source *s, int64_t now);
void rev_failed(struct rev_source *s, int64_t now, const char *why);
size_t rev_lists(struct revocations *r, struct pki_crl *out[REV_SOURCES]); /* references */
void rev_subject_copy(struct rev_subject *to, const struct rev_subject *from);

/* ---- revocation_answers.c; .mu is held ---- */
struct rev_answer *rev_answer_of(struct revocations *r, const unsigned char id[32]); /* NULL: none */
void rev_answer_put(struct revocations *r, const unsigned char id[32], const struct pki_status *st, int64_t until);
bool rev_reply_find(struct revocations *r, const unsigned char key[32], int64_t now, struct trustd_check_rep *out, struct buf *mem);
void rev_reply_texts(struct trustd_check_rep *rep, struct buf *mem, const char *why, const char *dn); /* .why and .dn in mem, which was empty */
void rev_reply_put(struct revocations *r, const unsigned char key[32], const struct trustd_check_rep *rep);

/* ---- revocation_fetch.c ---- */
void *rev_worker(void *revocations);

/* ---- revocation_files.c: no lock ---- */
enum rc rev_file_save(const char *dir, const char *name, const char *ending, struct span body, struct err *e); /* atomic */
void rev_url_name(const char *url, char out[80]); /* without its ending */
/* Parses the list of a chain. ders: room for TRUST_CERTS_MAX. RC_SYNTAX. */
enum rc rev_chain_read(struct span list, struct span ders[TRUST_CERTS_MAX], size_t *n_out, struct err *e);
