/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/fake_test.h - for unit tests: a keyd, a stored and a dird that say what the test wants and keep what they were given, each a
 * forked process behind a real socket in a folder of its own.
 * Process  unit tests of flow/.
 */
#pragma once
#include "base/ipc_stand_in_test.h"
#include "base/log.h"
#include "crypto/keyd/client/client.h"
#include "directory/client.h"
#include "store/client/client.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAKE_EPOCH = 7, FAKE_MAX = 8 * 1024 * 1024 };
struct fake { /* shared with the forked daemons */
    unsigned deliveries, by_fd, seals;
    enum rc answer;               /* what stored answers to a delivery */
    struct store_deliver_req req; /* spans are not good: see below */
    size_t n_places, n_remotes, n_objects;
    struct store_place places[16];
    unsigned char remotes[4][8192];
    size_t remote_len[4];
    uint8_t states[4]; /* of the remotes */
    unsigned char objects[FAKE_MAX];
};
static struct fake *fake;
static char fake_dir[] = "/tmp/pli-flow-XXXXXX";
static pid_t fake_pids[3];
static size_t fake_n;
static const unsigned char fake_ekey[SEAL_EPOCH_KEY] = {1, 2, 3};

static inline enum rc fake_no(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)r;
    return err_set(e, RC_PERM, "not in this test");
}

static inline enum rc fake_wrap(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r,
                                struct err *e)
{
    const struct keyd_wrap_req *q = req;
    struct keyd_wrap_rep *rep = r->msg;
    struct span rest = q->boxes;
    struct keyd_box box;
    enum rc rc;

    (void)d, (void)p, (void)fd;
    while ((rc = ipc_list_next(&rest, keyd_box_f, &box, e)) == RC_OK) {
        struct keyd_wrapped w = {.mbx = box.mbx, .epoch = FAKE_EPOCH};

        rc = seal_wrap(fake_ekey, box.mbx, FAKE_EPOCH, q->cek, w.wrap, e);
        if (rc != RC_OK)
            return rc;
        ipc_list_add(r->scratch, keyd_wrapped_f, &w);
    }
    rep->wrapped = buf_span(r->scratch);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static inline void fake_keep(const struct store_deliver_req *q, int fd)
{
    struct span places = q->places, remotes = q->remotes;
    struct store_remote rem;
    struct err e;

    fake->deliveries++;
    fake->req = *q;
    fake->n_places = fake->n_remotes = 0;
    while (fake->n_places < 16 && ipc_list_next(&places, store_place_f, &fake->places[fake->n_places], &e) == RC_OK)
        fake->n_places++;
    while (fake->n_remotes < 4 && ipc_list_next(&remotes, store_remote_f, &rem, &e) == RC_OK) {
        memcpy(fake->remotes[fake->n_remotes], rem.envelope.p, rem.envelope.n);
        fake->states[fake->n_remotes] = rem.state;
        fake->remote_len[fake->n_remotes++] = rem.envelope.n;
    }
    fake->n_objects = q->objects.n;
    if (fd < 0) {
        memcpy(fake->objects, q->objects.p, q->objects.n);
        return;
    }
    fake->by_fd++;
    fake->seals = (unsigned)fcntl(fd, F_GET_SEALS);
    fake->n_objects = (size_t)pread(fd, fake->objects, FAKE_MAX, (off_t)q->skip);
}

static inline enum rc fake_deliver(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r,
                                   struct err *e)
{
    struct store_deliver_rep *rep = r->msg;

