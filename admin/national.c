/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/national.c - see admin/national.h. */
#include "admin/national_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FEW = 100, PATH_MOST = 1100 };

void national_progress(struct work *w, const char *what, uint64_t done, uint64_t of)
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

/* The lock's file holds the numbers of entries and of persons of the last import, for the day on which the files that tell are lost. */
struct noted {
    uint64_t entries, persons;
};

static struct noted read_noted(int fd)
{
    char text[48];
    ssize_t n = pread(fd, text, sizeof text, 0);
    struct span s = span_of(text, n > 0 ? (size_t)n : 0);
    ptrdiff_t space = span_chr(s, ' ');
    struct noted out = {0, 0};
    if (!span_u64(space < 0 ? s : span_head(s, (size_t)space), UINT64_MAX, &out.entries) ||
        (space >= 0 && !span_u64(span_from(s, (size_t)space + 1), UINT64_MAX, &out.persons)))
        return (struct noted){0, 0};
    return out;
}

static void note(const struct work *w)
{
    char text[48];
    int n = snprintf(text, sizeof text, "%llu %llu", (unsigned long long)w->rep->entries,
                     (unsigned long long)w->rep->persons);
    if (ftruncate(w->lock, 0) != 0 || pwrite(w->lock, text, (size_t)n, 0) != n)
        return; /* a full disk: the files tell, too */
}

/* ---- both files ---- */
static uint64_t kept_lines_of(const struct national_file *f)
{
    uint64_t n = 0;
    for (size_t i = 0; i < f->n; i += national_file_group(f, i))
        n++;
    return n;
}

/* The file of mailboxes as it was. A copy that is there without one was made by a version that kept none. */
static enum rc read_kept_boxes(struct work *w, struct err *e)
{
    enum rc rc = national_keep_read(w->how->spec->dir, NK_BOXES, &w->how->watch, &w->boxes, e);
    if (rc == RC_NOTFOUND && w->then.n == 0 && read_noted(w->lock).entries == 0)
        return RC_OK;
    if (rc == RC_NOTFOUND)
        return err_set(
            e, RC_CORRUPT,
            "the file that the copy was made of was not kept: import Extraction_Correspondance_MSSante first");
    return rc;
}

/* Without it the copy loses what it tells of everybody: that has to be meant. */
static enum rc read_kept_persons(struct work *w, struct err *e)
{
    enum rc rc = national_keep_read(w->how->spec->dir, NK_PERSONS, &w->how->watch, &w->persons, e);
    if (rc == RC_NOTFOUND && read_noted(w->lock).persons > 0)
        rc = err_set(e, RC_CORRUPT,
                     "ldap/national/persons is gone: import PS_LibreAcces_Personne_activite first (or --accept-loss)");
    return rc == RC_NOTFOUND || (rc == RC_CORRUPT && w->how->accept_loss) ? RC_OK : rc;
}

/* What the same kind of file said before, person by person. */
static void count_persons(struct work *w)
{
    struct national_report *r = w->rep;
    struct national_state before = {.mark = NULL}, after;
    struct national_file kept;
    uint64_t n[NA_ACTS_] = {0};
    struct err e;
    w->kept_known = national_keep_read(w->how->spec->dir, NK_PERSONS, &w->how->watch, &kept, &e) == RC_OK;
    national_state_of(&kept, NULL, &before);
    national_keep_close(&kept);
    national_state_of(&w->persons, NULL, &after);
    (void)national_compare(&before, &after, NULL, NULL, n);
    r->persons_before = w->kept_known ? before.n : read_noted(w->lock).persons;
    r->persons_added = n[NA_ADD];
    r->persons_changed = n[NA_CHANGE];
    r->persons_removed = n[NA_REMOVE];
    w->kept_differs = !w->kept_known || n[NA_ADD] + n[NA_CHANGE] + n[NA_REMOVE] > 0;
    national_state_free(&before);
    national_state_free(&after);
}

static enum rc read_given(struct work *w, struct err *e)
{
    struct national_file given;
    enum rc rc = national_file_read(w->how->fd, &w->how->watch, &given, e);
    if (rc != RC_OK)
        return rc;
    w->rep->kind = given.header.kind;
    *national_given(w) = given;
    w->rep->lines = given.lines;
    w->rep->twice = given.twice;
    w->rep->refused = given.refused;
    memcpy(w->rep->faults, given.faults, sizeof w->rep->faults);
    return RC_OK;
}

