/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/folders.c - see imapd/folders.h. */
#include "imapd/folders.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/prepare.h"
#include "proto/imap/name.h"
#include <stdlib.h>

static enum rc too_complex(struct err *e)
{
    return err_set(e, RC_TEMP, "folder list does not fit the command's memory");
}

static bool keep(struct imap_session *s, struct span from, struct span *to)
{
    unsigned char *p = imap_arena_get(&s->mem, from.n);

    if (p == NULL)
        return false;
    if (from.n > 0)
        memcpy(p, from.p, from.n);
    *to = span_of(p, from.n);
    return true;
}

struct span folder_removed_name(const struct imap_session *s)
{
    static const char *const names[] = {"Éléments supprimés récemment", "Recently deleted"}; /* enum folder_language */

    return span_str(names[s->conf->language]);
}

/* A name is opened as it comes, and the sealed name is not kept. So a mailbox with more names than may be made today
 * can still be listed. */
static enum rc name_in(struct imap_session *s, const struct store_folder *sf, struct folder *f, struct err *e)
{
    struct buf name = BUF_SECRET_INIT, shown = BUF_SECRET_INIT;
    enum rc rc;

    if (f->id == STORE_INBOX || f->id == STORE_REMOVED) {
        f->name = f->id == STORE_INBOX ? SPAN_LIT("INBOX") : folder_removed_name(s);
        return RC_OK;
    }
    rc = mailbox_open_name(s->box, f->tag, sf->name, &name, e);
    if (rc == RC_OK)
        prepare_shown(buf_span(&name), &shown);
    if (rc == RC_OK && !keep(s, buf_span(&shown), &f->name))
        rc = too_complex(e);
    buf_free(&name);
    buf_free(&shown);
    return rc;
}

/* The folder of removed messages is nowhere in the store: its name and tag are made here. A folder that the holder gave that name hides it. */
static enum rc removed_in(struct imap_session *s, struct folder *f, const struct folders *l, bool *hidden,
                          struct err *e)
{
    enum rc rc = mailbox_name_tag(s->box, folder_removed_name(s), f->tag, e);

    for (size_t i = 0; i < l->n; i++)
        *hidden = *hidden || memcmp(l->f[i].tag, f->tag, sizeof f->tag) == 0;
    return rc;
}

static enum rc folder_in(struct imap_session *s, bool names, struct folders *l, const struct store_folder *sf,
                         struct err *e)
{
    struct folder f = {.id = sf->folder,
                       .uidvalidity = sf->uidvalidity,
                       .uidnext = sf->uidnext,
                       .exists = sf->exists,
                       .unseen = sf->unseen,
                       .modseq = sf->modseq,
                       .special = s->at ? (uint8_t)SU_NONE : sf->special, /* each role is of one folder: her own */
                       .flags = sf->flags,
                       .rights = sf->rights};
    bool hidden = false;
    enum rc rc;

    memcpy(f.tag, sf->tag, sizeof f.tag);
    if (f.id == STORE_REMOVED && ((rc = removed_in(s, &f, l, &hidden, e)) != RC_OK || hidden))
        return rc;
    l->f = imap_arena_grow(&s->mem, l->f, l->n, sizeof *l->f);
    if (l->f == NULL)
        return too_complex(e);
    rc = names ? name_in(s, sf, &f, e) : RC_OK;
    l->f[l->n] = f;
    l->n += rc == RC_OK;
    return rc;
}

/* Compares names level by level. So "a/b" comes after "a" and before "a.b", whatever the order of the octets. */
static int by_name(const void *x, const void *y)
{
    const struct folder *a = x, *b = y;
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;

    for (size_t i = 0; i < n; i++)
        if (a->name.p[i] != b->name.p[i])
            return a->name.p[i] == '/' ? -1 : b->name.p[i] == '/' ? 1 : a->name.p[i] < b->name.p[i] ? -1 : 1;
    return (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

static enum rc load_pages(struct imap_session *s, bool names, struct folders *l, struct err *e)
{
    struct store_cursor_req rq = {0};
    struct store_list_rep rep;
    struct store_folder sf;
    struct buf mem = BUF_INIT; /* open: sealed names */
    struct err end;
    enum rc rc;

    do {
        rc = store_call_in(s->store, STORE_FOLDERS, &rq, -1, &rep, &mem, e);
        while (rc == RC_OK && ipc_list_next(&rep.list, store_folder_f, &sf, &end) == RC_OK)
            rc = folder_in(s, names, l, &sf, e);
        rq.from = rep.next;
    } while (rc == RC_OK && rq.from != 0);
    buf_free(&mem);
    return rc;
}

enum rc folders_load(struct imap_session *s, bool names, struct folders *out, struct err *e)
{
    struct folders l = {NULL, 0};
    enum rc rc = load_pages(s, names, &l, e);

    if (names && rc == RC_OK && l.n > 1)
        qsort(l.f, l.n, sizeof *l.f, by_name);
    if (rc == RC_OK)
        *out = l;
    return rc;
}

static struct folder *by_id(const struct folders *l, uint32_t id)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->f[i].id == id)
            return &l->f[i];
    return NULL;
}

