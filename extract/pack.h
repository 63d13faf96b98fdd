/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/pack.h - summaries and search texts made small before they are sealed: one LZ4 block over a fixed dictionary.
 *
 * Form     u32 length in clear, little-endian, then one LZ4 block whose window begins with the dictionary.
 * Words    a dictionary holds what nearly every summary or search text holds anyway, so a short one is made short as well (extract/words.c).
 * Secret   The length of a sealed object tells something of how its content repeats itself. Whoever could put words into a message and read the
 *          length of the same object again and again could guess at its other words (CRIME). Here an object is packed once, alone, and never again
 *          with other words: there is no second try. What the length tells is less than the length of the message itself, which is stored beside it.
 * Trust    A packed object was sealed by the session that took the message in, which may have been taken over. So the length is bounded before
 *          memory is taken, and the block is read by LZ4's bounds-checked decoder.
 * Owns     nothing.
 * Errors   RC_CORRUPT: not packed with these words, or longer than most. RC_TEMP: no memory.
 * Process  smtpd and imapd sessions.   Source LZ4 block format (lz4.org), decision 0032.
 */
#pragma once
#include "base/buf.h"
enum pack_words { PACK_SUMMARY, PACK_TEXT, PACK_WORDS };
extern const struct span pack_words[PACK_WORDS];                                  /* words.c */
void pack_to(enum pack_words w, struct span plain, struct buf *out);              /* appends; plain has less than 64 MiB */
enum rc pack_open(enum pack_words w, struct span packed, size_t most, struct buf *plain_out, struct err *e); /* appends to plain_out */
