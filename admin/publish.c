/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/publish.c - see admin/publish.h. */
#include "admin/publish.h"
#include "base/clock.h"
#include <poll.h>

enum { LOOK_MS = 50, LOOK_MOST_MS = 1000, READ_MS = 30 * 1000 };

enum rc publish_status(struct admin *ad, struct pubd_status_rep *out, struct buf *mem, struct err *e)
{
    return pub_call(ad->pub, PUBD_STATUS, NULL, out, mem, e);
}

/* ---- lists ---- */
static enum rc see_page(struct pubd_list_rep *page, publish_see see, void *ctx, struct err *e)
{
    struct pub_row row;
    enum rc rc;

    while ((rc = ipc_list_next(&page->list, pub_row_f, &row, e)) == RC_OK)
        if ((rc = see(&row, ctx, e)) != RC_OK)
            return rc;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc walk(struct admin *ad, enum pubd_op op, enum pub_which which, publish_see see, void *ctx, struct err *e)
{
    struct buf mem = BUF_INIT, after = BUF_INIT;
    struct pubd_list_rep page = {.more = 1};
    enum rc rc = RC_OK;

    while (rc == RC_OK && page.more) {
        struct pubd_list_req rq = {buf_span(&after), (uint8_t)which};
        rc = pub_call(ad->pub, op, &rq, &page, &mem, e);
        if (rc == RC_OK && (rc = see_page(&page, see, ctx, e)) == RC_OK) {
            buf_clear(&after);
            buf_addspan(&after, page.last);
        }
    }
    buf_free(&mem);
    buf_free(&after);
    return rc;
}

enum rc publish_each(struct admin *ad, enum pub_which which, publish_see see, void *ctx, struct err *e)
{
    return walk(ad, PUBD_LIST, which, see, ctx, e);
}

enum rc publish_diff(struct admin *ad, publish_see see, void *ctx, struct err *e)
{
    return walk(ad, PUBD_DIFF, PW_OPEN, see, ctx, e);
}

/* ---- one ---- */
enum rc publish_show(struct admin *ad, struct span address, struct publish_shown *out, struct buf *mem, struct err *e)
{
    struct pubd_address_req rq = {address};
    struct pubd_show_rep rep = {.body = SPAN_NULL};
    enum rc rc = pub_call(ad->pub, PUBD_SHOW, &rq, &rep, mem, e);

    *out = (struct publish_shown){.published = rep.published.n > 0, .wanted = rep.wanted.n > 0};
    if (rc == RC_OK)
        rc = ipc_list_next(&rep.row, pub_row_f, &out->row, e);
    if (rc == RC_OK && out->published)
        rc = ipc_decode(rep.published, pub_facts_f, &out->is, e);
    if (rc == RC_OK && out->wanted)
        rc = ipc_decode(rep.wanted, pub_facts_f, &out->to, e);
    out->resource = rep.resource;
    out->query = rep.query;
    out->body = rep.body;
    return rc;
}

/* ---- acts ---- */
enum rc publish_retry(struct admin *ad, struct span address, uint32_t *n_out, struct err *e)
{
    struct pubd_address_req rq = {address};
    struct pubd_count_rep rep = {0};
    enum rc rc = pub_call(ad->pub, PUBD_RETRY, &rq, &rep, NULL, e);

    *n_out = rep.n;
    return rc;
}

enum rc publish_confirm(struct admin *ad, uint32_t *n_out, struct err *e)
{
    struct pubd_count_rep rep = {0};
    enum rc rc = pub_call(ad->pub, PUBD_CONFIRM, NULL, &rep, NULL, e);

    *n_out = rep.n;
    return rc;
}

enum rc publish_begin(struct admin *ad, enum pub_begin how, struct err *e)
{
    struct pubd_begin_req rq = {(uint8_t)how};
    int64_t deadline = deadline_in(READ_MS);
    struct pubd_status_rep s = {0};
    struct buf mem = BUF_INIT;
    enum rc rc;

    /* at its start pubd reads our directory first */
    while ((rc = publish_status(ad, &s, &mem, e)) == RC_OK && s.compares == 0 && deadline_left_ms(deadline) > 0)
        poll(NULL, 0, LOOK_MS);
    buf_free(&mem);
    return rc == RC_OK ? pub_call(ad->pub, PUBD_BEGIN, &rq, NULL, NULL, e) : rc;
}

enum rc publish_run(struct admin *ad, int64_t wait_ms, struct pubd_status_rep *out, struct buf *mem, struct err *e)
{
    int64_t deadline = deadline_in(wait_ms);
    struct pubd_run_rep run = {0};
    enum rc rc = pub_call(ad->pub, PUBD_RUN, NULL, &run, NULL, e);
    int ms = LOOK_MS, left;

    while (rc == RC_OK && (rc = publish_status(ad, out, mem, e)) == RC_OK) {
        if (out->away)
            return err_set(e, RC_TEMP, "our own directory cannot be read just now: pli doctor says why");
        if (out->compares >= run.compares && (out->due == 0 || out->pause_until > 0))
            break;
        if ((left = deadline_left_ms(deadline)) <= 0)
            return err_set(e, RC_TIMEOUT, "%llu events wait still; pubd goes on", (unsigned long long)out->due);
        poll(NULL, 0, ms < left ? ms : left);
        ms = ms * 2 < LOOK_MOST_MS ? ms * 2 : LOOK_MOST_MS;
    }
    return rc;
}
