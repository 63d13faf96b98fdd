/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/files.c - certificates, owners and modes, disk, clock, swap, the kernel. See pli/doctor/doctor.h. */
#include "base/clock.h"
#include "base/sandbox.h"
#include "crypto/pki/cert_info.h"
#include "directory/schema/embedded.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "pli/owner.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

enum { DAY = 86400, SOON_DAYS = 30, PEM_MAX = 64 * 1024 };

/* ---- certificates ---- */
static bool read_small(const char *path, char *text, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, room - 1, f) : 0;

    text[n] = 0;
    if (f)
        fclose(f);
    return f != NULL;
}

static void check_certificate(struct report *r, const char *name)
{
    static char text[PEM_MAX];
    char path[4096], until[32];
    struct cert_info i;
    struct err e;
    int64_t now = clock_utc();

    if (!read_small(inst_path(r->c->root, name, path), text, sizeof text)) {
        finding(r, F_FAIL, "certificate", "run pli doctor as root or as the instance's owner; pli init made this file",
                "%s cannot be read: %s", path, strerror(errno));
        return;
    }
    if (cert_info_pem(span_str(text), &i, &e) != RC_OK) {
        finding(r, F_FAIL, "certificate", "put back the file that pli init made", "%s holds no certificate", path);
        return;
    }
    clock_iso(i.not_after * 1000, until);
    if (now < i.not_before || now > i.not_after)
        finding(r, F_FAIL, "certificate",
                "look at the clock first; else pli cert renew (trial authority) or pli cert import (another's)",
                "%s is not valid today (until %.10s)", name, until);
    else if (i.not_after - now < SOON_DAYS * DAY)
        finding(r, F_WARN, "certificate",
                "pli cert renew when the trial authority issued it, else pli cert import with the authority's new one",
                "%s ends in %lld days, on %.10s", name, (long long)((i.not_after - now) / DAY), until);
    else
        finding(r, F_OK, "certificate", NULL, "%s is good until %.10s: %lld days", name, until,
                (long long)((i.not_after - now) / DAY));
}

void check_certificates(struct report *r)
{
    static const char *const names[] = {"ca.pem", "tls/server.pem", "tls/server-ec.pem", "tls/slapd.pem"};

    char rsa[4096], ec[4096];
    bool one = access(inst_path(r->c->root, names[1], rsa), F_OK) == 0 ||
               access(inst_path(r->c->root, names[2], ec), F_OK) == 0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4096];

        if ((i == 1 || i == 2) && one && access(inst_path(r->c->root, names[i], path), F_OK) != 0)
            continue; /* pli cert import leaves one kind when the other is the trial authority's */
        check_certificate(r, names[i]);
    }
    check_outbox_certificate(r);
    check_domain_certificates(r);
}

/* ---- owners and modes ---- */
static bool owner_right(struct report *r, const struct owned *o, const struct stat *st, const uid_t uids[PROCS_],
                        const char *path)
{
    uid_t want = o->proc >= 0 && uids[o->proc]    ? uids[o->proc]
                 : st->st_uid == 0 || o->proc < 0 ? st->st_uid
                                                  : geteuid();

    if (!r->conf || st->st_uid == want) /* without settings nobody knows which uid a daemon has */
        return true;
    finding(r, F_FAIL, "permissions", "pli serve sets it right at its next start (as root)",
            "%s belongs to uid %ld, not %ld", path, (long)st->st_uid, (long)want);
    return false;
}

static bool stands_right(struct report *r, const struct owned *o, const struct stat *st, const uid_t uids[PROCS_],
                         const char *path)
{
    if (!owner_right(r, o, st, uids, path))
        return false;
    if ((st->st_mode & 07777 & ~(unsigned)o->mode) != 0) {
        finding(r, F_FAIL, "permissions", "pli serve sets it right at its next start; ask who changed it",
                "%s has mode %o, wider than %o", path, st->st_mode & 07777, (unsigned)o->mode);
        return false;
    }
    return true;
}

static void check_missing(struct report *r, const char *name, const char *path, int cause)
{
    bool passing = cause == ENOENT && (strncmp(name, "run", 3) == 0 || strcmp(name, "log") == 0);

    finding(r, F_FAIL, "permissions",
            passing ? "pli serve makes it again at its next start: nothing is lost"
                    : "restore it from a backup; pli init made it",
            "%s: %s", path, strerror(cause));
}

/* What only its owner may read (secret) or write, whoever the daemons are. Missing is a finding of doctor/keys.c. */
static const struct {
    const char *name;
    bool secret;
} owners_own[] = {{"keys/keyring", true},       {"keys/credential", true}, {"keys/dird.secret", true},
                  {"keys/log.key", true},       {"ca.pem", false},         {"tls/server.pem", false},
                  {"tls/server-ec.pem", false}, {"tls/slapd.pem", false}};

static bool owners_own_right(struct report *r, size_t i, uid_t owner)
{
    const char *name = owners_own[i].name;
    struct stat st;
    char path[4096];

    if (lstat(inst_path(r->c->root, name, path), &st) != 0)
        return false;
    if (st.st_uid != owner)
        finding(r, F_FAIL, "permissions", "chown it to the instance's owner, and ask who changed it",
                "%s belongs to uid %ld, not %ld", path, (long)st.st_uid, (long)owner);
    else if (owners_own[i].secret && (st.st_mode & 077) != 0)
        finding(r, F_FAIL, "permissions", "chmod 0400 it at once; who could pass into keys/ may have read it",
                "%s can be read by others", path);
    else if ((st.st_mode & 022) != 0)
        finding(r, F_FAIL, "permissions", "chmod 0644 it, and compare it with the copy that you keep",
                "%s may be written by others", path);
    else
        return true;
    return false;
}

