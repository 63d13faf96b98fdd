/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/boundary.c - see mime/boundary.h. The bytes of a boundary are compared only where its hash fits. RFC 2046
 * 5.1.1. */
#include "mime/boundary.h"

static uint32_t step(uint32_t h, unsigned char c) /* FNV-1a */
{
    return (h ^ c) * 16777619u;
}

bool boundary_push(struct boundaries *s, struct span text)
{
    struct boundary *b = &s->b[s->n];
    uint32_t h = 2166136261u;

    while (text.n > 0 &&
           (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) /* a boundary never ends in a blank */
        text.n--;
    if (text.n == 0 || text.n > BOUNDARY_MAX || s->n == BOUNDARY_LEVELS)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
        h = step(h, text.p[i]);
    }
    b->hash = h;
    b->n = (uint16_t)text.n;
    memcpy(b->text, text.p, text.n);
    s->n++;
    return true;
}

int boundary_match(const struct boundaries *s, struct span line, bool *close_out)
{
    uint32_t at[BOUNDARY_MAX + 1]; /* hash of the first i bytes */
    size_t most = line.n - 2 < BOUNDARY_MAX ? line.n - 2 : BOUNDARY_MAX;
    const unsigned char *p = line.p + 2;
    int best = -1;

    at[0] = 2166136261u;
    for (size_t i = 0; i < most; i++)
        at[i + 1] = step(at[i], p[i]);
    for (size_t i = s->n; i-- > 0;) {
        const struct boundary *b = &s->b[i];

        if (b->n <= most && at[b->n] == b->hash && (best < 0 || b->n > s->b[best].n) && memcmp(p, b->text, b->n) == 0)
            best = (int)i;
    }
    if (best >= 0) {
        struct span behind = span_from(line, 2 + s->b[best].n);

        *close_out = behind.n >= 2 && behind.p[0] == '-' && behind.p[1] == '-';
    }
    return best;
}
