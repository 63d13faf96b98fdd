/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/revocation.c - revocation data: which address fails, and which list is too old to be relied on. See pli/doctor/doctor.h. */
#include "admin/revocation_lists.h"
#include "base/clock.h"
#include "base/settings.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "pli/white_lists.h"

enum { TOLD = 5 /* the rest is in pli trust sources */ };
struct seen {
    struct report *r;
    int64_t now, grace;
    unsigned sources, failing, old;
};

static int64_t grace_of(const struct report *r)
{
    int64_t grace = 0;
    struct err e;

    if (!r->conf ||
        setting_check(setting_find("trust.crl_grace"), conf_get(r->conf, "trust.crl_grace"), &grace, &e) != RC_OK)
        return 0;
    return grace;
}

static enum rc one(const struct trustd_source *s, void *ctx, struct err *e)
{
    static const char advice[] = "pli trust sources tells more; what the address answers can be seen with curl";
    struct seen *seen = ctx;
    char when[WHEN_TEXT];

    (void)e;
    seen->sources++;
    if (s->next_update > 0 && (int64_t)s->next_update + seen->grace < seen->now) {
        if (seen->old++ < TOLD)
            finding(seen->r, F_FAIL, "revocation",
                    s->next_fetch
                        ? advice
                        : "pli trust crl FILE with the authority's next list; mail of its operators waits meanwhile",
                    "the list of %.*s ended %s", SPAN_ARG(s->issuer), when_text(s->next_update, when));
    } else if (s->failures > 0 && seen->failing++ < TOLD)
        finding(seen->r, F_WARN, "revocation", advice, "%.*s failed %u times: %.*s", SPAN_ARG(s->url), s->failures,
                SPAN_ARG(s->last_error));
    return RC_OK;
}

void check_revocation(struct report *r)
{
    struct seen seen = {.r = r, .now = clock_utc(), .grace = grace_of(r)};
    struct err e;

    if (revocation_sources_each(inst_admin(r->c), one, &seen, &e) != RC_OK)
        finding(r, F_WARN, "revocation", "see log/pli.log", "%s", e.log);
    else if (seen.failing + seen.old == 0)
        finding(r, F_OK, "revocation", NULL, "%u addresses of revocation lists and responders are known, none fails",
                seen.sources);
}