/* A folder that was made before names were prepared has the tag of another spelling. So it is found by the name that is
 * shown. The list at hand may have come without names; then they are asked for. */
static struct folder *by_shown_name(struct imap_session *s, const struct folders *l, struct span name, struct err *e)
{
    struct folders named;

    if (folders_load(s, true, &named, e) != RC_OK)
        return NULL;
    for (size_t i = 0; i < named.n; i++)
        if (named.f[i].id != STORE_INBOX && span_eq(named.f[i].name, name) && by_id(l, named.f[i].id))
            return by_id(l, named.f[i].id);
    (void)!err_cause(e, RC_NOTFOUND, CAUSE_NO_SUCH_MAILBOX, "no such folder");
    return NULL;
}

struct folder *folders_by_name(struct imap_session *s, const struct folders *l, struct span name, struct err *e)
{
    unsigned char tag[SEAL_NAME_TAG];
    bool inbox = span_eq_str(name, "INBOX");

    if (!inbox && mailbox_name_tag(s->box, name, tag, e) != RC_OK)
        return NULL;
    for (size_t i = 0; i < l->n; i++)
        if (inbox ? l->f[i].id == STORE_INBOX : l->f[i].id != STORE_INBOX && memcmp(l->f[i].tag, tag, sizeof tag) == 0)
            return &l->f[i];
    if (!ascii_only(name))
        return by_shown_name(s, l, name, e);
    (void)!err_cause(e, RC_NOTFOUND, CAUSE_NO_SUCH_MAILBOX, "no such folder");
    return NULL;
}

enum rc folder_in_list(struct imap_session *s, const struct folders *l, struct span name, bool trycreate,
                       struct folder *out, struct err *e)
{
    struct folder *f = folders_by_name(s, l, name, e);

    if (f && f->id == STORE_REMOVED && trycreate)
        return reply_no(e, CAUSE_READ_ONLY);
    if (f && (f->flags & (FF_GONE | FF_NOSELECT)) == 0) {
        *out = *f;
        return RC_OK;
    }
    if (f && (f->flags & FF_NOSELECT))
        return reply_no(e, CAUSE_FOLDERS_ONLY);
    if (f == NULL && e->rc != RC_NOTFOUND)
        return e->rc;
    return reply_no(e, trycreate ? CAUSE_TRY_CREATE : CAUSE_NO_SUCH_MAILBOX);
}

enum rc folder_get(struct imap_session *s, struct span name, bool trycreate, struct folder *out, struct err *e)
{
    struct folders l;
    enum rc rc = folders_load(s, false, &l, e);

    return rc == RC_OK ? folder_in_list(s, &l, name, trycreate, out, e) : rc;
}

enum rc folder_above(struct imap_session *s, struct span name, uint32_t *id_out, struct err *e)
{
    struct folders l;
    struct folder *f;
    size_t n = name.n;
    enum rc rc;

    while (n > 0 && name.p[n - 1] != '/')
        n--;
    *id_out = 0;
    if (n == 0)
        return RC_OK;
    if ((rc = folders_load(s, false, &l, e)) != RC_OK)
        return rc;
    f = folders_by_name(s, &l, span_head(name, n - 1), e);
    *id_out = f ? f->id : span_eq_str(span_head(name, n - 1), "INBOX") ? STORE_INBOX : 0; /* it is there, seen or not */
    return f || e->rc == RC_NOTFOUND ? RC_OK : e->rc;
}

enum rc folder_create(struct imap_session *s, struct span name, uint8_t special, uint16_t flags, uint32_t *id_out,
                      struct err *e)
{
    struct store_folder_create_req rq = {.special = special, .flags = flags};
    struct store_folder_msg rep;
    struct buf sealed = BUF_INIT; /* open: a sealed name */
    enum rc rc = mailbox_seal_name(s->box, name, rq.tag, &sealed, e);

