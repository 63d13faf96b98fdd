/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_int.h - the shape of the rule tables (base/sandbox_rules.c), and the functions that turn them into a filter and a Landlock
 * domain (base/sandbox_filter.c, base/sandbox_landlock.c).
 * Process  all.
 */
#pragma once
#include "base/sandbox.h"
#include <stdint.h>

/* A call that no rule names kills the process. A rule allows a call, or has it give an error. */
enum { ALLOWED = 0 }; /* any other value is the errno that the call gives */

struct sandbox_rule {
    int call;       /* SCMP_SYS(name); a negative number (the machine has no such call) is passed over */
    uint16_t error; /* ALLOWED, or an errno */
    uint8_t arg;    /* which argument; the rule holds when (argument & mask) == value */
    uint64_t mask;  /* 0: the rule holds whatever the arguments are */
    uint64_t value;
};
struct sandbox_group { /* calls that go together; ends with a rule whose mask is SANDBOX_END */
    const char *name;
    const struct sandbox_rule *rules;
};
#define SANDBOX_END UINT64_MAX

enum { GROUPS_MAX = 12 };
enum sandbox_files { FILES_NONE, FILES_SYSTEM_RO, FILES_RW_DIR, FILES_SYSTEM_AND_DIR /* both */ };
struct sandbox_profile {
    const char *name;
    const struct sandbox_group *groups[GROUPS_MAX]; /* NULL-terminated */
    enum sandbox_files files; /* what Landlock leaves */
    bool tcp_out;             /* may connect by TCP, from a port that the kernel chooses (Landlock ABI 4) */
    int prepares;             /* sandbox_kind of the sessions that it forks, whose filter is compiled before the fork; -1: it forks none */
};
extern const struct sandbox_profile sandbox_profiles[SB_KINDS_];
extern const char *const sandbox_system_paths[]; /* FILES_SYSTEM_RO: what may be read; NULL-terminated */

enum rc sandbox_filter_prepare(enum sandbox_kind k, struct err *e); /* compiled once, kept */
enum rc sandbox_filter_install(enum sandbox_kind k, struct err *e);
enum rc sandbox_landlock_enter(const struct sandbox_how *h, int rw_fd, struct err *e); /* rw_fd: rw_dir, opened before chroot */
/* Has the sanitizers of the dev profile read the program's symbols now. They do so at their first report, when there is no file to read. */
void sandbox_warm_reports(void);
