/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/ledger.c - see publish/pubd/ledger.h. */
#include "publish/pubd/ledger.h"
#include "base/fd.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "PliPub1\n"
#define NAME "state"
#define BESIDE "state.new"
#define DAMAGED "state.damaged"
enum {
    MAGIC_N = 8,
    HEAD_N = 12,
    BODY_MAX = 16 * 1024,
    R_PLACE = 1,
    R_ENTRY = 2,
    SLACK = 1024 * 1024,
    READ_N = 1 << 20
};

#define FIELDS_ledger_rec_place(F, T)                                                                                  \
    F(T, U64, inode)                                                                                                   \
    F(T, BYTES, machine, MACHINE_ID)                                                                                   \
    F(T, U8, begun)                                                                                                    \
    F(T, U64, window)                                                                                                  \
    F(T, U64, window_deletes)
IPC_MESSAGE(ledger_rec_place);
IPC_TABLE(ledger_rec_place);

#define FIELDS_ledger_rec_entry(F, T)                                                                                  \
    F(T, BYTES, address, PUB_ADDR)                                                                                     \
    F(T, BYTES, published, PUB_FACTS)                                                                                  \
    F(T, BYTES, target, PUB_FACTS)                                                                                     \
    F(T, BYTES, key, PUB_KEY)                                                                                          \
    F(T, BYTES, report, PUB_REPORT)                                                                                    \
    F(T, U8, kind)                                                                                                     \
    F(T, U8, state)                                                                                                    \
    F(T, U8, unsure)                                                                                                   \
    F(T, U32, attempts)                                                                                                \
    F(T, U64, since)                                                                                                   \
    F(T, U64, next)                                                                                                    \
    F(T, U64, done)
IPC_MESSAGE(ledger_rec_entry);
IPC_TABLE(ledger_rec_entry);

struct ledger {
    int dir, fd;
    bool no_path; /* the file has a place of before there was a path in it */
    off_t end;    /* of what is relied on */
};

static uint64_t digest(struct span s)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 1099511628211u;
    return h;
}

/* ---- written ---- */
static void frame(struct buf *out, uint8_t kind, const struct ipc_field *fields, const void *record)
{
    struct buf body = BUF_INIT;

    buf_u8(&body, kind);
    ipc_encode(&body, fields, record);
    buf_u32(out, (uint32_t)body.n);
    buf_u64(out, digest(buf_span(&body)));
    buf_addspan(out, buf_span(&body));
    buf_free(&body);
}

/* PENDING is no state of the file: it follows from our directory at the next start. */
static void frame_entry(struct buf *out, const struct pub_entry *en)
{
    bool open = en->state == PS_TRYING || en->state == PS_REFUSED;
    const struct ledger_rec_entry r = {.address = span_str(en->address),
                                       .published = en->published,
                                       .target = open ? en->target : SPAN_NULL,
                                       .key = open ? span_str(en->key) : SPAN_NULL,
                                       .report = span_str(en->report),
                                       .kind = open ? en->kind : PK_NONE,
                                       .state = open ? en->state : PS_DONE,
                                       .unsure = en->unsure,
                                       .attempts = open ? en->attempts : 0,
                                       .since = open ? (uint64_t)en->since : 0,
                                       .next = open ? (uint64_t)en->next : 0,
                                       .done = (uint64_t)en->done};

    frame(out, R_ENTRY, ledger_rec_entry_f, &r);
}

static void frame_place(struct buf *out, const struct ledger_place *p)
{
    const struct ledger_rec_place r = {p->inode, span_str(p->machine), p->begun, (uint64_t)p->window,
                                       p->window_deletes};

    frame(out, R_PLACE, ledger_rec_place_f, &r);
}

