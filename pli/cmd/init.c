/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/init.c - pli init: makes a new instance in a folder that is empty or not there. It makes all of it or
 * nothing. When a step fails what was made is removed again. A marker lets the next init remove what a crash left half
 * made.
 *
 * Makes    pli.conf, ca.pem and keys/ and tls/ (crypto/keyd/client), ldap/ (directory/schema), store/ (empty: stored makes its
 *          tables at its first start), run/, log/; owners and modes as in pli/owner.h.
 */
#include "base/idn.h"
#include "directory/schema/embedded.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/owner.h"
#include "pli/trees.h"
#include "policies/identifiers.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKER ".init-unfinished"
enum { PORTS = 9, SET_MAX = 2 * (PORTS + 3) + 1 };
static const struct {
    const char *name;
    int port;
} ports[PORTS] = {{"listen.smtp", 25},   {"listen.submission", 587}, {"listen.submissions", 465},
                  {"listen.imap", 143},  {"listen.imaps", 993},      {"listen.ldap", 389},
                  {"listen.ldaps", 636}, {"listen.http", 80},        {"listen.https", 443}};

static const struct {
    const char *name, *address;
} web[] = {{"listen.http", "[::]:80"}, {"listen.https", "[::]:443"}};

struct init {
    char dir[PATH_MAX], host[300], conf_path[4096];
    char domain[IDN_ROOM];
    long port_base; /* -1: the well-known ports, on every address */
    bool made_dir;
};

/* ---- what was asked ---- */
static int read_options(struct cmd *c, struct init *in)
{
    const char *base = opt_get(c, "--port-base"), *host = opt_get(c, "--host"), *domain = opt_get(c, "--domain");
    char made[300];
    uint64_t n = 0;

    if (!domain)
        return cmd_usage(c, "needs --domain DOMAIN, the mail domain of the instance");
    if (!idn_domain(span_str(domain), in->domain) || !mail_domain_ok(span_str(in->domain)))
        return cmd_usage(c, "\"%s\" is not a mail domain: letters, digits, hyphens and at least one dot", domain);
    snprintf(made, sizeof made, "%s%s", host ? "" : "mail.", host ? host : in->domain);
    if (!idn_domain(span_str(made), in->host))
        return cmd_usage(c, "\"%s\" is not a host name", made);
    if (!mail_domain_ok(span_str(in->host)) && strcmp(in->host, "localhost") != 0)
        return cmd_usage(c, "\"%s\" is not a host name", in->host);
    if (base && (!span_u64(span_str(base), 64000, &n) || n == 0))
        return cmd_usage(c, "--port-base takes a number from 1 to 64000");
    in->port_base = base ? (long)n : -1;
    return PLI_OK;
}

static bool only_remains(const char *dir)
{
    char path[4096];

    return access(inst_path(dir, MARKER, path), F_OK) == 0;
}

/* The folder, there and empty, with the marker in it. */
static int take_folder(struct cmd *c, struct init *in)
{
    char path[4096];
    int fd;

    in->made_dir = mkdir(c->root, 0711) == 0;
    if (!in->made_dir && errno != EEXIST)
        return cmd_sys(c, "%s cannot be made (%s): make its parent first, or choose another --root", c->root,
                       strerror(errno));
    if (!realpath(c->root, in->dir))
        return cmd_sys(c, "%s: %s", c->root, strerror(errno));
    if (only_remains(in->dir) && tree_remove(in->dir, false) != 0)
        return cmd_sys(c, "%s holds what an unfinished init left and it cannot be cleared (%s)", in->dir,
                       strerror(errno));
    if (!tree_empty(in->dir))
        return cmd_fail(c, "%s is not an empty folder: choose another --root, or empty it first", in->dir);
    fd = open(inst_path(in->dir, MARKER, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cmd_sys(c, "%s cannot be written (%s)", in->dir, strerror(errno));
    close(fd);
    return PLI_OK;
}

/* ---- the steps ---- */
/* Daemons with uids of their own must pass through every folder above. A folder that is closed to them would keep them
 * out for good. */
static enum rc check_way(struct init *in, struct err *e)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof path, "%s", in->dir);
    for (char *slash = strrchr(path, '/'); geteuid() == 0 && slash && slash != path; slash = strrchr(path, '/')) {
        *slash = 0;
        if (stat(path, &st) == 0 && !(st.st_mode & S_IXOTH))
            return err_set(
                e, RC_PERM,
                "%s is shut to the daemons' users (mode %o): choose a folder such as /srv/pli, or chmod o+x %s", path,
                (unsigned)(st.st_mode & 07777), path);
    }
    return RC_OK;
}

static enum rc make_folders(struct init *in, struct err *e)
{
    static const char *const names[] = {"keys",  "tls", "store",
                                        "trust", "run", "log"}; /* ldap/ is made by the directory */
    char path[4096];

