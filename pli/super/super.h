/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/super.h - the supervisor's state, shared by its files: supervise.c (the loop), spawn.c (one process), listeners.c (sockets),
 * probe.c (readiness), renew.c (certificates), purging.c (closed accounts), saying.c (what slapd prints), stopping.c (the end), lock.c (one supervisor per instance), room.c (a full disk), guard.c (no process
 * outlives it), privileges.c, logfile.c (the log turned over).
 *
 * Promises INV-S1 An instance has one supervisor, and no process of an earlier supervisor is alive when it starts (lock.c).
 *          INV-S2 Whatever ends the supervisor, SIGKILL included, ends every process of the instance (guard.c).
 *          INV-S3 Listening sockets, of the network and of run/, are bound once and stay open in the supervisor. So no connection attempt is
 *          refused while a daemon restarts.
 *          INV-S4 The supervisor parses no octet of a peer.
 * Process  pli serve.
 */
#pragma once
#include "crypto/seal/ticket.h"
#include "flow/logged.h"
#include "pli/conf.h"
#include "pli/super/procs.h"
#include <stdbool.h>

struct file_seen { /* which file has a name: another one, or changed, differs in one of these, whatever the clock says */
    uint64_t inode, size;
    int64_t s, ns;
};
struct proc {
    pid_t pid;       /* 0: not running */
    int64_t started; /* monotonic ns */
    int64_t due;     /* when not running: start it then */
    int64_t delay;   /* ms: the last pause before a start; grows while it dies young */
    unsigned deaths;
    struct file_seen read; /* the file of its certificates or keys, as it was before its start */
    bool told;       /* to end, for another takes its place: no failure */
};
struct super {
    const char *dir;     /* instance folder; the working folder is DIR/run */
    char bin[4096];      /* folder of the daemons' programs */
    struct conf *conf;
    uid_t uids[PROCS_];
    struct proc procs[PROCS_];
    int listen_fd[LISTENERS_], ipc_fd[PROCS_]; /* -1: none */
    int urls_fd;                               /* run/imapd.sock: smtpd asks there for the octets of a BURL */
    int gate_fd;                               /* run/gate.sock: slapd asks dird there before it checks a password */
    struct ticket_keys *tickets;               /* locked memory; drawn at this start, given again to who is started again */
    unsigned char log_key[LOGGED_KEY];
    int say_fd, complain_fd; /* the terminal's standard output and error; our own go to the log file */
    int log_fd, lock_fd, alive_fd, signal_fd, guard_fd;
    int64_t log_due; /* monotonic: the log's size is looked at then */
    pid_t self, guard, group, probe, purge /* 0: none runs */;
    int64_t purge_due; /* monotonic */
    int says_fd[2];    /* the pipe from slapd to the log (slapd_says.h); -1: no slapd of ours has been started */
    pid_t says;        /* who reads it; 0: not running */
    int64_t says_due, says_started; /* monotonic */
    bool ready, stopping, failed, json;
    bool renewing; /* listeners change places once keyd is there */
};

/* room.c: is there room on the disks? Called before anything else writes there. RC_TEMP: e->log names the folder whose disk is full. */
enum rc room_check(const char *dir, struct err *e);
/* lock.c */
enum rc lock_take(struct super *s, struct err *e);
/* listeners.c */
enum rc listeners_open(struct super *s, struct err *e);
struct sockaddr_storage;
enum rc address_of(const char *text, struct sockaddr_storage *out, unsigned *len_out, struct err *e); /* "[::]:25": of settings' form */
/* spawn.c */
void child_begins(struct super *s);               /* first thing after each fork: holds no lock, ends with its parent */
void spawn_env(void);                             /* once: the environment that daemons get */
pid_t spawn_proc(struct super *s, enum proc_id i); /* -1: could not, logged */
pid_t spawn_self(struct super *s, const char *const argv[]); /* this program, with those words; what it complains of goes to the log */
void slapd_argv(const struct super *s, char ***argv_out);
/* notify.c: the service manager's socket, when there is one (sd_notify(3) by hand: one datagram) */
void notify_open(void); /* before spawn_env() clears the environment */
void notify(const char *state);
/* guard.c */
void guard_start(struct super *s);
void guard_dismiss(struct super *s);
/* privileges.c */
void privileges_drop(void);
/* probe.c */
pid_t probe_start(struct super *s); /* a child that exits 0 when everything answers, 1 when not within 30 s */
/* greeting NULL: it is enough that it takes the connection. proxies: the value of SECTION.proxy_from: when we are one of them, a header that says LOCAL
 * goes first. */
bool port_greets(const char *address, const char *greeting, const char *proxies);
/* logfile.c: turns the log over when it is too long, or when asked. Returns when it must be looked at again (monotonic ns). */
int64_t log_look(struct super *s, bool asked);
/* renew.c: certificates and keys changed on disk (SIGUSR2) */
void renew_begin(struct super *s);
void renew_directory(struct super *s); /* the national copy's database is another one (SIGUSR1): slapd starts again, nobody else */
void renew_listeners(struct super *s); /* when keyd runs again; else nothing */
void renew_before(struct super *s, enum proc_id i); /* before each start of that process */
/* purging.c */
void purge_plan(struct super *s);    /* when the instance is ready */
int64_t purge_look(struct super *s); /* starts it when it is due; returns when to look again (monotonic ns) */
void purge_ended(struct super *s, int status);
/* saying.c: slapd_says.h kept running */
int64_t says_look(struct super *s); /* starts it when it is due; returns when to look again (monotonic ns) */
void says_ended(struct super *s);
void says_stop(struct super *s); /* slapd has ended: what it said last is written, for some seconds at most */
/* stopping.c */
void stop_all(struct super *s);
/* supervise.c */
int supervise(struct super *s); /* runs until SIGTERM; the exit code */
void say(const struct super *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));      /* an event, for who watches */
void complain(const struct super *s, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* a failure */
void ended(struct super *s, pid_t pid, int status); /* a child is gone: remembered, logged */
