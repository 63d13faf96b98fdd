/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/lex.h - tokens of structured header fields: words, quoted strings, domain literals, specials. Comments are stepped over.
 *
 * Owns     nothing. Tokens borrow from the field's body.
 * Bounds   linear in the body, no recursion. A comment that is nested deeper than LEX_COMMENTS ends the field and sets .bad.
 * Process  smtpd and imapd sessions; used by mime/ and extract/.   Source RFC 5322 3.2, 4.1; RFC 2045 5.1.
 */
#pragma once
#include "base/buf.h"
enum { LEX_COMMENTS = 20 };
enum token_kind { TOK_END, TOK_WORD, TOK_QUOTED, TOK_LITERAL, TOK_SPECIAL };
struct token {
    enum token_kind kind;
    struct span text;  /* quoted: between the quotes, still escaped; literal: with its brackets */
    char special;      /* TOK_SPECIAL: which one */
    bool space_before; /* white space or a comment stood before it */
};
struct lex {
    struct span rest;
    const char *specials; /* the bytes that stand for themselves and end a word */
    struct span comment;  /* the inside of the last comment stepped over; .p NULL: none yet */
    bool bad;
    bool open; /* a comment or a quoted string has no end */
};
#define LEX_ADDRESS "<>[]:;@,.\""
#define LEX_MIME "\"/=;"
struct lex lex_of(struct span body, const char *specials);
enum token_kind lex_next(struct lex *l, struct token *t_out);
void lex_unquote(struct span inside, struct buf *out); /* resolves backslashes, drops CRLF; appends */
size_t lex_space(struct span s);       /* octets of the blank that s begins with: SP or HTAB 1, CRLF 2, else 0; a lone CR or LF is content */
struct span lex_trim(struct span s);   /* blanks off both ends */
