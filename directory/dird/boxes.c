/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/boxes.c - see boxes.h.
 * Least    A record has what a publication needs, and no more: no name of a person, no certificate, no alias, no number of ours.
 */
#include "directory/dird/boxes.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/entry.h"
#include "directory/dird/pages.h"
#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { TOLD_MAX = 4, LOOK_MS = 3600 * 1000, GATHER_MS = 100, PAGE_NAMES = 100 };

struct boxes {
    struct cache *cache;
    pthread_mutex_t lock;
    pthread_cond_t joined; /* with lock: somebody is to be told, or it ends */
    struct ipc_peer *told[TOLD_MAX];
    pthread_t thread;
    bool started;
    atomic_bool stop;
};

/* ---- told of changes ---- */
static void change(struct boxes *b, const struct ipc_peer *from, struct ipc_peer *to)
{
    pthread_mutex_lock(&b->lock);
    pthread_cond_broadcast(&b->joined);
    for (size_t i = 0; i < TOLD_MAX; i++)
        if (b->told[i] == from) {
            b->told[i] = to;
            break;
        }
    pthread_mutex_unlock(&b->lock);
}

void boxes_joined(struct boxes *b, struct ipc_peer *p)
{
    if (p->role == ROLE_PUBD)
        change(b, NULL, p);
}

void boxes_left(struct boxes *b, struct ipc_peer *p)
{
    if (p->role == ROLE_PUBD)
        change(b, p, NULL);
}

static void tell(struct boxes *b)
{
    struct dird_ev_boxes ev = {1};

    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < TOLD_MAX; i++)
        if (b->told[i])
            ipc_push(b->told[i], DIRD_EV_BOXES, &ev);
    pthread_mutex_unlock(&b->lock);
}

static bool somebody(const struct boxes *b)
{
    for (size_t i = 0; i < TOLD_MAX; i++)
        if (b->told[i])
            return true;
    return false;
}

