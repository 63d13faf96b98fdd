/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate_parse.c - the questions of slapd's overlay sock, as slapd-sock(5) gives them. See gate.h.
 *
 * Lines    "name: value". When a name comes twice the first counts, because what a client may choose (dn, cred) comes
 *          after what slapd says. The password is taken by its length, because it may hold any octet.
 */
#include "base/ascii.h"
#include "directory/dird/gate.h"
#include <stdlib.h>

static struct span next_line(struct span *rest)
{
    ptrdiff_t lf = span_chr(*rest, '\n');
    struct span line = lf < 0 ? *rest : span_of(rest->p, (size_t)lf);
    *rest = lf < 0 ? SPAN_NULL : span_of(rest->p + lf + 1, rest->n - (size_t)lf - 1);
    return line;
}

static bool value_of(struct span line, const char *name, struct span *out)
{
    size_t n = strlen(name);
    if (line.n < n + 1 || memcmp(line.p, name, n) != 0 || line.p[n] != ':')
        return false;
    size_t skip = n + 1 < line.n && line.p[n + 1] == ' ' ? n + 2 : n + 1;
    *out = span_of(line.p + skip, line.n - skip);
    return true;
}

static uint64_t number_of(struct span s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v;
}

struct lines { /* what was found so far */
    struct span msgid, connid, peername, binddn, dn, credlen, code, oid, value;
};

static void take_line(struct lines *l, struct span line)
{
    struct {
        const char *name;
        struct span *to;
    } const t[] = {{"msgid", &l->msgid},   {"connid", &l->connid},   {"peername", &l->peername},
                   {"dn", &l->dn},         {"credlen", &l->credlen}, {"code", &l->code},
                   {"binddn", &l->binddn}, {"oid", &l->oid},         {"value", &l->value}};
    struct span value;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (!t[i].to->p && value_of(line, t[i].name, &value))
            *t[i].to = value;
}

/* "cred: ", so many octets, an empty line. */
static enum rc take_password(struct span rest, const struct lines *l, struct gate_ask *out, struct err *e)
{
    static const char head[] = "cred: ";
    size_t at = sizeof head - 1;
    uint64_t n = number_of(l->credlen);
    if (n > 32 * 1024)
        return err_set(e, RC_SYNTAX, "a password of %llu octets", (unsigned long long)n);
    if (rest.n < at + n + 2)
        return RC_MORE;
    if (memcmp(rest.p, head, at) != 0)
        return err_set(e, RC_SYNTAX, "slapd asked without a password");
    out->password = span_of(rest.p + at, (size_t)n);
    return RC_OK;
}

static bool what_of(struct span word, enum gate_what *out)
{
    static const char *const words[] = {
        [GATE_RESULT] = "RESULT", [GATE_BIND] = "BIND", [GATE_MODIFY] = "MODIFY", [GATE_EXTENDED] = "EXTENDED"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_eq_str(word, words[i])) {
            *out = (enum gate_what)i;
            return true;
        }
    return false;
}

enum rc gate_parse(struct span in, struct gate_ask *out, struct err *e)
{
    struct span rest = in, first;
    struct lines l = {0};
    enum rc rc = RC_MORE;
    *out = (struct gate_ask){0};
    if (in.n < 2 || span_chr(in, '\n') < 0)
        return RC_MORE;
    first = next_line(&rest);
    if (!what_of(first, &out->what))
        return err_set(e, RC_SYNTAX, "slapd asked for what is not served");
    while (rc == RC_MORE && rest.n > 0 && span_chr(rest, '\n') >= 0) {
        struct span line = next_line(&rest);
        take_line(&l, line);
        if (out->what == GATE_MODIFY && out->changes.p)
            out->changes.n = (size_t)(line.p - out->changes.p);
        else if (out->what == GATE_MODIFY && l.dn.p)
            out->changes = span_of(rest.p, 0);
        if (out->what == GATE_BIND && l.credlen.p)
            break;
        rc = line.n == 0 ? RC_OK : RC_MORE;
    }
    if (out->what == GATE_BIND && l.credlen.p)
        rc = take_password(rest, &l, out, e);
    out->msgid = number_of(l.msgid);
    out->connid = number_of(l.connid);
    out->peername = l.peername;
    out->dn = l.dn;
    out->binddn = l.binddn;
    out->oid = l.oid;
    out->value = l.value;
    out->code = (int)number_of(l.code);
    return rc;
}

/* Two names that differ by such spaces alone name one entry, so they are one account to count for. */
static void add_compared(struct buf *out, char c)
{
    if (c != ' ' || (out->n > 0 && out->p[out->n - 1] != ' '))
        buf_addc(out, c);
}

void gate_login(struct span dn, const char *base, struct buf *out)
{
    static const char head[] = "mail=", middle[] = ",ou=mailboxes,";
    size_t tail = sizeof middle - 1 + strlen(base), at = sizeof head - 1;
    if (dn.n <= at + tail || !span_istarts(dn, head) || !span_istarts(span_of(dn.p + dn.n - tail, tail), middle) ||
        !span_ieq_str(span_of(dn.p + dn.n - strlen(base), strlen(base)), base))
        return;
    struct span v = span_of(dn.p + at, dn.n - tail - at);
    for (size_t i = 0; i < v.n; i++) { /* RFC 4514 2.4 */
        char c = (char)v.p[i];
        if (c == '\\' && i + 2 < v.n && ascii_hex(v.p[i + 1]) >= 0 && ascii_hex(v.p[i + 2]) >= 0) {
            c = (char)(ascii_hex(v.p[i + 1]) << 4 | ascii_hex(v.p[i + 2]));
            i += 2;
        } else if (c == '\\' && i + 1 < v.n) {
            c = (char)v.p[++i];
        }
        add_compared(out, c);
    }
    if (out->n > 0 && out->p[out->n - 1] == ' ')
        out->n--;
}

struct span gate_peer(struct span peername)
{
    if (!span_istarts(peername, "IP="))
        return SPAN_NULL;
    struct span a = span_of(peername.p + 3, peername.n - 3);
    if (a.n > 0 && a.p[0] == '[') {
        ptrdiff_t end = span_chr(a, ']');
        return end > 0 ? span_of(a.p + 1, (size_t)end - 1) : SPAN_NULL;
    }
    ptrdiff_t colon = span_chr(a, ':');
    return colon > 0 ? span_of(a.p, (size_t)colon) : a;
}
