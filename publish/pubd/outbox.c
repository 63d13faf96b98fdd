/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/outbox.c - the thread that compares and sends, and the state's beginning and end. See publish/pubd/outbox.h. */
#include "publish/pubd/outbox.h"
#include "base/clock.h"
#include "base/log.h"
#include "publish/pubd/runner.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    AWAY_S = 1,
    AWAY_SAID = 5 /* times in a row: at a start dird reads the directory first */,
    REST_S = 60,
    PATIENCE_MS = 2000,
    MS = 1000
};

/* ---- where and what ---- */
static void read_machine(char out[MACHINE_ID])
{
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, MACHINE_ID - 1) : -1;

    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = 0;
    out[strspn(out, "0123456789abcdef")] = 0;
}

/* Behind the machine's id. Of the folder as the kernel names it, whatever links led there. */
static void add_path(int dir, char machine[MACHINE_ID])
{
    char link[64], path[4096];
    uint64_t sum = 14695981039346656037u; /* FNV-1a */
    size_t id = strlen(machine);
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    n = readlink(link, path, sizeof path);
    for (ssize_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)path[i]) * 1099511628211u;
    if (n > 0)
        snprintf(machine + id, MACHINE_ID - id, "@%016llx", (unsigned long long)sum);
}

int outbox_open_place(const char *instance, struct ledger_place *here)
{
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/publish", instance), dir;

    dir = n > 0 && n < (int)sizeof path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (dir < 0 || fstat(dir, &st) != 0)
        die("%s cannot be opened (errno %d): pli serve makes it", path, errno);
    *here = (struct ledger_place){.inode = st.st_ino};
    read_machine(here->machine);
    add_path(dir, here->machine);
    return dir;
}

void outbox_load(struct outbox *o, int dir, const struct ledger_place *here)
{
    static const char *const says[] = {
        [LF_NEW] = "new", [LF_HERE] = "here", [LF_COPY] = "copy", [LF_DAMAGED] = "damaged"};
    enum ledger_found found;
    struct err e;

    o->place = *here;
    if (ledger_open(dir, &o->place, &o->table, &o->ledger, &found, &e) != RC_OK)
        die("%s", e.log);
    o->mode = found == LF_DAMAGED                  ? PM_DAMAGED
              : found == LF_COPY                   ? PM_COPY
              : found == LF_HERE && o->place.begun ? PM_RUNNING
                                                   : PM_FIRST;
    log_ev(o->mode == PM_RUNNING ? LOG_INFO_ : LOG_WARN_, "publish-state",
           "found=%s published=%llu trying=%llu refused=%llu", says[found],
           (unsigned long long)o->table.count.published, (unsigned long long)o->table.count.state[PS_TRYING],
           (unsigned long long)o->table.count.state[PS_REFUSED]);
}

void outbox_complain(struct outbox *o, struct span why)
{
    free(o->last_error);
    o->last_error = why.n > 0 ? span_dup(span_head(why, PUB_REPORT)) : NULL;
}

void outbox_wake(struct outbox *o)
{
    uint64_t one = 1;

    if (write(o->wake_fd, &one, sizeof one) < 0)
        log_ev(LOG_WARN_, "publish-deaf", "errno=%d", errno);
}

/* ---- the thread ---- */
static bool compare_due(struct outbox *o, int64_t now)
{
    bool due;

    pthread_mutex_lock(&o->lock);
    due = o->compares == 0 || o->compare_now || now - o->compared >= o->conf.compare_every || o->compared > now;
    o->compare_now = false;
    pthread_mutex_unlock(&o->lock);
    return due;
}

static void ask_again(struct outbox *o)
{
    pthread_mutex_lock(&o->lock);
    o->compare_now = true;
    pthread_mutex_unlock(&o->lock);
}

/* RC_TEMP: our directory is away; a whole comparison comes first when it is back. */
static enum rc follow(struct outbox *o, unsigned *away)
{
    struct err e = {0};
    bool whole = compare_due(o, clock_utc());
    enum rc rc = RC_OK;

    while (dir_ended(o->dir, &e) == RC_OK) /* events: what they tell of is asked for next */
        continue;
    if (!whole)
        rc = compare_changed(o, &whole, &e);
    if (rc == RC_OK && whole && (rc = compare_whole(o, &e)) != RC_OK)
        ask_again(o);
    *away = rc == RC_OK ? 0 : *away + 1;
    if (*away == AWAY_SAID && !atomic_load(&o->stop))
        log_err(LOG_WARN_, "publish-away", &e);
    return rc;
}

static int64_t rest_ms(struct outbox *o, bool away)
{
    int64_t now = clock_utc(), next = deliver_next(o), s = away ? AWAY_S : REST_S;

    if (next != INT64_MAX && next - now < s)
        s = next > now ? next - now : 1; /* due and not sent: the state file cannot be written */
    return s * MS;
}

static void wait_for_news(struct outbox *o, int64_t ms)
{
    struct pollfd p[2] = {{o->wake_fd, POLLIN, 0}, {dir_fd(o->dir), POLLIN, 0}};
    uint64_t n;

    dir_rest(o->dir);
    if (poll(p, 2, (int)ms) > 0 && (p[0].revents & POLLIN) && read(o->wake_fd, &n, sizeof n) < 0)
        log_ev(LOG_WARN_, "publish-deaf", "errno=%d", errno);
}

static void *run(void *arg)
{
    struct outbox *o = arg;
    unsigned away = 0;

    while (!atomic_load(&o->stop)) {
        enum rc rc = follow(o, &away);
        if (atomic_load(&o->stop))
            break;
        if (!deliver_one(o))
            wait_for_news(o, rest_ms(o, rc != RC_OK));
        if (o->runner_gone && !atomic_load(&o->stop))
            die("the process that starts the back end has ended: pubd starts again with another one");
    }
    return NULL;
}

void outbox_start(struct outbox *o)
{
    int r;

    pthread_mutex_init(&o->lock, NULL);
    pthread_mutex_init(&o->diff_lock, NULL);
    o->dir = dir_new(ROLE_PUBD);
    o->asked_dir = dir_new(ROLE_PUBD);
    dir_patience(o->dir, PATIENCE_MS);
    o->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = o->wake_fd < 0 ? errno : pthread_create(&o->thread, NULL, run, o);
    if (r != 0)
        die("cannot start the thread that publishes: error %d", r);
    o->started = true;
}

void outbox_stop(struct outbox *o)
{
    atomic_store(&o->stop, true);
    if (o->runner >= 0)
        (void)shutdown(o->runner, SHUT_RDWR); /* the back end is killed: its event is repeated at the next start */
    outbox_wake(o);
    if (o->started)
        pthread_join(o->thread, NULL);
    dir_free(&o->dir);
    dir_free(&o->asked_dir);
    ledger_close(&o->ledger);
    table_free(&o->table);
    free(o->last_error);
    free(o);
}
