/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/load.c - see load.h.
 * Process  pli (directory import).
 */
#include "directory/schema/load.h"
#include "base/fd.h"
#include "base/wipe.h"
#include "directory/schema/embedded_int.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_MOST = 1024 };

void embedded_national(const char *folder, bool glued, struct buf *out)
{
    const struct embedded_var vars[] = {
        {"GLUED", glued ? "It hangs below o=pli: one search sees both." : "Alone, to be filled."},
        {"SUBORDINATE", glued ? "subordinate" : ""},
        {"NATIONAL", folder},
        {"MAXSIZE", EMBEDDED_MAPSIZE},
        {NULL, NULL}};
    embedded_fill(out, national_conf_text, vars);
}

static const char *in_ldap(const struct embedded_spec *s, const char *name, char out[PATH_MOST])
{
    snprintf(out, PATH_MOST, "%s/ldap/%s", s->dir, name);
    return out;
}

/* Takes away a folder of the national database with what can be in it. */
static enum rc remove_folder(const char *path, struct err *e)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "state",      "state.next",   "part.new",
                                        "boxes",    "persons",  "boxes.next", "persons.next", "indexes"};
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT ? RC_OK : err_sys(e, RC_TEMP, "open %s", path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlinkat(dir, names[i], 0);
    close(dir);
    return rmdir(path) == 0 ? RC_OK : err_sys(e, RC_TEMP, "remove folder %s", path);
}

/* DIR/ldap is slapd's: what has the name by now may be another thing, so the owner is set through the descriptor of a folder. */
static enum rc make_folder(const struct embedded_spec *s, const char *path, struct err *e)
{
    enum rc rc = RC_OK;
    if (mkdir(path, 0700) != 0)
        return err_sys(e, RC_TEMP, "make folder %s", path);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || (s->uid && fchown(dir, s->uid, s->gid) != 0))
        rc = err_sys(e, RC_TEMP, "give folder %s to uid %u", path, (unsigned)s->uid);
    if (dir >= 0)
        close(dir);
    return rc;
}

/* The configuration of that one database, in memory. */
static int conf_of(const struct embedded_spec *s, const struct embedded_where *w)
{
    char folder[PATH_MOST];
    struct buf conf = BUF_INIT;
    int fd = memfd_create("pli-slapadd-conf", 0); /* inherited by the child, on purpose */
    static const char *const schemas[] = {"core", "cosine", "inetorgperson", "misc", "pli"};
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        buf_addf(&conf, "include \"%s/ldap/schema/%s.schema\"\n", s->dir, schemas[i]);
    buf_addf(&conf, "modulepath %s\nmoduleload back_mdb\ntool-threads 2\n", w->modules);
    embedded_lengths(&conf);
    embedded_national(in_ldap(s, "national.new", folder), false, &conf);
    if (fd >= 0 && !fd_write_all(fd, buf_span(&conf))) {
        close(fd);
        fd = -1;
    }
    buf_free(&conf);
    return fd;
}

static _Noreturn void child(const struct embedded_spec *s, const char *slapd, int conf, int in, int said)
{
    static const char *const env[] = {"LC_ALL=C", "LDAPNOINIT=1", NULL};
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", conf);
    const char *const argv[] = {slapd, "-Tadd", "-q", "-b", "ou=national,o=pli", "-f", path, NULL};
    if (dup2(in, 0) < 0 || dup2(said, 1) < 0 || dup2(said, 2) < 0)
        _exit(126);
    if (s->uid &&
        (setgroups(0, NULL) != 0 || setresgid(s->gid, s->gid, s->gid) != 0 || setresuid(s->uid, s->uid, s->uid) != 0))
        _exit(125);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of uid, which forgets it */
    execve(argv[0], (char *const *)argv, (char *const *)env);
    _exit(127);
}

