/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/daemon.c - pli-stored: the sealed store's only process, on the skeleton of base/service.h.
 *
 * Start    settings and stored's own key for tickets; sandbox (own uid, root = the environment's folder); recovery; then service.
 * Salvage  with "salvage" in the boot list nobody is served: what can be read is kept (store/check/salvage.h).
 * End      what is in flight is answered and flushed, a checkpoint is written. Exit 0; 1: the start failed, one line says why; 3: the
 *          environment broke (env.h), to be started again. */
#include "base/log.h"
#include "base/service.h"
#include "base/wipe.h"
#include "store/check/salvage.h"
#include "store/db/os.h"
#include "store/ops/audit.h"
#include "store/ops/believed.h"
#include "store/ops/due.h"
#include "store/ops/fullness.h"
#include "store/ops/octets.h"
#include "store/ops/packing.h"
#include "store/ops/stored.h"
#include <stdlib.h>

#ifdef PLI_DEV
#define IN_DEV(fn) (fn)
#else
#define IN_DEV(fn) NULL
#endif

static struct stored st;
static struct env_conf conf;

static void *load(const struct boot *b)
{
    int64_t locks = boot_given_num(b, "stored.locks"), segment = boot_given_num(b, "stored.segment");
    int64_t log_file = boot_given_num(b, "stored.log_file");

    conf.cache = (uint64_t)boot_num(b, "stored.cache");
    conf.min_free = (uint64_t)boot_num(b, "stored.min_free");
    conf.threads = (unsigned)boot_num(b, "stored.threads");
    st.segment = segment > 0 ? (uint64_t)segment : 0; /* tests: small ones */
    conf.locks = locks > 0 ? (uint32_t)locks : 0;
    conf.log_file = log_file > 0 ? (uint32_t)log_file : 0; /* likewise */
    st.max_messages = (uint64_t)boot_num(b, "stored.max_messages");
    st.full_s = (uint64_t)boot_num(b, "stored.full_for");
    st.keep_s = (uint64_t)boot_num(b, "stored.keep_expunged");
    st.keep_share = (unsigned)boot_num(b, "stored.keep_expunged_share");
    st.seats = seats_new((unsigned)boot_num(b, "imapd.max_sessions_per_account"));
    if (!boot_given(b, "salvage")) {
        st.ticket_key = secret_alloc(TICKET_KEY);
        boot_secret(b, "ticket.key", st.ticket_key, TICKET_KEY);
    }
    return &st;
}

static void start(void *daemon, const struct boot *b)
{
    (void)daemon;
    conf.home = service_home();
    os_install();
    if (boot_given(b, "salvage"))
        exit(salvage_run(&conf));
    if (salvage_unfinished(conf.home))
        die("store: a salvage was not finished: run pli store salvage again");
    env_open(&st.env, &conf);
    st.env.hooks = (struct env_hooks){.owner = &st, .committed = stored_committed, .audit = IN_DEV(audit)};
    log_ev(LOG_INFO_, "store-open", "format=%d", STORE_FORMAT);
    due_load(&st);
    believed_load(&st);
    st.watches = watches_new();
    st.busy = busy_new();
    octets_open(&st, true);
    st.packing = packing_new();
    st.fullness = fullness_new();
    sweep_start(&st);
}

static void stop(void *daemon)
{
    (void)daemon;
    sweep_stop(&st);
    fullness_free(&st.fullness);
    octets_close(&st);
    env_close(&st.env);
}

int stored_main(int argc, char **argv)
{
    static struct service stored = {
        .name = "stored", .sandbox = SB_STORED, .home = "store", .load = load, .start = start, .stop = stop};

    stored.ipc = stored_service;
    return service_main(&stored, argc, argv);
}
