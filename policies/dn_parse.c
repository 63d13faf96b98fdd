/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dn_parse.c - RFC 4514 section 3 read into values, with what the white list writes beside it (policies/trust.h). */
#include "base/ascii.h"
#include "base/prepare.h"
#include "policies/dn_int.h"

#define CN "2.5.4.3"
#define SN "2.5.4.4"
#define SERIAL "2.5.4.5"
#define COUNTRY "2.5.4.6"
#define PLACE "2.5.4.8" /* ST, and L: see policies/trust.h */
#define STREET "2.5.4.9"
#define ORGANIZATION "2.5.4.10"
#define UNIT "2.5.4.11"
#define TITLE "2.5.4.12"
#define GIVEN "2.5.4.42"
#define ORGANIZATION_ID "2.5.4.97"
#define UID "0.9.2342.19200300.100.1.1"
#define DOMAIN_PART "0.9.2342.19200300.100.1.25"
#define EMAIL "1.2.840.113549.1.9.1"

static const struct {
    const char *written, *oid;
} types[] = {
    {"cn", CN},
    {"commonname", CN},
    {"sn", SN},
    {"surname", SN},
    {"serialnumber", SERIAL},
    {"c", COUNTRY},
    {"countryname", COUNTRY},
    {"st", PLACE},
    {"s", PLACE},
    {"stateorprovincename", PLACE},
    {"l", PLACE},
    {"localityname", PLACE},
    {"2.5.4.7", PLACE},
    {"street", STREET},
    {"streetaddress", STREET},
    {"o", ORGANIZATION},
    {"organizationname", ORGANIZATION},
    {"ou", UNIT},
    {"organizationalunitname", UNIT},
    {"title", TITLE},
    {"t", TITLE},
    {"gn", GIVEN},
    {"givenname", GIVEN},
    {"organizationidentifier", ORGANIZATION_ID},
    {"uid", UID},
    {"userid", UID},
    {"dc", DOMAIN_PART},
    {"domaincomponent", DOMAIN_PART},
    {"email", EMAIL},
    {"e", EMAIL},
    {"emailaddress", EMAIL},
};

