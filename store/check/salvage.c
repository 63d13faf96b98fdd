/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage.c - the steps of a salvage, and its report. See salvage.h. */
#include "store/check/salvage.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/guard.h"
#include "store/ops/octets.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* While it is there no daemon serves: an object whose record is not made anew yet would be taken for an orphan. */
static const char marker[] = "salvage.unfinished";

bool salvage_unfinished(const char *home)
{
    char path[4300];

    (void)snprintf(path, sizeof path, "%s/%s", home, marker);
    return access(path, F_OK) == 0;
}

static void open_all(struct salvage *s)
{
    memset(&s->d, 0, sizeof s->d);
    env_open(&s->d.env, &s->conf);
    s->d.watches = watches_new();
    s->d.busy = busy_new();
    octets_open(&s->d, false);
}

static enum rc begin(struct salvage *s, int home_fd, struct err *e)
{
    time_t now = (time_t)clock_utc();
    struct tm tm;
    int fd;

    gmtime_r(&now, &tm);
    (void)strftime(s->aside, sizeof s->aside, "damaged-%Y%m%dT%H%M%SZ", &tm);
    fd = openat(home_fd, marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fsync(fd) != 0 || fsync(home_fd) != 0)
        return err_sys(e, RC_TEMP, "store: %s cannot be made", marker);
    close(fd);
    return RC_OK;
}

/* Step 2: all new files first, then their names. */
static enum rc tables_anew(struct salvage *s, int home_fd, struct err *e)
{
    enum rc rc = RC_OK;
    bool any = false;

    for (int t = 0; rc == RC_OK && t < TABLES; t++) {
        s->bad[t] = salvage_look(home_fd, (enum table)t);
        any |= s->bad[t] > 0;
        if (s->bad[t] > 0)
            rc = salvage_table(s, home_fd, (enum table)t, e);
    }
    if (rc == RC_OK && any)
        rc = begin(s, home_fd, e);
    for (int t = 0; rc == RC_OK && t < TABLES; t++)
        if (s->bad[t] > 0 && (rc = salvage_exchange(s, home_fd, (enum table)t, e)) == RC_OK)
            printf("table %s: %u pages were damaged; %llu records are kept; the old file is store/%s.%s\n",
                   tables[t].file, (unsigned)s->bad[t], (unsigned long long)s->kept[t], tables[t].file, s->aside);
    return rc;
}

/* After a salvage that was cut short nobody knows any more which tables had lost something: each may have. */
static void suspect_all(struct salvage *s)
{
    for (int t = 0; t < TABLES; t++)
        s->bad[t] += s->bad[t] == 0;
}

/* ---- the report ---- */
static void say(const struct lost *l)
{
    static const char *const what[LOST_KINDS] = {
        [LOST_KEYS] = "its keys are lost: restore it from a backup",
        [LOST_FOLDERS] = "folders lost their names",
        [LOST_MESSAGES] = "messages are lost",
        [LOST_BODIES] = "messages lost octets",
        [LOST_SUMMARIES] = "messages lost their summary: it is made again from the message whenever it is asked for",
        [LOST_TEXTS] = "messages lost their search text: they are not found by words of their text",
        [LOST_EPOCHS] = "messages lost the record of their key: they cannot be opened",
    };
    char who[40];

    (void)snprintf(who, sizeof who, "mailbox %llu", (unsigned long long)l->mbx);
    for (int i = 0; i < LOST_KINDS; i++)
        if (l->n[i] > 0 && i == LOST_KEYS)
            printf("%s: %s\n", who, what[i]);
        else if (l->n[i] > 0)
            printf("%s: %llu %s\n", l->mbx == SEAL_QUEUE_BOX ? "queue" : who, (unsigned long long)l->n[i], what[i]);
    if (l->rescued)
        printf("%s: %llu messages are now in the INBOX\n", who, (unsigned long long)l->rescued);
}

static void report(const struct salvage *s)
{
    for (size_t i = 0; i < s->n_lost; i++)
        say(&s->lost[i]);
    printf("%s; %llu records were put right\n", s->aside[0] ? "salvaged" : "no page is damaged",
           (unsigned long long)s->mended);
    (void)fflush(stdout);
}

int salvage_run(const struct env_conf *conf)
{
    struct salvage s = {.conf = *conf};
    bool again = salvage_unfinished(conf->home);
    int home_fd = open(conf->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err e;
    enum rc rc = RC_OK;

    if (home_fd < 0)
        die("store: cannot open its folder: %s", strerror(errno));
    for (int t = 0; again && rc == RC_OK && t < TABLES; t++)
        rc = salvage_exchanged(home_fd, (enum table)t, &e);
    if (rc == RC_OK) {
        open_all(&s);
        octets_close(&s.d);
        env_close(&s.d.env); /* recovered, and all of it in the files */
        rc = tables_anew(&s, home_fd, &e);
    }
    if (again)
        suspect_all(&s);
    if (rc == RC_OK) {
        open_all(&s);
        rc = salvage_mend(&s, &e);
        env_flush(&s.d.env);
        octets_close(&s.d);
        env_close(&s.d.env);
    }
    if (rc == RC_OK && (unlinkat(home_fd, marker, 0) == 0 || errno == ENOENT)) {
        guard_unmark(home_fd);
        report(&s);
    } else {
        log_err(LOG_ERROR_, "store-salvage", &e);
        fprintf(stderr, "the salvage was not finished: %s\n", e.log);
    }
    free(s.lost);
    free(s.pieces);
    close(home_fd);
    return rc == RC_OK ? 0 : 1;
}
