/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/intern.c - see imapd/intern.h: an open hash table, half full at most, its hash begun with a random number. */
#include "imapd/intern.h"
#include <stdlib.h>
#include <sys/random.h>

void intern_init(struct intern *t)
{
    *t = (struct intern){.text = BUF_SECRET_INIT};
    if (getrandom(&t->seed, sizeof t->seed, GRND_NONBLOCK) != (ssize_t)sizeof t->seed)
        t->seed = 0; /* the table is as right, only its shape can be foreseen */
}

void intern_free(struct intern *t)
{
    buf_free(&t->text);
    free(t->at);
    free(t->slot);
    t->at = t->slot = NULL;
}

size_t intern_size(const struct intern *t)
{
    return t->text.cap + (t->cap + (size_t)t->slots) * sizeof *t->at;
}

static uint32_t hash(const struct intern *t, struct span s)
{
    uint64_t h = t->seed ^ UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(h ^ h >> 32);
}

static struct span text_of(const struct intern *t, uint32_t number)
{
    struct rd r = rd_of(span_from(buf_span(&t->text), t->at[number]));

    return rd_bytes(&r);
}

static uint32_t *slot_of(struct intern *t, struct span s)
{
    uint32_t i = hash(t, s) & (t->slots - 1);

    while (t->slot[i] && !span_eq(text_of(t, t->slot[i] - 1), s))
        i = (i + 1) & (t->slots - 1);
    return &t->slot[i];
}

static void grow(struct intern *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : 256;

    free(t->slot);
    t->at = realloc(t->at, cap * sizeof *t->at);
    t->slot = calloc(cap * 2ul, sizeof *t->slot);
    if (t->at == NULL || t->slot == NULL)
        die("out of memory");
    t->cap = cap;
    t->slots = cap * 2;
    for (uint32_t i = 0; i < t->n; i++)
        *slot_of(t, text_of(t, i)) = i + 1;
}

uint32_t intern(struct intern *t, struct span s)
{
    uint32_t *slot;

    if (t->n == t->cap)
        grow(t);
    slot = slot_of(t, s);
    if (*slot == 0) {
        t->at[t->n] = (uint32_t)t->text.n;
        buf_bytes(&t->text, s);
        *slot = ++t->n;
    }
    return *slot - 1;
}
