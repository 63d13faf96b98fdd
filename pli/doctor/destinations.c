/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/destinations.c - other operators whose servers are not whom the trust space names, or not as it should be: mail for them waits, and
 * somebody has to call somebody. See pli/doctor/doctor.h. */
#include "admin/queue.h"
#include "base/log.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "policies/causes.h"

enum { TOLD = 5 /* the rest is in pli queue stats */ };
struct met {
    struct report *r;
    unsigned told;
};

static enum rc one(const struct store_queue_sum *sum, struct span domain, void *ctx, struct err *e)
{
    struct met *met = ctx;
    char text[CAUSE_TEXT];

    (void)e;
    if (sum->state != Q_WAITING || !cause_alarms((enum cause)sum->cause) || met->told++ >= TOLD)
        return RC_OK;
    finding(met->r, F_WARN, "destination",
            "pli queue list --domain, and log/pli.log (ev=relay-alarm), tell more; call that operator",
            "mail for %s waits (%llu recipients): %s", domain.n > 0 ? log_esc(domain) : "another operator",
            (unsigned long long)sum->entries, cause_text((enum cause)sum->cause, text));
    return RC_OK;
}

void check_destinations(struct report *r)
{
    struct met met = {.r = r};
    struct err e;

    if (r->served && !r->silent && queue_count(inst_admin(r->c), one, &met, &e) != RC_OK)
        finding(r, F_WARN, "destination", "see the findings on stored and keyd", "the queue cannot be counted: %s",
                e.log);
}
