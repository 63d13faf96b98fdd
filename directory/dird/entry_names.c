/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry_names.c - names and filters of the tree. See directory/dird/entry.h.
 * Process  dird.
 */
#include "directory/dird/entry.h"

static void add_escaped(struct buf *out, struct span value, const char *special)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = value.p[i];
        if (c < ' ' || c >= 0x7f || strchr(special, c))
            buf_addf(out, "\\%02x", c);
        else
            buf_addc(out, c);
    }
}

void dn_below(struct buf *out, const char *attr, struct span value, const char *ou, const char *base)
{
    buf_addf(out, "%s=", attr);
    add_escaped(out, value, ",+\"\\<>;=# ");
    buf_addf(out, ",ou=%s,%s", ou, base);
}

void dn_mailbox(struct buf *out, const char *base, struct span address)
{
    dn_below(out, "mail", address, "mailboxes", base);
}

void filter_value(struct buf *out, struct span value)
{
    add_escaped(out, value, "*()\\");
}
