/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/national.c - see admin/national.h. */
#include "admin/national.h"
#include "directory/import/change.h"
#include "directory/import/state.h"
#include "directory/schema/load.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ONLINE_MOST = 5000, FLUSH_AT = 1 << 16, TOLD_EVERY = 1024, FEW = 100, PATH_MOST = 1100 };

struct work {
    const struct national_how *how;
    struct national_report *rep;
    struct national_file file;
    struct national_state then, now;
    bool then_known; /* there was a state file */
    int lock;
    uint64_t done, of;
};

static void progress(struct work *w, const char *what, uint64_t done, uint64_t of)
{
    if (w->how->watch.progress)
        w->how->watch.progress(w->how->watch.ctx, what, done, of);
}

/* ---- before anything is written ---- */
static enum rc take_lock(struct work *w, struct err *e)
{
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/ldap/import.lock", w->how->spec->dir);
    w->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (w->lock < 0)
        return err_sys(e, RC_DENIED, "%s cannot be opened: run this as the instance's owner", path);
    if (flock(w->lock, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, RC_EXISTS, "another import is running: wait for its end");
    return RC_OK;
}

/* The lock's file holds the number of entries of the last import, for the day on which the state file is lost. */
static uint64_t entries_noted(const struct work *w)
{
    char text[24];
    ssize_t n = pread(w->lock, text, sizeof text, 0);
    uint64_t entries = 0;
    return n > 0 && span_u64(span_of(text, (size_t)n), UINT64_MAX, &entries) ? entries : 0;
}

static void note_entries(const struct work *w)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)w->now.n);
    if (ftruncate(w->lock, 0) != 0 || pwrite(w->lock, text, (size_t)n, 0) != n)
        return; /* a full disk: the state file tells, too */
}

static enum rc read_both(struct work *w, struct err *e)
{
    enum rc rc = national_file_read(w->how->fd, &w->how->watch, &w->file, e);
    if (rc != RC_OK)
        return rc;
    national_state_of(&w->file, &w->now);
    rc = national_state_load(w->how->spec->dir, &w->then, e);
    w->then_known = rc == RC_OK;
    return rc == RC_OK || rc == RC_NOTFOUND || rc == RC_CORRUPT ? RC_OK : rc;
}

static void count(struct work *w)
{
    uint64_t n[NA_ACTS_] = {0};
    struct national_report *r = w->rep;
    (void)national_compare(&w->then, &w->now, NULL, NULL, n);
    r->lines = w->file.lines;
    r->twice = w->file.twice;
    r->refused = w->file.refused;
    memcpy(r->faults, w->file.faults, sizeof r->faults);
    r->before = w->then_known ? w->then.n : entries_noted(w);
    r->entries = w->now.n;
    r->added = n[NA_ADD];
    r->changed = n[NA_CHANGE];
    r->removed = n[NA_REMOVE];
}

/* Addresses that would be gone: a file with as many lines as before, but of other people, loses them all. Without the state of before there is the number alone. */
static uint64_t lost(const struct work *w)
{
    const struct national_report *r = w->rep;
    if (w->then_known)
        return r->removed;
    return r->before > r->entries ? r->before - r->entries : 0;
}

/* A copy of few entries may lose any share of them: there is no telling from so few. */
static enum rc look_at_loss(const struct work *w, struct err *e)
{
    const struct national_report *r = w->rep;
    unsigned most = w->how->max_loss;
    if (w->how->accept_loss)
        return RC_OK;
    if (r->before >= FEW && lost(w) * 100 > r->before * most)
        return err_set(e, RC_PERM,
                       "the file has %llu entries, there are %llu: %llu would be gone, more than %u per cent "
                       "(--accept-loss if that is right)",
                       (unsigned long long)r->entries, (unsigned long long)r->before, (unsigned long long)lost(w),
                       most);
    if (r->lines == 0 || (r->lines >= FEW && r->refused * 100 > r->lines * most))
        return err_set(e, RC_PERM,
                       "%llu of %llu lines were refused, more than %u per cent (--accept-loss takes the others)",
                       (unsigned long long)r->refused, (unsigned long long)r->lines, most);
    return RC_OK;
}

/* The items of one key, of which at is the first. */
static size_t group(const struct national_file *f, size_t at)
{
    size_t n = 1;
    while (at + n < f->n && memcmp(f->item[at].key, f->item[at + n].key, NATIONAL_KEY) == 0)
        n++;
    return n;
}

/* ---- all of it, into a fresh database ---- */
static enum rc flush(struct buf *ldif, int fd, size_t at_least, struct err *e)
{
    size_t done = 0;
    if (ldif->n < at_least)
        return RC_OK;
    while (done < ldif->n) {
        ssize_t n = write(fd, ldif->p + done, ldif->n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, RC_TEMP, "slapadd takes no more");
        done += (size_t)n;
    }
    buf_clear(ldif);
    return RC_OK;
}

static enum rc write_all(struct work *w, int fd, struct err *e)
{
    struct buf ldif = BUF_INIT;
    enum rc rc = RC_OK;
    buf_addf(&ldif,
             "dn: ou=national,o=pli\nobjectClass: organizationalUnit\nobjectClass: mssNationalCopy\nou: national\n"
             "pliNationalState: %s\n\n",
             w->now.name);
    for (size_t i = 0, n; rc == RC_OK && i < w->file.n; i += n) {
        struct national_entry en;
        n = group(&w->file, i);
        rc = national_file_entry(&w->file, i, n, &en, e);
        if (rc != RC_OK)
            break;
        national_entry_ldif(&en, &ldif);
        national_entry_free(&en);
        rc = flush(&ldif, fd, FLUSH_AT, e);
        if (++w->done % TOLD_EVERY == 0)
            progress(w, "writing", w->done, w->now.n);
    }
    if (rc == RC_OK)
        rc = flush(&ldif, fd, 1, e);
    buf_free(&ldif);
    return rc;
}

