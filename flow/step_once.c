/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_once.c - the key by which a submission is known when it comes again: the same account, sender, recipients and octets, with a
 * Message-ID. A client whose connection ended before the reply sends the same octets again; a person who writes the same words again does not, for
 * the Message-ID is another. The key is a MAC, so that the store tells nobody what it was made of. docs/decisions/0019.
 */
#include "crypto/seal/digest.h"
#include "flow/letter_int.h"
#include "mime/fields.h"
#include <stdlib.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In any order, each once: RCPT may name them in another order the second time. */
static void add_recipients(struct buf *b, const struct recipients *to)
{
    const char **all = calloc(to->n + 1, sizeof *all);

    if (!all)
        die("out of memory");
    for (size_t i = 0; i < to->n; i++)
        all[i] =
            to->a[i].via ? to->a[i].via : to->a[i].address; /* as RCPT named it: a list may have changed meanwhile */
    qsort(all, to->n, sizeof *all, by_text);
    for (size_t i = 0; i < to->n; i++)
        if (i == 0 || strcmp(all[i], all[i - 1]) != 0)
            buf_add(b, all[i], strlen(all[i]) + 1);
    free(all);
}

enum cause step_once(struct letter *l, struct err *e)
{
    unsigned char md[DIGEST_LEN];
    struct buf b = BUF_SECRET_INIT;
    struct field f;

    (void)e;
    if (!l->digest)
        return CAUSE_NONE;
    digest_end(&l->digest, md);
    if (!field_find(letter_header(l), "Message-ID", &f) || span_trim(f.body).n == 0)
        return CAUSE_NONE;
    buf_add(&b, md, sizeof md);
    buf_addspan(&b, l->account->address);
    buf_addc(&b, 0);
    buf_addspan(&b, l->env->sender);
    buf_addc(&b, 0);
    add_recipients(&b, &l->env->to);
    hmac_of(span_of(l->conf->once_key, sizeof l->conf->once_key), buf_span(&b), md);
    memcpy(l->once, md, sizeof l->once);
    l->has_once = true;
    buf_free(&b);
    return CAUSE_NONE;
}
