/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/search_return.c - what a SEARCH or a SORT is to return: RETURN (MIN MAX COUNT ...). See proto/imap/search.h. An option
 * that is not known, or that comes twice, is malformed. */
#include "proto/imap/search.h"

static const struct {
    const char *name;
    unsigned bit;
} options[] = {
    {"MIN", SR_MIN},       {"MAX", SR_MAX},         {"ALL", SR_ALL},
    {"COUNT", SR_COUNT},   {"SAVE", SR_SAVE},       {"PARTIAL", SR_PARTIAL},
    {"UPDATE", SR_UPDATE}, {"CONTEXT", SR_CONTEXT}, {"RELEVANCY", SR_RELEVANCY},
};

static bool take_position(struct imap_in *in, bool back, uint32_t *out)
{
    uint64_t v;

    if ((back && !imap_is(in, '-')) || !imap_take_number(in, UINT32_MAX, &v) || v == 0)
        return false;
    *out = (uint32_t)v;
    return true;
}

bool imap_take_partial(struct imap_in *in, struct imap_partial *out)
{
    out->back = imap_peek(in) == '-';
    return take_position(in, out->back, &out->from) && imap_is(in, ':') && take_position(in, out->back, &out->to);
}

/* " (UID BODY[HEADER.FIELDS (SUBJECT)])", which may follow. */
static bool take_update(struct imap_in *in, struct imap_search *s)
{
    if (in->at + 1 >= in->s.n || in->s.p[in->at] != ' ' || in->s.p[in->at + 1] != '(')
        return true;
    if (!imap_sp(in) || !imap_take_fetch(in, &s->update))
        return false;
    for (size_t i = 0; i < s->update.n_sections; i++)
        s->update.sections[i].peek = true;
    return s->has_update = true;
}

static bool take_option(struct imap_in *in, struct imap_search *s)
{
    struct span name;

    if (!imap_take_name(in, &name))
        return false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!span_ieq_str(name, options[i].name))
            continue;
        if ((in->opened->search_return & options[i].bit) == 0 || (s->ret & options[i].bit))
            return false;
        s->ret |= options[i].bit;
        return options[i].bit == SR_PARTIAL  ? imap_sp(in) && imap_take_partial(in, &s->partial)
               : options[i].bit == SR_UPDATE ? take_update(in, s)
                                             : true;
    }
    return false;
}

bool imap_take_search_return(struct imap_in *in, struct imap_search *s)
{
    if (in->opened->search_return == 0 || !imap_word(in, "RETURN "))
        return true;
    s->extended = true;
    if (!imap_is(in, '('))
        return false;
    if (!imap_is(in, ')')) {
        do {
            if (!take_option(in, s))
                return false;
        } while (imap_sp(in));
        if (!imap_is(in, ')'))
            return false;
    }
    s->ret &= ~(unsigned)SR_CONTEXT; /* a hint, with which nothing is done */
    if ((s->ret & SR_RESULTS) == 0) {
        s->ret |= SR_ALL; /* RFC 4731 3.1 */
        if ((in->opened->search_return & SR_ALL) == 0)
            return false;
    }
    if ((s->ret & SR_ALL) && (s->ret & SR_PARTIAL)) /* RFC 5267 4.4 */
        return false;
    return imap_sp(in);
}
