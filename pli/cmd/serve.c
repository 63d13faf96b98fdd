/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/serve.c - pli serve: everything in the foreground, until SIGTERM or Ctrl-C. Sets the stage for pli/super/supervise.c. */
#include "base/log.h"
#include "base/wipe.h"
#include "directory/schema/embedded.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/owner.h"
#include "pli/super/log_key.h"
#include "pli/super/super.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beside this program (a build folder), or where an installation puts what people do not call. */
static bool find_programs(char bin[4096])
{
    static const char *const places[] = {"", "/../libexec/pli", "/../lib/pli"};
    char self[3000], path[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return false;
    self[n] = 0;
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(bin, 4096, "%s%s", self, places[i]);
        if (access(inst_path(bin, proc_defs[P_STORED].program, path), X_OK) == 0)
            return true;
    }
    return false;
}

static enum rc open_log(struct super *s, struct err *e)
{
    char path[4096];

    s->log_fd =
        open(inst_path(s->dir, "log/pli.log", path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    s->say_fd = fcntl(1, F_DUPFD_CLOEXEC, 3);
    s->complain_fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (s->log_fd < 0 || s->say_fd < 0 || s->complain_fd < 0)
        return err_sys(e, RC_PERM, "%s cannot be opened for writing", path);
    return RC_OK;
}

static enum rc open_signals(struct super *s, struct err *e)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);  /* turns the log over; so a closed terminal does not end a mail server */
    sigaddset(&set, SIGUSR1); /* the directory has another database */
    sigaddset(&set, SIGUSR2); /* certificates are to be read anew */
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return err_sys(e, RC_TEMP, "signals cannot be set up");
    return RC_OK;
}

/* slapd.conf must name this folder, wherever the instance was copied from. It is written anew while the locks are held,
 * so nobody else is at work. */
static enum rc refresh_directory(struct super *s, struct err *e)
{
    const char *domains[] = {conf_get(s->conf, "instance.domain"), NULL};
    const struct embedded_spec spec = {.dir = s->dir,
                                       .domains = domains,
                                       .ldap_addr = "127.0.0.1",
                                       .uid = s->uids[P_SLAPD],
                                       .gid = (gid_t)s->uids[P_SLAPD]};

    return conf_get(s->conf, "directory.uri")[0] ? RC_OK : embedded_refresh(&spec, e);
}

/* Off, nothing of it is there. */
static enum rc make_publish(const struct super *s, struct err *e)
{
    char path[4096];

    if (proc_off(s->conf, P_PUBD) || mkdir(inst_path(s->dir, "publish", path), 0700) == 0 || errno == EEXIST)
        return RC_OK;
    return err_sys(e, RC_TEMP, "%s cannot be made", path);
}

static enum rc prepare(struct super *s, struct err *e)
{
    enum rc rc;

    if (!find_programs(s->bin))
        return err_set(e, RC_NOTFOUND,
                       "the daemons (pli-stored and others) are not beside this program: run make, or make install");
    proc_uids(conf_get(s->conf, "instance.users"), conf_num(s->conf, "instance.uid_base"), s->uids);
    rc = room_check(s->dir, e);
    if (rc == RC_OK)
        rc = lock_take(s, e);
    if (rc == RC_OK)
        rc = make_publish(s, e);
    if (rc == RC_OK)
        rc = owner_apply(s->dir, s->uids, e);
    if (rc == RC_OK)
        rc = log_key_load(s->dir, true, s->log_key, e);
    if (rc == RC_OK)
        rc = refresh_directory(s, e);
    if (rc == RC_OK)
        rc = open_log(s, e);
    if (rc == RC_OK)
        rc = listeners_open(s, e);
    if (rc == RC_OK)
        rc = open_signals(s, e);
    s->tickets = secret_alloc(sizeof *s->tickets);
    ticket_keys_new(s->tickets);
    return rc;
}

/* From here on the program's own lines go to the log file too; the terminal hears events only. */
static int run(struct super *s)
{
    int rc;

    notify_open();
    spawn_env();
    if (dup2(s->log_fd, 2) < 0)
        die("the log cannot take standard error (errno %d)", errno);
    log_open("serve", (enum log_level)conf_num(s->conf, "log.level"));
    privileges_drop();
    rc = supervise(s);
    secret_free(s->tickets, sizeof *s->tickets);
    return rc;
}

/* -n: what is set and what is default, for people who ask why */
static int show_conf(const struct cmd *c, const struct conf *conf)
{
    json_t *rows = json_array();

    for (const struct setting *st = settings; c->json && st->name; st++)
        json_array_append_new(rows,
                              json_pack("{s:s,s:s,s:s,s:b,s:s}", "name", st->name, "value", conf_get(conf, st->name),
                                        "default", st->def, "given", conf_given(conf, st->name), "help", st->help));
    if (c->json)
        return out_json(json_pack("{s:s,s:o}", "conf", "correct", "settings", rows));
    json_decref(rows);
    printf("pli.conf is correct\n");
    return PLI_OK;
}

int cmd_serve(struct cmd *c)
{
    static struct super s = {.guard_fd = -1, .lock_fd = -1, .alive_fd = -1, .says_fd = {-1, -1}};
    struct err e;
    int rc = inst_conf(c, &s.conf);

    if (rc != PLI_OK)
        return rc;
    s.dir = c->root;
    if (conf_check(s.conf, s.dir, &e) != RC_OK) {
        conf_free(&s.conf);
        return cmd_err(c, &e);
    }
    if (opt_get(c, "-n")) {
        rc = show_conf(c, s.conf);
        conf_free(&s.conf);
        return rc;
    }
    if (prepare(&s, &e) != RC_OK)
        return cmd_err(c, &e);
    rc = run(&s);
    conf_free(&s.conf);
    return rc == 0 ? PLI_OK : PLI_FAILED;
}
