/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/client/client.h - asking pli-trustd, one function a question. The connection is dialled at first use and again when trustd was restarted.
 * Process  dird, smtpd sessions, relayd, pli. One process, one thread.
 */
#pragma once
#include "trust/wire/wire.h"
struct trust;
struct trust *trust_new(enum ipc_role role); /* "trustd.sock" in the working folder */
void trust_free(struct trust **t);
void trust_dial_ahead(struct trust *t); /* dials now, if that takes no waiting */
void trust_rest(struct trust *t); /* before a long wait */
/* fd_out -1: have is what is in use. The descriptor is the caller's. */
enum rc trust_get_index(struct trust *t, uint64_t have, struct trustd_index_rep *rep_out, int *fd_out, struct err *e);
/* One question, one answer, at once; state may be TS_PENDING. .why and .dn point into mem. chain: list of trustd_cert. RC_TEMP: trustd is away. */
enum rc trust_check(struct trust *t, const struct trustd_check_req *rq, struct trustd_check_rep *out, struct buf *mem, struct err *e);
/* What is known of it, at once; no certificate is read (TW_KNOWN). RC_NOTFOUND: nothing. RC_TEMP: trustd is away, and was not waited for. */
enum rc trust_known(struct trust *t, enum trust_purpose p, struct span chain, struct trustd_check_rep *out, struct buf *mem, struct err *e);
/* The same as trust_check(), asked again while it is pending, for at most wait_ms; then state is TS_UNKNOWN. */
enum rc trust_check_wait(struct trust *t, enum trust_purpose p, struct span chain, int wait_ms, struct trustd_check_rep *out, struct buf *mem, struct err *e);
enum rc trust_update(struct trust *t, const struct trustd_update_req *rq, int xml_fd, struct trustd_update_rep *out, struct buf *mem, int *index_fd_out, struct err *e);
enum rc trust_status(struct trust *t, struct trustd_status_rep *out, struct buf *mem, struct err *e);
/* One page of the addresses of revocation data: from is 0, then out->next. */
enum rc trust_sources(struct trust *t, uint32_t from, struct trustd_sources_rep *out, struct buf *mem, struct err *e);
enum rc trust_take_crl(struct trust *t, int der_fd, struct trustd_crl_rep *out, struct buf *mem, struct err *e);
int trust_event_fd(const struct trust *t);                          /* -1: no connection */
enum rc trust_event(struct trust *t, uint64_t *generation_out, struct err *e); /* RC_MORE: none there; RC_CLOSED */