enum rc load_begin(const struct embedded_spec *s, struct load *l, struct err *e)
{
    struct embedded_where w;
    char path[PATH_MOST];
    int ends[2] = {-1, -1}, conf = -1;
    enum rc rc = embedded_check_dir(s->dir, e);
    *l = (struct load){.fd = -1, .said = -1};
    if (rc == RC_OK && (rc = embedded_where(&w, e)) == RC_OK &&
        (rc = remove_folder(in_ldap(s, "national.new", path), e)) == RC_OK)
        rc = make_folder(s, path, e);
    if (rc != RC_OK)
        return rc;
    conf = conf_of(s, &w);
    l->said = memfd_create("pli-slapadd-said", MFD_CLOEXEC);
    if (conf < 0 || l->said < 0 || pipe2(ends, O_CLOEXEC) != 0 || (l->pid = fork()) < 0)
        rc = err_sys(e, RC_TEMP, "slapadd cannot be started");
    if (rc == RC_OK && l->pid == 0)
        child(s, w.slapd, conf, ends[0], l->said);
    if (conf >= 0)
        close(conf);
    if (ends[0] >= 0)
        close(ends[0]);
    l->fd = ends[1];
    return rc;
}

static enum rc verdict(const struct load *l, int status, struct err *e)
{
    unsigned char text[4096];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return RC_OK;
    if (WIFSIGNALED(status))
        return err_set(e, RC_TEMP, "the new database was not written (slapadd, signal %d): is its disk full?",
                       WTERMSIG(status));
    off_t size = lseek(l->said, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t n = pread(l->said, text, sizeof text, from);
    struct span last = span_trim(span_of(text, n > 0 ? (size_t)n : 0));
    for (ptrdiff_t nl; (nl = span_chr(last, '\n')) >= 0;)
        last = span_from(last, (size_t)nl + 1);
    return err_set(e, RC_TEMP, "the new database was not written (slapadd, status %d): %.*s", WEXITSTATUS(status),
                   SPAN_ARG(span_head(last, 200)));
}

enum rc load_end(struct load *l, struct err *e)
{
    int status = -1;
    if (l->fd >= 0)
        close(l->fd);
    while (l->pid > 0 && waitpid(l->pid, &status, 0) < 0)
        if (errno != EINTR)
            break;
    enum rc rc = verdict(l, status, e);
    if (l->said >= 0)
        close(l->said);
    *l = (struct load){.fd = -1, .said = -1};
    return rc;
}

/* On stable storage before it has the name: slapadd -q leaves that to the kernel. */
static enum rc flush(const char *folder, struct err *e)
{
    static const char *const names[] = {"data.mdb", "."};
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum rc rc = dir >= 0 ? RC_OK : err_sys(e, RC_TEMP, "open %s", folder);
    for (size_t i = 0; rc == RC_OK && i < sizeof names / sizeof *names; i++) {
        int fd = openat(dir, names[i], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0)
            rc = err_sys(e, RC_TEMP, "flush %s/%s", folder, names[i]);
        if (fd >= 0)
            close(fd);
    }
    if (dir >= 0)
        close(dir);
    return rc;
}

/* slapadd has made the indexes of today. */
static enum rc say_indexed(const struct embedded_spec *s, struct err *e)
{
    char path[PATH_MOST];
    struct buf lines = BUF_INIT;
    embedded_indexed(EB_NATIONAL, &lines);
    enum rc rc = embedded_write(in_ldap(s, "national.new/indexes", path), buf_span(&lines), 0600, s->uid, s->gid, e);
    buf_free(&lines);
    return rc;
}

enum rc load_swap(const struct embedded_spec *s, struct err *e)
{
    char fresh[PATH_MOST], place[PATH_MOST], above[PATH_MOST];
    enum rc rc = say_indexed(s, e);
    if (rc == RC_OK)
        rc = flush(in_ldap(s, "national.new", fresh), e);
    (void)in_ldap(s, "national", place);
    if (rc == RC_OK && renameat2(AT_FDCWD, fresh, AT_FDCWD, place, RENAME_EXCHANGE) != 0 &&
        (errno != ENOENT || rename(fresh, place) != 0))
        rc = err_sys(e, RC_TEMP, "put %s in place", place);
    int dir = open(in_ldap(s, "", above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        (void)fsync(dir);
        close(dir);
    }
    return rc;
}

void load_sweep(const struct embedded_spec *s)
{
    char path[PATH_MOST];
    struct err e;
    (void)remove_folder(in_ldap(s, "national.new", path), &e);
}
