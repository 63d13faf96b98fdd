/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_texts.h - the texts of an account in the form that is kept: what making and changing one share. For this room alone.
 * Owns     struct account_texts: the memory of all spans that come out; account_texts_free(), which takes a zeroed one too.
 * Process  pli.
 */
#pragma once
#include "admin/accounts.h"

enum { ACCOUNT_TEXTS_MOST = 12 };
struct account_texts {
    struct buf text[ACCOUNT_TEXTS_MOST], aliases;
};
struct account_text {
    const char *what; /* "the name", for the line that refuses it */
    struct span typed;
    struct span *out;
};
/* n: at most ACCOUNT_TEXTS_MOST. Once for each struct account_texts. */
enum rc account_texts_prepare(struct account_texts *t, const struct account_text *list, size_t n, struct err *e);
/* One a line, as the directory wants them. They were found right (account_wish_fault). */
struct span account_aliases_join(struct account_texts *t, const struct span *aliases, size_t n);
void account_texts_free(struct account_texts *t);
