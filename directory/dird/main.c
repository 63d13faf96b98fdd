/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/main.c - pli-dird: reads its secrets, warms libldap, gives up its rights, answers.
 *
 * Gets     boot: instance, run, uid, uid.*, ipc, gate, ticket.key (the seed), dird.*, directory.uri, directory.base; DIR/keys/dird.secret.
 * Ends     SIGTERM: what is in flight is answered.
 * Process  dird.
 */
#include "base/boot.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "crypto/seal/ticket.h"
#include "directory/dird/dird.h"
#include "directory/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <ldap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    enum ipc_role role;
    const char *name;
} uids[] = {{ROLE_SMTPD, "uid.smtpd"}, {ROLE_IMAPD, "uid.imapd"},   {ROLE_RELAYD, "uid.relayd"}, {ROLE_STORED, "uid.stored"},
            {ROLE_KEYD, "uid.keyd"},   {ROLE_ADMIN, "uid.admin"},   {ROLE_SUPER, "uid.admin"}};
static const struct boot *boot;

/* A uid that the supervisor does not name is our own uid, because then all daemons run as one user. */
static uid_t uid_of_role(void *daemon, enum ipc_role r)
{
    (void)daemon;
    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
        if (uids[i].role == r)
            return (uid_t)boot_num(boot, uids[i].name, (int64_t)geteuid());
    return (uid_t)geteuid();
}

static void on_term(int sig)
{
    (void)sig;
    ipc_stop();
}

static void read_secret(const char *dir, char *secret, size_t size)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/keys/dird.secret", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, secret, size - 1) : -1;
    if (n <= 0)
        die("cannot read %s (errno %d): made by pli init, readable by who starts dird", path, errno);
    close(fd);
    secret[n] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
}

/* At its first use libldap reads the machine's configuration and resolves the machine's name. It does both here,
 * because neither must happen later. */
static void warm_libldap(const char *uri)
{
    LDAP *ld = NULL;
    setenv("LDAPNOINIT", "1", 1);
    if (ldap_initialize(&ld, uri) != LDAP_SUCCESS)
        die("directory.uri is not an LDAP address: %s", uri);
    ldap_unbind_ext(ld, NULL, NULL);
}

static const char *or_default(const char *value, const char *def)
{
    return value && value[0] ? value : def;
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {[LOG_DEBUG_] = "debug", [LOG_INFO_] = "info", [LOG_WARN_] = "warn", [LOG_ERROR_] = "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (enum log_level)i;
    return LOG_INFO_;
}

static struct dird *open_daemon(const struct boot *b, unsigned threads)
{
    unsigned char seed[TICKET_KEY];
    char secret[256];
    const char *uri = or_default(boot_get(b, "directory.uri", ""), "ldapi://ldapi/");
    read_secret(boot_get(b, "instance", "."), secret, sizeof secret);
    boot_secret(b, "ticket.key", seed, sizeof seed);
    warm_libldap(uri);
    struct dird_how how = {.uri = uri, .base = or_default(boot_get(b, "directory.base", ""), "o=pli"), .secret = secret, .threads = threads,
                           .max_failures = (unsigned)boot_num(b, "dird.max_failures", 10), .cache_s = boot_num(b, "dird.password_cache", 600),
                           .ticket_s = boot_num(b, "dird.ticket_life", 12 * 3600), .ticket_seed = seed,
                           .postmaster = boot_get(b, "instance.postmaster", "")};
    struct dird *d = dird_open(&how);
    wipe(secret, sizeof secret);
    wipe(seed, sizeof seed);
    return d;
}

int main(void)
{
    struct err e = {0};
    struct boot *b = boot_load();
    boot = b;
    log_open("dird", level_of(boot_get(b, "log.level", "info")));
    int64_t threads = boot_num(b, "dird.threads", 24);
    struct dird *d = open_daemon(b, (unsigned)threads);
    int fd = boot_fd(b, "ipc");
    if (fd < 0)
        die("no descriptor \"ipc\" was given");
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
    signal(SIGPIPE, SIG_IGN);
    uid_t uid = (uid_t)boot_num(b, "uid", 0);
    struct sandbox_how box = {.kind = SB_DIRD, .uid = geteuid() == 0 ? uid : 0, .root = geteuid() == 0 ? boot_get(b, "run", NULL) : NULL};
    if (sandbox_enter(&box, &e) != RC_OK)
        die("sandbox: %s", e.log);
    dird_start(d, boot_fd(b, "gate"), (uid_t)boot_num(b, "uid.slapd", (int64_t)geteuid()));
    struct ipc_service service = {.proto = &dird_proto, .handlers = dird_handlers, .uid_of_role = uid_of_role, .left = dird_left, .daemon = d,
                                  .threads = (unsigned)threads, .max_peers = (unsigned)boot_num(b, "dird.max_peers", 8000)};
    enum rc rc = ipc_serve(&service, fd, &e);
    if (rc != RC_OK)
        log_err(LOG_ERROR_, "dird-failed", &e);
    dird_close(&d);
    boot_free(&b);
    return rc == RC_OK ? 0 : 1;
}
