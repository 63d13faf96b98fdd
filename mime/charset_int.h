/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_int.h - the parts of charset_to_utf8(): charsets read from tables, charsets read by their grammar; inside mime/ only.
 * Every reader takes any octets and appends UTF-8. What cannot be read becomes U+FFFD: one for each octet that is stepped over, in UTF-16
 * one for each unit.
 * Process  smtpd and imapd sessions.
 */
#pragma once
#include "mime/charset.h"
enum {
    CHARSET_UNKNOWN = 0xfffd,
    CHARSET_TRAILS = 0xc0,    /* 0x40..0xff */
    CHARSET_FOUR_BMP = 39420, /* GB18030 sequences of four octets up to U+FFFF */
};
typedef uint16_t charset_pairs[128][CHARSET_TRAILS]; /* [lead - 0x80][trail - 0x40]; 0: no character */
/* One charset as tables. An entry that is a surrogate stands for the character beyond[its low ten bits]. The tables are borrowed and live as
 * long as the process. */
struct charset_map {
    const uint16_t *single;      /* characters of one octet; CHARSET_UNKNOWN: no character, or the octet is a lead */
    const charset_pairs *pair;   /* characters of two octets; NULL: the charset has none */
    const charset_pairs *behind; /* characters of the two octets behind 0x8f (EUC-JP); NULL: the charset has none */
    const uint16_t *four;        /* GB18030: CHARSET_FOUR_BMP entries, 0: no character; NULL: another charset */
    const uint32_t *beyond;      /* characters beyond U+FFFF */
};
/* charset_table.c. False: the charset is not known, or the C library's converter for it is missing. */
bool charset_map(struct span name, struct charset_map *map_out);
/* charset_wide.c */
void charset_read(const struct charset_map *m, struct span in, struct buf *out);
void charset_2022_jp(const struct charset_map *euc_jp, struct span in, struct buf *out);
/* charset_utf.c */
void charset_utf16(struct span in, struct buf *out); /* by its byte order mark; without one the high octet is first */
void charset_utf16le(struct span in, struct buf *out);
void charset_utf16be(struct span in, struct buf *out);
void charset_utf7(struct span in, struct buf *out);
