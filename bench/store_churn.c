/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/store_churn.c - what a store takes after mail has come and gone: N messages are delivered, every other one is
 * expunged, and as many are delivered again, in rounds. Space must not grow, nor memory, nor the time of a delivery.
 *
 * Use      make PROFILE=release all build/bench/store_churn; build/bench/store_churn BUILD/bin/pli-stored N [ROUNDS]
 *          Of 100 messages 89 have 4 KB, 10 have 75 KB, one has 1 MB.
 * Prints   a line for each step: messages, segments and what of them is live, tables, all of it against what the first N
 *          took, the rate, resident memory. The last of each round comes after the background has given back what it
 *          will: when nothing is left to be freed and the segments have been as large for SETTLED_S.
 */
#include "bench/store_load.h"

enum { BOXES = 8, SETTLED_S = 15, SETTLE_MOST_S = 900 };
static uint64_t boxes[BOXES], first;
static pid_t stored;

static uint64_t size_of(uint64_t i)
{
    return i % 100 == 0 ? 1000000 : i % 100 <= 10 ? 75000 : 4096;
}

static struct store_stats_rep stats(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_stats_rep rep;
    struct err e;

    load_need(store_call(s, STORE_STATS, NULL, -1, &rep, &e), "stats", &e);
    store_free(&s);
    return rep;
}

static unsigned long resident_kb(void)
{
    char path[40], line[128];
    unsigned long kb = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)stored);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lu", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

static void say(const char *what, double rate)
{
    struct store_stats_rep st = stats();
    uint64_t all = st.segment_bytes + st.table_bytes;

    first = first ? first : all;
    printf("%-12s %8llu messages, segments %6.1f MB, live %6.1f MB (%.2f), tables %6.1f MB, all %.2f of the first; "
           "%7.0f/s, "
           "%lu MB resident\n",
           what, (unsigned long long)st.messages, (double)st.segment_bytes / 1e6, (double)st.live_bytes / 1e6,
           (double)st.segment_bytes / (double)(st.live_bytes ? st.live_bytes : 1), (double)st.table_bytes / 1e6,
           (double)all / (double)first, rate, resident_kb() / 1024);
    fflush(stdout);
}

static void deliver_all(uint64_t n, const char *what)
{
    int64_t start = clock_mono();

    for (uint64_t c = 0; c < BOXES; c++)
        if (fork() == 0) {
            struct store *s = store_new(ROLE_SMTPD);
            unsigned char *objects = calloc(1, 1000000 + LOAD_SUMMARY + LOAD_TEXT + 65536);

            for (uint64_t i = c; i < n; i += BOXES)
                load_deliver(s, boxes[c], size_of(i / BOXES), objects);
            _exit(0);
        }
    for (int c = 0; c < BOXES; c++)
        wait(NULL);
    say(what, (double)n * 1e9 / (double)(clock_mono() - start));
}

enum { AT_ONCE = 8000 /* octets of a set: some thousand messages */ };

/* Of the INBOX. The set is empty afterwards. */
static uint64_t expunge(struct store *s, struct buf *set)
{
    struct store_expunge_req rq = {STORE_INBOX, buf_span(set), 0, 0};
    struct store_expunge_rep rep = {0};
    struct buf mem = BUF_INIT;
    uint64_t gone = 0;
    struct err e;

    for (bool more = set->n > 0; more; more = rep.next != 0) {
        load_need(store_call_in(s, STORE_EXPUNGE, &rq, -1, &rep, &mem, &e), "expunge", &e);
        gone += rep.expunged.n / 4;
        rq.from = rep.next;
    }
    buf_free(&mem);
    buf_clear(set);
    return gone;
}

/* Every other message that is there. */
static void expunge_half(void)
{
    int64_t start = clock_mono();
    uint64_t gone = 0;

    for (int c = 0; c < BOXES; c++) {
        struct store *s = load_bound(boxes[c]);
        struct store_list_req lq = {STORE_INBOX, 1, UINT32_MAX};
        struct buf mem = BUF_INIT, set = BUF_INIT;
        struct store_brief_rep brief;
        struct err e;
        uint64_t i = 0;

        do {
            load_need(store_call_in(s, STORE_LIST, &lq, -1, &brief, &mem, &e), "list", &e);
            for (struct rd r = rd_of(brief.brief); r.s.n >= STORE_BRIEF; i++) {
                uint32_t uid = rd_u32(&r);
                rd_take(&r, STORE_BRIEF - 4);
                if (i % 2 == 0) {
                    buf_u32(&set, uid);
                    buf_u32(&set, uid);
                }
                if (set.n >= AT_ONCE)
                    gone += expunge(s, &set);
            }
            lq.lo = brief.next;
        } while (brief.next);
        gone += expunge(s, &set);
        buf_free(&mem);
        buf_free(&set);
        store_free(&s);
    }
    say("expunged", (double)gone * 1e9 / (double)(clock_mono() - start));
}

static void settle(void)
{
    int64_t until = deadline_in(SETTLE_MOST_S * 1000), since = clock_mono();
    struct store_stats_rep last = stats(), now;

    while (clock_mono() - since < SETTLED_S * 1000000000LL && deadline_left_ms(until) > 0) {
        sleep(1);
        now = stats();
        if (now.freeing || now.segment_bytes != last.segment_bytes)
            since = clock_mono();
        last = now;
    }
    say("settled", 0);
}

int main(int argc, char **argv)
{
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000;
    int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 2;
    char dir[] = "/tmp/store-churn-XXXXXX", *program = argc > 1 ? realpath(argv[1], NULL) : NULL;

    if (!program || n < BOXES)
        die("use: store_churn PLI-STORED N [ROUNDS]");
    if (!mkdtemp(dir) || chdir(dir) != 0 || mkdir("store", 0700) != 0)
        die("no folder to work in");
    ticket_keys_new(&load_tickets);
    stored = load_start(program, dir);
    for (int c = 0; c < BOXES; c++)
        boxes[c] = load_box();
    deliver_all(n, "delivered");
    for (int i = 0; i < rounds; i++) {
        expunge_half();
        deliver_all(n / 2, "again");
        settle();
    }
    kill(stored, SIGTERM);
    waitpid(stored, NULL, 0);
    printf("kept in %s\n", dir);
    free(program);
    return 0;
}
