/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_wide.c - reads text in charsets that have one to four octets per character, from tables
 * (mime/charset_int.h). Reads ISO-2022-JP too, which is EUC-JP's first plane between escape sequences.
 * GB 18030-2005, RFC 1468.
 */
#include "mime/charset.h"
#include "mime/charset_int.h"

enum { LINEAR_BEYOND = 189000 /* GB18030's number of 90 30 81 30, U+10000 */ };

/* The character of a cell; 0: none. */
static unsigned character(const struct charset_map *m, unsigned cell)
{
    return (cell & 0xf800) == 0xd800 ? m->beyond[cell & 0x3ff] : cell;
}

static unsigned pair_at(const struct charset_map *m, const charset_pairs *pairs, const unsigned char *p)
{
    return p[0] >= 0x80 && p[1] >= 0x40 ? character(m, (*pairs)[p[0] - 0x80][p[1] - 0x40]) : 0;
}

static unsigned four_at(const struct charset_map *m, const unsigned char *p)
{
    unsigned a = p[0] - 0x81u, b = p[1] - 0x30u, c = p[2] - 0x81u, d = p[3] - 0x30u;
    unsigned linear = ((a * 10 + b) * 126 + c) * 10 + d;

    if (a > 125 || b > 9 || c > 125 || d > 9)
        return 0;
    if (linear < CHARSET_FOUR_BMP)
        return character(m, m->four[linear]);
    return linear >= LINEAR_BEYOND && linear - LINEAR_BEYOND < 0x100000 ? 0x10000 + linear - LINEAR_BEYOND : 0;
}

/* How many octets the first character takes; 0: there is none. */
static size_t next(const struct charset_map *m, struct span in, unsigned *cp_out)
{
    *cp_out = m->single[in.p[0]];
    if (*cp_out != CHARSET_UNKNOWN)
        return 1;
    if (m->behind && in.p[0] == 0x8f)
        return in.n >= 3 && (*cp_out = pair_at(m, m->behind, in.p + 1)) ? 3 : 0;
    if (m->pair && in.n >= 2 && (*cp_out = pair_at(m, m->pair, in.p)))
        return 2;
    return m->four && in.n >= 4 && (*cp_out = four_at(m, in.p)) ? 4 : 0;
}

/* A run of ASCII is copied in one piece, because most text is ASCII. Shift_JIS alone differs: it has a yen sign in the
 * place of the reverse solidus. */
void charset_read(const struct charset_map *m, struct span in, struct buf *out)
{
    bool ascii = m->single['\\'] == '\\';

    while (in.n > 0) {
        unsigned cp;
        size_t run = ascii ? charset_ascii_run(in) : 0, n = run > 0 ? run : next(m, in, &cp);

        if (run > 0)
            buf_add(out, in.p, run);
        else
            charset_add(out, n > 0 ? cp : CHARSET_UNKNOWN);
        in = span_from(in, n > 0 ? n : 1);
    }
}

/* ---- ISO-2022-JP ---- */

enum set { ASCII, ROMAN, KANJI };
enum { ESC = 0x1b, ESCAPE_LENGTH = 3 };
static const struct {
    const char *sequence;
    enum set set;
} escapes[] = {{"\x1b(B", ASCII}, {"\x1b(J", ROMAN}, {"\x1b$@", KANJI}, {"\x1b$B", KANJI}};
enum { ESCAPES = sizeof escapes / sizeof *escapes };

static bool escape(struct span in, enum set *set)
{
    for (size_t i = 0; i < ESCAPES && in.n >= ESCAPE_LENGTH; i++)
        if (memcmp(in.p, escapes[i].sequence, ESCAPE_LENGTH) == 0) {
            *set = escapes[i].set;
            return true;
        }
    return false;
}

static size_t next_kanji(const struct charset_map *m, struct span in, unsigned *cp_out)
{
    unsigned char high[2];

    if (in.n < 2 || in.p[1] <= 0x20 || in.p[1] >= 0x7f)
        return 0;
    high[0] = in.p[0] | 0x80;
    high[1] = in.p[1] | 0x80;
    *cp_out = pair_at(m, m->pair, high);
    return *cp_out > 0 ? 2 : 0;
}

/* Control characters, blanks and DEL stand for themselves in every set. So does a complete escape to an unknown set. */
static size_t next_jp(const struct charset_map *m, enum set set, struct span in, unsigned *cp_out)
{
    unsigned char c = in.p[0];

    if (c >= 0x80 || (c == ESC && in.n < ESCAPE_LENGTH))
        return 0;
    if (set == KANJI && c > 0x20 && c < 0x7f)
        return next_kanji(m, in, cp_out);
    *cp_out = set == ROMAN && c == '\\' ? 0xa5 : set == ROMAN && c == '~' ? 0x203e : c;
    return 1;
}

void charset_2022_jp(const struct charset_map *euc_jp, struct span in, struct buf *out)
{
    enum set set = ASCII;

    while (in.n > 0) {
        unsigned cp;
        size_t n;

        if (escape(in, &set)) {
            in = span_from(in, ESCAPE_LENGTH);
            continue;
        }
        n = next_jp(euc_jp, set, in, &cp);
        charset_add(out, n > 0 ? cp : CHARSET_UNKNOWN);
        in = span_from(in, n > 0 ? n : 1);
    }
}
