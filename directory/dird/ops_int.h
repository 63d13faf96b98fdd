/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_int.h - what the files of operations share (ops.c, which has the table, and ops_*.c).
 * Process  dird, worker threads.
 */
#pragma once
#include "directory/dird/passhash.h"
#include "directory/dird/scope.h"

#define HANDLER(name)                                                                                                  \
    enum rc name(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
#define UNUSED_() (void)p, (void)req, (void)fd, (void)r, (void)e

enum rc ops_not_read_yet(struct dird *d, struct err *e); /* RC_TEMP until the cache has been filled once */
/* A change: ops_begin() locks d->write and holds the request against the scopes of who asks (scope.h); not RC_OK: it is not locked. ops_end() unlocks it, logs
 * who did what, and gives rc. */
enum rc ops_begin(struct dird *d, struct ipc_peer *p, enum dird_op op, const void *req, struct err *e);
enum rc ops_end(struct dird *d, const struct ipc_peer *p, const char *what, struct span name, enum rc rc);
enum rc ops_listed(struct ipc_reply *r, bool more, enum rc rc); /* the records in r->scratch are the answer */
/* How a password of an account is hashed that comes with that pliCodeUntil, 0: none. */
enum passhash_kind ops_hash_kind(const struct dird *d, uint64_t code_until);
/* A page of a list, for who asks: req is a struct dird_list_req. */
typedef enum rc (*ops_pager)(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out, struct err *e);
enum rc ops_page(struct dird *d, struct ipc_peer *p, const void *req, ops_pager pager, struct ipc_reply *r, struct err *e);

enum rc h_domain_add(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_domain_set(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_domain_remove(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_domain_get(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_domain_boxes(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_domain_list(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_add(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_set(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_remove(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_change(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_list(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_group_members(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_may_send(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_boxes(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_box(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_boxes_changed(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_expand(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_act(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_may(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_admin_set(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_admin_list(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_trust(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_trust_add(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_trust_remove(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_trust_list(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_delegations(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_delegates(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_delegate(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
enum rc h_delegate_set(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
