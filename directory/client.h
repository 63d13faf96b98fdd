/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/client.h - asking pli-dird over base/ipc_link.h: dials again after dird restarted; RC_TEMP when it stays away (patience 5 s).
 * Spans    of a reply point into *mem, a buffer that the caller owns, and live as long as that, whatever becomes of the connection (base/ipc.h,
 *          Calls). It is wiped when freed: a reply may hold a ticket.
 * Process  smtpd, imapd, relayd, httpd sessions; pli. One process, one thread.
 */
#pragma once
#include "directory/wire.h"
struct dir;
enum { DIR_PATIENCE_MS = 5000 };
struct dir *dir_new(enum ipc_role role);   /* "dird.sock" in the working folder, dialled at first use */
void dir_free(struct dir **d);
void dir_dial_ahead(struct dir *d);        /* dials now, if that takes no waiting: the first request finds it done */
void dir_patience(struct dir *d, int ms);  /* how long a dird that is not there is waited for, instead of 5 s */
/* For who waits for events (directory/stay.h). dials: which connection this is, 0 when there is none. ended: RC_OK an event came, RC_MORE none,
 * RC_CLOSED the connection is gone. rest: before a long wait; buffers are given back. */
unsigned dir_dials(const struct dir *d);
int dir_fd(const struct dir *d); /* -1: none */
enum rc dir_ended(struct dir *d, struct err *e);
void dir_rest(struct dir *d);
void dir_hang_up(struct dir *d);           /* the next question dials */
/* Of ROLE_ACTING: whom every connection acts for from now on. ticket: of DIRD_AUTH with DP_ACTING; copied. */
void dir_act(struct dir *d, struct span ticket);
/* Any operation of wire.h. A question is asked again when dird restarted meanwhile; a change is not: RC_TEMP, look before trying again. */
enum rc dir_call_in(struct dir *d, enum dird_op op, const void *req, void *rep_out, struct buf *mem, struct err *e);
/* The same for an op whose reply has no spans; for another one it is a bug(), at the first call. */
enum rc dir_call(struct dir *d, enum dird_op op, const void *req, void *rep_out, struct err *e);
enum rc dir_lookup(struct dir *d, struct span address, struct dird_lookup_rep *rep_out, struct buf *mem, struct err *e);
/* While dird is busy with other passwords (CAUSE_BUSY) it asks again, for 20 s; while a pause is due (CAUSE_WAIT_PASSWORD) for 11 s. */
enum rc dir_auth(struct dir *d, const struct dird_auth_req *rq, struct dird_auth_rep *rep_out, struct buf *mem, struct err *e);
bool auth_says(enum cause c); /* of a right password that opens nothing (RC_PERM): is that cause to be told as it is? Else the account is disabled. */
enum rc dir_served(struct dir *d, struct span domain, struct err *e); /* RC_NOTFOUND: it is no mail domain of this instance */
/* may_out: what such mail may be; set with RC_OK alone, else it allows all. */
enum rc dir_may_send(struct dir *d, struct span account, struct span sender, struct dird_may_rep *may_out, struct err *e);
enum rc dir_trust(struct dir *d, struct span domain, struct span dn, enum dird_trusted *answer_out, struct err *e);
enum rc dir_account_set(struct dir *d, uint32_t what /* DS_ bits */, const struct dird_account *a, struct err *e);