    (void)d, (void)p;
    if (fake->answer != RC_OK)
        return err_set(e, fake->answer, "as the test wants");
    fake_keep(req, fd);
    for (size_t i = 0; i < fake->n_places; i++)
        ipc_list_add(r->scratch, store_placed_f,
                     &(struct store_placed){fake->places[i].mbx, fake->places[i].folder, (uint32_t)i + 1, 9});
    rep->placed = buf_span(r->scratch);
    rep->qid = fake->n_remotes > 0 ? 77 : 0;
    return RC_OK;
}

/* Accounts hold addresses that begin with their own name. */
static inline enum rc fake_may(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_may_req *q = req;

    (void)d, (void)p, (void)fd, (void)r;
    if (span_istarts(q->sender, "ana"))
        return RC_OK;
    return err_set(e, RC_DENIED, "not held");
}

/* Port 25: the peer is the operator of chu.example. */
static inline enum rc fake_trust(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct dird_trust_req *q = req;

    (void)d, (void)p, (void)fd, (void)e;
    ((struct dird_trust_rep *)r->msg)->trusted = !span_ieq_str(q->domain, "chu.example") ? DTR_UNKNOWN_DOMAIN
                                                 : span_eq_str(q->dn, "CN=chu")          ? DTR_YES
                                                                                         : DTR_OTHER_DN;
    return RC_OK;
}

static inline void fake_start(const char *sock, const struct ipc_proto *proto, const struct ipc_bind *some)
{
    struct err e;
    int fd = ipc_listen(sock, &e);

    if (fd < 0)
        die("%s", e.log);
    fake_pids[fake_n] = fork();
    if (fake_pids[fake_n++] == 0) {
        struct ipc_service s = {
            .proto = proto, .handlers = stand_in_handlers(proto, some, fake_no), .threads = 1, .max_peers = 16};

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(ipc_serve(&s, fd, &e) == RC_OK ? 0 : 1);
    }
    close(fd);
}

/* No address here is another mailbox's, for which somebody writes. */
static inline enum rc fake_lookup(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)e;
    ((struct dird_lookup_rep *)r->msg)->kind = DK_UNKNOWN;
    return RC_OK;
}

static inline int fakes_up(void **state)
{
    (void)state;
    log_open("flow-test", LOG_ERROR_ + 1);
    fake = mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fake == MAP_FAILED || !mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    fake_start("keyd.sock", &keyd_proto, (const struct ipc_bind[]){{KEYD_WRAP, fake_wrap}, {0, NULL}});
    fake_start("stored.sock", &stored_proto,
               (const struct ipc_bind[]){{STORE_DELIVER, fake_deliver}, {STORE_DELIVER_FD, fake_deliver}, {0, NULL}});
    fake_start("dird.sock", &dird_proto,
               (const struct ipc_bind[]){{DIRD_LOOKUP, fake_lookup}, {DIRD_MAY_SEND, fake_may}, {DIRD_TRUST, fake_trust}, {0, NULL}});
    return 0;
}

static inline int fakes_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < fake_n; i++) {
        kill(fake_pids[i], SIGKILL);
        waitpid(fake_pids[i], NULL, 0);
    }
    unlink("keyd.sock");
    unlink("stored.sock");
    unlink("dird.sock");
    return rmdir(fake_dir);
}

static inline enum rc fake_open_led(const unsigned char cek[SEAL_CEK], struct buf *out, struct err *e)
{
    struct seal_chunk_at at;
    struct seal_obj *o;
    enum rc rc = seal_obj_open(cek, fake->req.oid, SEAL_MESSAGE, &o, e);

    if (rc != RC_OK)
        return rc;
    seal_obj_led(o, fake->req.lead);
    for (uint32_t no = 0; rc == RC_OK && seal_chunk_at(fake->req.size, fake->req.lead, no, &at); no++)
        rc = open_chunk(o, no, at.final, span_of(fake->objects + at.sealed, at.n + SEAL_TAG), out, e);
    seal_obj_close(&o);
    return rc;
}

/* The octets stored was given, opened with the wrap of a mailbox; kind's place follows from the lengths. */
static inline enum rc fake_open(size_t place, enum seal_kind kind, struct buf *out, struct err *e)
{
    const struct store_place *p = &fake->places[place];
    uint64_t at[] = {0, 0, fake->req.len_message, fake->req.len_message + fake->req.len_summary};
    uint64_t len[] = {0, fake->req.len_message, fake->req.len_summary, fake->req.len_search};
    unsigned char cek[SEAL_CEK];
    enum rc rc = seal_unwrap(fake_ekey, p->mbx, p->epoch, p->wrap, cek, e);

    if (rc != RC_OK)
        return rc;
    if (kind == SEAL_MESSAGE && fake->req.lead > 0)
        return fake_open_led(cek, out, e);
    return open_whole(cek, fake->req.oid, kind, span_of(fake->objects + at[kind], (size_t)len[kind]), out, e);
}
