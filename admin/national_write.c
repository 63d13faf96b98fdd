/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/national_write.c - see admin/national_int.h.
 *
 * Online   state.next and boxes.next or persons.next are written and flushed, then the transaction is committed, then they take their places. Killed
 *          between, the next import sees by what slapd serves whether it was committed.
 * Process  pli (directory import).
 */
#include "admin/national_int.h"
#include "directory/schema/load.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ONLINE_MOST = 5000, FLUSH_AT = 1 << 16, TOLD_EVERY = 1024, FEW = 100, PATH_MOST = 1100 };

struct national_file *national_given(struct work *w)
{
    return w->rep->kind == NK_PERSONS ? &w->persons : &w->boxes;
}

static int national_folder(const struct work *w)
{
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/ldap/national", w->how->spec->dir);
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---- what waits for a commit ---- */
static const char *const waiting[] = {"boxes.next", "persons.next", "state.next"};
static const char *const places[] = {"boxes", "persons", "state"}; /* the state last: until then it is done again */
enum { PLACES = sizeof places / sizeof *places };

static void take_places(int dir)
{
    for (size_t i = 0; i < PLACES; i++)
        (void)renameat(dir, waiting[i], dir, places[i]);
    (void)fsync(dir);
}

static void drop_waiting(int dir)
{
    for (size_t i = PLACES; i-- > 0;) /* the state first: without it the others mean nothing */
        (void)unlinkat(dir, waiting[i], 0);
    (void)fsync(dir);
}

/* Nobody answers for what slapd holds: the file that was let in counts, and the copy is written anew. */
static void forget_state(int dir)
{
    take_places(dir);
    (void)unlinkat(dir, "state", 0);
    (void)fsync(dir);
}

static bool served_state(const struct work *w, char name[65])
{
    struct change *c = NULL;
    struct err e;
    bool told = w->how->served && change_open(&c, &e) == RC_OK && change_state(c, name, &e) == RC_OK;
    change_close(&c);
    return told;
}

void national_settle(const struct work *w)
{
    struct national_state next;
    char name[65];
    struct err e;
    int dir = national_folder(w);
    enum rc rc = national_state_load_from(w->how->spec->dir, "state.next", &next, &e);
    if (dir >= 0 && rc != RC_OK)
        drop_waiting(dir);
    else if (dir >= 0 && !served_state(w, name))
        forget_state(dir);
    else if (dir >= 0)
        (strcmp(name, next.name) == 0 ? take_places : drop_waiting)(dir);
    national_state_free(&next);
    if (dir >= 0)
        close(dir);
}

static enum rc keep_given(struct work *w, const char *folder, bool wait, struct err *e)
{
    const struct national_file *f = national_given(w);
    return national_keep_write(w->how->spec, folder, wait ? waiting[f->header.kind] : places[f->header.kind], f, e);
}

/* The other file goes with the new database: a second name of the same octets. */
static enum rc keep_other(struct work *w, struct err *e)
{
    const char *name = national_keep_name(w->rep->kind == NK_PERSONS ? NK_BOXES : NK_PERSONS);
    char from[PATH_MOST], to[PATH_MOST];
    const struct national_file *other = w->rep->kind == NK_PERSONS ? &w->boxes : &w->persons;
    snprintf(from, sizeof from, "%s/ldap/national/%s", w->how->spec->dir, name);
    snprintf(to, sizeof to, "%s/ldap/national.new/%s", w->how->spec->dir, name);
    if (other->fd < 0 || linkat(AT_FDCWD, from, AT_FDCWD, to, 0) == 0)
        return RC_OK;
    return err_sys(e, RC_TEMP, "keep %s", from);
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

/* By name: what begins with the same letters lies together in the database, on few pages and in one run of each index. Keys, which are sums, would scatter it:
 * slapadd then takes twice its time, and a completion an eighth more. An address book shows its first answers in this order, too. */
static int by_name(const void *a, const void *b, void *of)
{
    const struct national_file *f = of;
    const struct national_item *x = &f->item[*(const uint32_t *)a], *y = &f->item[*(const uint32_t *)b];
    int c = memcmp(x->name, y->name, NATIONAL_NAME);
    return c != 0 ? c : memcmp(x->key, y->key, NATIONAL_KEY);
}

/* Where each entry's items begin, in the order in which they are written. The caller frees it. */
static uint32_t *in_order(struct national_file *f, size_t *n_out)
{
    uint32_t *first = malloc((f->n + 1) * sizeof *first);
    size_t n = 0;
    if (!first)
        die("out of memory");
    for (size_t i = 0; i < f->n; i += national_file_group(f, i))
        first[n++] = (uint32_t)i;
    qsort_r(first, n, sizeof *first, by_name, f);
    *n_out = n;
    return first;
}

static enum rc write_all(struct work *w, int fd, struct err *e)
{
    struct buf ldif = BUF_INIT;
    enum rc rc = RC_OK;
    size_t n_entries;
    uint32_t *first = in_order(&w->boxes, &n_entries);
    buf_addf(&ldif,
             "dn: ou=national,o=pli\nobjectClass: organizationalUnit\nobjectClass: mssNationalCopy\nou: national\n"
             "pliNationalState: %s\n\n",
             w->now.name);
    for (size_t i = 0; rc == RC_OK && i < n_entries; i++) {
        struct national_entry en;
        size_t n = national_file_group(&w->boxes, first[i]);
        rc = national_file_entry(&w->boxes, &w->persons, first[i], n, &en, e);
        if (rc != RC_OK)
            break;
        national_entry_ldif(&en, &ldif);
        national_entry_free(&en);
        rc = flush(&ldif, fd, FLUSH_AT, e);
        if (++w->done % TOLD_EVERY == 0)
            national_progress(w, "writing", w->done, w->now.n);
    }
    if (rc == RC_OK)
        rc = flush(&ldif, fd, 1, e);
    free(first);
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
        rc = national_state_save(s, "national.new", "state", &w->now, e);
    if (rc == RC_OK)
        rc = keep_given(w, "national.new", false, e);
    if (rc == RC_OK)
        rc = keep_other(w, e);
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

static enum rc act(void *ctx, enum national_act a, const unsigned char *key, size_t at)
{
    struct online *o = ctx;
    struct national_entry en;
    enum rc rc;
    (void)at;
    if (++o->w->done % FEW == 0)
        national_progress(o->w, "writing", o->w->done, o->w->of);
    if (a == NA_REMOVE)
        return change_remove(o->c, key, o->e);
    const struct national_file *f = &o->w->boxes;
    size_t first = national_file_find(f, key);
    rc = national_file_entry(f, &o->w->persons, first, national_file_group(f, first), &en, o->e);
    if (rc != RC_OK)
        return rc;
    rc = (a == NA_ADD ? change_add : change_replace)(o->c, &en, o->e);
    national_entry_free(&en);
    return rc;
}

static enum rc write_online(struct work *w, struct change *c, struct err *e)
{
    struct online o = {w, c, e};
    int dir = national_folder(w);
    enum rc rc = dir >= 0 ? keep_given(w, "national", true, e) : err_sys(e, RC_TEMP, "open ldap/national");
    if (rc == RC_OK)
        rc = national_state_save(w->how->spec, "national", "state.next", &w->now, e);
    if (rc == RC_OK)
        rc = change_begin(c, e);
    if (rc == RC_OK)
        rc = national_compare(&w->then, &w->now, act, &o, NULL);
    if (rc == RC_OK)
        rc = change_commit(c, w->now.name, e);
    w->rep->way = NW_ONLINE;
    if (dir >= 0)
        (rc == RC_OK ? take_places : drop_waiting)(dir);
    if (dir >= 0)
        close(dir);
    return rc;
}

/* No entry changes; what the file says of others is kept for the day on which they have a mailbox. */
static enum rc write_nothing(struct work *w, struct err *e)
{
    w->rep->way = NW_NOTHING;
    return w->kept_differs ? keep_given(w, "national", false, e) : RC_OK;
}

/* Is what slapd serves the state that the file beside it tells? */
static bool in_step(struct work *w, struct change **c)
{
    char name[65];
    struct err e;
    return w->then_known && w->how->served && change_open(c, &e) == RC_OK && change_state(*c, name, &e) == RC_OK &&
           strcmp(name, w->then.name) == 0;
}

enum rc national_write(struct work *w, struct err *e)
{
    struct national_report *r = w->rep;
    struct change *c = NULL;
    enum rc rc = RC_OK;
    bool sure = in_step(w, &c);
    w->of = r->added + r->changed + r->removed;
    if (w->then_known && w->of == 0 && (sure || !w->how->served))
        rc = write_nothing(w, e);
    else if (!sure || w->of > ONLINE_MOST || (rc = write_online(w, c, e)) == RC_TEMP)
        rc =
            write_whole(w, e); /* slapd that refuses or fails the transaction does not keep the copy from being right */
    change_close(&c);
    return rc;
}
