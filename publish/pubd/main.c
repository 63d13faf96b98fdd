/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/main.c - pli-pubd: the outbox to the national directory (decision 0051). It holds no key, no mail and no right to change our directory.
 *
 * Gets     boot: instance, run, uid, uid.*, ipc, publish.*, smtpd.citizen_domain; DIR/publish.
 * Ends     SIGTERM: the back end is killed, its event is repeated at the next start.
 * Process  pubd.
 */
#include "base/log.h"
#include "base/service.h"
#include "publish/pubd/carrier.h"
#include "publish/pubd/outbox.h"
#include "publish/pubd/runner.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 2, PEERS = 16 };

static struct outbox_conf conf_of(const struct boot *b)
{
    struct outbox_conf c = {.rules = {.red = (enum want_red)boot_num(b, "publish.red_list"),
                                      .suspended = (enum want_suspended)boot_num(b, "publish.suspended"),
                                      .pending = (enum want_pending)boot_num(b, "publish.pending"),
                                      .domains = boot_get(b, "publish.domains"),
                                      .citizens = boot_get(b, "smtpd.citizen_domain")},
                            .backend = (enum outbox_backend)boot_num(b, "publish.backend"),
                            .program = boot_get(b, "publish.command"),
                            .timeout = boot_num(b, "publish.timeout"),
                            .retry_first = boot_num(b, "publish.retry_first"),
                            .retry_max = boot_num(b, "publish.retry_max"),
                            .compare_every = boot_num(b, "publish.compare_every"),
                            .max_deletes = boot_num(b, "publish.max_deletes"),
                            .max_loss = boot_num(b, "publish.max_loss")};

    if (!want_types(boot_get(b, "publish.types"), &c.rules.types))
        die("publish.types = \"%s\": words of per, org, app, cab", boot_get(b, "publish.types"));
    if (c.backend == BACKEND_COMMAND && c.program[0] != '/')
        die("publish.command = \"%s\": the whole path of a program", c.program);
    return c;
}

/* publish.user, which only root can become; else pubd's own uid. */
static struct runner_how runner_of(const struct boot *b, const char *program)
{
    const char *user = boot_get(b, "publish.user");
    int64_t own = boot_given_num(b, "uid");
    struct runner_how how = {program, own > 0 ? (uid_t)own : 0, own > 0 ? (gid_t)own : 0};
    const struct passwd *pw = user[0] && geteuid() == 0 ? getpwnam(user) : NULL;

    if (user[0] && geteuid() == 0 && !pw)
        die("publish.user = \"%s\": there is no such user", user);
    if (pw) {
        how.uid = pw->pw_uid;
        how.gid = pw->pw_gid;
    }
    return how;
}

static void *load(const struct boot *b)
{
    struct outbox *o = calloc(1, sizeof *o);
    const char *instance = boot_given(b, "instance");
    struct ledger_place here;
    struct runner_how how;
    int dir;

    if (!o || !instance)
        die("the boot list names no instance");
    o->conf = conf_of(b);
    how = runner_of(b, o->conf.program);
    o->runner = o->conf.backend == BACKEND_COMMAND ? runner_start(&how)
                : o->conf.backend == BACKEND_HTTPS ? carrier_start(b)
                                                   : -1;
    dir = outbox_open_place(instance, &here);
    outbox_load(o, dir, &here);
    return o;
}

static void start(void *daemon, const struct boot *b)
{
    (void)b;
    outbox_start(daemon);
}

static void stop(void *daemon)
{
    outbox_stop(daemon);
}

int main(int argc, char **argv)
{
    static const struct service pubd = {
        .name = "pubd",
        .sandbox = SB_PUBD,
        .home = "publish",
        .home_by_descriptor = true,
        .load = load,
        .start = start,
        .stop = stop,
        .ipc = {.proto = &pubd_proto, .handlers = outbox_handlers, .threads = THREADS, .max_peers = PEERS}};

    return service_main(&pubd, argc, argv);
}
