/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox.h - one call that takes away all that a process does not need. Rule tables stand side by side in
 * base/sandbox_rules.c for review; the test proves from inside that a forbidden open, connect, exec and ptrace fail.
 *
 * As root  groups dropped, chroot into the working folder (run/: sockets only, not writable), uid and gid of its own.
 * As user  the same without uid and root; Landlock takes the file system away where the kernel has it.
 * Always   no new privileges, no dumps, seccomp filter (a violation kills the process and is logged by the supervisor).
 * Process  every one, after its warm-up and before the first peer's byte.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <sys/types.h>

enum sandbox_kind {
    SB_SMTPD_LISTENER, SB_SMTPD_SESSION, SB_IMAPD_LISTENER, SB_IMAPD_SESSION,
    SB_DIALLER, SB_STORED, SB_KEYD, SB_DIRD, SB_RELAYD, SB_KINDS_
};
struct sandbox_how {
    enum sandbox_kind kind;
    uid_t uid;               /* 0: keep */
    const char *root;        /* chroot there when root; NULL: none */
    const char *rw_dir;      /* stored: the environment's folder stays reachable (Landlock); NULL: none */
};
enum rc sandbox_enter(const struct sandbox_how *h, struct err *e);
struct sandbox_state { bool seccomp, no_new_privs, landlock, own_uid, empty_root; };
void sandbox_state_of(pid_t pid, struct sandbox_state *out); /* read from /proc, for pli doctor */
int sandbox_landlock_abi(void); /* 0: the kernel has none */
