/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/client.h - asking pli-keyd, one function a purpose; and making the keyring that it starts from.
 * Owns     struct keyd: the connection, dialled at first use and again after keyd restarted. One process, one thread: made in the
 *          session, not in the listener before its fork (keyd bounds TLS signatures by the process that dialled).
 * Process  smtpd, imapd, relayd, httpd sessions; pli.
 */
#pragma once
#include "crypto/keyd/client/wire.h"
struct keyd;
struct keyd *keyd_new(enum ipc_role role);                 /* dials "keyd.sock" in the working folder when first asked */
void keyd_free(struct keyd **k);
void keyd_dial_ahead(struct keyd *k);                      /* dials now, if that takes no waiting: the first request finds it done */
void keyd_rest(struct keyd *k);                            /* before a long wait: hangs up; the next request dials again */
enum rc keyd_wrap(struct keyd *k, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes, size_t n, struct keyd_wrapped *out, struct err *e);
/* Asks now for what the next keyd_wrap() with these arguments will want, so that keyd works while the caller does. Any other request in
 * between forgets it. Never fails: then keyd_wrap() asks. */
void keyd_wrap_ahead(struct keyd *k, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes, size_t n);
enum rc keyd_open_box(struct keyd *k, struct span ticket, const unsigned char pub[SEAL_PUB], struct span slots, struct span password,
                      unsigned char priv_out[SEAL_PRIV], struct err *e);
enum rc keyd_box_new(struct keyd *k, uint64_t mbx, enum slot_type t, struct span password, unsigned char pub_out[SEAL_PUB], struct buf *slots_out, struct err *e);
enum rc keyd_rewrap(struct keyd *k, const struct keyd_rewrap_req *rq, struct buf *slots_out, struct err *e);
enum rc keyd_delegate(struct keyd *k, const struct keyd_delegate_req *rq, struct buf *slot_out, struct err *e);
enum rc keyd_sign_mail(struct keyd *k, struct span ticket, struct span slots, const unsigned char digest[32], int64_t when, struct buf *cms_out, struct err *e);
enum rc keyd_tls_sign(struct keyd *k, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e);
/* cert: DER, of the TLS key that is meant. Out: DER, detached; crypto/cms/cms.h puts the file into it. */
enum rc keyd_sign_profile(struct keyd *k, enum keyd_tls_key key, struct span cert, const unsigned char digest[32], struct buf *cms_out, struct err *e);
enum rc keyd_issue_trial(struct keyd *k, const struct keyd_issue_req *rq, struct buf *cert_der_out, struct buf *slot_out, struct buf *key_pem_out, struct err *e);
/* what_out: KEYD_QUEUE_CEK, or KEYD_QUEUE_ENVELOPE: the key of the entry's envelope object only (pli queue list: open_whole_key). */
enum rc keyd_queue_open(struct keyd *k, const struct keyd_queue_req *rq, enum keyd_queue_what *what_out, unsigned char key_out[SEAL_CEK],
                        struct err *e);
enum rc keyd_status(struct keyd *k, struct keyd_status_rep *out, struct buf *mem /* of out's span: the caller's */, struct err *e);

/* pli init: makes DIR/keys/keyring (sealed by DIR/keys/credential, mode 0400, or by the named credential), DIR/ca.pem,
 * DIR/tls/server.pem (RSA-2048, chain) and DIR/tls/server-ec.pem (ECDSA P-256, chain) for the host name given (and the domain,
 * localhost, this machine's name, 127.0.0.1, ::1), DIR/tls/slapd.pem + slapd.key (slapd's own). RC_EXISTS when DIR has a keyring: it is never written over. */
struct keyring_spec { const char *dir, *domain, *host; };
enum rc keyring_create(const struct keyring_spec *s, struct err *e);
/* The server's certificate and key replaced in an instance that is there (crypto/pki/bundle.h, already checked): listeners by default, whose
 * key goes into the keyring; ldap: slapd's, which keeps its key in a file of its own. The instance must be told to read them
 * (the supervisor: SIGUSR2). The keyring's credential is found as keyd finds it. */
struct pki_bundle;
enum rc keyring_import(const char *dir, const struct pki_bundle *b, bool ldap, struct err *e);
/* New certificates of the trial authority for the listeners' keys, and a new key and certificate for slapd. What another authority issued is
 * left alone: *renewed_out counts what was made. */
enum rc keyring_renew(const struct keyring_spec *s, unsigned *renewed_out, struct err *e);
