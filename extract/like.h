/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/like.h - is a text like what is searched for, and how much? For SEARCH FUZZY.
 *
 * Takes    needle and text are folded (text_fold()), so case, accents and compatibility make no difference here.
 * Score    0 no, 1 to 100 yes.
 *            100          the needle stands in the text as it is
 *            else         each of its words must stand somewhere in the text: as a part of a word (99), or like a word. A word is like another one when
 *                         few letters are wrong, missing, too many, or exchanged with their neighbour: none of up to 3 letters, 1 of up to 7, 2 of more. It scores
 *                         what share of its letters is right. A needle of several words scores their mean.
 * Bounds   LIKE_WORDS words of LIKE_LETTERS letters. A needle beyond that is found as it is, or not at all. A word of the text costs at most 5 steps a letter of the needle.
 * Owns     nothing. A struct like borrows the needle.
 * Process  imapd sessions.   Source RFC 6203 3, 4.
 */
#pragma once
#include "base/buf.h"

enum { LIKE_WORDS = 16, LIKE_LETTERS = 64 };
struct like_word {
    struct span text;
    uint32_t letter[LIKE_LETTERS];
    unsigned n, most; /* letters; how many may be wrong */
};
struct like {
    struct span needle;
    unsigned n; /* 0: only as it is */
    struct like_word word[LIKE_WORDS];
};
void like_of(struct span folded_needle, struct like *out);
unsigned like_score(const struct like *l, struct span folded_text);