static bool write_all(int fd, struct span s, off_t at)
{
    while (s.n > 0) {
        ssize_t n = pwrite(fd, s.p, s.n, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = span_from(s, (size_t)n);
        at += n;
    }
    return true;
}

static enum rc append(struct ledger *l, struct buf *frames, struct err *e)
{
    enum rc rc = RC_OK;

    if (!write_all(l->fd, buf_span(frames), l->end) || fdatasync(l->fd) != 0) {
        rc = err_sys(e, RC_TEMP, "publish/" NAME " cannot be written");
        if (ftruncate(l->fd, l->end) != 0) /* the next record begins there anyway */
            log_ev(LOG_WARN_, "publish-state", "cannot be shortened, errno=%d", errno);
    } else
        l->end += (off_t)frames->n;
    buf_free(frames);
    return rc;
}

enum rc ledger_entry(struct ledger *l, struct pub_entry *en, struct err *e)
{
    struct buf frames = BUF_INIT;
    enum rc rc;

    frame_entry(&frames, en);
    rc = append(l, &frames, e);
    en->unsaved = rc != RC_OK;
    return rc;
}

enum rc ledger_place_write(struct ledger *l, const struct ledger_place *p, struct err *e)
{
    struct buf frames = BUF_INIT;

    frame_place(&frames, p);
    return append(l, &frames, e);
}

/* ---- rewritten ---- */
static enum rc write_table(int fd, const struct table *t, const struct ledger_place *p, off_t *end_out)
{
    struct buf out = BUF_INIT;
    off_t at = 0;
    bool ok = true;

    buf_addstr(&out, MAGIC);
    frame_place(&out, p);
    for (size_t i = 0; i < t->n && ok; i++) {
        if (!table_idle(t->v[i]))
            frame_entry(&out, t->v[i]);
        if (out.n >= READ_N) {
            ok = write_all(fd, buf_span(&out), at);
            at += (off_t)out.n;
            buf_clear(&out);
        }
    }
    ok = ok && write_all(fd, buf_span(&out), at) && fdatasync(fd) == 0;
    *end_out = at + (off_t)out.n;
    buf_free(&out);
    return ok ? RC_OK : RC_TEMP;
}

enum rc ledger_rewrite(struct ledger *l, const struct table *t, const struct ledger_place *p, bool keep_damaged,
                       struct err *e)
{
    int fd = openat(l->dir, BESIDE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    off_t end = 0;

    if (fd < 0)
        return err_sys(e, RC_TEMP, "publish/" BESIDE " cannot be made");
    if (write_table(fd, t, p, &end) != RC_OK ||
        (keep_damaged && renameat(l->dir, NAME, l->dir, DAMAGED) != 0 && errno != ENOENT) ||
        renameat(l->dir, BESIDE, l->dir, NAME) != 0 || fsync(l->dir) != 0) {
        enum rc rc = err_sys(e, RC_TEMP, "publish/" NAME " cannot be written anew");
        close(fd);
        return rc;
    }
    if (l->fd >= 0)
        close(l->fd);
    l->fd = fd;
    l->end = end;
    return RC_OK;
}

bool ledger_wants_rewrite(const struct ledger *l, const struct table *t)
{
    return l->end > SLACK && (uint64_t)l->end > 4096 * (uint64_t)(t->n + 1);
}

int ledger_dir(const struct ledger *l)
{
    return l->dir;
}

/* ---- read ---- */
static void take_entry(const struct ledger_rec_entry *r, struct table *t)
{
    struct pub_entry *en = table_add(t, r->address);

    pub_set(&en->published, r->published);
    pub_set(&en->target, r->target);
    free(en->report);
    en->report = r->report.n > 0 ? span_dup(r->report) : NULL;
    snprintf(en->key, sizeof en->key, "%.*s", SPAN_ARG(r->key));
    en->kind = r->kind;
    en->state = r->state;
    en->unsure = r->unsure;
    en->attempts = r->attempts;
    en->since = (int64_t)r->since;
    en->next = (int64_t)r->next;
    en->done = (int64_t)r->done;
}

static bool sound(const struct ledger_rec_entry *r)
{
    struct pub_facts f;

    return r->address.n > 0 && r->kind <= PK_DELETE &&
           (r->state == PS_DONE || r->state == PS_TRYING || r->state == PS_REFUSED) &&
           (r->published.n == 0 || want_read(r->published, &f)) && (r->target.n == 0 || want_read(r->target, &f));
}

static bool take(struct span body, struct ledger_place *p, struct table *t)
{
    struct ledger_rec_entry r;
    struct ledger_rec_place where;
    struct span record = span_from(body, 1);
    struct err e;

    if (body.p[0] == R_PLACE && ipc_decode(record, ledger_rec_place_f, &where, &e) == RC_OK) {
        *p = (struct ledger_place){.inode = where.inode,
                                   .begun = where.begun,
                                   .window = (int64_t)where.window,
                                   .window_deletes = where.window_deletes};
        snprintf(p->machine, sizeof p->machine, "%.*s", SPAN_ARG(where.machine));
        return true;
    }
    if (body.p[0] != R_ENTRY || ipc_decode(record, ledger_rec_entry_f, &r, &e) != RC_OK || !sound(&r))
        return false;
    take_entry(&r, t);
    return true;
}

/* After a power failure a file may be as long as it was to be, with zeros for what did not come. */
static bool only_zeros(struct span s)
{
    size_t i = 0;

    while (i < s.n && s.p[i] == 0)
        i++;
    return i == s.n;
}

/* Returns how much of the text is good. What is left over is a last record that was cut off, or, with *damaged_out, something else. */
static size_t take_all(struct span text, struct ledger_place *p, struct table *t, bool *damaged_out)
{
    size_t at = MAGIC_N;

    *damaged_out = text.n < MAGIC_N || memcmp(text.p, MAGIC, MAGIC_N) != 0;
    while (!*damaged_out && text.n - at > 0) {
        struct rd in = rd_of(span_from(text, at));
        uint32_t n = rd_u32(&in);
        uint64_t sum = rd_u64(&in);
        struct span body = rd_take(&in, n);
        bool last = !rd_ok(&in) || in.s.n == 0;
        if (rd_ok(&in) && n > 0 && n <= BODY_MAX && sum == digest(body) && take(body, p, t)) {
            at += HEAD_N + n;
            continue;
        }
        *damaged_out = (!last || n > BODY_MAX) &&
                       !only_zeros(span_from(text, at)); /* a length beyond the bound was never written */
        break;
    }
    return at;
}

/* Of a place without a path the machine alone counts. */
static bool same_place(const struct ledger_place *was, const struct ledger_place *here)
{
    size_t id = strcspn(was->machine, "@");

    if (was->inode != here->inode)
        return false;
    if (was->machine[id] == 0)
        return id == strcspn(here->machine, "@") && strncmp(was->machine, here->machine, id) == 0;
    return strcmp(was->machine, here->machine) == 0;
}

static enum rc read_state(struct ledger *l, struct ledger_place *here, struct table *t, enum ledger_found *found,
                          struct err *e)
{
    struct ledger_place was = {.inode = 0};
    struct buf text = BUF_INIT;
    bool damaged = false;

    if (!fd_read_all(l->fd, SIZE_MAX, &text)) {
        buf_free(&text);
        return err_sys(e, RC_TEMP, "publish/" NAME " cannot be read");
    }
    l->end = (off_t)take_all(buf_span(&text), &was, t, &damaged);
    if (damaged || (was.machine[0] == 0 && was.inode == 0))
        *found = LF_DAMAGED;
    else
        *found = same_place(&was, here) ? LF_HERE : LF_COPY;
    l->no_path = *found == LF_HERE && strcmp(was.machine, here->machine) != 0;
    if (*found != LF_DAMAGED && (size_t)l->end < text.n)
        log_ev(LOG_WARN_, "publish-state", "a last record that was cut off is cut away, octets=%zu",
               text.n - (size_t)l->end);
    buf_free(&text);
    here->begun = was.begun;
    here->window = was.window;
    here->window_deletes = was.window_deletes;
    for (size_t i = 0; i < t->n; i++)
        table_count_in(t, t->v[i]);
    return RC_OK;
}

enum rc ledger_open(int dir, struct ledger_place *here, struct table *t, struct ledger **l_out,
                    enum ledger_found *found_out, struct err *e)
{
    struct ledger *l = calloc(1, sizeof *l);
    enum rc rc = RC_OK;

    if (!l)
        die("out of memory");
    l->dir = dir;
    l->fd = openat(dir, NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    *found_out = LF_NEW;
    if (l->fd >= 0)
        rc = read_state(l, here, t, found_out, e);
    else if (errno != ENOENT)
        rc = err_sys(e, RC_TEMP, "publish/" NAME " cannot be opened");
    if (rc == RC_OK && *found_out == LF_NEW)
        rc = ledger_rewrite(l, t, here, false, e);
    if (rc == RC_OK && l->no_path && here->begun && ledger_place_write(l, here, e) != RC_OK)
        log_err(LOG_WARN_, "publish-state", e); /* the next start tries again */
    if (rc == RC_OK) {
        *l_out = l;
        return RC_OK;
    }
    ledger_close(&l);
    return rc;
}

void ledger_close(struct ledger **l)
{
    if (!l || !*l)
        return;
    if ((*l)->fd >= 0)
        close((*l)->fd);
    close((*l)->dir);
    free(*l);
    *l = NULL;
}
