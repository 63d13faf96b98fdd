/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/flags.c - see proto/imap/flags.h. */
#include "proto/imap/flags.h"

static const struct {
    const char *name;
    uint64_t bit;
} system_flags[] = {
    {"\\Answered", IMAP_ANSWERED}, {"\\Flagged", IMAP_FLAGGED}, {"\\Deleted", IMAP_DELETED},
    {"\\Seen", IMAP_SEEN},         {"\\Draft", IMAP_DRAFT},
};
#define N_SYSTEM (sizeof system_flags / sizeof *system_flags)

static bool take_system(struct imap_in *in, uint64_t *out)
{
    struct span name;

    if (!imap_take_atom(in, &name))
        return false;
    for (size_t i = 0; i < N_SYSTEM; i++)
        if (span_ieq_str(name, system_flags[i].name + 1)) {
            *out |= system_flags[i].bit;
            return true;
        }
    /* A flag-extension that this server does not have is not in PERMANENTFLAGS, so a change of it is ignored (RFC 9051
     * 7.1). \Recent is refused, because the grammar has no such flag here. */
    return !span_ieq_str(name, "Recent");
}

static bool take_keyword(struct imap_in *in, struct imap_flags *f)
{
    struct span name;

    if (!imap_take_atom(in, &name) || name.n > IMAP_KEYWORD_MAX || f->n == IMAP_KEYWORDS_A_COMMAND)
        return false;
    f->keywords = imap_arena_grow(in->mem, f->keywords, f->n, sizeof *f->keywords);
    if (f->keywords == NULL)
        return false;
    f->keywords[f->n++] = name;
    return true;
}

bool imap_take_flags(struct imap_in *in, struct imap_flags *out)
{
    struct imap_flags f = {0};
    bool list = imap_is(in, '(');

    if (list && imap_is(in, ')')) {
        *out = f;
        return true;
    }
    do {
        if (imap_is(in, '\\') ? !take_system(in, &f.system) : !take_keyword(in, &f))
            return false;
    } while (imap_sp(in));
    *out = f;
    return !list || imap_is(in, ')');
}

void imap_put_system_flags(struct buf *out, uint64_t system, bool *any)
{
    for (size_t i = 0; i < N_SYSTEM; i++) {
        if ((system & system_flags[i].bit) == 0)
            continue;
        if (*any)
            buf_addc(out, ' ');
        buf_addstr(out, system_flags[i].name);
        *any = true;
    }
}
