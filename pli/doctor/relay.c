/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/relay.c - checks what waits because another operator's server is not whom the trust space names, or not as it should be (ev=relay-alarm). It is
 * asked of the queue and not of the log: the finding ends when the mail has left. See pli/doctor/doctor.h. */
#include "admin/queue.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "policies/causes.h"
#include <stdio.h>

enum { NAMED = 10 /* destinations; the others are counted */ };
struct alarms {
    struct report *r;
    unsigned n;
};

static enum rc see(const struct store_queue_sum *sum, struct span domain, void *ctx, struct err *e)
{
    struct alarms *a = ctx;
    const struct cause_row *row = sum->cause < CAUSES_ ? cause_row((enum cause)sum->cause) : NULL;

    (void)e;
    if (!row || !cause_alarms((enum cause)sum->cause) || ++a->n > NAMED)
        return RC_OK;
    finding(a->r, F_FAIL, "relay",
            "pli queue list --cause says for whom; pli log says what the server showed (ev=relay-alarm); ask that "
            "operator before the trust space is changed",
            "%llu recipients of %.*s wait: %s (%s)", (unsigned long long)sum->entries, SPAN_ARG(domain),
            cause_name((enum cause)sum->cause), row->fr ? row->fr : row->en);
    return RC_OK;
}

void check_relay(struct report *r)
{
    struct alarms a = {.r = r};
    struct err e;

    if (!r->served || r->silent || queue_count(inst_admin(r->c), see, &a, &e) != RC_OK)
        return; /* said by the check of the queue */
    if (a.n > NAMED)
        finding(r, F_FAIL, "relay", "pli queue stats shows all", "%u more destinations alarm", a.n - NAMED);
    else if (a.n == 0)
        finding(r, F_OK, "relay", NULL, "no other operator's server alarms");
}
