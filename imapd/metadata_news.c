/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/metadata_news.c - tells of annotations that other sessions changed: "* METADATA name entry ...", names alone. See imapd/metadata.h.
 * RFC 5464 4.4.2, RFC 5465 5.6, 5.7. A client gets them after ENABLE METADATA, or those of "" after ENABLE METADATA-SERVER. */
#include "base/clock.h"
#include "base/log.h"
#include "imapd/metadata.h"
#include "imapd/notify.h"
#include "proto/imap/write.h"

enum { ASK_EVERY_NS = 1000 * 1000 * 1000 };

static struct span folder_name(const struct folders *l, uint32_t folder)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->f[i].id == folder && (l->f[i].flags & FF_GONE) == 0)
            return l->f[i].name;
    return SPAN_NULL;
}

/* ---- what the session changed itself ---- */
/* Between two looks others may have changed something between two of our changes: so these are several ranges. They are more than there is room for only
 * where nothing is told: then it is as if nothing had ever been told. */
void metadata_own(struct imap_session *s, uint64_t from, uint64_t to)
{
    size_t n = s->annotated.n_own;

    if (!s->annotated.known || to <= from)
        return;
    if (n > 0 && s->annotated.own[n - 1].to == from) {
        s->annotated.own[n - 1].to = to;
        return;
    }
    if (n == OWN_MOST) {
        s->annotated.known = false;
        s->annotated.n_own = 0;
        return;
    }
    s->annotated.own[n].from = from;
    s->annotated.own[n].to = to;
    s->annotated.n_own++;
}

static void forget_own(struct imap_session *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->annotated.n_own; i++)
        if (s->annotated.own[i].to > s->annotated.change)
            s->annotated.own[n++] = s->annotated.own[i];
    s->annotated.n_own = n;
}

/* Not told: what this session changed, and what is no annotation of a client (imapd/urlauth.h). */
static bool is_own(const struct imap_session *s, const struct annotations *a, const struct annotation_of *n)
{
    if (n->name_n == 0 || a->mem.p[n->name] != '/')
        return true;
    for (size_t i = 0; i < s->annotated.n_own; i++)
        if (n->change > s->annotated.own[i].from && n->change <= s->annotated.own[i].to)
            return true;
    return false;
}

/* ---- the news ---- */

/* News of one folder: v[from] to v[to - 1]. A folder that is gone meanwhile tells nothing. */
static void put_folder(struct imap_session *s, const struct annotations *a, size_t from, size_t to,
                       const struct folders *l)
{
    uint32_t folder = a->v[from].folder;
    struct span name = folder_name(l, folder);
    size_t own;

    for (own = from; own < to && is_own(s, a, &a->v[own]); own++)
        ;
    if (own == to || (folder != 0 && name.n == 0) || !notify_annotations(s, folder))
        return;
    buf_addstr(&s->out, "* METADATA ");
    imap_put_mailbox(&s->out, name, s->opened.responses & RESP_UTF8);
    for (size_t i = from; i < to; i++) {
        if (is_own(s, a, &a->v[i]))
            continue;
        buf_addc(&s->out, ' ');
        imap_put_astring(&s->out, span_of(a->mem.p + a->v[i].name, a->v[i].name_n));
    }
    buf_addstr(&s->out, "\r\n");
}

static enum rc put_news(struct imap_session *s, const struct annotations *a, struct err *e)
{
    struct folders l;
    enum rc rc = folders_load(s, true, &l, e);

    if (rc != RC_OK)
        return rc;
    buf_clear(&s->out);
    for (size_t from = 0, to; from < a->n; from = to) {
        for (to = from + 1; to < a->n && a->v[to].folder == a->v[from].folder; to++)
            ;
        put_folder(s, a, from, to, &l);
    }
    reply_out(s);
    return RC_OK;
}

/* The first look only learns where the mailbox stands. */
static enum rc look(struct imap_session *s, struct err *e)
{
    uint64_t since = s->annotated.known ? s->annotated.change : UINT64_MAX;
    struct annotations a;
    enum rc rc = metadata_load(s, STORE_EVERY_FOLDER, NULL, &since, &a, e);

    if (rc != RC_OK)
        return rc;
    if (a.n > 0)
        rc = put_news(s, &a, e);
    if (rc == RC_OK) {
        s->annotated.change = a.change;
        s->annotated.known = true;
        forget_own(s);
    }
    annotations_free(&a);
    return rc;
}

void metadata_announce(struct imap_session *s, bool ask)
{
    struct err e;

    if (!notify_any_annotations(s) || s->bye)
        return;
    if (!ask && s->annotated.known && clock_mono() - s->annotated.asked < ASK_EVERY_NS)
        return;
    s->annotated.asked = clock_mono();
    if (look(s, &e) != RC_OK)
        log_err(LOG_WARN_, "sync-failed", &e);
}
