/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/write.c - see proto/imap/write.h. */
#include "proto/imap/write.h"
#include "base/ascii.h"
#include "proto/imap/name.h"

enum { QUOTED_MAX = 1000 };

static bool may_be_quoted(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == 0 || s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] > 127)
            return false;
    return s.n <= QUOTED_MAX;
}

static void put_quoted(struct buf *out, struct span s)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, s.p[i]);
    }
    buf_addc(out, '"');
}

static void put_literal(struct buf *out, struct span s)
{
    size_t nul = 0;

    for (size_t i = 0; i < s.n; i++)
        nul += s.p[i] == 0;
    buf_addf(out, "{%zu}\r\n", s.n - nul);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0)
            buf_addc(out, s.p[i]);
}

void imap_put_string(struct buf *out, struct span s)
{
    if (may_be_quoted(s))
        put_quoted(out, s);
    else
        put_literal(out, s);
}

void imap_put_string8(struct buf *out, struct span s)
{
    if (span_chr(s, '\0') < 0) {
        imap_put_string(out, s);
        return;
    }
    buf_addf(out, "~{%zu}\r\n", s.n);
    buf_addspan(out, s);
}

void imap_announce(struct buf *out, uint64_t n)
{
    buf_addf(out, " {%llu}\r\n", (unsigned long long)n);
}

void imap_put_astring(struct buf *out, struct span s)
{
    size_t i = 0;

    while (i < s.n && imap_is_astring_char(s.p[i]))
        i++;
    if (s.n > 0 && i == s.n && !span_ieq_str(s, "NIL"))
        buf_addspan(out, s);
    else
        imap_put_string(out, s);
}

void imap_put_mailbox(struct buf *out, struct span utf8_name, bool utf8)
{
    struct buf wire = BUF_INIT;

    if (utf8 && !ascii_only(utf8_name)) {
        put_quoted(out, utf8_name);
        return;
    }
    if (utf8) { /* "&" stands for itself */
        imap_put_astring(out, utf8_name);
        return;
    }
    imap_utf7_encode(utf8_name, &wire);
    imap_put_astring(out, buf_span(&wire));
    buf_free(&wire);
}
