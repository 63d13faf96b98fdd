/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/drawn.c - see directory/drawn.h. */
#include "directory/drawn.h"
#include "base/wipe.h"
#include <string.h>

static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* none that is taken for another */
enum { N_LETTERS = sizeof letters - 1, FAIR = 256 - 256 % N_LETTERS };

/* An octet beyond the last whole round of the letters would make the first ones likelier. */
static char draw(void)
{
    unsigned char r;
    char c;

    do
        random_bytes(&r, 1);
    while (r >= FAIR);
    c = letters[r % N_LETTERS];
    wipe(&r, 1);
    return c;
}

static bool is_between(size_t i)
{
    return i % (DRAWN_LETTERS + 1) == DRAWN_LETTERS;
}

void drawn_make(char out[DRAWN_SIZE])
{
    for (size_t i = 0; i < DRAWN_SIZE; i++)
        out[i] = is_between(i) ? '-' : draw();
}

bool drawn_is(struct span s)
{
    for (size_t i = 0; i < s.n && i < DRAWN_SIZE; i++)
        if (is_between(i) ? s.p[i] != '-' : memchr(letters, s.p[i], N_LETTERS) == NULL)
            return false;
    return s.n == DRAWN_SIZE;
}
