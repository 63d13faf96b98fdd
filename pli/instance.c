/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/instance.c - see pli/instance.h. */
#include "pli/instance.h"
#include "pli/conf.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *inst_path(const char *root, const char *name, char out[4096])
{
    int n = snprintf(out, 4096, "%s/%s", root, name);

    if (n < 0 || n >= 4096)
        die("the instance's folder has too long a name");
    return out;
}

/* The well-known instance has its settings in /etc/pli, whether its folder was named or not, because "pli serve --root
 * /var/lib/pli" is the same instance as "pli serve". When the folder was named, settings in the folder itself count
 * first. */
char *inst_conf_path(const char *root, bool named, char out[4096])
{
    inst_path(root, "pli.conf", out);
    if (named && (strcmp(root, "/var/lib/pli") != 0 || access(out, F_OK) == 0))
        return out;
    return access("/etc/pli/pli.conf", F_OK) == 0 ? inst_path("/etc/pli", "pli.conf", out) : out;
}

bool inst_served(const char *run_dir, long *pid_out)
{
    char path[4096], text[32] = "";
    int fd = open(inst_path(run_dir, "pid", path), O_RDONLY | O_CLOEXEC);
    bool served = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ssize_t n;

    if (fd < 0 && errno == EACCES) /* somebody else's instance: its daemons will say so */
        return true;
    if (served && pid_out) {
        n = read(fd, text, sizeof text - 1);
        *pid_out = n > 0 ? strtol(text, NULL, 10) : 0;
    }
    if (fd >= 0)
        close(fd);
    return served;
}

/* slapd makes its socket for anybody (umask 0), so the folder around it says who comes to it. In an instance of an earlier version run/ldapi is that socket: it is
 * not taken from under one that is being served, whose lock refuses this start. */
static int name_ldapi(struct cmd *c)
{
    char path[4096];
    struct stat st;

    if (inst_served(inst_path(c->root, "run", path), NULL))
        return PLI_OK;
    inst_path(c->root, "run/ldapi", path);
    if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
        (void)unlink(path);
    if (symlink("slapd/ldapi", path) != 0 && errno != EEXIST)
        return cmd_sys(c, "%s cannot be made (%s)", path, strerror(errno));
    return PLI_OK;
}

/* run/ and log/ hold nothing that has to last, and an instance of an earlier version has no trust/: a start makes them (pli/owner.c gives them their owners and modes). */
static int make_passing(struct cmd *c)
{
    static const char *const names[] = {"run", "run/slapd", "log", "trust"};
    char path[4096];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mkdir(inst_path(c->root, names[i], path), 0700) != 0 && errno != EEXIST)
            return cmd_sys(c, "%s cannot be made (%s): run this as root or as the instance's owner%s", path,
                           strerror(errno), errno == ENOSPC ? ", and make room on its disk" : "");
    return name_ldapi(c);
}

/* A folder that cannot be entered is not "missing", and an instance without run/ is one that is not served: each line says what is so. */
static int enter_run(struct cmd *c)
{
    char path[4096];

    if (chdir(inst_path(c->root, "run", path)) == 0)
        return PLI_OK;
    if (errno == EACCES)
        return cmd_fail(c, "%s: not permitted: run this as root or as the instance's owner", c->root);
    if (errno == ENOENT && c->def->needs == NEED_SERVER)
        return cmd_fail(c, "%s is missing: (re)start pli serve --root %s, which makes it again", path, c->root);
    if (errno == ENOENT && chdir(c->root) == 0)
        return PLI_OK;
    return cmd_sys(c, "%s cannot be entered (%s)", path, strerror(errno));
}

/* A command that works on the files themselves is for their owner. Any other user would be told of each file that it
 * cannot read, and half of that would be wrong. A command that asks a daemon is left to the daemon, which knows by
 * itself whom it answers. */
static int check_owner(struct cmd *c)
{
    struct stat st;

    if (geteuid() == 0 || c->def->needs == NEED_SERVER || stat(c->root, &st) != 0 || st.st_uid == geteuid())
        return PLI_OK;
    return cmd_fail(c, "%s belongs to uid %ld, and you are uid %ld: run this as root or as the instance's owner",
                    c->root, (long)st.st_uid, (long)geteuid());
}

/* A copy of the well-known instance has everything except its settings, which stood in /etc/pli. */
static int no_settings(struct cmd *c, const char *missing)
{
    char path[4096];

    if (access(inst_path(c->root, "keys", path), F_OK) == 0)
        return cmd_fail(
            c,
            "%s is missing: put the instance's settings there (a copy of /var/lib/pli has them in /etc/pli/pli.conf)",
            missing);
    return cmd_fail(c, "no instance in %s (%s is missing): make one with pli init --root %s --domain DOMAIN", c->root,
                    missing, c->root);
}

int inst_enter(struct cmd *c)
{
    char path[4096];
    const char *whole;
    struct stat st;

    c->start_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    whole = realpath(c->root, c->root_mem);
    if (!whole && errno == EACCES)
        return cmd_fail(c, "%s: not permitted: run this as root or as the instance's owner", c->root);
    if (whole && stat(c->root_mem, &st) == 0 && !S_ISDIR(st.st_mode))
        return cmd_fail(c, "%s is a file: --root names the instance's folder", c->root);
    if (!whole)
        return cmd_fail(c, "no instance in %s: make one with pli init --root %s --domain DOMAIN", c->root, c->root);
    c->root = c->root_mem;
    if (access(inst_conf_path(c->root, c->root_named, path), F_OK) != 0 && errno == ENOENT)
        return no_settings(c, path);
    if (check_owner(c) != PLI_OK)
        return PLI_FAILED;
    if (c->def->needs == NEED_START && !opt_get(c, "-n") && make_passing(c) != PLI_OK)
        return PLI_FAILED;
    if (enter_run(c) != PLI_OK)
        return PLI_FAILED;
    if (c->def->needs == NEED_SERVER && !inst_served(".", NULL))
        return cmd_fail(c, "the server is not running: start it with pli serve --root %s", c->root);
    return PLI_OK;
}

void inst_close(struct cmd *c)
{
    admin_free(&c->admin);
    if (c->start_fd >= 0)
        close(c->start_fd);
    c->start_fd = -1;
}

int inst_conf(struct cmd *c, struct conf **conf_out)
{
    char path[4096];
    struct err e;

    if (conf_load(inst_conf_path(c->root, c->root_named, path), conf_out, &e) != RC_OK)
        return cmd_err(c, &e);
    return PLI_OK;
}

struct admin *inst_admin(struct cmd *c)
{
    if (!c->admin)
        c->admin = admin_new(ROLE_ADMIN);
    return c->admin;
}

struct store *inst_store(struct cmd *c)
{
    return inst_admin(c)->store;
}

struct dir *inst_dir(struct cmd *c)
{
    return inst_admin(c)->dir;
}

struct keyd *inst_keyd(struct cmd *c)
{
    return inst_admin(c)->keyd;
}
