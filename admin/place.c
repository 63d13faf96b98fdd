/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place.c - see admin/place.h. What the places share, without I/O. */
#include "admin/place.h"
#include "base/ascii.h"
#include "base/prepare.h"
#include "proto/imap/name.h"

void place_close(struct place **p)
{
    if (*p != NULL)
        (*p)->ops->close(*p);
    *p = NULL;
}

/* ASCII order without case, as keywords are equal (RFC 9051 2.3.2); equal ones compare as 0. */
static int keyword_cmp(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int d = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);
        if (d != 0)
            return d;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

void place_keywords_add(struct buf *list, struct span keyword)
{
    struct buf out = BUF_INIT;
    struct span rest = buf_span(list);
    bool placed = keyword.n == 0;

    while (rest.n > 0) {
        ptrdiff_t end = span_chr(rest, ' ');
        struct span one = span_head(rest, end < 0 ? rest.n : (size_t)end);
        int order = keyword_cmp(keyword, one);

        if (!placed && order < 0)
            buf_addf(&out, "%.*s ", SPAN_ARG(keyword));
        placed = placed || order <= 0;
        buf_addf(&out, "%.*s ", SPAN_ARG(one));
        rest = span_from(rest, end < 0 ? rest.n : (size_t)end + 1);
    }
    if (!placed)
        buf_addf(&out, "%.*s ", SPAN_ARG(keyword));
    buf_free(list);
    *list = out;
}

bool place_keyword_in(struct span list, struct span keyword)
{
    while (list.n > 0) {
        ptrdiff_t end = span_chr(list, ' ');
        size_t n = end < 0 ? list.n : (size_t)end;

        if (keyword_cmp(span_head(list, n), keyword) == 0)
            return true;
        list = span_from(list, end < 0 ? n : n + 1);
    }
    return false;
}

void place_crlf(struct span raw, struct buf *out)
{
    ptrdiff_t first = span_chr(raw, '\n');

    if (first > 0 && raw.p[first - 1] == '\r') {
        buf_addspan(out, raw);
        return;
    }
    while (raw.n > 0) {
        ptrdiff_t end = span_chr(raw, '\n');
        size_t n = end < 0 ? raw.n : (size_t)end;
        bool whole = n > 0 && raw.p[n - 1] == '\r';

        buf_addspan(out, span_head(raw, n));
        if (end >= 0)
            buf_addstr(out, whole ? "\n" : "\r\n");
        raw = span_from(raw, end < 0 ? raw.n : n + 1);
    }
}

bool place_lf_tells_all(struct span octets)
{
    for (size_t i = 0; i < octets.n; i++) {
        bool pair = octets.p[i] == '\r' && i + 1 < octets.n && octets.p[i + 1] == '\n';
        if (!pair && (octets.p[i] == '\r' || octets.p[i] == '\n'))
            return false;
        i += pair;
    }
    return true;
}

void place_name_printable(struct span name, struct buf *out)
{
    struct err e;

    while (name.n > 0) {
        ptrdiff_t sep = span_chr(name, PLACE_SEP);
        struct span level = span_head(name, sep < 0 ? name.n : (size_t)sep);
        size_t at = out->n;

        if (imap_utf7_decode(level, out, &e) != RC_OK) {
            buf_cut(out, at);
            buf_addspan(out, level);
        }
        for (size_t i = at; i < out->n; i++)
            if (out->p[i] < 0x20 || out->p[i] == 0x7f)
                out->p[i] = '?';
        if (out->n > at)
            buf_cut(out, at + prepare_line((char *)out->p + at, out->n - at));
        if (sep >= 0)
            buf_addc(out, '/');
        name = span_from(name, sep < 0 ? name.n : (size_t)sep + 1);
    }
}

/* ---- roles ---- */
static const char *const roles[] = {
    [SU_SENT] = "\\Sent", [SU_DRAFTS] = "\\Drafts",   [SU_TRASH] = "\\Trash",
    [SU_JUNK] = "\\Junk", [SU_ARCHIVE] = "\\Archive",
};
enum { ROLES = sizeof roles / sizeof *roles };

const char *place_role_name(enum store_special role)
{
    return (size_t)role < ROLES && roles[role] != NULL ? roles[role] : "";
}

enum store_special place_role_named(struct span name)
{
    for (size_t i = 0; i < ROLES; i++)
        if (roles[i] != NULL && (span_ieq_str(name, roles[i]) || span_ieq_str(name, roles[i] + 1)))
            return (enum store_special)i;
    return SU_NONE;
}
