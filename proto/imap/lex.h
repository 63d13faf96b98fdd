/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/lex.h - the tokens of an IMAP command: a cursor over the framed text, and the memory of what is parsed from it.
 *
 * Take     A take function moves behind a token and returns true. When it returns false, the command is malformed and the cursor means
 *          nothing more.
 * Owns     Spans point into the command, or into the arena when a quoted string had escapes. The arena owns its memory until
 *          imap_arena_free().
 * Bounds   The arena gives at most IMAP_ARENA_MAX bytes per command. It gives NULL beyond that (answered BAD).
 * Lenient  Octets beyond 127 are taken in quoted strings, because clients do send them. NUL is never taken. CR and LF are taken in literals
 *          only.
 * Process  imapd sessions.   Source RFC 3501 9, RFC 7888.
 */
#pragma once
#include "base/buf.h"
#include "proto/imap/opened.h"

enum { IMAP_ARENA_MAX = 4 * 1024 * 1024, IMAP_DEPTH = 32 };
struct imap_chunk;
struct imap_arena {
    struct imap_chunk *head;
    size_t total;
};
void *imap_arena_get(struct imap_arena *a, size_t n); /* zeroed, aligned; NULL: bound reached */
/* Room for one more in an array of n elements of that size; the array may move. NULL: bound reached. */
void *imap_arena_grow(struct imap_arena *a, void *p, size_t n, size_t size);
void imap_arena_free(struct imap_arena *a); /* wiped: it may hold a password */

struct imap_in {
    struct span s;
    size_t at;
    struct imap_arena *mem;
    const struct imap_opened *opened; /* the words that are known here */
};
static inline struct imap_in imap_in_of(struct span s, struct imap_arena *mem, const struct imap_opened *opened)
{
    return (struct imap_in){.s = s, .mem = mem, .opened = opened};
}
static inline int imap_peek(const struct imap_in *in) /* -1 at the end */
{
    return in->at < in->s.n ? in->s.p[in->at] : -1;
}
static inline bool imap_at_end(const struct imap_in *in)
{
    return in->at == in->s.n;
}
bool imap_is(struct imap_in *in, unsigned char c); /* takes c when it is next */
static inline bool imap_sp(struct imap_in *in)
{
    return imap_is(in, ' ');
}
bool imap_word(struct imap_in *in, const char *w); /* takes w (ASCII, any case) when the text goes on with it */
bool imap_take_tag(struct imap_in *in, struct span *out);
bool imap_take_atom(struct imap_in *in, struct span *out);
bool imap_take_name(struct imap_in *in, struct span *out); /* letters, digits, '.' and '-': a keyword of the grammar */
bool imap_take_string(struct imap_in *in, struct span *out); /* quoted or literal */
bool imap_take_astring(struct imap_in *in, struct span *out);
bool imap_take_list_pattern(struct imap_in *in, struct span *out); /* list-mailbox: astring with wildcards */
bool imap_nonsync(struct imap_in *in); /* takes the "+" of "{n+}", when the extension is open */
bool imap_take_number(struct imap_in *in, uint64_t max, uint64_t *out);
enum rc imap_bad(struct err *e, enum cause cause); /* RC_SYNTAX with that cause: BAD */
bool imap_is_atom_char(unsigned char c);
bool imap_is_astring_char(unsigned char c);
