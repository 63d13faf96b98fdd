/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/parts.c - small helpers of the embedded slapd: templates, files, one child process.
 * Process  pli (init, serve).
 */
#include "base/fd.h"
#include "base/wipe.h"
#include "directory/schema/embedded_int.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void embedded_fill(struct buf *out, const char *text, const struct embedded_var *vars)
{
    struct span rest = span_str(text);
    for (ptrdiff_t at; (at = span_chr(rest, '@')) >= 0;) {
        buf_addspan(out, span_head(rest, (size_t)at));
        rest = span_from(rest, (size_t)at + 1);
        if (rest.n > 0 && rest.p[0] == '@') { /* "@@" stands for itself */
            buf_addc(out, '@');
            rest = span_from(rest, 1);
            continue;
        }
        ptrdiff_t end = span_chr(rest, '@');
        const struct embedded_var *v = vars;
        while (v->name && !(end > 0 && span_eq_str(span_head(rest, (size_t)end), v->name)))
            v++;
        if (!v->name)
            bug("template names an unknown variable: @%.20s", (const char *)rest.p);
        buf_addstr(out, v->value);
        rest = span_from(rest, (size_t)end + 1);
    }
    buf_addspan(out, rest);
}

static const char *first_there(const char *const *paths, int how)
{
    for (; *paths; paths++)
        if (access(*paths, how) == 0)
            return *paths;
    return NULL;
}

enum rc embedded_where(struct embedded_where *out, struct err *e)
{
    static const char *const programs[] = {"/usr/sbin/slapd", "/usr/lib/openldap/slapd", "/usr/local/libexec/slapd",
                                           NULL};
    static const char *const modules[] = {"/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap",
                                          "/usr/libexec/openldap", NULL};
    static const char *const schemas[] = {"/etc/ldap/schema", "/etc/openldap/schema", "/usr/share/openldap/schema",
                                          NULL};
    struct embedded_where w = {first_there(programs, X_OK), first_there(modules, R_OK), first_there(schemas, R_OK)};
    if (!w.slapd || !w.modules || !w.schema)
        return err_set(e, RC_NOTFOUND, "OpenLDAP's %s not found: install the package slapd",
                       !w.slapd     ? "slapd"
                       : !w.modules ? "modules"
                                    : "schema files");
    *out = w;
    return RC_OK;
}

enum rc embedded_write(const char *path, struct span text, mode_t mode, uid_t uid, gid_t gid, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_sys(e, errno == EEXIST ? RC_EXISTS : RC_TEMP, "create %s", path);
    enum rc rc = RC_OK;
    if (!fd_write_all(fd, text) || fchmod(fd, mode) != 0 || (uid && fchown(fd, uid, gid) != 0) || fsync(fd) != 0)
        rc = err_sys(e, RC_TEMP, "write %s", path);
    close(fd);
    return rc;
}

enum rc embedded_copy(const char *from, const char *to, uid_t uid, gid_t gid, struct err *e)
{
    struct buf text = BUF_INIT;
    enum rc rc = RC_OK;
    ssize_t n = 0;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? RC_NOTFOUND : RC_TEMP, "open %s", from);
    buf_init_max(&text, 1 << 20); /* the largest standard schema has 30 KB */
    do {
        rc = buf_reserve(&text, 16384, e);
        if (rc != RC_OK)
            goto out;
        n = read(fd, text.p + text.n, 16384);
        if (n < 0) {
            rc = err_sys(e, RC_TEMP, "read %s", from);
            goto out;
        }
        text.n += (size_t)n;
    } while (n > 0);
    rc = embedded_write(to, buf_span(&text), 0644, uid, gid, e);
out:
    close(fd);
    buf_free(&text);
    return rc;
}

enum rc embedded_mkdir(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *e)
{
    if (mkdir(path, mode) != 0)
        return err_sys(e, errno == EEXIST ? RC_EXISTS : RC_TEMP, "make folder %s", path);
    if (uid && chown(path, uid, gid) != 0)
        return err_sys(e, RC_TEMP, "give folder %s to uid %u", path, (unsigned)uid);
    return RC_OK;
}

static _Noreturn void child(const char *const argv[], const int in[2], const int out[2], uid_t uid, gid_t gid)
{
    static const char *const env[] = {"LC_ALL=C", "LDAPNOINIT=1", NULL};
    if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(out[1], 2) < 0)
        _exit(126);
    if (uid && (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0))
        _exit(125);
    execve(argv[0], (char *const *)argv, (char *const *)env);
    _exit(127);
}

static void read_some(int fd, struct buf *out)
{
    unsigned char b[1024];
    for (;;) {
        ssize_t n = read(fd, b, sizeof b);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (out->n + (size_t)n <= 4096)
            buf_add(out, b, (size_t)n);
    }
    wipe(b, sizeof b);
}

static enum rc child_verdict(pid_t pid, const char *name, struct buf *said, struct err *e)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_sys(e, RC_TEMP, "wait for %s", name);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return RC_OK;
    struct span last = span_trim(buf_span(said));
    if (last.n > 200)
        last = span_from(last, last.n - 200);
    return err_set(e, RC_TEMP, "%s failed (status %d): %.*s", name, status, SPAN_ARG(last));
}

enum rc embedded_run(const char *const argv[], struct span in, struct buf *out, uid_t uid, gid_t gid, struct err *e)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    struct buf said = BUF_INIT;
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return err_sys(e, RC_TEMP, "pipe for %s", argv[0]);
    pid_t pid = fork();
    if (pid == 0)
        child(argv, to, from, uid, gid);
    close(to[0]);
    close(from[1]);
    enum rc rc = pid < 0 ? err_sys(e, RC_TEMP, "fork for %s", argv[0]) : RC_OK;
    if (pid > 0) {
        if (in.n > 0 && in.n <= 4096) /* fits a pipe: never blocks */
            (void)fd_write_all(to[1], in);
        close(to[1]);
        to[1] = -1;
        buf_init_secret(&said);
        read_some(from[0], &said);
        rc = child_verdict(pid, argv[0], &said, e);
        if (rc == RC_OK && out)
            buf_addspan(out, span_trim(buf_span(&said)));
    }
    if (to[1] >= 0)
        close(to[1]);
    close(from[0]);
    buf_free(&said);
    return rc;
}
