/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/main.c - pli-dird: reads its secrets, warms libldap, then is a daemon as all are (base/service.h).
 *
 * Gets     boot: instance, run, uid, uid.*, ipc, gate, ticket.key (the keys of all checkers), dird.*, directory.uri, directory.ca, directory.base; DIR/keys/dird.secret.
 * Ends     SIGTERM: what is in flight is answered.
 * Process  dird.
 */
#include "base/service.h"
#include "base/wipe.h"
#include "crypto/seal/ticket.h"
#include "directory/dird/dird.h"
#include "directory/dird/passhash.h"
#include "directory/reach.h"
#include "directory/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A directory elsewhere shows who it is, or nothing is sent to it. The file is read here, by root. */
static void trust_only(const char *ca)
{
    int demand = LDAP_OPT_X_TLS_DEMAND, least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
    if (ldap_set_option(NULL, LDAP_OPT_X_TLS_CACERTFILE, ca) != LDAP_OPT_SUCCESS ||
        ldap_set_option(NULL, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != LDAP_OPT_SUCCESS ||
        ldap_set_option(NULL, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) != LDAP_OPT_SUCCESS || access(ca, R_OK) != 0 ||
        ldap_set_option(NULL, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS)
        die("directory.ca: %s holds no certificates that can be read", ca);
}

/* At its first use libldap reads the machine's configuration and resolves the machine's name. It does both here,
 * because neither must happen later. */
static void warm_libldap(const char *uri, const char *ca)
{
    LDAP *ld = NULL;
    setenv("LDAPNOINIT", "1", 1);
    if (strncmp(uri, "ldaps://", 8) == 0)
        trust_only(ca);
    else if (strncmp(uri, "ldapi://", 8) != 0)
        die("directory.uri: %s is neither ldaps:// nor ldapi://: passwords would go over the net in clear", uri);
    if (ldap_initialize(&ld, uri) != LDAP_SUCCESS)
        die("directory.uri is not an LDAP address: %s", uri);
    ldap_unbind_ext(ld, NULL, NULL);
}

static const char *or_default(const char *value, const char *def)
{
    return value[0] ? value : def;
}

/* A directory elsewhere has a name, and an empty root has nothing that says what a name means: /etc/hosts, resolv.conf. */
static bool is_elsewhere(const struct boot *b)
{
    return strstr(boot_get(b, "directory.uri"), "ldaps://") != NULL;
}

static void *load(const struct boot *b)
{
    struct ticket_keys keys;
    char secret[256];
    const char *uri = or_default(boot_get(b, "directory.uri"), "ldapi://ldapi/"), *instance = boot_given(b, "instance");
    if (!instance)
        die("the boot list names no instance");
    read_secret(instance, secret, sizeof secret);
    boot_secret(b, "ticket.key", &keys, sizeof keys);
    warm_libldap(uri, or_default(boot_get(b, "directory.ca"), DIRECTORY_SYSTEM_CA));
    struct dird_how how = {.uri = uri,
                           .base = or_default(boot_get(b, "directory.base"), "o=pli"),
                           .secret = secret,
                           .own_slapd = !boot_get(b, "directory.uri")[0],
                           .threads = (unsigned)boot_num(b, "dird.threads"),
                           .max_failures = (unsigned)boot_num(b, "dird.max_failures"),
                           .password_min = boot_num(b, "dird.password_min"),
                           .cache_s = boot_num(b, "dird.password_cache"),
                           .ticket_s = boot_num(b, "dird.ticket_life"),
                           .ticket_keys = &keys,
                           .postmaster = boot_get(b, "instance.postmaster"),
                           .own_domain = boot_get(b, "instance.domain")};
    passhash_warm();
    struct dird *d = dird_open(&how);
    wipe(secret, sizeof secret);
    wipe(&keys, sizeof keys);
    return d;
}

static void start(void *daemon, const struct boot *b)
{
    int64_t slapd = boot_given_num(b, "uid.slapd");
    ((struct dird *)daemon)->white_list = white_list_start();
    dird_start(daemon, boot_fd(b, "gate"), slapd >= 0 ? (uid_t)slapd : geteuid());
}

static void stop(void *daemon)
{
    struct dird *d = daemon;
    dird_close(&d);
}

int main(int argc, char **argv)
{
    static const struct service dird = {
        .name = "dird",
        .sandbox = SB_DIRD,
        .sees_if = is_elsewhere,
        .load = load,
        .start = start,
        .stop = stop,
        .ipc = {.proto = &dird_proto, .handlers = dird_handlers, .joined = dird_joined, .left = dird_left}};
    return service_main(&dird, argc, argv);
}
