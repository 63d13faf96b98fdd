/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/daemon_test.h - for tests: dird in this process (threads), on a real slapd, asked over its own socket.
 */
#pragma once
#include "crypto/seal/ticket.h"
#include "directory/client.h"
#include "directory/dird/dird.h"
#include "directory/schema/slapd_test.h"
#include <ldap.h>

static struct trial t;
static struct dird *daemon_;
static struct dir *dir;
static pthread_t server;
static int listen_fd;
static struct ticket_keys tickets;
static struct buf out;

/* The tests look at an answer before they ask for the next few: memory for its spans, in turn. */
static struct buf answers[4];
static unsigned answers_at;
#define dir_call(d, op, rq, rep, e) dir_call_in(d, op, rq, rep, &answers[answers_at++ % 4], e)
#define dir_lookup(d, address, rep, e) dir_lookup(d, address, rep, &answers[answers_at++ % 4], e)
#define dir_auth(d, rq, rep, e) dir_auth(d, rq, rep, &answers[answers_at++ % 4], e)

static inline void *serve(void *arg)
{
    struct err e = {0};
    struct ipc_service s = {.proto = &dird_proto, .handlers = dird_handlers, .left = dird_left, .daemon = arg, .threads = 12, .max_peers = 64};
    if (ipc_serve(&s, listen_fd, &e) != RC_OK)
        abort();
    return NULL;
}

static inline char *secret_text(void)
{
    static char text[128];
    FILE *f = fopen("../keys/dird.secret", "r");
    if (!f || !fgets(text, sizeof text, f))
        abort();
    fclose(f);
    return text;
}

static inline void daemon_start(void)
{
    struct err e = {0};
    struct dird_how how = {.uri = "ldapi://ldapi/", .base = "o=pli", .secret = secret_text(), .threads = 12, .max_failures = 10,
                           .own_slapd = true, .cache_s = 600, .ticket_s = 12 * 3600, .ticket_keys = &tickets};
    setenv("LDAPNOINIT", "1", 1); /* both as main() does */
    signal(SIGPIPE, SIG_IGN);
    daemon_ = dird_open(&how);
    dird_start(daemon_, trial_gate(), geteuid());
    listen_fd = ipc_listen("dird.sock", &e);
    pthread_create(&server, NULL, serve, daemon_);
    dir = dir_new(ROLE_ADMIN);
}

static inline void daemon_stop(void)
{
    dir_free(&dir);
    for (size_t i = 0; i < 4; i++)
        buf_free(&answers[i]);
    ipc_stop();
    pthread_join(server, NULL);
    dird_close(&daemon_);
}

static inline bool wait_sync(bool want)
{
    for (int64_t until = deadline_in(60000); deadline_left_ms(until) > 0;) {
        struct cache_counts n;
        cache_counts(daemon_->cache, &n);
        if (n.in_sync == want)
            return true;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    return false;
}

static inline int make(void **state)
{
    struct err e = {0};
    (void)state;
    ticket_keys_new(&tickets);
    if (!trial_make(&t, &e) || trial_start(&t) < 0)
        return -1;
    daemon_start();
    return wait_sync(true) ? 0 : -1;
}

static inline int unmake(void **state)
{
    (void)state;
    daemon_stop();
    trial_remove(&t);
    buf_free(&out);
    return 0;
}

/* ---- short forms ---- */
static inline enum rc add(struct dird_account a)
{
    struct err e = {0};
    enum rc rc = dir_call(dir, DIRD_ACCOUNT_ADD, &a, NULL, &e);
    if (rc != RC_OK && getenv("PLI_TEST_LOG"))
        fprintf(stderr, "add: %s\n", e.log);
    return rc;
}

static inline uint64_t mbx_of(const char *address)
{
    struct dird_lookup_rep rep = {0};
    struct err e = {0};
    return dir_lookup(dir, span_str(address), &rep, &e) == RC_OK ? rep.mbx : 0;
}

static inline enum rc step(const char *address, enum dird_step s)
{
    struct err e = {0};
    struct dird_state_req rq = {.address = span_str(address), .step = s, .keep_until = s == DL_CLOSE ? (uint64_t)clock_utc() : 0, .mbx = mbx_of(address)};
    enum rc rc = dir_call(dir, DIRD_ACCOUNT_STATE, &rq, NULL, &e);
    if (rc != RC_OK && getenv("PLI_TEST_LOG"))
        fprintf(stderr, "step: %s\n", e.log);
    return rc;
}

static inline struct dird_account per(const char *address, const char *name, uint64_t mbx)
{
    struct dird_account a = {.address = span_str(address), .name = span_str(name), .password = SPAN_LIT("mot de passe"), .mbx = mbx,
                             .type = DT_PER, .flags = DF_SIGN, .quota = 1u << 30};
    memset(a.pub, (int)mbx, sizeof a.pub);
    return a;
}

static inline int kind_of(const char *address)
{
    struct err e = {0};
    struct dird_lookup_rep rep = {0};
    return dir_lookup(dir, span_str(address), &rep, &e) == RC_OK ? rep.kind : -1;
}

static inline enum rc sign_in(const char *login, const char *password, struct err *e)
{
    struct dird_auth_req rq = {span_str(login), span_str(password), SPAN_LIT("192.0.2.1"), 2};
    struct dird_auth_rep rep = {0};
    return dir_auth(dir, &rq, &rep, e);
}

/* A command as a signed-in mailbox over ldaps; its exit status. The password is the one per() gives. */
static inline int as_mailbox(const char *tool, const char *who, const char *rest)
{
    return trial_sh(&out, "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem %s -x -H ldaps://127.0.0.1:%d -D 'mail=%s,ou=mailboxes,o=pli' -w 'mot de passe' 2>&1 %s",
                    tool, t.ldaps_port, who, rest);
}

static inline bool says(const char *what)
{
    return span_find(buf_span(&out), span_str(what)) >= 0;
}
