/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists.c - the white list in use: see trust/trustd/lists.h. */
#include "base/clock.h"
#include "base/log.h"
#include "trust/trustd/lists_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct lists *lists_new(const struct lists_conf *c)
{
    struct lists *l = calloc(1, sizeof *l);

    if (!l)
        die("out of memory");
    l->conf = *c;
    l->conf.url = span_dup(span_str(c->url));
    l->conf.signer_name = span_dup(span_str(c->signer_name));
    l->index_fd = -1;
    pthread_mutex_init(&l->look, NULL);
    pthread_mutex_init(&l->mu, NULL);
    pthread_cond_init(&l->wake, NULL);
    return l;
}

/* What the state says of an address is about that address alone. */
static void forget_other_address(struct lists *l)
{
    if (strcmp(l->now.url, l->conf.url) == 0)
        return;
    (void)snprintf(l->now.url, sizeof l->now.url, "%s", l->conf.url);
    l->now.etag[0] = l->now.last_error[0] = '\0';
    l->now.modified = l->now.next = l->now.failures = 0;
}

/* The index is damaged: the list is read again as it came. */
static enum rc read_again(struct lists *l, struct err *e)
{
    static const struct trustd_update_req as_set;
    struct list_result res = {0};
    struct buf xml = BUF_INIT;
    enum rc rc = files_xml(l, &xml, e);

    if (rc == RC_OK)
        rc = list_look_at(l, buf_span(&xml), &as_set, &res, e);
    if (rc == RC_OK)
        rc = list_use(l, buf_span(&xml), &res, &(struct list_from){LF_KEPT, NULL}, e);
    list_result_free(&res);
    buf_free(&xml);
    return rc;
}

static enum rc load(struct lists *l, struct err *e)
{
    enum rc rc = files_load(l, e);

    l->had_one = l->now.generated > 0 || rc == RC_OK || rc == RC_CORRUPT;
    forget_other_address(l);
    if (rc != RC_CORRUPT)
        return rc;
    log_err(LOG_ERROR_, "list-damaged", e);
    return read_again(l, e);
}

void lists_start(struct lists *l, const char *dir, void (*news)(void *ctx, uint64_t generation), void *ctx)
{
    struct err e;
    enum rc rc;

    l->dir = span_dup(span_str(dir));
    l->news = news;
    l->news_ctx = ctx;
    files_keep_anchors(l);
    rc = load(l, &e);
    if (rc == RC_OK)
        log_ev(LOG_INFO_, "list", "generated=%llu domains=%zu entries=%zu", (unsigned long long)l->now.generated,
               index_domains(l->index), index_entries(l->index));
    else if (rc != RC_NOTFOUND)
        log_err(LOG_ERROR_, "list-lost", &e);
    if (pthread_create(&l->refresher, NULL, refresh_thread, l) != 0)
        die("no thread to refresh the white list");
    l->running = true;
}

void lists_stop(struct lists *l)
{
    pthread_mutex_lock(&l->mu);
    l->stop = true;
    pthread_cond_broadcast(&l->wake);
    pthread_mutex_unlock(&l->mu);
}

/* ---- is it a better one? ---- */
static enum rc count_change(void *ctx, const struct index_change *c, struct err *e)
{
    struct difference *d = ctx;

    (void)e;
    d->gained += c->what == '+';
    d->lost += c->what == '-';
    d->changed += c->what == '~';
    return RC_OK;
}

enum rc list_differ(const struct lists *l, struct span index, struct difference *d, struct err *e)
{
    struct trust_index *x = NULL;
    int fd = -1;
    enum rc rc = index_memfd(index, &fd, e);

    *d = (struct difference){.generated = l->index ? index_generated(l->index) : 0};
    if (rc == RC_OK)
        rc = index_open(fd, &x, e);
    if (rc == RC_OK)
        rc = index_diff(l->index, x, count_change, d, e);
    index_close(&x);
    if (fd >= 0)
        close(fd);
    return rc;
}

