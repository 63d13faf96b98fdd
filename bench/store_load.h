/* SPDX-License-Identifier: EUPL-1.2 */
/* bench/store_load.h - what store_bench.c and store_churn.c share: pli-stored started alone in the folder where they work, mailboxes, deliveries.
 * Units    octets. Sizes are of the message in clear; its summary has LOAD_SUMMARY octets, its search text LOAD_TEXT.
 * Errors   they end the program with one line.
 */
#pragma once
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

enum { LOAD_SUMMARY = 1500, LOAD_TEXT = 800 };
static struct ticket_keys load_tickets;

static inline void load_need(enum rc rc, const char *what, const struct err *e)
{
    if (rc != RC_OK)
        die("%s: %s", what, e->log);
}

static inline int load_secret(const void *p, size_t n)
{
    int fd = memfd_create("secret", 0);

    if (fd < 0 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
        die("memfd");
    return fd;
}

static inline pid_t load_start(const char *program, const char *dir)
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
    boot_set(b, "stored.keep_expunged", "0"); /* what is removed shall come back as space now, not in a fortnight */
    boot_give(b, "ticket.key", load_secret(load_tickets.of[TICKET_FOR_STORED], TICKET_KEY));
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
static inline double load_cpu_ms(pid_t pid)
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
static inline uint64_t load_disk(void)
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

static inline uint64_t load_box(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_mbx_msg m;
    struct slot slot = {.type = SLOT_KEYD, .id = 1, .body = SPAN_LIT("slots")};
    struct store_box_create_req c = {0};
    struct buf slots = BUF_INIT;
    struct err e;

    slot_add(&slots, &slot);
    c.slots = buf_span(&slots);
    load_need(store_call(s, STORE_BOX_RESERVE, NULL, -1, &m, &e), "reserve", &e);
    c.mbx = m.mbx;
    load_need(store_call(s, STORE_BOX_CREATE, &c, -1, NULL, &e), "create", &e);
    buf_free(&slots);
    store_free(&s);
    return m.mbx;
}

static inline void load_deliver(struct store *s, uint64_t mbx, uint64_t size, unsigned char *objects)
{
    struct store_deliver_req rq = {.mid = SPAN_LIT("bench"),
                                   .size = size,
                                   .len_message = seal_size(size),
                                   .len_summary = seal_size(LOAD_SUMMARY),
                                   .len_search = seal_size(LOAD_TEXT)};
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
    load_need(store_call_in(s, fd < 0 ? STORE_DELIVER : STORE_DELIVER_FD, &rq, fd, &rep, &mem, &e), "deliver", &e);
    if (fd >= 0)
        close(fd);
    buf_free(&mem);
    buf_free(&places);
}

/* A session that may read and write one mailbox. The caller frees it. */
static inline struct store *load_bound(uint64_t mbx)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_WRITE,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .address = "a@b",
                       .actor = "a@b"};
    struct store *s = store_new(ROLE_IMAPD);
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store_box_rep box;
    struct err e;

    ticket_make(&t, &load_tickets, &wire);
    load_need(store_bind(s, buf_span(&wire), &box, &mem, &e), "bind", &e);
    buf_free(&wire);
    buf_free(&mem);
    return s;
}