/* What slapadd says counts for more than that it took no more. */
static enum rc write_whole(struct work *w, struct err *e)
{
    const struct embedded_spec *s = w->how->spec;
    struct load l;
    struct err said;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    enum rc rc = load_begin(s, &l, e);
    if (rc == RC_OK)
        rc = write_all(w, l.fd, e);
    if (rc == RC_SYNTAX || (rc == RC_TEMP && l.pid > 0 && l.fd >= 0 && errno != EPIPE))
        kill(l.pid, SIGKILL); /* an end of the input would look like the end of the entries */
    if (l.pid > 0 && load_end(&l, &said) != RC_OK && (rc == RC_OK || errno == EPIPE))
        *e = said, rc = said.rc;
    signal(SIGPIPE, before);
    if (rc == RC_OK)
        rc = national_state_save(s, "national.new", &w->now, e);
    if (rc == RC_OK)
        rc = load_swap(s, e);
    load_sweep(s);
    w->rep->way = NW_WHOLE;
    w->rep->restart = rc == RC_OK && w->how->served;
    return rc;
}

/* ---- the differences, online ---- */
struct online {
    struct work *w;
    struct change *c;
    struct err *e;
};

static size_t find_item(const struct national_file *f, const unsigned char *key)
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(f->item[mid].key, key, NATIONAL_KEY) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static enum rc act(void *ctx, enum national_act a, const unsigned char *key, size_t at)
{
    struct online *o = ctx;
    struct national_entry en;
    enum rc rc;
    (void)at;
    if (++o->w->done % FEW == 0)
        progress(o->w, "writing", o->w->done, o->w->of);
    if (a == NA_REMOVE)
        return change_remove(o->c, key, o->e);
    size_t first = find_item(&o->w->file, key);
    rc = national_file_entry(&o->w->file, first, group(&o->w->file, first), &en, o->e);
    if (rc != RC_OK)
        return rc;
    rc = (a == NA_ADD ? change_add : change_replace)(o->c, &en, o->e);
    national_entry_free(&en);
    return rc;
}

/* A state that is not saved is not believed next time: everything is then written anew, and nothing is lost. */
static enum rc write_online(struct work *w, struct change *c, struct err *e)
{
    struct online o = {w, c, e};
    enum rc rc = change_begin(c, e);
    if (rc == RC_OK)
        rc = national_compare(&w->then, &w->now, act, &o, NULL);
    if (rc == RC_OK)
        rc = change_commit(c, w->now.name, e);
    w->rep->way = NW_ONLINE;
    return rc == RC_OK ? national_state_save(w->how->spec, "national", &w->now, e) : rc;
}

/* Is what slapd serves the state that the file beside it tells? */
static bool in_step(struct work *w, struct change **c)
{
    char name[65];
    struct err e;
    return w->then_known && w->how->served && change_open(c, &e) == RC_OK && change_state(*c, name, &e) == RC_OK &&
           strcmp(name, w->then.name) == 0;
}

static enum rc write_it(struct work *w, struct err *e)
{
    struct national_report *r = w->rep;
    struct change *c = NULL;
    enum rc rc = RC_OK;
    bool sure = in_step(w, &c);
    w->of = r->added + r->changed + r->removed;
    r->way = NW_NOTHING;
    if (w->then_known && w->of == 0 && (sure || !w->how->served))
        rc = RC_OK;
    else if (!sure || w->of > ONLINE_MOST || (rc = write_online(w, c, e)) == RC_TEMP)
        rc =
            write_whole(w, e); /* slapd that refuses or fails the transaction does not keep the copy from being right */
    change_close(&c);
    return rc;
}

enum rc national_import(const struct national_how *how, struct national_report *out, struct err *e)
{
    struct work w = {.how = how, .rep = out, .lock = -1};
    *out = (struct national_report){.way = NW_DRY};
    enum rc rc = take_lock(&w, e);
    if (rc == RC_OK)
        rc = read_both(&w, e);
    if (rc == RC_OK) {
        count(&w);
        rc = look_at_loss(&w, e);
    }
    if (rc == RC_OK && !how->dry_run)
        rc = write_it(&w, e);
    if (rc == RC_OK && !how->dry_run)
        note_entries(&w);
    national_file_free(&w.file);
    national_state_free(&w.then);
    national_state_free(&w.now);
    if (w.lock >= 0)
        close(w.lock);
    return rc;
}

enum rc national_stats(const char *dir, uint64_t *entries_out, int64_t *when_out, struct err *e)
{
    struct national_state st;
    char path[PATH_MOST];
    struct stat at;
    enum rc rc = national_state_load(dir, &st, e);
    if (rc != RC_OK)
        return rc;
    snprintf(path, sizeof path, "%s/ldap/national/state", dir);
    *entries_out = st.n;
    *when_out = stat(path, &at) == 0 ? at.st_mtime : 0;
    national_state_free(&st);
    return RC_OK;
}

enum rc national_search(struct span text, unsigned most, national_see see, void *ctx, struct err *e)
{
    return national_find(text, most, see, ctx, e);
}