/* RFC 4512 1.4: descr */
static bool is_descriptor(struct span s)
{
    if (s.n == 0 || !ascii_is_letter(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return true;
}

/* RFC 4512 1.4: numericoid; two numbers at least, none with a zero in front */
static bool is_oid(struct span s)
{
    unsigned numbers = 0;

    for (;;) {
        size_t n = 0;
        while (n < s.n && ascii_is_digit(s.p[n]))
            n++;
        if (n == 0 || (n > 1 && s.p[0] == '0'))
            return false;
        numbers++;
        if (n == s.n)
            return numbers >= 2;
        if (s.p[n] != '.')
            return false;
        s = span_from(s, n + 1);
    }
}

static struct dn_run keep(struct dn_parts *d, struct span s)
{
    struct dn_run r = {d->text.n, s.n};

    for (size_t i = 0; i < s.n; i++)
        buf_addc(&d->text, ascii_lower(s.p[i]));
    return r;
}

static bool take_type(struct span written, struct dn_parts *d, struct dn_value *v)
{
    written = span_trim(written);
    if (span_istarts(written, "oid."))
        written = span_from(written, 4);
    if (written.n > UINT8_MAX || (!is_descriptor(written) && !is_oid(written)))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (span_ieq_str(written, types[i].written)) {
            v->type = keep(d, span_str(types[i].oid));
            return true;
        }
    v->type = keep(d, written);
    return true;
}

/* RFC 4514 2.4: a backslash, then two hexadecimal digits or one of these characters */
static bool take_escape(struct span *rest, struct buf *raw)
{
    static const char special[] = " \"#+,;<=>\\";

    if (rest->n >= 3 && ascii_hex(rest->p[1]) >= 0 && ascii_hex(rest->p[2]) >= 0) {
        buf_addc(raw, (unsigned char)(ascii_hex(rest->p[1]) * 16 + ascii_hex(rest->p[2])));
        *rest = span_from(*rest, 3);
        return true;
    }
    if (rest->n < 2 || rest->p[1] == 0 || !strchr(special, rest->p[1]))
        return false;
    buf_addc(raw, rest->p[1]);
    *rest = span_from(*rest, 2);
    return true;
}

static bool ends_value(unsigned char c)
{
    return c == ',' || c == ';' || c == '+';
}

/* Octets up to a separator, escapes undone. */
static bool take_string(struct span *rest, struct buf *raw)
{
    while (rest->n > 0 && !ends_value(rest->p[0])) {
        if (rest->p[0] == '\\') {
            if (!take_escape(rest, raw))
                return false;
            continue;
        }
        buf_addc(raw, rest->p[0]);
        *rest = span_from(*rest, 1);
    }
    return true;
}

static struct span skip_spaces(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_from(s, 1);
    return s;
}

/* RFC 1779: the whole value in quotes, which hide separators. */
static bool take_quoted(struct span *rest, struct buf *raw)
{
    for (*rest = span_from(*rest, 1); rest->n > 0 && rest->p[0] != '"';) {
        if (rest->p[0] == '\\') {
            if (!take_escape(rest, raw))
                return false;
            continue;
        }
        buf_addc(raw, rest->p[0]);
        *rest = span_from(*rest, 1);
    }
    if (rest->n == 0)
        return false;
    *rest = skip_spaces(span_from(*rest, 1));
    return rest->n == 0 || ends_value(rest->p[0]);
}

static bool take_hex(struct span *rest, struct buf *raw)
{
    for (*rest = span_from(*rest, 1); rest->n >= 2 && ascii_hex(rest->p[0]) >= 0 && ascii_hex(rest->p[1]) >= 0;) {
        buf_addc(raw, (unsigned char)(ascii_hex(rest->p[0]) * 16 + ascii_hex(rest->p[1])));
        *rest = span_from(*rest, 2);
    }
    *rest = skip_spaces(*rest);
    return raw->n > 0 && (rest->n == 0 || ends_value(rest->p[0]));
}

/* Is it one BER string whose octets are UTF-8? Length in one octet, or in the long form of one or two (X.690 8.1.3). */
static bool ber_string(struct span ber, struct span *text_out)
{
    enum { UTF8 = 0x0c, NUMERIC = 0x12, PRINTABLE = 0x13, IA5 = 0x16 };
    size_t head = 2, n;

    if (ber.n < 2 || (ber.p[0] != UTF8 && ber.p[0] != NUMERIC && ber.p[0] != PRINTABLE && ber.p[0] != IA5))
        return false;
    n = ber.p[1];
    if (n == 0x81 && ber.n >= 3) {
        head = 3;
        n = ber.p[2];
    } else if (n == 0x82 && ber.n >= 4) {
        head = 4;
        n = (size_t)ber.p[2] << 8 | ber.p[3];
    }
    if (ber.n - head != n)
        return false;
    *text_out = span_from(ber, head);
    return true;
}

/* Is it UTF-8? Then it is prepared. Other octets stay as they are. A value that may not be compared (RFC 4518 2.4) is none, nor is one with a zero in it:
 * preparation would drop that, and other software end the name there. */
static bool keep_value(struct dn_parts *d, struct dn_value *v, struct span raw, bool hex)
{
    struct span string = raw;
    struct err e = {0};
    enum rc rc = RC_SYNTAX;
    bool text = !hex || ber_string(raw, &string);

    v->text.at = d->text.n;
    v->kind = DN_STRING;
    if (text && span_chr(string, 0) >= 0)
        return false;
    if (text)
        rc = prepare_attribute(string, &d->text, &e);
    if (rc == RC_SYNTAX) {
        v->kind = hex ? DN_BER : DN_OCTETS;
        buf_addspan(&d->text, hex ? raw : span_trim(raw));
        rc = RC_OK;
    }
    v->text.n = d->text.n - v->text.at;
    return rc == RC_OK && v->text.n > 0;
}

/* TYPE=VALUE; rest then stands at the separator or the end. */
static bool take_value(struct span *rest, struct dn_parts *d, struct buf *raw)
{
    ptrdiff_t eq = span_chr(*rest, '=');
    struct dn_value *v = &d->value[d->n];
    bool hex, ok;

    if (eq <= 0 || d->n == DN_VALUES_MAX || !take_type(span_head(*rest, (size_t)eq), d, v))
        return false;
    *rest = skip_spaces(span_from(*rest, (size_t)eq + 1));
    hex = rest->n > 0 && rest->p[0] == '#';
    buf_clear(raw);
    if (rest->n > 0 && rest->p[0] == '"')
        ok = take_quoted(rest, raw);
    else
        ok = hex ? take_hex(rest, raw) : take_string(rest, raw);
    v->rdn = d->rdns - 1;
    d->n++;
    return ok && keep_value(d, v, buf_span(raw), hex);
}

bool dn_parse(struct span s, struct dn_parts *out)
{
    struct buf raw = BUF_INIT;
    bool ok = s.n <= DN_TEXT_MAX;

    *out = (struct dn_parts){.rdns = 1};
    while (ok && (ok = take_value(&s, out, &raw)) && s.n > 0) {
        out->rdns += s.p[0] != '+';
        s = span_from(s, 1);
        ok = s.n > 0; /* something follows a separator */
    }
    buf_free(&raw);
    return ok;
}

void dn_parts_free(struct dn_parts *d)
{
    buf_free(&d->text);
}