/* Where nothing is published nobody joins, and this is where the thread stays. */
static void wait_for_somebody(struct boxes *b)
{
    pthread_mutex_lock(&b->lock);
    while (!somebody(b) && !atomic_load(&b->stop))
        pthread_cond_wait(&b->joined, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

/* A file of 5,000 accounts is told of a few times, not 5,000. Who joins is told of what changed since somebody was told, which may be nothing to him. */
static void *run(void *arg)
{
    struct boxes *b = arg;
    uint64_t seen = cache_changes_seen(b->cache), version, now;

    while (wait_for_somebody(b), !atomic_load(&b->stop)) {
        version = cache_version(b->cache);
        now = cache_changes_seen(b->cache);
        if (now != seen)
            tell(b);
        seen = now;
        if (!atomic_load(&b->stop) && cache_wait_change(b->cache, version, deadline_in(LOOK_MS)))
            nanosleep(&(struct timespec){0, GATHER_MS * 1000000L}, NULL);
    }
    return NULL;
}

struct boxes *boxes_new(struct cache *c)
{
    struct boxes *b = calloc(1, sizeof *b);

    if (!b)
        die("out of memory");
    b->cache = c;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->joined, NULL);
    return b;
}

void boxes_start(struct boxes *b)
{
    int r = pthread_create(&b->thread, NULL, run, b);

    if (r != 0)
        die("cannot start the thread that tells of changed mailboxes: error %d", r);
    b->started = true;
}

void boxes_free(struct boxes **bp)
{
    struct boxes *b = bp ? *bp : NULL;

    if (!b)
        return;
    atomic_store(&b->stop, true);
    pthread_mutex_lock(&b->lock);
    pthread_cond_broadcast(&b->joined);
    pthread_mutex_unlock(&b->lock);
    cache_tell(b->cache); /* it may wait for a change */
    if (b->started)
        pthread_join(b->thread, NULL);
    pthread_cond_destroy(&b->joined);
    pthread_mutex_destroy(&b->lock);
    free(b);
    *bp = NULL;
}

/* ---- read ---- */
struct asking {
    const char *dn;
    struct buf *mem;
    struct dird_account a;
    enum rc rc; /* of the parsing */
    struct err *e;
};

static const char *const box_attrs[] = {"mail",
                                        "displayName",
                                        "cn",
                                        "rpps",
                                        "mssStructureId",
                                        "mssService",
                                        "mssType",
                                        "pliMailboxId",
                                        "pliKeepUntil",
                                        "mssResponsible",
                                        "pliDisabled",
                                        "pliErasing",
                                        "mssRedList",
                                        "pliMailboxKey",
                                        "description",
                                        "adeli",
                                        "telephoneNumber",
                                        "mssPreferredRank",
                                        "mssPaperless",
                                        NULL};

static int read_box(struct ldap *ld, void *ctx)
{
    struct asking *q = ctx;
    LDAPMessage *result = NULL, *m = NULL;
    int code = ldap_search_ext_s(ld, q->dn, LDAP_SCOPE_BASE, "(objectClass=mssBox)", (char **)box_attrs, 0, NULL, NULL,
                                 NULL, 1, &result);

    if (code == LDAP_SUCCESS && (m = ldap_first_entry(ld, result)) == NULL)
        code = LDAP_NO_SUCH_OBJECT;
    if (m)
        q->rc = entry_account(ld, m, false, q->mem, &q->a, q->e);
    ldap_msgfree(result);
    return code;
}

static void fill(struct dird *d, const struct asking *q, struct dird_box *out)
{
    const struct dird_account *a = &q->a;
    struct cache_view v;

    cache_find(d->cache, a->address, &v);
    *out = (struct dird_box){.address = a->address,
                             .name = a->type == DT_PER ? SPAN_NULL : a->name,
                             .description = a->description,
                             .rpps = a->rpps,
                             .structure = a->structure,
                             .service = a->service,
                             .responsible = a->responsible,
                             .type = a->type,
                             .state = a->state,
                             .flags = (a->flags & DF_RED_LIST) | (v.domain_off ? DF_DOMAIN_OFF : 0) |
                                      (v.pending ? DF_PENDING : 0),
                             .adeli = a->adeli,
                             .telephone = a->telephone,
                             .rank = a->rank,
                             .paperless = a->paperless};
}

static enum rc read_in(struct dird *d, struct span address, struct buf *mem, struct dird_box *out, struct err *e)
{
    struct buf dn = BUF_INIT;
    struct asking q = {.mem = mem, .e = e};
    enum rc rc;

    if (cache_policy_of(d->cache, address)
            .unpublished) /* its domain does not consent: there is none, as far as pubd knows */
        return err_set(e, RC_NOTFOUND, "%s is not published", log_esc(address));
    dn_mailbox(&dn, d->base, address);
    q.dn = buf_cstr(&dn);
    rc = links_run(d->links, true, read_box, &q, "read a mailbox", e);
    buf_free(&dn);
    if (rc == RC_NOTFOUND)
        return err_set(e, RC_NOTFOUND, "no mailbox %s", log_esc(address));
    if (rc == RC_OK && (rc = q.rc) == RC_OK)
        fill(d, &q, out);
    return rc;
}

enum rc box_read(struct dird *d, struct span address, struct buf *mem, struct dird_box *out, struct err *e)
{
    struct buf entry = BUF_INIT, record = BUF_INIT;
    struct dird_box box;
    enum rc rc = read_in(d, address, &entry, &box, e);
    struct span rest;

    if (rc == RC_OK) { /* all spans into one buffer */
        ipc_list_add(&record, dird_box_f, &box);
        buf_addspan(mem, buf_span(&record));
        rest = buf_span(mem);
        rc = ipc_list_next(&rest, dird_box_f, out, e);
    }
    buf_free(&entry);
    buf_free(&record);
    return rc;
}

/* One that went meanwhile is passed over. */
static enum rc put(void *d, struct span address, struct buf *list, struct err *e)
{
    enum { RECORD_MOST = 3 * 1024 };
    struct buf mem = BUF_INIT;
    struct dird_box box;
    enum rc rc = list->n + RECORD_MOST > DIRD_LIST_BYTES ? RC_MORE : read_in(d, address, &mem, &box, e);

    if (rc == RC_OK)
        ipc_list_add(list, dird_box_f, &box);
    buf_free(&mem);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc box_page(struct dird *d, struct span after, struct buf *list, bool *more_out, struct err *e)
{
    const struct paging g = {LIST_MAILBOXES, PAGE_NAMES, put, d};

    return page_fill(d->cache, &g, after, list, more_out, e);
}