static enum rc compare(const struct lists *l, const struct list_result *res, uint32_t flags, struct err *e)
{
    struct difference d = {0};
    size_t had = l->index ? index_domains(l->index) : 0;
    enum rc rc;

    if (!l->index || flags & TU_ACCEPT_LOSS)
        return RC_OK;
    if (res->generated < index_generated(l->index))
        return err_cause(e, RC_DENIED, CAUSE_LIST_OLDER, "it was generated %llu s before the list in use",
                         (unsigned long long)(index_generated(l->index) - res->generated));
    rc = list_differ(l, buf_span(&res->index), &d, e);
    if (rc == RC_OK && d.lost * 100 > (uint64_t)had * l->conf.max_loss)
        rc = err_cause(e, RC_DENIED, CAUSE_LIST_LOSS, "it loses %llu of %zu domains (trust.max_loss is %u %%)",
                       (unsigned long long)d.lost, had, l->conf.max_loss);
    return rc;
}

enum rc list_look_at(struct lists *l, struct span xml, const struct trustd_update_req *rq, struct list_result *res,
                     struct err *e)
{
    struct list_how how = {.signer_pem = rq->signer_pem.n > 0 ? rq->signer_pem : buf_span(&l->conf.signer_pem),
                           .anchors_pem = buf_span(&l->conf.anchors_pem),
                           .signer_name = span_str(l->conf.signer_name),
                           .expired_signer = l->conf.expired_signer,
                           .now = (uint64_t)clock_utc()};
    enum rc rc = list_read_apart(l->conf.apart, xml, &how, res, e);

    if (rc == RC_CLOSED)
        die("%s", e->log); /* the supervisor starts us again */
    return rc == RC_OK ? compare(l, res, rq->flags, e) : rc;
}

/* ---- taken into use ---- */
static uint64_t next_generation(const struct lists *l)
{
    uint64_t now = (uint64_t)clock_utc_ms();

    return now > l->now.generation ? now : l->now.generation + 1;
}

static void exchange(struct lists *l, int fd, struct trust_index *x, const struct list_state *s)
{
    int old_fd;
    struct trust_index *old;

    pthread_mutex_lock(&l->mu);
    old_fd = l->index_fd;
    old = l->index;
    l->index_fd = fd;
    l->index = x;
    l->now = *s;
    pthread_mutex_unlock(&l->mu);
    index_close(&old);
    if (old_fd >= 0)
        close(old_fd);
}

/* The same entries give the same index. */
static bool same_list(const struct lists *l, const struct list_result *res)
{
    char digest[sizeof l->now.digest];

    digest_text(buf_span(&res->index), digest);
    return l->index && strcmp(digest, l->now.digest) == 0;
}

static void fill_state(const struct lists *l, const struct list_result *res, const struct list_from *from,
                       struct list_state *s)
{
    *s = l->now;
    s->generated = res->generated;
    s->last_try = (uint64_t)clock_utc();
    lists_seen(s, from->how, same_list(l, res), s->last_try);
    s->signer_until = res->signer_until;
    s->failures = 0;
    s->last_error[0] = '\0';
    snprintf(s->signer, sizeof s->signer, "%s", res->signer);
    snprintf(s->etag, sizeof s->etag, "%s", from->url ? from->url->etag : "");
    s->modified = from->url ? (uint64_t)from->url->modified : 0;
    digest_text(buf_span(&res->index), s->digest);
}

enum rc list_use(struct lists *l, struct span xml, struct list_result *res, const struct list_from *from, struct err *e)
{
    struct trust_index *x = NULL;
    struct list_state s;
    int fd = -1;
    enum rc rc;

