/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/store_bench.c - pli-stored alone: durable deliveries and reads by concurrent clients, each a process with a
 * connection of its own.
 *
 * Use      make PROFILE=release all build/bench/store_bench; build/bench/store_bench BUILD/bin/pli-stored CLIENTS
 *          SECONDS SIZE [BOXES] delivers messages of SIZE octets (with a summary of 1,500 and a search text of 800) for
 *          SECONDS, to BOXES mailboxes (default CLIENTS), then reads what one mailbox holds: LIST, SUMMARIES, TEXTS,
 *          READ_MANY.
 * Prints   one line a measure: name, number a second; CPU of pli-stored and disk (tables and segments, after its end) a message.
 */
#include "base/boot.h"
#include "crypto/seal/ticket.h"
#include "store/client/client.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SUMMARY = 1500, TEXT = 800, CLIENTS_MAX = 256 };
struct shared {
    unsigned long long done[CLIENTS_MAX];
};
static struct ticket_keys tickets;

static void need(enum rc rc, const char *what, const struct err *e)
{
    if (rc != RC_OK)
        die("%s: %s", what, e->log);
}

static int secret(const void *p, size_t n)
{
    int fd = memfd_create("secret", 0);

    if (fd < 0 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
        die("memfd");
    return fd;
}

static pid_t start_stored(const char *program, const char *dir)
{
    struct boot *b = boot_new();
    char fd[16];
    struct err e;
    int listener = ipc_listen("stored.sock", &e);
    pid_t pid;

    if (listener < 0)
        die("%s", e.log);
    boot_set(b, "instance", dir);
    boot_set(b, "uid", "0");
    boot_give(b, "ticket.key", secret(tickets.of[TICKET_FOR_STORED], TICKET_KEY));
    boot_give(b, "ipc", listener);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    setenv("PLI_BOOT", fd, 1);
    pid = fork();
    if (pid == 0) {
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* CPU milliseconds of a process so far. */
static double cpu_ms(pid_t pid)
{
    unsigned long long user = 0, sys = 0;
    char path[40];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &sys) != 2)
        die("%s", path);
    fclose(f);
    return (double)(user + sys) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

/* Octets of the disk below store/, without the library's logs and shared memory. */
static uint64_t disk_bytes(void)
{
    uint64_t sum = 0;
    struct stat st;
    DIR *d = opendir("store");

    if (!d)
        die("store");
    for (struct dirent *x; (x = readdir(d)) != NULL;)
        if ((strstr(x->d_name, ".db") || strstr(x->d_name, ".seg")) && strncmp(x->d_name, "__db", 4) != 0 &&
            fstatat(dirfd(d), x->d_name, &st, 0) == 0)
            sum += (uint64_t)st.st_blocks * 512;
    closedir(d);
    return sum;
}

static uint64_t new_box(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_mbx_msg m;
    struct slot slot = {.type = SLOT_KEYD, .id = 1, .body = SPAN_LIT("slots")};
    struct store_box_create_req c = {0};
    struct buf slots = BUF_INIT;
    struct err e;

    slot_add(&slots, &slot);
    c.slots = buf_span(&slots);
    need(store_call(s, STORE_BOX_RESERVE, NULL, -1, &m, &e), "reserve", &e);
    c.mbx = m.mbx;
    need(store_call(s, STORE_BOX_CREATE, &c, -1, NULL, &e), "create", &e);
    buf_free(&slots);
    store_free(&s);
    return m.mbx;
}

static void deliver(struct store *s, uint64_t mbx, uint64_t size, unsigned char *objects)
{
    struct store_deliver_req rq = {.mid = SPAN_LIT("bench"),
                                   .size = size,
                                   .len_message = seal_size(size),
                                   .len_summary = seal_size(SUMMARY),
                                   .len_search = seal_size(TEXT)};
    struct store_place p = {.mbx = mbx, .folder = STORE_INBOX};
    size_t n = (size_t)(rq.len_message + rq.len_summary + rq.len_search);
    struct store_deliver_rep rep;
    struct buf places = BUF_INIT, mem = BUF_INIT;
    struct err e;
    int fd = -1;

    seal_oid_new(rq.oid);
    p.epoch = seal_epoch_id(mbx, p.epoch_rec);
    ipc_list_add(&places, store_place_f, &p);
    rq.places = buf_span(&places);
    if (n <= STORE_INLINE_MAX) {
        rq.objects = span_of(objects, n);
    } else {
        fd = memfd_create("body", MFD_ALLOW_SEALING);
        if (write(fd, objects, n) != (ssize_t)n ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) != 0)
            die("memfd");
    }
    need(store_call_in(s, fd < 0 ? STORE_DELIVER : STORE_DELIVER_FD, &rq, fd, &rep, &mem, &e), "deliver", &e);
    if (fd >= 0)
        close(fd);
    buf_free(&mem);
    buf_free(&places);
}

static void client(struct shared *sh, int i, const uint64_t *mbx, int boxes, uint64_t size, int64_t until)
{
    struct store *s = store_new(ROLE_SMTPD);
    unsigned char *objects = calloc(1, (size_t)size + SUMMARY + TEXT + 65536);

    for (int k = i; clock_mono() < until; k++, sh->done[i]++)
        deliver(s, mbx[k % boxes], size, objects);
    _exit(0);
}

static void read_all(uint64_t mbx, enum store_op op, const char *name)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .address = "a@b",
                       .actor = "a@b"};
    static const unsigned char all[8] = {1, 0, 0, 0, 255, 255, 255, 255};
    struct store_range_req rq = {STORE_INBOX, {all, 8}, 0, 0};
    struct store_list_req lq = {STORE_INBOX, 1, UINT32_MAX};
    struct store *s = store_new(ROLE_IMAPD);
    struct store_box_rep box;
    struct store_list_rep rep;
    struct store_brief_rep brief;
    struct store_entry en;
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct err e;
    uint64_t n = 0, bytes = 0;
    int64_t start;

    ticket_make(&t, &tickets, &wire);
    need(store_bind(s, buf_span(&wire), &box, &mem, &e), "bind", &e);
    start = clock_mono();
    do {
        if (op == STORE_LIST) {
            need(store_call_in(s, op, &lq, -1, &brief, &mem, &e), name, &e);
            n += brief.brief.n / STORE_BRIEF;
            bytes += brief.brief.n;
            lq.lo = rep.next = brief.next;
        } else {
            need(store_call_in(s, op, &rq, -1, &rep, &mem, &e), name, &e);
            for (struct span rest = rep.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK; n++)
                bytes += en.object.n;
            rq.from = rep.next;
        }
    } while (rep.next);
    double sec = (double)(clock_mono() - start) / 1e9;
    printf("%-12s %10.0f messages/s %8.1f MB/s (%llu messages)\n", name, (double)n / sec, (double)bytes / sec / 1e6,
           (unsigned long long)n);
    buf_free(&mem);
    store_free(&s);
    buf_free(&wire);
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
    ticket_keys_new(&tickets);
    stored = start_stored(program, dir);
    for (int i = 0; i < boxes; i++)
        mbx[i] = new_box();
    cpu = cpu_ms(stored);
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
    printf("%-12s %10.3f ms/message\n", "cpu", (cpu_ms(stored) - cpu) / (double)(total ? total : 1));
    read_all(mbx[0], STORE_LIST, "list");
    read_all(mbx[0], STORE_SUMMARIES, "summaries");
    read_all(mbx[0], STORE_TEXTS, "texts");
    read_all(mbx[0], STORE_READ_MANY, "read-many");
    kill(stored, SIGTERM);
    waitpid(stored, NULL, 0);
    printf("%-12s %10.0f octets/message\n", "disk", (double)disk_bytes() / (double)(total ? total : 1));
    printf("kept in %s\n", dir);
    free(program);
    return 0;
}
