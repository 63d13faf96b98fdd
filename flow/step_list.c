/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_list.c - a message that goes through a distribution list is marked, and one that comes back to a list that it has gone
 * through is refused: a list elsewhere may have ours as its member, and ours that one.
 *
 * Mark     "Pli-List:" and for each list a keyed hash of its address. So a list that was a blind copy stays unknown to those who read
 *          the mark; who makes one up only keeps his own message away. Without the instance's log.key it is good until the listener
 *          starts anew; then the number of Received fields ends a loop (step_check.c).
 * Source   RFC 5321 6.3, 3.9; RFC 9228 does so with the address in clear.
 */
#include "crypto/seal/digest.h"
#include "flow/letter_int.h"
#include "mime/fields.h"
#include <stdio.h>

#define FIELD "Pli-List"
enum { MARK = 24 /* hexadecimal digits */ };

static void mark_of(const struct letter *l, const char *list, char out[MARK + 1])
{
    unsigned char md[DIGEST_LEN];
    struct buf b = BUF_INIT; /* open: an address of ours */

    buf_addf(&b, "pli list 1 %s", list);
    hmac_of(span_of(l->conf->once_key, sizeof l->conf->once_key), buf_span(&b), md);
    for (size_t i = 0; i < MARK / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", md[i]);
    buf_free(&b);
}

/* Members of a list stand one behind the other. */
static const char *next_list(const struct recipients *to, size_t *i)
{
    const char *before = *i > 0 ? to->a[*i - 1].via : NULL;

    for (; *i < to->n; ++*i) {
        const char *via = to->a[*i].via;

        if (via && (!before || strcmp(via, before) != 0)) {
            ++*i;
            return via;
        }
    }
    return NULL;
}

static bool marked(struct span header, const char *mark)
{
    struct field f;
    struct err e;

    while (field_next(&header, &f, &e) == RC_OK)
        if (span_ieq_str(f.name, FIELD) && span_find(f.body, span_str(mark)) >= 0)
            return true;
    return false;
}

enum cause step_lists(struct letter *l, struct err *e)
{
    char mark[MARK + 1];
    const char *list;

    for (size_t i = 0; (list = next_list(&l->env->to, &i)) != NULL;) {
        mark_of(l, list, mark);
        if (!marked(letter_header(l), mark))
            continue;
        (void)!err_set(e, RC_PERM, "it has been through %s already", list);
        return CAUSE_LOOP;
    }
    return CAUSE_NONE;
}

void lists_passed(struct letter *l)
{
    char mark[MARK + 1];
    const char *list;

    for (size_t i = 0; (list = next_list(&l->env->to, &i)) != NULL;) {
        mark_of(l, list, mark);
        buf_addf(&l->trace, FIELD ": %s\r\n", mark);
    }
}
