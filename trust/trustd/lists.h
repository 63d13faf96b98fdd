/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists.h - the white list in use: kept on disk, refreshed, replaced only by a better one.
 *
 * Files    below trustd's home DIR/trust: list.index (what is used, trust/index form), list.xml (as it came), list.state (a line "name value" each:
 *          generation, taken, url, etag, digest of the index, signer, failures, next try and others). Each is written beside, flushed and renamed, the state last. A crash
 *          leaves the old list or the new one; a state that is about another list than the index is not believed. An index that is damaged, or of
 *          another version of Pli, is made again from list.xml, which is verified as the settings say.
 *          https.pem: a copy of trust.https_anchors, because libcurl reads a file and the sandbox shows it none elsewhere.
 * Refuses  what trust/list refuses; a list that was generated before the one in use (CAUSE_LIST_OLDER), one that loses more than .max_loss percent of its
 *          domains (CAUSE_LIST_LOSS), both unless TU_ACCEPT_LOSS. The same list again may renew .taken.
 * Age      .taken is when the list was last shown to be the newest: by the administrator who took it by hand, by https, or because it came in the place
 *          of an older one. The same list again over http, or a 304 there, shows nothing. Beyond .max_age nobody relies on it; nor beyond .max_list_age
 *          counted from its own DateDeGeneration (from when it was taken, for a list taken by hand).
 * Alarm    lists_alarm(): 1 when .taken is older than .alarm_age or two thirds of .max_list_age are over, 2 beyond either end. A refresh logs
 *          ev=list-alarm once an hour then.
 * Threads  any; a thread of its own refreshes. One list is looked at at a time; INDEX and STATUS do not wait for that.
 * Process  trustd.   Source spec/mssante.md 1.3.
 */
#pragma once
#include "trust/list/list.h"
#include "trust/wire/wire.h"

struct lists;
struct lists_conf { /* texts are copied; anchors and pin are PEM texts, read with all rights */
    const char *url, *signer_name;
    struct buf anchors_pem, signer_pem, https_pem;
    enum list_expired expired_signer;
    int64_t refresh, alarm_age, max_age, max_list_age; /* s */
    unsigned max_loss;                   /* percent */
    struct list_apart *apart;            /* becomes the lists' */
};
struct lists *lists_new(const struct lists_conf *c);
void lists_start(struct lists *l, const char *dir, void (*news)(void *ctx, uint64_t generation), void *ctx);
void lists_stop(struct lists *l);
enum rc lists_index(struct lists *l, const struct trustd_index_req *rq, struct ipc_reply *r, struct err *e);
enum rc lists_update(struct lists *l, const struct trustd_update_req *rq, int xml_fd, struct ipc_reply *r, struct err *e);
void lists_status(struct lists *l, struct trustd_status_rep *out, struct buf *mem);
