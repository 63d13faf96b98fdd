/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/store_bench.c - pli-stored alone: durable deliveries and reads by concurrent clients, each a process with a
 * connection of its own.
 *
 * Use      make PROFILE=release all build/bench/store_bench; build/bench/store_bench BUILD/bin/pli-stored CLIENTS
 *          SECONDS SIZE [BOXES] delivers messages of SIZE octets (with a summary of 1,500 and a search text of 800) for
 *          SECONDS, to BOXES mailboxes (default CLIENTS), then reads what one mailbox holds, again and again: LIST, SUMMARIES, TEXTS,
 *          READ_MANY.
 * Prints   one line a measure: name, number a second; CPU of pli-stored and disk (tables and segments, after its end) a message.
 */
#include "bench/store_load.h"

enum { CLIENTS_MAX = 256 };
#define READ_NS 500000000 /* each reading is repeated for as long */
struct shared {
    unsigned long long done[CLIENTS_MAX];
};

static void client(struct shared *sh, int i, const uint64_t *mbx, int boxes, uint64_t size, int64_t until)
{
    struct store *s = store_new(ROLE_SMTPD);
    unsigned char *objects = calloc(1, (size_t)size + LOAD_SUMMARY + LOAD_TEXT + 65536);

    for (int k = i; clock_mono() < until; k++, sh->done[i]++)
        load_deliver(s, mbx[k % boxes], size, objects);
    _exit(0);
}

static void read_all(uint64_t mbx, enum store_op op, const char *name)
{
    static const unsigned char all[8] = {1, 0, 0, 0, 255, 255, 255, 255};
    struct store_range_req rq = {STORE_INBOX, {all, 8}, 0, 0};
    struct store_list_req lq = {STORE_INBOX, 1, UINT32_MAX};
    struct store *s = load_bound(mbx);
    struct store_list_rep rep = {.next = 0};
    struct store_brief_rep brief;
    struct store_entry en;
    struct buf mem = BUF_INIT;
    struct err e;
    uint64_t n = 0, bytes = 0;
    int64_t start = clock_mono();

    do {
        if (rep.next == 0) /* again from the first: once takes too little time to be measured */
            lq.lo = 1, rq.from = 0;
        if (op == STORE_LIST) {
            load_need(store_call_in(s, op, &lq, -1, &brief, &mem, &e), name, &e);
            n += brief.brief.n / STORE_BRIEF;
            bytes += brief.brief.n;
            lq.lo = rep.next = brief.next;
        } else {
            load_need(store_call_in(s, op, &rq, -1, &rep, &mem, &e), name, &e);
            for (struct span rest = rep.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK; n++)
                bytes += en.object.n;
            rq.from = rep.next;
        }
    } while (rep.next || clock_mono() - start < READ_NS);
    double sec = (double)(clock_mono() - start) / 1e9;
    printf("%-12s %10.0f messages/s %8.1f MB/s (%llu messages)\n", name, (double)n / sec, (double)bytes / sec / 1e6,
           (unsigned long long)n);
    buf_free(&mem);
    store_free(&s);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 8,
        seconds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
    uint64_t size = argc > 4 ? strtoull(argv[4], NULL, 10) : 4096, mbx[CLIENTS_MAX], total = 0;
    int boxes = argc > 5 ? (int)strtol(argv[5], NULL, 10) : clients;
    struct shared *sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char dir[] = "/tmp/store-bench-XXXXXX", *program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    int64_t until;
    pid_t stored;
    double cpu;

    if (!program || clients < 1 || clients > CLIENTS_MAX || boxes < 1 || boxes > CLIENTS_MAX || sh == MAP_FAILED)
        die("use: store_bench PLI-STORED CLIENTS SECONDS SIZE [BOXES]");
    if (!mkdtemp(dir) || chdir(dir) != 0 || mkdir("store", 0700) != 0)
        die("no folder to work in");
    ticket_keys_new(&load_tickets);
    stored = load_start(program, dir);
    for (int i = 0; i < boxes; i++)
        mbx[i] = load_box();
    cpu = load_cpu_ms(stored);
    until = deadline_in(seconds * 1000);
    for (int i = 0; i < clients; i++)
        if (fork() == 0)
            client(sh, i, mbx, boxes, size, until);
    for (int i = 0; i < clients; i++)
        wait(NULL);
    for (int i = 0; i < clients; i++)
        total += sh->done[i];
    printf("%-12s %10.0f messages/s %8.1f MB/s (%d clients, %d boxes, %llu octets)\n", "deliver",
           (double)total / seconds, (double)total * (double)size / seconds / 1e6, clients, boxes,
           (unsigned long long)size);
    printf("%-12s %10.3f ms/message\n", "cpu", (load_cpu_ms(stored) - cpu) / (double)(total ? total : 1));
    read_all(mbx[0], STORE_LIST, "list");
    read_all(mbx[0], STORE_SUMMARIES, "summaries");
    read_all(mbx[0], STORE_TEXTS, "texts");
    read_all(mbx[0], STORE_READ_MANY, "read-many");
    kill(stored, SIGTERM);
    waitpid(stored, NULL, 0);
    printf("%-12s %10.0f octets/message\n", "disk", (double)load_disk() / (double)(total ? total : 1));
    printf("kept in %s\n", dir);
    free(program);
    return 0;
}