    fill_state(l, res, from, &s);
    if (same_list(l, res)) {
        pthread_mutex_lock(&l->mu);
        l->now = s;
        pthread_mutex_unlock(&l->mu);
        return files_keep_state(l, &s, e);
    }
    s.generation = next_generation(l);
    rc = index_memfd(buf_span(&res->index), &fd, e);
    if (rc == RC_OK)
        rc = index_open(fd, &x, e);
    if (rc == RC_OK)
        rc = files_keep_list(l, xml, buf_span(&res->index), &s, e);
    if (rc != RC_OK) {
        index_close(&x);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    exchange(l, fd, x, &s);
    log_ev(LOG_INFO_, "list-new", "generation=%llu generated=%llu domains=%llu entries=%llu signer=\"%s\"%s",
           (unsigned long long)s.generation, (unsigned long long)s.generated, (unsigned long long)res->domains,
           (unsigned long long)res->entries, res->signer, res->signer_expired ? " signer-expired=yes" : "");
    l->news(l->news_ctx, s.generation);
    return RC_OK;
}

/* ---- what is asked ---- */
static bool configured(const struct lists *l)
{
    return l->conf.url[0] || l->conf.anchors_pem.n > 0 || l->conf.signer_pem.n > 0 || l->had_one;
}

enum rc lists_index(struct lists *l, const struct trustd_index_req *rq, struct ipc_reply *r, struct err *e)
{
    struct trustd_index_rep *rep = r->msg;
    enum rc rc = RC_OK;

    pthread_mutex_lock(&l->mu);
    *rep = (struct trustd_index_rep){.configured = configured(l)};
    if (l->index)
        *rep = (struct trustd_index_rep){l->now.generation, l->now.generated, l->now.taken,
                                         lists_good_until(l, &l->now, clock_utc()), 1};
    if (l->index && rq->have != l->now.generation && (r->fd = fcntl(l->index_fd, F_DUPFD_CLOEXEC, 3)) < 0)
        rc = err_sys(e, RC_TEMP, "handing the index out");
    pthread_mutex_unlock(&l->mu);
    return rc;
}

static enum rc read_xml(int fd, struct buf *out, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, RC_SYNTAX, "a list is a file");
    if (st.st_size > LIST_XML_MAX)
        return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "longer than %d octets", LIST_XML_MAX);
    for (off_t at = 0; at < st.st_size;) {
        unsigned char piece[65536];
        ssize_t n = pread(fd, piece, sizeof piece, at);

        if (n <= 0)
            return err_sys(e, RC_TEMP, "reading the list");
        buf_add(out, piece, (size_t)n);
        at += n;
    }
    return RC_OK;
}

static enum rc answer(struct lists *l, const struct list_result *res, const struct difference *d, bool unchanged,
                      struct ipc_reply *r, struct err *e)
{
    struct trustd_update_rep *rep = r->msg;
    char remark[TRUST_TEXT] = "";
    size_t n;

    pthread_mutex_lock(&l->mu);
    rep->generation = l->now.generation;
    pthread_mutex_unlock(&l->mu);
    rep->generated = res->generated;
    rep->entries = res->entries;
    rep->domains = res->domains;
    rep->gained = d->gained;
    rep->lost = d->lost;
    rep->changed = d->changed;
    rep->unchanged = unchanged;
    rep->signer_until = res->signer_until;
    if (res->signer_expired)
        snprintf(remark, sizeof remark,
                 "the signer's certificate has expired since; it was valid when the list was generated");
    n = strlen(res->signer);
    buf_add(r->scratch, res->signer, n);
    buf_add(r->scratch, remark, strlen(remark));
    rep->signer = span_head(buf_span(r->scratch), n);
    rep->remark = span_from(buf_span(r->scratch), n);
    return index_memfd(buf_span(&res->index), &r->fd, e);
}

/* With .look. */
static enum rc update(struct lists *l, const struct trustd_update_req *rq, struct span xml, struct ipc_reply *r,
                      struct err *e)
{
    struct list_result res = {0};
    struct difference d = {0};
    bool unchanged;
    enum rc rc = list_look_at(l, xml, rq, &res, e);

