/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rights.c - see base/rights.h. */
#include "base/rights.h"

static const struct {
    char letter;
    uint32_t bits;
} letters[] = {{'l', ACL_L}, {'r', ACL_R},         {'s', ACL_S},        {'w', ACL_W}, {'i', ACL_I},
               {'p', ACL_P}, {'k', ACL_K},         {'x', ACL_X},        {'t', ACL_T}, {'e', ACL_E},
               {'a', ACL_A}, {'c', ACL_K | ACL_X}, {'d', ACL_T | ACL_E}};
enum { N_LETTERS = sizeof letters / sizeof *letters, N_RIGHTS = N_LETTERS - 2 /* c and d stand at the end */ };

static bool one(unsigned char c, uint32_t *bits_out)
{
    for (size_t i = 0; i < N_LETTERS; i++)
        if (letters[i].letter == (char)c) {
            *bits_out = letters[i].bits;
            return true;
        }
    return false;
}

bool rights_parse(struct span text, uint32_t *rights_out)
{
    uint32_t all = 0, bits;

    for (size_t i = 0; i < text.n; i++) {
        if (!one(text.p[i], &bits))
            return false;
        all |= bits;
    }
    *rights_out = all;
    return true;
}

void rights_put(uint32_t rights, bool obsolete, struct buf *out)
{
    for (size_t i = 0; i < (obsolete ? N_LETTERS : N_RIGHTS); i++)
        if ((rights & letters[i].bits) == letters[i].bits)
            buf_addc(out, letters[i].letter);
}
