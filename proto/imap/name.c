/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/name.c - see proto/imap/name.h: modified UTF-7 both ways, names checked, LIST patterns matched. */
#include "proto/imap/name.h"
#include "base/base64.h"
#include "base/prepare.h"

/* The alphabet of modified UTF-7 has a comma where base 64 has "/", because "/" separates levels. */
static unsigned char digit_of(uint32_t v)
{
    unsigned char c = base64_digit(v & 63);

    return c == '/' ? ',' : c;
}

static int value_of(unsigned char c)
{
    return c == ',' ? 63 : c == '/' ? -1 : base64_value(c);
}

/* ---- UTF-8, one code point ---- */
static void put_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_addc(out, (unsigned char)c);
    } else if (c < 0x800) {
        buf_addc(out, (unsigned char)(0xc0 | c >> 6));
        buf_addc(out, (unsigned char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_addc(out, (unsigned char)(0xe0 | c >> 12));
        buf_addc(out, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        buf_addc(out, (unsigned char)(0x80 | (c & 0x3f)));
    } else {
        buf_addc(out, (unsigned char)(0xf0 | c >> 18));
        buf_addc(out, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
        buf_addc(out, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        buf_addc(out, (unsigned char)(0x80 | (c & 0x3f)));
    }
}

/* The length of the sequence at p, and its code point. 0: it is not UTF-8 (overlong, a surrogate, incomplete). */
static size_t get_utf8(struct span s, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = s.p[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    uint32_t v = n == 1 ? c : n == 2 ? c & 0x1fu : n == 3 ? c & 0x0fu : c & 0x07u;

    if (n == 0 || n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (s.p[i] & 0x3fu);
    }
    if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return 0;
    *out = v;
    return n;
}

/* ---- modified UTF-7 ---- */
/* UTF-16 units come out of the base64 run one by one; a high surrogate waits for its low one. */
struct utf16 {
    struct buf *out;
    uint32_t bits, high;
    unsigned n;
    bool any;
};

static bool unit_in(struct utf16 *u, uint32_t v)
{
    bool is_high = v >= 0xd800 && v < 0xdc00, is_low = v >= 0xdc00 && v < 0xe000;

    u->any = true;
    if (u->high) {
        if (!is_low)
            return false;
        put_utf8(u->out, 0x10000 + ((u->high - 0xd800) << 10) + (v - 0xdc00));
        u->high = 0;
        return true;
    }
    if (is_low || (v >= 0x20 && v < 0x7f)) /* printable ASCII stands for itself, never in base64 */
        return false;
    if (is_high)
        u->high = v;
    else
        put_utf8(u->out, v);
    return true;
}

/* s begins behind '&'. *used: how many octets the run takes, its '-' included. */
static bool decode_run(struct span s, struct buf *out, size_t *used)
{
    struct utf16 u = {.out = out};
    size_t i = 0;

    for (; i < s.n && s.p[i] != '-'; i++) {
        int v = value_of(s.p[i]);

        if (v < 0)
            return false;
        u.bits = u.bits << 6 | (uint32_t)v;
        u.n += 6;
        if (u.n >= 16) {
            u.n -= 16;
            if (!unit_in(&u, u.bits >> u.n & 0xffff))
                return false;
            u.bits &= (1u << u.n) - 1;
        }
    }
    *used = i + 1;
    return i < s.n && u.any && u.high == 0 && u.n < 6 && u.bits == 0;
}

static bool utf7_decode(struct span w, struct buf *out)
{
    for (size_t i = 0; i < w.n;) {
        size_t used = 0;

        if (w.p[i] < 0x20 || w.p[i] > 0x7e)
            return false;
        if (w.p[i] != '&') {
            buf_addc(out, w.p[i++]);
        } else if (i + 1 < w.n && w.p[i + 1] == '-') {
            buf_addc(out, '&');
            i += 2;
        } else if (decode_run(span_from(w, i + 1), out, &used)) {
            i += 1 + used;
        } else {
            return false;
        }
    }
    return true;
}

enum rc imap_utf7_decode(struct span wire, struct buf *out, struct err *e)
{
    size_t before = out->n;

    if (utf7_decode(wire, out))
        return RC_OK;
    buf_cut(out, before);
    return imap_bad(e, CAUSE_NAME_UTF7);
}

struct run_out {
    struct buf *out;
    uint32_t bits;
    unsigned n;
};

static void put_unit(struct run_out *b, uint32_t unit)
{
    b->bits = (b->bits << 16 | unit) & 0x3fffff;
    for (b->n += 16; b->n >= 6; b->n -= 6)
        buf_addc(b->out, digit_of(b->bits >> (b->n - 6)));
    b->bits &= (1u << b->n) - 1;
}

static void put_code_point(struct run_out *b, uint32_t c)
{
    if (c >= 0x10000) {
        put_unit(b, 0xd800 + ((c - 0x10000) >> 10));
        put_unit(b, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
        put_unit(b, c);
    }
}

static void end_run(struct run_out *b, bool *in_run)
{
    if (!*in_run)
        return;
    if (b->n > 0)
        buf_addc(b->out, digit_of(b->bits << (6 - b->n)));
    buf_addc(b->out, '-');
    *in_run = false;
    b->n = 0;
    b->bits = 0;
}

void imap_utf7_encode(struct span s, struct buf *out)
{
    struct run_out b = {.out = out};
    bool in_run = false;

    for (size_t i = 0; i < s.n;) {
        uint32_t c = 0xfffd;
        size_t n = get_utf8(span_from(s, i), &c);

        i += n ? n : 1;
        if (c >= 0x20 && c < 0x7f) {
            end_run(&b, &in_run);
            buf_addc(out, (unsigned char)c);
            if (c == '&')
                buf_addc(out, '-');
            continue;
        }
        if (!in_run)
            buf_addc(out, '&');
        in_run = true;
        put_code_point(&b, c);
    }
    end_run(&b, &in_run);
}

/* ---- names ---- */
static enum rc name_check(struct span n, struct err *e)
{
    size_t levels = 1;

    if (n.n == 0 || n.n > IMAP_NAME_MAX)
        return err_cause(e, RC_PERM, n.n == 0 ? CAUSE_NAME_EMPTY : CAUSE_NAME_TOO_LONG, "imap name: %zu bytes", n.n);
    for (size_t i = 0; i < n.n; i++) {
        if (n.p[i] < 0x20 || n.p[i] == 0x7f)
            return err_cause(e, RC_PERM, CAUSE_NAME_CONTROL, "imap name: control character");
        if (n.p[i] == '/' && (i == 0 || i + 1 == n.n || n.p[i + 1] == '/'))
            return err_cause(e, RC_PERM, CAUSE_NAME_EMPTY_LEVEL, "imap name: empty level");
        levels += n.p[i] == '/';
    }
    if (levels > IMAP_LEVELS_MAX)
        return err_cause(e, RC_PERM, CAUSE_NAME_LEVELS, "imap name: %zu levels", levels);
    return RC_OK;
}

enum rc imap_name_utf8(const struct imap_in *in, struct span wire, struct buf *out, struct err *e)
{
    if ((in->opened->args & ARG_UTF8) == 0)
        return imap_utf7_decode(wire, out, e);
    for (size_t i = 0; i < wire.n;) {
        uint32_t c;
        size_t n = get_utf8(span_from(wire, i), &c);

        if (n == 0)
            return imap_bad(e, CAUSE_TEXT_NOT_UTF8);
        i += n;
    }
    buf_addspan(out, wire);
    return RC_OK;
}

enum rc imap_name(struct imap_in *in, struct span wire, struct span *out, struct err *e)
{
    struct buf utf8 = BUF_INIT, name = BUF_INIT;
    unsigned char *p;
    enum rc rc;

    if (wire.n > 4 * IMAP_NAME_MAX)
        return err_cause(e, RC_PERM, CAUSE_NAME_TOO_LONG, "imap name: %zu bytes", wire.n);
    if ((rc = imap_name_utf8(in, wire, &utf8, e)) != RC_OK)
        goto out;
    /* CREATE "a/" says that names below will follow: nothing to do for that here */
    if (utf8.n > 1 && utf8.p[utf8.n - 1] == '/')
        buf_cut(&utf8, utf8.n - 1);
    if (span_istarts(buf_span(&utf8), "INBOX") && (utf8.n == 5 || utf8.p[5] == '/'))
        memcpy(utf8.p, "INBOX", 5);
    if ((rc = name_check(buf_span(&utf8), e)) != RC_OK || (rc = prepare_name(buf_span(&utf8), &name, e)) != RC_OK ||
        (rc = name_check(buf_span(&name), e)) != RC_OK)
        goto out;
    if ((p = imap_arena_get(in->mem, name.n)) == NULL) {
        rc = imap_bad(e, CAUSE_TOO_COMPLEX);
        goto out;
    }
    memcpy(p, name.p, name.n);
    *out = span_of(p, name.n);
out:
    buf_free(&utf8);
    buf_free(&name);
    return rc;
}

/* The function carries along the set of places in the pattern that the name can have reached. Back-tracking to the last
 * wildcard is not enough, because there are two kinds of wildcards. A hostile pattern would make recursion
 * exponential. */
static void spread(const unsigned char *pat, size_t n, bool *at)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] && (pat[i] == '*' || pat[i] == '%'))
            at[i + 1] = true;
}

static void advance(struct span pat, unsigned char c, bool *at)
{
    bool before = at[0]; /* at[i - 1] as it was before this character */

    at[0] = false;
    for (size_t i = 0; i < pat.n; i++) {
        bool here = before, stays = pat.p[i] == '*' || (pat.p[i] == '%' && c != '/');

        before = at[i + 1];
        if (here && stays)
            at[i] = true;
        at[i + 1] = here && pat.p[i] == c && !stays;
    }
}

bool imap_name_match(struct span pattern, struct span name)
{
    bool at[IMAP_NAME_MAX + 1] = {true};

    if (pattern.n > IMAP_NAME_MAX)
        return false;
    spread(pattern.p, pattern.n, at);
    for (size_t i = 0; i < name.n; i++) {
        advance(pattern, name.p[i], at);
        spread(pattern.p, pattern.n, at);
    }
    return at[pattern.n];
}
