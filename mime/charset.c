/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset.c - charsets to UTF-8 (mime/charset.h): which names there are, and which reader takes which charset.
 * UTF-8, US-ASCII and windows-1252 are read here, the other forms of Unicode by their grammar (charset_utf.c), all
 * other charsets from tables (charset_table.c, charset_wide.c). ISO-8859-1 is read as windows-1252, as everywhere on
 * the web: this only gives meaning to 32 control codes.
 */
#include "mime/charset.h"
#include "mime/charset_int.h"

static const struct {
    const char *alias, *name;
} aliases[] = {
    {"utf8", "UTF-8"},          {"ascii", "US-ASCII"},        {"ansi_x3.4-1968", "US-ASCII"},
    {"latin1", "ISO-8859-1"},   {"iso8859-1", "ISO-8859-1"},  {"iso_8859-1", "ISO-8859-1"},
    {"cp1252", "WINDOWS-1252"}, {"latin9", "ISO-8859-15"},    {"iso8859-15", "ISO-8859-15"},
    {"latin2", "ISO-8859-2"},   {"iso8859-2", "ISO-8859-2"},  {"iso-8859-8-i", "ISO-8859-8"},
    {"cp1250", "WINDOWS-1250"}, {"cp1251", "WINDOWS-1251"},   {"cp932", "SHIFT_JIS"},
    {"x-sjis", "SHIFT_JIS"},    {"cp936", "GB18030"},         {"gbk", "GB18030"},
    {"gb2312", "GB18030"},      {"ks_c_5601-1987", "EUC-KR"}, {"mac", "MACINTOSH"},
    {"cp65001", "UTF-8"},
};

/* The characters of 0x80..0x9f in windows-1252. An unassigned octet stays the control code that it is in ISO-8859-1. */
static const uint16_t high_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

static void latin(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];

        charset_add(out, c >= 0x80 && c < 0xa0 ? high_1252[c - 0x80] : c);
    }
}

/* The length of the UTF-8 sequence that s begins with; 0: none (RFC 3629: shortest form, no surrogates, up to
 * U+10FFFF). */
static size_t utf8_length(struct span s)
{
    unsigned char c = s.p[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;

    if (n == 0 || n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s.p[1] < 0xa0) || (c == 0xed && s.p[1] > 0x9f) || (c == 0xf0 && s.p[1] < 0x90) ||
        (c == 0xf4 && s.p[1] > 0x8f))
        return 0;
    return n;
}

size_t charset_utf8_next(struct span s)
{
    return s.n > 0 ? utf8_length(s) : 0;
}

/* How many octets of ASCII s begins with. Most texts are mostly ASCII, so eight octets are looked at in one step. */
size_t charset_ascii_run(struct span s)
{
    size_t i = 0;
    uint64_t eight;

    for (; i + sizeof eight <= s.n; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i;
}

void charset_make_utf8(struct span in, struct buf *out)
{
    while (in.n > 0) {
        size_t ascii = charset_ascii_run(in), n = ascii > 0 ? ascii : utf8_length(in);

        if (n > 0)
            buf_add(out, in.p, n);
        else
            latin(span_head(in, 1), out);
        in = span_from(in, n > 0 ? n : 1);
    }
}

/* ---- by name ---- */

static const struct {
    const char *name;
    void (*read)(struct span in, struct buf *out);
} readers[] = {
    {"UTF-8", charset_make_utf8},  {"US-ASCII", charset_make_utf8}, {"ISO-8859-1", latin},
    {"WINDOWS-1252", latin},       {"UTF-16", charset_utf16},       {"UTF-16LE", charset_utf16le},
    {"UTF-16BE", charset_utf16be}, {"UTF-7", charset_utf7},
};

static const char *real_name(const char *charset)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (span_ieq_str(span_str(charset), aliases[i].alias))
            return aliases[i].name;
    return charset;
}

enum rc charset_to_utf8(const char *charset, struct span in, struct buf *out, struct err *e)
{
    struct span name = span_str(real_name(charset));
    bool jp = span_ieq_str(name, "ISO-2022-JP");
    struct charset_map map;

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (span_ieq_str(name, readers[i].name))
            return readers[i].read(in, out), RC_OK;
    if (!charset_map(jp ? SPAN_LIT("EUC-JP") : name, &map))
        return err_set(e, RC_PERM, "charset not known");
    if (jp)
        charset_2022_jp(&map, in, out);
    else
        charset_read(&map, in, out);
    return RC_OK;
}
