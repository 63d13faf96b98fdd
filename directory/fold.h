/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/fold.h - folds names to the form in which people type them in a hurry: without accents and capitals.
 * Process  dird, pli.   Source Unicode NFKD and case folding (libunistring), plus the letters that NFKD does not take apart.
 */
#pragma once
#include "base/buf.h"

/* "Dr Hélène Œuvrard-Łukasz" -> "dr helene oeuvrard lukasz": ASCII letters and digits, one space between words. Bytes that are not UTF-8,
 * and letters of other scripts, are left out. Bounded by its input (at most 4 bytes a byte). */
void fold_words(struct span utf8, struct buf *out);
/* "Marie-Thérèse d’ARGENT" -> "marie-therese d'argent": hyphens and apostrophes stay, as a keyboard has them. Otherwise the same. */
void fold_name(struct span utf8, struct buf *out);
/* "Marie-Thérèse d’ARGENT" -> "Marie Thérèse d ARGENT": accents and capitals stay, hyphens and apostrophes go. Nothing where it would say no more than
 * the text or fold_words() do: without such a mark, or without a letter beyond ASCII. */
void fold_open(struct span utf8, struct buf *out);
/* A text as slapd compares it (caseIgnoreMatch): in one case, with compatible letters taken apart, and one space where there are several. Two values of one
 * attribute that are the same by this are refused. Nothing of bytes that are not UTF-8. */
void fold_key(struct span utf8, struct buf *out);
bool fold_alike(struct span a, struct span b); /* the same by fold_key() */
/* The next word of a folded text; false at the end. */
bool fold_next(struct span *rest, struct span *word_out);