    if (chmod(in->dir, 0711) != 0)
        return err_sys(e, RC_PERM, "%s: mode cannot be set", in->dir);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mkdir(inst_path(in->dir, names[i], path), 0700) != 0 && errno != EEXIST)
            return err_sys(e, RC_PERM, "%s cannot be made", path);
    return RC_OK;
}

static enum rc make_keys(struct init *in, struct err *e)
{
    const struct keyring_spec k = {in->dir, in->domain, in->host};

    return keyring_create(&k, e);
}

static void uids_of_init(uid_t out[PROCS_])
{
    proc_uids(setting_find("instance.users")->def, strtol(setting_find("instance.uid_base")->def, NULL, 10), out);
}

static enum rc make_directory(struct init *in, struct err *e)
{
    const char *domains[] = {in->domain, NULL};
    struct embedded_spec d = {.dir = in->dir, .domains = domains, .ldap_addr = "127.0.0.1"};
    uid_t uids[PROCS_];

    uids_of_init(uids);
    d.uid = uids[P_SLAPD];
    d.gid = (gid_t)uids[P_SLAPD];
    return embedded_init(&d, e);
}

static enum rc write_file(const char *path, struct span text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    enum rc rc = ok ? RC_OK : err_sys(e, RC_PERM, "%s cannot be written", path);

    if (fd >= 0)
        close(fd);
    return rc;
}

static enum rc make_conf(struct init *in, struct err *e)
{
    const char *set[SET_MAX];
    char addresses[PORTS][32];
    struct buf text = BUF_INIT;
    size_t n = 0;
    enum rc rc;

    set[n++] = "instance.domain";
    set[n++] = in->domain;
    set[n++] = "instance.hostname";
    set[n++] = in->host;
    for (size_t i = 0; i < 2 && in->port_base < 0;
         i++) { /* off by default, for an instance of before; a new one has it */
        set[n++] = web[i].name;
        set[n++] = web[i].address;
    }
    for (size_t i = 0; i < PORTS && in->port_base >= 0; i++) {
        snprintf(addresses[i], sizeof addresses[i], "127.0.0.1:%ld", in->port_base + ports[i].port);
        set[n++] = ports[i].name;
        set[n++] = addresses[i];
    }
    set[n] = NULL;
    conf_write(&text, set);
    rc = write_file(in->conf_path, buf_span(&text), e);
    buf_free(&text);
    return rc;
}

static enum rc make_owners(struct init *in, struct err *e)
{
    uid_t uids[PROCS_];

    uids_of_init(uids);
    return owner_apply(in->dir, uids, e);
}

static enum rc (*const steps[])(struct init *in, struct err *e) = {check_way,      make_folders, make_keys,
                                                                   make_directory, make_conf,    make_owners};

/* The well-known place has its configuration in /etc/pli. */
static int place_conf(struct cmd *c, struct init *in)
{
    inst_path(in->dir, "pli.conf", in->conf_path);
    if (c->root_named)
        return PLI_OK;
    if (mkdir("/etc/pli", 0755) != 0 && errno != EEXIST)
        return cmd_sys(c, "/etc/pli cannot be made (%s): run as root, or name a folder with --root", strerror(errno));
    inst_path("/etc/pli", "pli.conf", in->conf_path);
    if (access(in->conf_path, F_OK) == 0)
        return cmd_fail(c, "%s is there already: move it away first, or name a folder with --root", in->conf_path);
    return PLI_OK;
}

static int report(const struct cmd *c, const struct init *in)
{
    if (c->json)
        return out_json(json_pack("{s:s,s:s,s:s,s:s}", "instance", in->dir, "domain", in->domain, "host", in->host,
                                  "conf", in->conf_path));
    printf("instance made in %s for %s\n", in->dir, in->domain);
    if (c->root_named)
        printf("next: pli serve --root %s      (and read %s)\n", in->dir, in->conf_path);
    else
        printf("next: pli serve      (and read %s)\n", in->conf_path);
    return PLI_OK;
}

int cmd_init(struct cmd *c)
{
    struct init in = {0};
    char marker[4096];
    struct err e = {0};
    enum rc rc = RC_OK;
    int answer = read_options(c, &in);

    if (answer == PLI_OK)
        answer = take_folder(c, &in);
    if (answer != PLI_OK)
        return answer;
    umask(077);
    answer = place_conf(c, &in);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && rc == RC_OK && answer == PLI_OK; i++)
        rc = steps[i](&in, &e);
    if (rc != RC_OK || answer != PLI_OK) {
        tree_remove(in.dir, in.made_dir);
        return rc != RC_OK ? cmd_err(c, &e) : answer;
    }
    unlink(inst_path(in.dir, MARKER, marker));
    return report(c, &in);
}
