/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox.h - one call that takes away from a process all that it does not need. The rule tables stand side by side in
 * base/sandbox_rules.c for review. base/sandbox_test.c proves from inside that a forbidden open, connect, exec and ptrace fail.
 *
 * As root  The process drops its groups, does chroot into the working folder (run/: only sockets, not writable) and takes a uid and gid of
 *          its own.
 * As user  uid and root stay as they are. Landlock takes the file system away where the kernel has it.
 * Always   no new privileges, no dumps, a seccomp filter. A violation of the filter kills the process; the supervisor logs that.
 * Process  every daemon and session, after its warm-up and before the first byte of a peer.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <sys/types.h>

enum sandbox_kind {
    SB_SMTPD_LISTENER, SB_SMTPD_SESSION, SB_IMAPD_LISTENER, SB_IMAPD_SESSION,
    SB_DIALLER, SB_STORED, SB_KEYD, SB_DIRD, SB_RELAYD /* its scheduler */, SB_RELAY_FINDER, SB_RELAY_NURSERY, SB_RELAY_SESSION,
    SB_TRUSTD, SB_TRUST_STARTER /* forks parsers: a child of trustd or pli */, SB_TRUST_PARSER /* reads a white list */,
    SB_HTTPD_LISTENER, SB_HTTPD_SESSION, SB_PUBD, SB_SLAPD_SAYS /* carries what slapd prints to the log */, SB_KINDS_
};
struct sandbox_how {
    enum sandbox_kind kind;
    uid_t uid;               /* 0: the process keeps its uid */
    const char *root;        /* chroot there when root; NULL: none */
    const char *rw_dir;      /* stored: the environment's folder stays reachable (Landlock); NULL: none */
};
enum rc sandbox_enter(const struct sandbox_how *h, struct err *e);
struct sandbox_state { bool seccomp, no_new_privs, landlock, own_uid, empty_root; };
void sandbox_state_of(pid_t pid, struct sandbox_state *out); /* read from /proc, for pli doctor */
int sandbox_landlock_abi(void); /* 0: the kernel has none */