static enum rc read_both(struct work *w, struct err *e)
{
    enum rc rc = read_given(w, e);
    if (rc != RC_OK)
        return rc;
    rc = national_state_load(w->how->spec->dir, &w->then, e);
    w->then_known = rc == RC_OK;
    if (rc != RC_OK && rc != RC_NOTFOUND && rc != RC_CORRUPT)
        return rc;
    if (w->rep->kind == NK_PERSONS)
        count_persons(w);
    else
        w->kept_differs = !national_keep_whole(w->how->spec->dir, NK_BOXES);
    rc = w->rep->kind == NK_PERSONS ? read_kept_boxes(w, e) : read_kept_persons(w, e);
    if (rc == RC_OK)
        national_state_of(&w->boxes, &w->persons, &w->now);
    return rc;
}

static void count(struct work *w)
{
    uint64_t n[NA_ACTS_] = {0};
    struct national_report *r = w->rep;
    (void)national_compare(&w->then, &w->now, NULL, NULL, n);
    r->before = w->then_known ? w->then.n : read_noted(w->lock).entries;
    r->entries = w->now.n;
    r->persons = kept_lines_of(&w->persons);
    r->added = n[NA_ADD];
    r->changed = n[NA_CHANGE];
    r->removed = n[NA_REMOVE];
}

/* What would be gone: a file with as many lines as before, but of other people, loses them all. Without the state of before there is the number alone. */
static uint64_t lost(bool known, uint64_t removed, uint64_t before, uint64_t after)
{
    if (known)
        return removed;
    return before > after ? before - after : 0;
}

static enum rc look_at(const struct work *w, const char *what, uint64_t gone, uint64_t before, uint64_t after,
                       struct err *e)
{
    unsigned most = w->how->max_loss;
    if (before < FEW || gone * 100 <= before * most)
        return RC_OK;
    return err_set(e, RC_PERM,
                   "the file has %llu %s, there are %llu: %llu would be gone, more than %u per cent "
                   "(--accept-loss if that is right)",
                   (unsigned long long)after, what, (unsigned long long)before, (unsigned long long)gone, most);
}

/* A copy of few entries may lose any share of them: there is no telling from so few. */
static enum rc look_at_loss(const struct work *w, struct err *e)
{
    const struct national_report *r = w->rep;
    if (w->how->accept_loss)
        return RC_OK;
    if (r->lines == 0)
        return err_set(e, RC_PERM, "the file has no line but the first (--accept-loss if that is right)");
    if (r->lines >= FEW && r->refused * 100 > r->lines * w->how->max_loss)
        return err_set(e, RC_PERM,
                       "%llu of %llu lines were refused, more than %u per cent (--accept-loss takes the others)",
                       (unsigned long long)r->refused, (unsigned long long)r->lines, w->how->max_loss);
    if (r->kind == NK_PERSONS)
        return look_at(w, "persons", lost(w->kept_known, r->persons_removed, r->persons_before, r->persons),
                       r->persons_before, r->persons, e);
    return look_at(w, "entries", lost(w->then_known, r->removed, r->before, r->entries), r->before, r->entries, e);
}

/* The given file's descriptor is the caller's. */
static void close_files(struct work *w)
{
    national_file_free(national_given(w));
    national_keep_close(w->rep->kind == NK_PERSONS ? &w->boxes : &w->persons);
}

enum rc national_import(const struct national_how *how, struct national_report *out, struct err *e)
{
    struct work w = {.how = how, .rep = out, .lock = -1, .boxes.fd = -1, .persons.fd = -1};
    *out = (struct national_report){.way = NW_DRY};
    enum rc rc = take_lock(&w, e);
    if (rc == RC_OK) {
        national_settle(&w);
        rc = read_both(&w, e);
    }
    if (rc == RC_OK) {
        count(&w);
        rc = look_at_loss(&w, e);
    }
    if (rc == RC_OK && !how->dry_run)
        rc = national_write(&w, e);
    if (rc == RC_OK && !how->dry_run)
        note(&w);
    close_files(&w);
    national_state_free(&w.then);
    national_state_free(&w.now);
    if (w.lock >= 0)
        close(w.lock);
    return rc;
}

enum rc national_stats(const char *dir, uint64_t *entries_out, uint64_t *persons_out, int64_t *when_out, struct err *e)
{
    struct national_state st;
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/ldap/import.lock", dir);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *persons_out = fd >= 0 ? read_noted(fd).persons : 0;
    if (fd >= 0)
        close(fd);
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
