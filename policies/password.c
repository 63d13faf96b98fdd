/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/password.c - see policies/password.h. */
#include "policies/password.h"

static int64_t characters(struct span s)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) != 0x80; /* not a continuation octet */
    return n;
}

/* "aaaaaaaa", and the same in any script: one character again and again. */
static bool one_character(struct span s)
{
    size_t len = 1;

    while (len < s.n && (s.p[len] & 0xC0) == 0x80)
        len++;
    for (size_t i = len; i < s.n; i++)
        if (s.p[i] != s.p[i % len])
            return false;
    return s.n > 0;
}

enum rc password_ok(struct span password, struct span address, int64_t least, struct err *e)
{
    ptrdiff_t at = span_chr(address, '@');
    struct span local = span_head(address, at < 0 ? address.n : (size_t)at);

    if (characters(password) < least)
        return err_set(e, RC_PERM,
                       "this password is too short: it has at least %lld characters (setting dird.password_min)",
                       (long long)least);
    if (span_ieq(password, address) || span_ieq(password, local))
        return err_set(e, RC_PERM, "the address is no password: choose another");
    if (one_character(password))
        return err_set(e, RC_PERM, "one character again and again is no password: choose another");
    return RC_OK;
}
