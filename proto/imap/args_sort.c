/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_sort.c - arguments of SORT and THREAD: criteria, charset, program. See proto/imap/args.h. */
#include "proto/imap/args.h"

#define N(t) (sizeof(t) / sizeof *(t))
static const struct {
    const char *name;
    enum imap_sort_by by;
} criteria[] = {
    {"ARRIVAL", SORT_ARRIVAL},
    {"CC", SORT_CC},
    {"DATE", SORT_DATE},
    {"FROM", SORT_FROM},
    {"SIZE", SORT_SIZE},
    {"SUBJECT", SORT_SUBJECT},
    {"TO", SORT_TO},
    {"DISPLAYFROM", SORT_DISPLAYFROM},
    {"DISPLAYTO", SORT_DISPLAYTO},
    {"RELEVANCY", SORT_RELEVANCY},
};
static const struct {
    const char *name;
    enum imap_thread_by by;
} algorithms[] = {{"ORDEREDSUBJECT", THREAD_ORDEREDSUBJECT}, {"REFERENCES", THREAD_REFERENCES}};

static bool take_criterion(struct imap_in *in, struct imap_search *s)
{
    bool reverse = imap_word(in, "REVERSE ");
    struct span name;

    if (s->n_sort == IMAP_SORT_KEYS || !imap_take_name(in, &name))
        return false;
    for (size_t i = 0; i < N(criteria); i++)
        if (span_ieq_str(name, criteria[i].name)) {
            s->sort[s->n_sort++] = (struct imap_sort_key){criteria[i].by, reverse};
            return (in->opened->sort >> criteria[i].by & 1) != 0;
        }
    return false;
}

static bool take_criteria(struct imap_in *in, struct imap_search *s)
{
    if (!imap_is(in, '('))
        return false;
    do {
        if (!take_criterion(in, s))
            return false;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

static bool take_rest(struct imap_in *in, struct imap_search *s)
{
    return imap_sp(in) && imap_take_astring(in, &s->charset) && s->charset.n > 0 && imap_sp(in) &&
           imap_take_program(in, s);
}

enum rc imap_parse_sort(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_search *s = &out->search;
    bool good = imap_sp(in);

    *s = (struct imap_search){.text = span_from(in->s, in->at - good)};
    if (good && (in->opened->args & ARG_ESORT))
        good = imap_take_search_return(in, s);
    return imap_args_end(in, good && take_criteria(in, s) && take_rest(in, s), e);
}

static bool take_algorithm(struct imap_in *in, struct imap_search *s)
{
    struct span name;

    if (!imap_take_name(in, &name))
        return false;
    for (size_t i = 0; i < N(algorithms); i++)
        if (span_ieq_str(name, algorithms[i].name)) {
            s->thread = algorithms[i].by;
            return (in->opened->thread >> algorithms[i].by & 1) != 0;
        }
    return false;
}

enum rc imap_parse_thread(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_search *s = &out->search;

    *s = (struct imap_search){0};
    return imap_args_end(in, imap_sp(in) && take_algorithm(in, s) && take_rest(in, s), e);
}
