/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/url.c - see proto/imap/url.h. RFC 5092. */
#include "proto/imap/url.h"
#include "base/ascii.h"
#include "proto/imap/date.h"
#include "proto/imap/name.h"

enum { URL_MOST = 8192 };

/* Where w begins in s, in any case; -1: nowhere. */
static ptrdiff_t find(struct span s, const char *w)
{
    for (size_t i = 0; i < s.n; i++)
        if (span_istarts(span_from(s, i), w))
            return (ptrdiff_t)i;
    return -1;
}

/* Undoes percent-encoding. False: it is malformed, or holds a control character. */
static bool decode(struct imap_arena *mem, struct span s, struct span *out)
{
    unsigned char *p = imap_arena_get(mem, s.n + 1);
    size_t k = 0;

    if (p == NULL)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];

        if (c == '%') {
            if (s.n - i < 3 || ascii_hex(s.p[i + 1]) < 0 || ascii_hex(s.p[i + 2]) < 0)
                return false;
            c = (unsigned char)(ascii_hex(s.p[i + 1]) << 4 | ascii_hex(s.p[i + 2]));
            i += 2;
        }
        if (c < 32 || c == 127)
            return false;
        p[k++] = c;
    }
    *out = span_of(p, k);
    return true;
}

/* A number that is all of s. */
static bool number(struct span s, uint64_t least, uint32_t *out)
{
    uint64_t v;

    if (s.n == 0 || !span_u64(s, UINT32_MAX, &v) || v < least)
        return false;
    *out = (uint32_t)v;
    return true;
}

/* "imap://user;AUTH=*@host:143" off the front. */
static bool take_server(struct imap_arena *mem, struct span *rest, struct imap_url *u)
{
    struct span server;
    ptrdiff_t at, end;

    if (!span_istarts(*rest, "imap://"))
        return true;
    u->absolute = true;
    *rest = span_from(*rest, 7);
    end = span_chr(*rest, '/');
    if (end <= 0)
        return false;
    server = span_head(*rest, (size_t)end);
    *rest = span_from(*rest, (size_t)end);
    if ((at = span_chr(server, '@')) >= 0) {
        struct span user = span_head(server, (size_t)at);

        end = find(user, ";AUTH=");
        if (!decode(mem, end < 0 ? user : span_head(user, (size_t)end), &u->user))
            return false;
        server = span_from(server, (size_t)at + 1);
    }
    end = span_chr(server, ':');
    u->host = end < 0 ? server : span_head(server, (size_t)end);
    return u->host.n > 0;
}

static bool take_mailbox(struct imap_arena *mem, struct span s, struct imap_url *u)
{
    static const struct imap_opened utf8 = {.args = ARG_UTF8};
    struct imap_in in = imap_in_of(SPAN_NULL, mem, &utf8);
    ptrdiff_t v = find(s, ";UIDVALIDITY=");
    struct span name;
    struct err e;

    if (v >= 0 && !number(span_from(s, (size_t)v + strlen(";UIDVALIDITY=")), 1, &u->uidvalidity))
        return false;
    if (v >= 0)
        s = span_head(s, (size_t)v);
    if (s.n == 0)
        return true;
    return decode(mem, s, &name) && imap_name(&in, name, &u->mailbox, &e) == RC_OK;
}

/* "1.2.MIME" as FETCH has it, read by FETCH's own parser. */
static bool take_section(struct imap_arena *mem, struct span s, struct imap_url *u)
{
    static const struct imap_opened fetch = {.fetch = FI_RFC3501};
    struct imap_fetch f;
    struct imap_in in;
    struct span name;
    unsigned char *p;
    size_t n;

    if (!decode(mem, s, &name) || (p = imap_arena_get(mem, name.n + 16)) == NULL)
        return false;
    n = strlen("BODY.PEEK[");
    memcpy(p, "BODY.PEEK[", n);
    if (name.n > 0)
        memcpy(p + n, name.p, name.n);
    p[n + name.n] = ']';
    in = imap_in_of(span_of(p, n + name.n + 1), mem, &fetch);
    if (!imap_take_fetch(&in, &f) || !imap_at_end(&in) || f.n_sections != 1)
        return false;
    u->section = f.sections[0];
    return true;
}

