/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/objectid.c - see imapd/objectid.h. RFC 8474. */
#include "imapd/objectid.h"
#include "crypto/seal/digest.h"

enum { THREAD_ID = 16 /* octets of the digest that are told */ };

static void put_hex(struct buf *out, char kind, const unsigned char *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    buf_addc(out, kind);
    for (size_t i = 0; i < n; i++) {
        buf_addc(out, digits[p[i] >> 4]);
        buf_addc(out, digits[p[i] & 15]);
    }
}

void objectid_folder(uint32_t folder, struct buf *out)
{
    buf_addf(out, "F%u", folder);
}

void objectid_email(const struct store_entry *en, struct buf *out)
{
    put_hex(out, 'M', en->oid, SEAL_OID);
}

/* The summary has Message-ID, In-Reply-To (each may be empty), then References. */
static struct span first_of_thread(const struct summary *s)
{
    struct rd r = rd_of(s->thread);
    struct span own = rd_var_bytes(&r), parent = rd_var_bytes(&r), root = r.s.n > 0 ? rd_var_bytes(&r) : SPAN_NULL;

    if (!rd_ok(&r))
        return SPAN_NULL;
    return root.n > 0 ? root : parent.n > 0 ? parent : own;
}

/* A message without any id is a thread of its own. */
void objectid_thread(const struct store_entry *en, const struct summary *s, struct buf *out)
{
    struct span root = first_of_thread(s);
    unsigned char d[DIGEST_LEN];

    digest_of(root.n > 0 ? root : span_of(en->oid, SEAL_OID), d);
    put_hex(out, 'T', d, THREAD_ID);
}
