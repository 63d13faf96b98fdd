/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/client/client.c - see trust/client/client.h: base/ipc_link.h, and asking again while data is fetched. */
#include "trust/client/client.h"
#include "base/clock.h"
#include "base/ipc_link.h"
#include <poll.h>
#include <stdlib.h>

enum {
    PATIENCE_MS = 2000,
    CALL_MS = 5000 /* every question but UPDATE is answered at once: who asks is a session at MAIL, or dird */,
    UPDATE_MS = 300 * 1000 /* a list may have to be fetched and verified */,
    KNOWN_MS = 1000 /* a hash and a look-up */,
    AGAIN_MS = 50,
    AGAIN_MOST_MS = 500
};

struct trust {
    struct ipc_link *link;
};

struct trust *trust_new(enum ipc_role role)
{
    struct trust *t = calloc(1, sizeof *t);

    if (!t)
        die("out of memory");
    t->link = ipc_link_new(&(struct ipc_link_how){
        .socket = "trustd.sock", .proto = &trustd_proto, .role = role, .patience_ms = PATIENCE_MS, .call_ms = CALL_MS});
    return t;
}

void trust_free(struct trust **t)
{
    if (!t || !*t)
        return;
    ipc_link_free(&(*t)->link);
    free(*t);
    *t = NULL;
}

void trust_dial_ahead(struct trust *t)
{
    ipc_link_dial_ahead(t->link);
}

void trust_rest(struct trust *t)
{
    ipc_link_rest(t->link);
}

enum rc trust_get_index(struct trust *t, uint64_t have, struct trustd_index_rep *rep_out, int *fd_out, struct err *e)
{
    struct trustd_index_req rq = {have};
    struct ipc_ask q = {.op = TRUSTD_INDEX, .req = &rq, .rep_out = rep_out, .req_fd = -1, .rep_fd_out = fd_out};

    *fd_out = -1;
    return ipc_link_call(t->link, &q, e);
}

enum rc trust_check(struct trust *t, const struct trustd_check_req *rq, struct trustd_check_rep *out, struct buf *mem,
                    struct err *e)
{
    struct ipc_ask q = {.op = TRUSTD_CHECK, .req = rq, .rep_out = out, .mem = mem, .req_fd = -1};

    return ipc_link_call(t->link, &q, e);
}

enum rc trust_known(struct trust *t, enum trust_purpose p, struct span chain, struct trustd_check_rep *out,
                    struct buf *mem, struct err *e)
{
    const struct trustd_check_req rq = {(uint8_t)p, TW_KNOWN, chain};
    enum rc rc;

    ipc_link_patience(t->link, KNOWN_MS);
    ipc_link_times(t->link, 0, KNOWN_MS);
    rc = trust_check(t, &rq, out, mem, e);
    ipc_link_patience(t->link, PATIENCE_MS);
    ipc_link_times(t->link, 0, CALL_MS);
    return rc;
}

enum rc trust_check_wait(struct trust *t, enum trust_purpose p, struct span chain, int wait_ms,
                         struct trustd_check_rep *out, struct buf *mem, struct err *e)
{
    const struct trustd_check_req rq = {(uint8_t)p, TW_REVOCATION, chain};
    int64_t until = deadline_in(wait_ms);
    int ms = AGAIN_MS, left;
    enum rc rc;

    /* a trustd that has stopped answering must not be waited for longer */
    ipc_link_patience(t->link, wait_ms < PATIENCE_MS ? wait_ms : PATIENCE_MS);
    ipc_link_times(t->link, 0, wait_ms);

    while ((rc = trust_check(t, &rq, out, mem, e)) == RC_OK && out->state == TS_PENDING &&
           (left = deadline_left_ms(until)) > 0) {
        poll(NULL, 0, ms < left ? ms : left);
        ms = ms * 2 < AGAIN_MOST_MS ? ms * 2 : AGAIN_MOST_MS;
    }
    ipc_link_patience(t->link, PATIENCE_MS);
    ipc_link_times(t->link, 0, CALL_MS);
    if (rc == RC_OK && out->state == TS_PENDING)
        out->state = TS_UNKNOWN;
    return rc;
}

enum rc trust_update(struct trust *t, const struct trustd_update_req *rq, int xml_fd, struct trustd_update_rep *out,
                     struct buf *mem, int *index_fd_out, struct err *e)
{
    struct ipc_ask q = {
        .op = TRUSTD_UPDATE, .req = rq, .rep_out = out, .mem = mem, .req_fd = xml_fd, .rep_fd_out = index_fd_out};

    enum rc rc;

    if (index_fd_out)
        *index_fd_out = -1;
    ipc_link_times(t->link, 0, UPDATE_MS);
    rc = ipc_link_call(t->link, &q, e);
    ipc_link_times(t->link, 0, CALL_MS);
    return rc;
}

enum rc trust_status(struct trust *t, struct trustd_status_rep *out, struct buf *mem, struct err *e)
{
    struct ipc_ask q = {.op = TRUSTD_STATUS, .rep_out = out, .mem = mem, .req_fd = -1};

    return ipc_link_call(t->link, &q, e);
}

enum rc trust_sources(struct trust *t, uint32_t from, struct trustd_sources_rep *out, struct buf *mem, struct err *e)
{
    struct trustd_sources_req rq = {from};
    struct ipc_ask q = {.op = TRUSTD_SOURCES, .req = &rq, .rep_out = out, .mem = mem, .req_fd = -1};

    return ipc_link_call(t->link, &q, e);
}

enum rc trust_take_crl(struct trust *t, int der_fd, struct trustd_crl_rep *out, struct buf *mem, struct err *e)
{
    struct ipc_ask q = {.op = TRUSTD_CRL, .rep_out = out, .mem = mem, .req_fd = der_fd};

    return ipc_link_call(t->link, &q, e);
}

int trust_event_fd(const struct trust *t)
{
    return ipc_link_fd(t->link);
}

enum rc trust_event(struct trust *t, uint64_t *generation_out, struct err *e)
{
    struct trustd_ev_news ev = {0};
    uint16_t op;
    enum rc rc = ipc_link_event(t->link, &op, &ev, e);

    *generation_out = ev.generation;
    return rc;
}