void check_permissions(struct report *r)
{
    char path[4096];
    uid_t uids[PROCS_] = {0};
    struct stat st;
    unsigned right = 0, before = r->count[F_FAIL];

    if (r->conf)
        proc_uids(conf_get(r->conf, "instance.users"), conf_num(r->conf, "instance.uid_base"), uids);
    for (const struct owned *o = owned; o->name; o++) {
        bool may_lack =
            o->proc >= 0 && proc_defs[o->proc].off && (!r->conf || proc_off(r->conf, (enum proc_id)o->proc));
        if (lstat(inst_path(r->c->root, o->name, path), &st) != 0) {
            if (!may_lack || errno != ENOENT)
                check_missing(r, o->name, path, errno);
        } else
            right += stands_right(r, o, &st, uids, path);
    }
    if (lstat(r->c->root, &st) == 0)
        for (size_t i = 0; i < sizeof owners_own / sizeof *owners_own; i++)
            right += owners_own_right(r, i, st.st_uid);
    if (r->count[F_FAIL] == before)
        finding(r, F_OK, "permissions", NULL, "%u folders and files have their owners and modes", right);
}

/* ---- the machine ---- */
void check_disk(struct report *r)
{
    struct statvfs v;
    unsigned long long free_mb;

    if (statvfs(r->c->root, &v) != 0)
        return;
    free_mb = (unsigned long long)v.f_bavail * v.f_frsize >> 20;
    if (free_mb < 256)
        finding(r, F_FAIL, "disk", "make room: mail is refused for now (452) rather than lost", "%llu MiB free",
                free_mb);
    else if (free_mb < 2048)
        finding(r, F_WARN, "disk", "make room soon", "%llu MiB free", free_mb);
    else
        finding(r, F_OK, "disk", NULL, "%llu MiB free", free_mb);
}

static void check_clock(struct report *r)
{
    struct timex t = {.modes = 0};
    char now[32];

    clock_iso(clock_utc_ms(), now);
    if (clock_utc() < 1767225600) /* 2026-01-01: before this program was written */
        finding(r, F_FAIL, "clock", "set the clock: signatures and certificates depend on it",
                "it is %s here, which cannot be", now);
    else if (adjtimex(&t) == TIME_ERROR || (t.status & STA_UNSYNC))
        finding(r, F_WARN, "clock", "run a time service (chrony, systemd-timesyncd)",
                "%s, not synchronised by the kernel's account", now);
    else
        finding(r, F_OK, "clock", NULL, "%s, synchronised", now);
}

static void check_swap(struct report *r)
{
    char text[4096], *line;

    if (!read_small("/proc/swaps", text, sizeof text) || !(line = strchr(text, '\n')) || !line[1]) {
        finding(r, F_OK, "swap", NULL, "none: no page reaches a disk");
        return;
    }
    line++;
    if (strstr(line, "/dev/dm-") || strstr(line, "/dev/zram") || strstr(line, "/dev/mapper"))
        finding(r, F_OK, "swap", NULL, "on %.*s", (int)strcspn(line, " \t"), line);
    else
        finding(r, F_WARN, "swap",
                "encrypt it (dm-crypt) or turn it off: keys are locked in memory, a session's mail in hand is not",
                "%.*s does not look encrypted", (int)strcspn(line, " \t"), line);
}

static void check_kernel(struct report *r)
{
    char text[512] = "";
    int abi = sandbox_landlock_abi();

    if (abi > 0)
        finding(r, F_OK, "landlock", NULL,
                "ABI %d: files %s; a session can connect nowhere by seccomp alone, whatever the kernel", abi,
                abi >= 4 ? "and TCP of every daemon" : "of every daemon (TCP from ABI 4, Linux 6.7)");
    else
        finding(r, F_WARN, "landlock", "a kernel from 5.13 on with Landlock adds a wall; the others stand without it",
                "the kernel has none; seccomp alone keeps sessions from connecting anywhere");
    read_small("/proc/sys/kernel/core_pattern", text, sizeof text);
    finding(r, F_OK, "core-dumps", NULL, "off in every process of Pli; the machine's pattern is %.*s",
            (int)strcspn(text, "\n"), text);
}

void check_machine(struct report *r)
{
    const char *domains[] = {"x", NULL};
    const struct embedded_spec spec = {.dir = r->c->root, .domains = domains, .ldap_addr = "127.0.0.1"};
    char **argv = NULL;
    struct err e;

    check_clock(r);
    check_swap(r);
    check_kernel(r);
    if (embedded_argv(&spec, &argv, &e) == RC_OK)
        finding(r, F_OK, "slapd", NULL, "%s", argv[0]);
    else
        finding(r, F_FAIL, "slapd", "apt-get install slapd (Pli starts its own; the machine's service may stay off)",
                "%s", e.log);
    embedded_argv_free(&argv);
}