    rq.name = buf_span(&sealed);
    if (rc == RC_OK)
        rc = folder_above(s, name, &rq.parent, e);
    if (rc == RC_OK)
        rc = store_call(s->store, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
    if (rc == RC_OK && id_out)
        *id_out = rep.folder;
    buf_free(&sealed);
    return rc;
}

bool folder_is_below(struct span name, struct span parent)
{
    return name.n > parent.n && name.p[parent.n] == '/' && span_eq(span_head(name, parent.n), parent);
}

bool folders_has_below(const struct folders *l, struct span parent)
{
    for (size_t i = 0; i < l->n; i++)
        if ((l->f[i].flags & FF_GONE) == 0 && folder_is_below(l->f[i].name, parent))
            return true;
    return false;
}

/* Is the folder there? This is asked when a folder could not be made, because on a full disk stored refuses a new
 * folder before it looks whether there is one. A RENAME to below the Trash makes no folder, so it must not fail then. */
static bool is_there(struct imap_session *s, struct span name)
{
    struct folder f;
    struct err e;
    bool there = folder_get(s, name, false, &f, &e) == RC_OK;

    if (!there) /* what is answered is why it cannot be made */
        buf_clear(&s->code);
    return there;
}

/* The level is there. A delegate who does not see it has no rights there, so she makes nothing below it (RFC 4314 4): stored cannot tell from a sealed
 * name what it stands below. */
static enum rc may_go_below(struct imap_session *s, struct span level, struct err *e)
{
    struct folders all;
    enum rc rc = s->at ? folders_load(s, false, &all, e) : RC_OK;

    if (rc != RC_OK || !s->at || folders_by_name(s, &all, level, e))
        return rc;
    return e->rc == RC_NOTFOUND ? reply_no(e, CAUSE_NO_RIGHT) : e->rc;
}

/* A level that was made before names were prepared has another tag than its name has today. It is there all the
 * same. */
static enum rc make_level(struct imap_session *s, const struct folders *l, struct span level, struct err *e)
{
    const struct folder *f = ascii_only(level) ? NULL : folders_by_name(s, l, level, e);
    enum rc rc;

    if (f != NULL && (f->flags & FF_GONE) == 0)
        return RC_OK;
    rc = folder_create(s, level, SU_NONE, 0, NULL, e);
    if (rc == RC_EXISTS)
        return may_go_below(s, level, e);
    return rc == RC_OK || (rc == RC_TEMP && is_there(s, level)) ? RC_OK : rc;
}

enum rc folders_make_parents(struct imap_session *s, struct span name, struct err *e)
{
    struct folders l = {NULL, 0};
    enum rc rc = ascii_only(name) ? RC_OK : folders_load(s, true, &l, e);

    for (size_t i = 1; i < name.n && rc == RC_OK; i++)
        if (name.p[i] == '/' && !span_eq_str(span_head(name, i), "INBOX"))
            rc = make_level(s, &l, span_head(name, i), e);
    return rc;
}

enum rc folders_first_time(struct imap_session *s, struct err *e)
{
    static const struct {
        const char *name[2]; /* by enum folder_language */
        uint8_t special;
    } made[] = {{{"Brouillons", "Drafts"}, SU_DRAFTS},
                {{"Envoyés", "Sent"}, SU_SENT},
                {{"Corbeille", "Trash"}, SU_TRASH},
                {{"Indésirables", "Junk"}, SU_JUNK},
                {{"Archives", "Archive"}, SU_ARCHIVE}};
    struct folders l;
    enum rc rc;

    if (mailbox_folders(s->box) > 1)
        return RC_OK;
    rc = folders_load(s, false, &l, e);
    for (size_t i = 0; rc == RC_OK && l.n <= 1 && i < sizeof made / sizeof *made; i++) {
        rc = folder_create(s, span_str(made[i].name[s->conf->language]), made[i].special, FF_SUBSCRIBED, NULL, e);
        if (rc == RC_EXISTS) /* two first sign-ins at once */
            rc = RC_OK;
    }
    if (rc == RC_OK || l.n == 0)
        return rc;
    /* On a full disk, say. The INBOX is there: whoever may not make folders may read, and delete. The next sign-in makes them. */
    log_err(LOG_WARN_, "first-folders-failed", e);
    return RC_OK;
}
