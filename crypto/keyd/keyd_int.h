/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/keyd_int.h - what pli-keyd's purposes share: the state of the daemon, and one handler per purpose.
 *
 * State    is read-only after start, except the caches, which have locks of their own, and the counters, which are atomic. Handlers run on several
 *          threads.
 * Logs     open-box, box-new, rewrap, sign-mail, sign-profile, issue, queue-open write one line each, with address or mailbox, never a secret.
 *          wrap and tls-sign are counted (status) and logged at debug level only, because every letter and every connection has one.
 * Process  pli-keyd.
 */
#pragma once
#include "base/boot.h"
#include "base/log.h"
#include "crypto/keyd/cache.h"
#include "crypto/keyd/client/keyring.h"
#include "crypto/keyd/client/wire.h"
#include "crypto/pki/pki.h"
#include "crypto/seal/alg_int.h"
#include <stdatomic.h>

enum { TLS_KEYS = 3 }; /* indexed by enum keyd_tls_key */
struct tls_key {
    EVP_PKEY *key;                     /* NULL: there is none */
    unsigned char shown[KEYD_SHOWN];   /* as sessions name it */
    int64_t until;                     /* monotonic: it signs no more then */
    uint8_t which;                     /* enum keyd_tls_key */
};
struct state {
    struct keyring *ring;
    struct pki_authority *ca;          /* the trial CA; NULL: the keyring's cannot be read */
    struct tls_key tls[TLS_KEYS], former[KEYRING_FORMERS];
    struct domain_keys *domains;       /* TLS keys of domains with a certificate of their own */
    struct domain_keys *outbox;        /* those that pubd shows the national directory; NULL unless publish.backend is https */
    unsigned char *ticket_key;         /* TICKET_KEY bytes, locked: keyd's own, good for checking what is shown to keyd */
    unsigned char *mac_key;            /* 32, locked: finds opened password slots again */
    struct cache *epochs, *opened, *signers, *queue_epochs;
    struct cache *limits, *handshakes; /* counts of this minute: by account or mailbox; by process, of which there are many more */
    int64_t epoch_ns;                  /* life of an epoch */
    uint32_t epoch_most;               /* wraps under one epoch */
    uint32_t sign_most, open_most;     /* a minute and account or mailbox */
    uint32_t wrap_most, epochs_most;   /* wraps, and new epochs, a minute and process */
    int slow_most;
    atomic_int slow;                   /* threads in a slow hash */
    atomic_ullong wraps, opens, signatures, tls_signs, denied, epochs_made;
};
typedef enum rc purpose(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
purpose purpose_wrap, purpose_open, purpose_box_new, purpose_rewrap, purpose_sign, purpose_tls, purpose_issue, purpose_queue, purpose_status, purpose_delegate, purpose_profile;

/* domain_keys.c: those of DIR/keys/BELOW (crypto/keyd/client/domain_key_place.h). A file that does not open is told (ev=domain-key-unread) and left out: its certificate is signed for by nobody. */
struct domain_keys *domain_keys_read(const char *instance, const char *below, struct span credential);
void domain_keys_free(struct domain_keys **d);
/* By the digest that a session names; NULL: d is, or none of that kind, or its time is over. */
EVP_PKEY *domain_keys_find(const struct domain_keys *d, enum keyd_tls_key which, struct span shown);

/* state.c */
enum rc tls_key_load(struct tls_key *k, const struct key_der *der, struct err *e); /* .key and .shown */
struct state *state_new(const struct boot *b);        /* reads keyring, credential, ticket key; dies with a clear line */
void state_free(struct state **s);
/* Checks that the ticket is valid and gives that right. RC_DENIED: it does not; this is counted and logged. */
enum rc ticket_for(struct state *s, struct span wire, uint32_t right, struct ticket *t_out, struct err *e);
/* Takes one (limit_take_n(): n) of the subject's share of this minute. RC_TEMP: the share is used up. counts: s->limits or s->handshakes.
 * most: the share per minute. */
enum rc limit_take(struct state *s, struct cache *counts, const char *purpose, struct span subject, uint32_t most, struct err *e);
enum rc limit_take_n(struct state *s, struct cache *counts, const char *purpose, struct span subject, uint32_t n, uint32_t most, struct err *e);
/* Forgets what is past its time. The ticker calls it each half minute. */
void state_sweep(struct state *s);

/* epochs.c: wraps cek for a mailbox's current epoch. A new epoch is made when there is none or the current one is used up. s->epochs_most bounds
 * how many new epochs the process pid may cause per minute (RC_TEMP). */
enum rc epoch_wrap(struct state *s, pid_t pid, uint64_t mbx, const unsigned char pub[SEAL_PUB], const unsigned char cek[SEAL_CEK],
                   struct keyd_wrapped *out, struct err *e);
bool epoch_stale(const void *value, int64_t now);
size_t epoch_size(void);

/* opened.c: opens a password slot, and remembers the opened slot for a few minutes. RC_TEMP, CAUSE_BUSY: too many slow hashes at once. */
enum rc password_open(struct state *s, uint64_t mbx, const unsigned char pub[SEAL_PUB], const struct slot *slot, struct span password,
                      unsigned char priv_out[SEAL_PRIV], struct err *e);
enum rc slow_enter(struct state *s, struct err *e);
void slow_leave(struct state *s);

/* kept.c: keys that were opened at some cost, each found by a digest, for five minutes. Of s->opened and s->queue_epochs. */
enum { KEPT_KEY = 32 };
_Static_assert((int)KEPT_KEY == SEAL_PRIV && (int)KEPT_KEY == SEAL_EPOCH_KEY, "both kinds of key fit");
bool kept_recall(struct cache *c, const unsigned char at[CACHE_KEY], unsigned char key_out[KEPT_KEY]); /* false: none, or its time is over */
void kept_remember(struct cache *c, const unsigned char at[CACHE_KEY], const unsigned char key[KEPT_KEY]);
bool kept_stale(const void *value, int64_t now);
size_t kept_size(void);

/* purpose_sign.c */
bool signer_stale(const void *value, int64_t now);
void signer_drop(void *value);
size_t signer_size(void);

extern const struct ipc_bind keyd_handlers[]; /* keyd.c */
int keyd_main(int argc, char **argv);
