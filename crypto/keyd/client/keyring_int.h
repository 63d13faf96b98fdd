/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring_int.h - shared by the making (keyring_create.c) and the changing (keyring_change.c) of what keyd and slapd
 * start from. Process: pli.
 */
#pragma once
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/keyring.h"

/* The keyring of an instance that is there, opened to change what goes with it: one change at a time, by a lock on DIR/keys. */
struct open_ring {
    struct keyring *ring;
    unsigned char *credential; /* secret, CREDENTIAL_MAX */
    size_t n_credential;
    int lock; /* on DIR/keys; -1: none */
};
enum rc ring_open(const char *dir, struct open_ring *r, struct err *e); /* r->lock is -1 before; ring_close() in any case */
void ring_close(struct open_ring *r);
enum rc ring_write(const char *dir, const struct open_ring *r, struct err *e); /* sealed and renamed into place; keyd starts again for it at SIGUSR2 */
enum rc ring_read_secret(const char *path, unsigned char *out, size_t room, size_t *n_out, struct err *e);
static inline struct span ring_credential(const struct open_ring *r)
{
    return span_of(r->credential, r->n_credential);
}

/* ---- keyring.c: what each sealed file of keys has (keyring.h, domain_key.h). Process: pli, keyd ---- */
/* The key of a kind of file ("pli keyring 1"). RC_DENIED: no such length of a credential. The caller wipes it. */
enum rc ring_file_key(struct span credential, const char *kind, unsigned char key[32], struct err *e);
bool ring_take_der(struct rd *r, struct key_der *d); /* false: malformed, or longer than a key is */

/* dir/name with that mode, whole or not at all; one that was there keeps its owner */
enum rc keyring_put_file(const char *dir, const char *name, mode_t mode, struct span s, struct err *e);
/* a server certificate of the trial authority for that key, and the authority's: DIR/tls/name */
enum rc keyring_issue_server(const struct keyring_spec *s, const struct keyring *ring, struct span key, const char *name, struct err *e);
/* slapd's, with a new key */
enum rc keyring_issue_slapd(const struct keyring_spec *s, const struct keyring *ring, struct err *e);
