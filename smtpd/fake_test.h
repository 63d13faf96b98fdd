/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/fake_test.h - for the session's unit test and fuzzer: a directory of a few addresses, one account (ana, s3cret), one partner
 * domain, a store with one full mailbox.
 * Process  unit tests and fuzzers of smtpd/.
 */
#pragma once
#include "flow/fake_test.h"
#include "smtpd/session.h"

static inline enum rc look(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    static const struct {
        const char *address;
        uint8_t kind;
        uint64_t mbx;
    } t[] = {{"bob@chu.example", DK_MAILBOX, 21},
             {"bob+x@chu.example", DK_MAILBOX, 21},
             {"full@chu.example", DK_MAILBOX, 66},
             {"closed@chu.example", DK_DISABLED, 67},
             {"postmaster@chu.example", DK_MAILBOX, 22},
             {"liste@chu.example", DK_GROUP, 0},
             {"panne@chu.example", DK_GROUP, 0},
             {"fermee@chu.example", DK_GROUP, 0},
             {"partis@chu.example", DK_GROUP, 0}};
    const struct dird_lookup_req *q = req;
    struct dird_lookup_rep *rep = r->msg;

    (void)d, (void)p, (void)fd;
    if (span_ieq_str(q->address, "away@chu.example"))
        return err_set(e, RC_TEMP, "slapd away");
    rep->kind = span_find(q->address, SPAN_LIT("@chu.example")) < 0 ? DK_NOT_LOCAL : DK_UNKNOWN;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (span_ieq_str(q->address, t[i].address)) {
            rep->kind = t[i].kind;
            rep->mbx = t[i].mbx;
        }
    return RC_OK;
}

static inline enum rc sign_in(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_auth_req *q = req;
    struct dird_auth_rep *rep = r->msg;

    (void)d, (void)p, (void)fd;
    if (span_eq_str(q->login, "closed"))
        return err_set(e, RC_PERM, "disabled");
    if (span_eq_str(q->login, "away"))
        return err_set(e, RC_TEMP, "slapd away");
    if (!span_eq_str(q->login, "ana") || !span_eq_str(q->password, "s3cret"))
        return err_cause(e, RC_DENIED, CAUSE_AUTH_FAILED, "wrong");
    rep->ticket = SPAN_LIT("ticket");
    rep->address = SPAN_LIT("ana@chu.example");
    rep->name = SPAN_LIT("Ana");
    return RC_OK;
}

#define PARTNER_DN "CN=smtp.partner.example,O=Partner,C=FR"
static inline enum rc trusted(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_trust_req *q = req;
    struct dird_trust_rep *rep = r->msg;

    (void)d, (void)p, (void)fd;
    (void)e;
    if (q->domain.n > 0 && !span_ieq_str(q->domain, "partner.example") && !span_ieq_str(q->domain, "third.example"))
        rep->trusted = DTR_UNKNOWN_DOMAIN;
    else if (q->dn.n == 0)
        rep->trusted = DTR_YES;
    else
        rep->trusted = span_eq_str(q->dn, span_ieq_str(q->domain, "third.example") ? "CN=third" : PARTNER_DN) ? DTR_YES : DTR_OTHER_DN;
    return RC_OK;
}

static inline enum rc stays(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)e;
    ((struct dird_stay_rep *)r->msg)->ask_in_s = 1800;
    return RC_OK;
}

static inline enum rc can_take(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    uint64_t mbx = ((const struct store_can_take_req *)req)->mbx;

    (void)d, (void)p, (void)fd, (void)r;
    if (mbx == 68)
        return err_set(e, RC_TEMP, "stored away");
    return mbx == 66 ? err_set(e, RC_QUOTA, "full") : RC_OK;
}

/* Each list in pages of one member. */
static inline enum rc expand(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    static const struct {
        const char *list, *address;
        uint8_t kind;
        uint64_t mbx;
    } t[] = {{"liste@chu.example", "bob@chu.example", DK_MAILBOX, 21},   {"liste@chu.example", "closed@chu.example", DK_DISABLED, 67},
             {"liste@chu.example", "full@chu.example", DK_MAILBOX, 66},  {"liste@chu.example", "x@partner.example", DK_NOT_LOCAL, 0},
             {"panne@chu.example", "bob@chu.example", DK_MAILBOX, 21},   {"panne@chu.example", "stalled@chu.example", DK_MAILBOX, 68},
             {"partis@chu.example", "closed@chu.example", DK_DISABLED, 67}};
    const struct dird_expand_req *q = req;
    struct dird_list_rep *rep = r->msg;

    (void)d, (void)p, (void)fd;
    if (span_ieq_str(q->address, "fermee@chu.example"))
        return err_cause(e, RC_DENIED, CAUSE_LIST_POST, "not for you");
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct dird_member m = {.kind = t[i].kind, .mbx = t[i].mbx, .address = span_str(t[i].address)};

        if (!span_ieq_str(q->address, t[i].list) || span_cmp(m.address, q->after) <= 0)
            continue;
        rep->more = rep->list.n > 0;
        if (rep->more)
            break;
        ipc_list_add(r->scratch, dird_member_f, &m);
        rep->list = buf_span(r->scratch);
    }
    return RC_OK;
}

static inline int session_fakes_up(void **state)
{
    (void)state;
    log_open("session-test", LOG_ERROR_ + 1);
    signal(SIGPIPE, SIG_IGN);
    fake = mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fake == MAP_FAILED || !mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    fake_start("keyd.sock", &keyd_proto, (const struct ipc_bind[]){{KEYD_WRAP, fake_wrap}, {0, NULL}});
    fake_start("stored.sock", &stored_proto,
               (const struct ipc_bind[]){
                   {STORE_DELIVER, fake_deliver}, {STORE_DELIVER_FD, fake_deliver}, {STORE_CAN_TAKE, can_take}, {0, NULL}});
    fake_start("dird.sock", &dird_proto,
               (const struct ipc_bind[]){{DIRD_MAY_SEND, fake_may},
                                         {DIRD_LOOKUP, look},
                                         {DIRD_AUTH, sign_in},
                                         {DIRD_TRUST, trusted},
                                         {DIRD_STAY, stays},
                                         {DIRD_EXPAND, expand},
                                         {0, NULL}});
    return 0;
}