    if (rc == RC_OK)
        rc = list_differ(l, buf_span(&res.index), &d, e);
    unchanged = rc == RC_OK && same_list(l, &res);
    if (rc == RC_OK && !(rq->flags & TU_TRY))
        rc = list_use(l, xml, &res, &(struct list_from){LF_HAND, NULL}, e);
    if (rc == RC_OK)
        rc = answer(l, &res, &d, unchanged, r, e);
    list_result_free(&res);
    return rc;
}

static void answer_unchanged(struct lists *l, struct ipc_reply *r)
{
    struct trustd_update_rep *rep = r->msg;

    pthread_mutex_lock(&l->mu);
    *rep = (struct trustd_update_rep){.generation = l->now.generation,
                                      .generated = l->now.generated,
                                      .entries = l->index ? index_entries(l->index) : 0,
                                      .domains = l->index ? index_domains(l->index) : 0,
                                      .signer_until = l->now.signer_until,
                                      .unchanged = 1};
    buf_add(r->scratch, l->now.signer, strlen(l->now.signer));
    pthread_mutex_unlock(&l->mu);
    rep->signer = buf_span(r->scratch);
}

/* With .look. */
static enum rc fetch_now(struct lists *l, const struct trustd_update_req *rq, struct ipc_reply *r, struct err *e)
{
    struct list_result res = {0};
    struct difference d = {0};
    bool unchanged = false, same;
    enum rc rc = l->conf.url[0] || rq->url.n > 0
                     ? refresh_once(l, rq, &res, &unchanged, &d, e)
                     : err_set(e, RC_PERM, "trust.url is not set: name a file or an address");

    same = d.gained + d.lost + d.changed == 0;
    if (rc == RC_OK && unchanged)
        answer_unchanged(l, r);
    else if (rc == RC_OK)
        rc = answer(l, &res, &d, same && res.generated == d.generated, r, e);
    list_result_free(&res);
    return rc;
}

enum rc lists_update(struct lists *l, const struct trustd_update_req *rq, int xml_fd, struct ipc_reply *r,
                     struct err *e)
{
    struct buf xml = BUF_INIT;
    enum rc rc = read_xml(xml_fd, &xml, e);

    if (rc == RC_OK) {
        pthread_mutex_lock(&l->look);
        rc = xml.n > 0 ? update(l, rq, buf_span(&xml), r, e) : fetch_now(l, rq, r, e);
        pthread_mutex_unlock(&l->look);
    }
    if (rc != RC_OK)
        log_err(LOG_WARN_, "list-refused", e);
    buf_free(&xml);
    return rc;
}

void lists_status(struct lists *l, struct trustd_status_rep *out, struct buf *mem)
{
    size_t n;

    pthread_mutex_lock(&l->mu);
    out->generation = l->index ? l->now.generation : 0;
    out->generated = l->now.generated;
    out->taken = l->now.taken;
    out->entries = l->index ? index_entries(l->index) : 0;
    out->domains = l->index ? index_domains(l->index) : 0;
    out->operators = l->index ? index_operators(l->index) : 0;
    out->next_fetch = l->conf.url[0] ? l->now.next : 0;
    out->last_try = l->now.last_try;
    out->failures = (uint32_t)l->now.failures;
    out->good_until = l->index ? lists_good_until(l, &l->now, clock_utc()) : 0;
    out->alarm = (uint8_t)lists_alarm(l, &l->now, clock_utc());
    out->configured = configured(l);
    n = strlen(l->now.signer);
    buf_add(mem, l->now.signer, n);
    buf_add(mem, l->now.last_error, strlen(l->now.last_error));
    pthread_mutex_unlock(&l->mu);
    out->signer = span_head(buf_span(mem), n);
    out->last_error = span_from(buf_span(mem), n);
}
