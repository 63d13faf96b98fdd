/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/trust_ask.c - may this DN speak for that domain, is that domain in the trust space? See DIRD_TRUST in directory/wire.h.
 * Process  dird, any thread.
 */
#include "directory/dird/dird.h"
#include "policies/trust.h"

/* Is dn one of the packed ones? */
static bool names(struct span packed, struct span dn)
{
    for (struct rd r = rd_of(packed); r.s.n > 0 && rd_ok(&r);)
        if (dn_same(rd_bytes(&r), dn))
            return true;
    return false;
}

/* What the administrator's own entries say. */
static enum rc of_entries(struct dird *d, const struct dird_trust_req *q, struct buf *mem, enum dird_trusted *out,
                          struct err *e)
{
    enum rc rc = cache_trust(d->cache, q->domain, SIZE_MAX, mem, NULL, e);

    *out = q->domain.n > 0 ? DTR_UNKNOWN_DOMAIN : DTR_OTHER_DN;
    if (rc == RC_OK)
        *out = q->dn.n == 0 || names(buf_span(mem), q->dn) ? DTR_YES : DTR_OTHER_DN;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The administrator's entries and the white list: it is enough that one of them says yes. */
enum rc trust_asked(struct dird *d, const struct dird_trust_req *q, enum dird_trusted *out, struct err *e)
{
    struct buf mem = BUF_INIT;
    enum dird_trusted listed;
    enum rc rc = RC_OK;

    if (q->domain.n == 0 && q->dn.n == 0)
        return err_set(e, RC_SYNTAX, "trust: neither a domain nor a name");
    rc = of_entries(d, q, &mem, out, e);
    buf_free(&mem);
    if (rc != RC_OK || *out == DTR_YES)
        return rc;
    rc = white_list_ask(d->white_list, q->domain, q->dn, &listed, e);
    if (rc == RC_OK && listed != DTR_UNKNOWN_DOMAIN)
        *out = listed;
    return rc;
}
