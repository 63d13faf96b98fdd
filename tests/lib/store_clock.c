/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/store_clock.c - an instance that stands still gets another time at which its store last ran, as if the machine's clock had jumped. Never installed.
 * Use      store_clock ROOT DAYS-AGO, as the instance's owner, while it is not served.
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/tx.h"
#include <stdio.h>
#include <stdlib.h>

static enum rc put(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of("clock"), val = key_mbx(*(const uint64_t *)arg); /* store/ops/believed.h */

    return tx_put(t, T_META, &k, key_span(&val), 0, e);
}

int main(int argc, char **argv)
{
    static struct env v;
    char home[4096];
    struct env_conf conf = {.home = home, .cache = 8 << 20};
    uint64_t at;
    struct err e;

    if (argc != 3)
        die("use: store_clock ROOT DAYS-AGO");
    snprintf(home, sizeof home, "%s/store", argv[1]);
    at = (uint64_t)clock_utc() - strtoull(argv[2], NULL, 10) * 86400;
    env_open(&v, &conf);
    if (tx_run(&v, TX_WRITE, put, &at, &e) != RC_OK)
        die("%s", e.log);
    env_close(&v);
    return 0;
}
