/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_int.h - the parts of charset_to_utf8(): charsets read from tables, charsets read by their grammar; inside mime/ only.
 * Every reader takes any octets and appends UTF-8. What it cannot read becomes U+FFFD, one for each octet stepped over (UTF-16: each unit).
 */
#pragma once
#include "mime/charset.h"
enum {
    CHARSET_UNKNOWN = 0xfffd,
    CHARSET_TRAILS = 0xc0,    /* 0x40..0xff */
    CHARSET_FOUR_BMP = 39420, /* GB18030 sequences of four octets up to U+FFFF */
};
typedef uint16_t charset_pairs[128][CHARSET_TRAILS]; /* [lead - 0x80][trail - 0x40]; 0: no character */
/* One charset as tables. A surrogate stands for beyond[its low ten bits]. Borrowed, for as long as the process lives. */
struct charset_map {
    const uint16_t *single;      /* of one octet; CHARSET_UNKNOWN: none, or a lead */
    const charset_pairs *pair;   /* of two; NULL: none */
    const charset_pairs *behind; /* of the two behind 0x8f (EUC-JP); NULL: none */
    const uint16_t *four;        /* GB18030: CHARSET_FOUR_BMP of them, 0: no character; NULL: none */
    const uint32_t *beyond;
};
/* charset_table.c; false: not known, or not to be had (the C library's converter is missing) */
bool charset_map(struct span name, struct charset_map *map_out);
/* charset_wide.c */
void charset_read(const struct charset_map *m, struct span in, struct buf *out);
void charset_2022_jp(const struct charset_map *euc_jp, struct span in, struct buf *out);
/* charset_utf.c */
void charset_utf16(struct span in, struct buf *out); /* by its byte order mark; without one the high octet is first */
void charset_utf16le(struct span in, struct buf *out);
void charset_utf16be(struct span in, struct buf *out);
void charset_utf7(struct span in, struct buf *out);
