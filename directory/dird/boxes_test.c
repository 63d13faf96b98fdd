/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/boxes_test.c - the thread that tells pli-pubd of changes: where nobody is to be told it does not run at all, whatever changes. */
#include "directory/dird/boxes.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* The one thread beside this one. */
static long other_thread(void)
{
    DIR *d = opendir("/proc/self/task");
    struct dirent *e;
    long found = 0;

    assert_non_null(d);
    while ((e = readdir(d)))
        if (e->d_name[0] != '.' && strtol(e->d_name, NULL, 10) != (long)getpid())
            found = strtol(e->d_name, NULL, 10);
    closedir(d);
    return found;
}

static void status_of(long tid, char *state, unsigned long *switches)
{
    char path[64], line[128];
    FILE *f;

    snprintf(path, sizeof path, "/proc/self/task/%ld/status", tid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        (void)sscanf(line, "State: %c", state);
        (void)sscanf(line, "voluntary_ctxt_switches: %lu", switches);
    }
    fclose(f);
}

static void some_time(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* Sleeping is a state that lasts: a look that finds it so, and no switch in a time in which it once woke twice. */
static void nobody_to_tell(void **st)
{
    struct cache *c = cache_new();
    struct boxes *b = boxes_new(c);
    unsigned long before = 0, after;
    char state = 'R';
    long tid;

    (void)st;
    boxes_start(b);
    tid = other_thread();
    for (int i = 0; state != 'S' && i < 1000; i++, some_time(10))
        status_of(tid, &state, &before);
    after = before + 1;
    for (int i = 0; before != after && i < 20; i++) { /* it may have slept for another reason, on its way */
        status_of(tid, &state, &before);
        some_time(1100);
        status_of(tid, &state, &after);
    }
    assert_int_equal(after, before);
    cache_tell(c); /* something changed: nobody wants to hear of it */
    some_time(300);
    status_of(tid, &state, &after);
    assert_int_equal(after, before);
    boxes_free(&b); /* and it ends when it is told to */
    assert_null(b);
    cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_to_tell)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