/* "0.1024", or "512" to the end */
static bool take_partial(struct span s, struct imap_url *u)
{
    ptrdiff_t dot = span_chr(s, '.');

    u->section.partial = true;
    u->section.len = UINT32_MAX;
    return number(dot < 0 ? s : span_head(s, (size_t)dot), 0, &u->section.off) &&
           (dot < 0 || number(span_from(s, (size_t)dot + 1), 1, &u->section.len));
}

/* "20/;SECTION=1/;PARTIAL=0.10" */
static bool take_message(struct imap_arena *mem, struct span s, struct imap_url *u)
{
    ptrdiff_t partial = find(s, "/;PARTIAL="), section;
    struct span part = SPAN_NULL;

    if (partial >= 0) {
        part = span_from(s, (size_t)partial + strlen("/;PARTIAL="));
        s = span_head(s, (size_t)partial);
    }
    u->section = (struct imap_section){.kind = SEC_ALL, .peek = true};
    if ((section = find(s, "/;SECTION=")) >= 0) {
        if (!take_section(mem, span_from(s, (size_t)section + strlen("/;SECTION=")), u))
            return false;
        s = span_head(s, (size_t)section);
    }
    return number(s, 1, &u->uid) && (partial < 0 || take_partial(part, u));
}

/* ---- RFC 4467 ---- */
static bool take_access(struct imap_arena *mem, struct span s, struct imap_url_auth *a)
{
    static const struct {
        const char *word;
        enum imap_url_access access;
        bool user;
    } words[] = {{"submit+", URL_SUBMIT, true},
                 {"user+", URL_USER, true},
                 {"authuser", URL_AUTHUSER, false},
                 {"anonymous", URL_ANONYMOUS, false}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct span rest = span_from(s, strlen(words[i].word));

        if (!span_istarts(s, words[i].word) || (rest.n > 0) != words[i].user)
            continue;
        a->access = words[i].access;
        return rest.n == 0 || decode(mem, rest, &a->user);
    }
    return false;
}

/* ":INTERNAL:0123abcd" behind the rump, or nothing. */
static bool take_token(struct span s, struct imap_url_auth *a)
{
    ptrdiff_t colon;

    if (s.n == 0)
        return true;
    s = span_from(s, 1);
    if ((colon = span_chr(s, ':')) <= 0)
        return false;
    a->mechanism = span_head(s, (size_t)colon);
    a->token = span_from(s, (size_t)colon + 1);
    for (size_t i = 0; i < a->token.n; i++)
        if (ascii_hex(a->token.p[i]) < 0)
            return false;
    return a->token.n >= 32;
}

/* The authorization off the end of *text. */
static bool take_auth(struct imap_arena *mem, struct span *text, struct imap_url_auth *a)
{
    struct span whole = *text, access;
    ptrdiff_t at = find(whole, ";URLAUTH="), expire, colon;
    size_t from;

    if (at < 0)
        return find(whole, ";EXPIRE=") < 0;
    from = (size_t)at + strlen(";URLAUTH=");
    access = span_from(whole, from);
    colon = span_chr(access, ':');
    if (colon >= 0)
        access = span_head(access, (size_t)colon);
    a->rump = span_head(whole, from + access.n);
    *text = span_head(whole, (size_t)at);
    if ((expire = find(*text, ";EXPIRE=")) >= 0) {
        if (!imap_internet_time(span_from(*text, (size_t)expire + strlen(";EXPIRE=")), &a->expires))
            return false;
        *text = span_head(*text, (size_t)expire);
    }
    return take_access(mem, access, a) && take_token(span_from(whole, from + access.n), a);
}

bool imap_url_read(struct imap_arena *mem, struct span text, struct imap_url *out)
{
    struct imap_url u = {.absolute = false};
    struct span rest = text;
    ptrdiff_t uid;

    if (text.n > URL_MOST || !take_auth(mem, &rest, &u.auth) || !take_server(mem, &rest, &u))
        return false;
    if (u.auth.access != URL_NO_ACCESS && (!u.absolute || u.user.n == 0))
        return false;
    if (span_istarts(rest, ";UID=") && !u.absolute) { /* of the selected mailbox */
        uid = 0;
    } else {
        if (rest.n == 0 || rest.p[0] != '/' || (uid = find(rest, "/;UID=")) < 0)
            return false;
        if (uid > 0 && !take_mailbox(mem, span_head(span_from(rest, 1), (size_t)uid - 1), &u))
            return false;
        uid++;
    }
    if (!take_message(mem, span_from(rest, (size_t)uid + strlen(";UID=")), &u))
        return false;
    *out = u;
    return true;
}
