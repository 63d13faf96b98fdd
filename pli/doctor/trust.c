/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/trust.c - the white list: whether there is one, how old it is, whether it can be fetched, and whether dird has it. See pli/doctor/doctor.h. */
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "pli/white_lists.h"

/* What trustd has. dird asks for it after each change, so a difference that lasts is a failure. */
static void compare_dird(struct report *r, uint64_t generation)
{
    struct dird_status_rep d = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (!r->silent && dir_call_in(inst_dir(r->c), DIRD_STATUS, NULL, &d, &mem, &e) == RC_OK &&
        d.white_list != generation)
        finding(r, F_WARN, "trust", "run pli doctor again in a moment; if it stays so, see log/pli.log for dird",
                "dird looks names up in another list than trustd's");
    buf_free(&mem);
}

static void judge(struct report *r, const struct trustd_status_rep *s)
{
    char generated[WHEN_TEXT], taken[WHEN_TEXT], until[WHEN_TEXT];

    if (s->generation == 0 && !s->configured)
        finding(r, F_OK, "trust", NULL, "no white list is configured: the administrator's entries alone count");
    else if (s->generation == 0)
        finding(r, F_FAIL, "trust", "pli trust update FILE|URL; mail for and from others waits meanwhile",
                "there is no white list, though one is configured");
    else if (s->alarm > 0)
        finding(r, s->alarm > 1 ? F_FAIL : F_WARN, "trust",
                s->alarm > 1 ? "pli trust update FILE|URL; mail for and from others waits meanwhile"
                             : "pli trust update, with a file when trust.url is http: there only a younger list counts",
                "the white list was last seen to be the newest %s (generated %s); nobody relies on it from %s on",
                when_text(s->taken, taken), when_text(s->generated, generated),
                s->good_until ? when_text(s->good_until, until) : "never");
    else
        finding(r, F_OK, "trust", NULL, "white list generated %s, seen to be the newest %s, %llu domains",
                when_text(s->generated, generated), when_text(s->taken, taken), (unsigned long long)s->domains);
    if (s->failures > 0)
        finding(r, F_WARN, "trust", "see what trust.url answers; pli trust update tries again at once",
                "fetching the white list failed %u times: %.*s", s->failures, SPAN_ARG(s->last_error));
}

void check_trustd(struct report *r)
{
    struct trustd_status_rep s = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (trust_status(inst_admin(r->c)->trust, &s, &mem, &e) == RC_OK) {
        judge(r, &s);
        compare_dird(r, s.generation);
        check_revocation(r);
    } else
        finding(r, F_FAIL, "trustd", "see log/pli.log", "%s", e.log);
    buf_free(&mem);
}
