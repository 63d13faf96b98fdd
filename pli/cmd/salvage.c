/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/salvage.c - pli store salvage: pli-stored keeps what can be read of a damaged store (store/check/salvage.h)
 * and prints the report. Nobody may serve meanwhile, so this command holds the lock of run/pid, as a supervisor
 * does. */
#include "base/boot.h"
#include "base/settings.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/super/procs.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

/* The lock that pli serve wants first. -1: it is taken. */
static int hold(const char *root)
{
    char path[4096];
    int fd = open(inst_path(root, "run/pid", path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int make_boot(struct cmd *c, const struct conf *conf)
{
    struct boot *b = boot_new();
    uid_t uids[PROCS_];
    char uid[24];

    proc_uids(conf_get(conf, "instance.users"), conf_num(conf, "instance.uid_base"), uids);
    snprintf(uid, sizeof uid, "%ld", (long)uids[P_STORED]);
    for (const struct setting *st = settings; st->name; st++)
        boot_set(b, st->name, conf_get(conf, st->name));
    boot_set(b, "instance", c->root);
    boot_set(b, "uid", uid);
    boot_set(b, "salvage", "1");
    return boot_memfd(b);
}

static void become_stored(struct cmd *c, const struct conf *conf, int report)
{
    char self[3000], path[4096], number[16];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    static const char *const places[] = {"", "/../libexec/pli", "/../lib/pli"};
    char *argv[] = {path, NULL};

    if (n <= 0 || dup2(report, 1) < 0)
        _exit(127);
    self[n] = 0;
    *strrchr(self, '/') = 0;
    snprintf(number, sizeof number, "%d", make_boot(c, conf));
    setenv("PLI_BOOT", number, 1);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s/%s", self, places[i], proc_defs[P_STORED].program);
        execv(path, argv);
    }
    _exit(127);
}

/* Line by line as it comes: a large store takes its time. */
static void pass_on(struct cmd *c, int from, json_t *lines)
{
    FILE *f = fdopen(from, "r");
    char line[512];

    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!c->json)
            printf("%s\n", line);
        (void)fflush(stdout);
        json_array_append_new(lines, json_string(line));
    }
    if (f)
        fclose(f);
}

int cmd_store_salvage(struct cmd *c)
{
    struct conf *conf = NULL;
    int answer = inst_conf(c, &conf), fd, ends[2], st = 0;
    json_t *lines;
    pid_t pid;

    if (answer != PLI_OK)
        return answer;
    fd = hold(c->root);
    if (fd < 0)
        return cmd_fail(c, "the instance is served (or its run folder is not yours): stop pli serve first");
    if (pipe2(ends, O_CLOEXEC) != 0)
        return cmd_fail(c, "no pipe (errno %d)", errno);
    (void)fflush(stdout);
    pid = fork();
    if (pid == 0)
        become_stored(c, conf, ends[1]);
    close(ends[1]);
    lines = json_array();
    pass_on(c, ends[0], lines);
    while (pid > 0 && waitpid(pid, &st, 0) < 0 && errno == EINTR)
        ;
    close(fd);
    conf_free(&conf);
    if (c->json)
        out_json(json_pack("{s:o}", "report", lines));
    else
        json_decref(lines);
    if (pid < 0 || !WIFEXITED(st) || WEXITSTATUS(st) != 0)
        return cmd_fail(
            c, "the salvage was not finished: the store is not served before it is; run it again, or restore a backup");
    return PLI_OK;
}
