/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_citizen.c - a message to a patient may have 25 MB as it leaves: what the client sent has grown by a signature, by parts that were
 * encoded anew and by trace fields. RCPT has refused what announced more (smtpd/cmd_rcpt.c).
 * Source   spec/mssante.md 1.5, 6.
 */
#include "flow/letter_int.h"
#include "proto/smtp/path.h"

struct span letter_citizen(const struct letter_conf *c, struct span address)
{
    struct span domain = smtp_domain_of(address);

    if (domain.n == 0 || c->citizens == NULL || !span_ieq_str(domain, c->citizens))
        return SPAN_NULL;
    return span_head(address, address.n - domain.n - 1);
}

enum cause step_citizen(struct letter *l, struct err *e)
{
    struct recipients *to = &l->env->to;

    if (l->door != DOOR_SUBMISSION || l->trace.n + spool_size(l->message) <= l->conf->citizen_max)
        return CAUSE_NONE;
    for (size_t i = 0; i < to->n; i++)
        if (to->a[i].verdict == CAUSE_NONE && letter_citizen(l->conf, span_str(to->a[i].address)).n > 0) {
            to->a[i].verdict = CAUSE_CITIZEN_SIZE;
            (void)!err_set(e, RC_PERM, "%zu octets of trace, %llu of message", l->trace.n,
                           (unsigned long long)spool_size(l->message));
        }
    return CAUSE_NONE;
}
