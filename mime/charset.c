/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset.c - charsets to UTF-8 (mime/text.h). The usual three are done here; the others by the C library's iconv, from a closed list
 * that text_warm() goes through once: a sandboxed session can load no converter file any more. RFC 2978; windows-1252 stands for
 * ISO-8859-1 as everywhere on the web (it only gives meaning to 32 control codes).
 *
 * Narrow   charsets of one octet a character are read into tables and their converters given back: each is a library of five mappings,
 *          which every session's fork and exit would pay for.
 * Wide     the few of more octets keep their converter. GB18030 reads GB2312 and GBK too.
 */
#include "mime/text.h"
#include <errno.h>
#include <iconv.h>
#include <wchar.h>

static struct narrow {
    const char *name;
    bool tried, known;
    uint16_t high[128]; /* Unicode of 0x80..0xff; the lower half is ASCII */
} narrows[] = {
    {.name = "ISO-8859-2"},   {.name = "ISO-8859-3"},   {.name = "ISO-8859-4"},   {.name = "ISO-8859-5"},
    {.name = "ISO-8859-6"},   {.name = "ISO-8859-7"},   {.name = "ISO-8859-8"},   {.name = "ISO-8859-9"},
    {.name = "ISO-8859-10"},  {.name = "ISO-8859-13"},  {.name = "ISO-8859-14"},  {.name = "ISO-8859-15"},
    {.name = "ISO-8859-16"},  {.name = "WINDOWS-1250"}, {.name = "WINDOWS-1251"}, {.name = "WINDOWS-1253"},
    {.name = "WINDOWS-1254"}, {.name = "WINDOWS-1255"}, {.name = "WINDOWS-1256"}, {.name = "WINDOWS-1257"},
    {.name = "WINDOWS-1258"}, {.name = "KOI8-R"},       {.name = "KOI8-U"},       {.name = "MACINTOSH"},
    {.name = "CP850"},        {.name = "CP437"},
};
static struct converter {
    const char *name;
    iconv_t cd;
    bool tried, open;
} converters[] = {
    {.name = "GB18030"}, {.name = "BIG5"},   {.name = "SHIFT_JIS"}, {.name = "EUC-JP"},   {.name = "ISO-2022-JP"},
    {.name = "EUC-KR"},  {.name = "UTF-16"}, {.name = "UTF-16LE"},  {.name = "UTF-16BE"}, {.name = "UTF-7"},
};
enum {
    NARROWS = sizeof narrows / sizeof *narrows,
    CONVERTERS = sizeof converters / sizeof *converters,
    UNLOADS = 4, /* the C library unloads a converter when others have been given back behind it */
    UNKNOWN = 0xfffd
};
static bool warmed;

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

/* Unicode of 0x80..0x9f in windows-1252; what is unassigned stays the control code it is in ISO-8859-1. */
static const uint16_t high_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

static void add_small(struct buf *out, unsigned cp) /* cp < 0x10000 */
{
    if (cp < 0x80) {
        buf_addc(out, (unsigned char)cp);
    } else if (cp < 0x800) {
        buf_addc(out, (unsigned char)(0xc0 | cp >> 6));
        buf_addc(out, (unsigned char)(0x80 | (cp & 0x3f)));
    } else {
        buf_addc(out, (unsigned char)(0xe0 | cp >> 12));
        buf_addc(out, (unsigned char)(0x80 | (cp >> 6 & 0x3f)));
        buf_addc(out, (unsigned char)(0x80 | (cp & 0x3f)));
    }
}

static void latin(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];

        add_small(out, c >= 0x80 && c < 0xa0 ? high_1252[c - 0x80] : c);
    }
}

/* The length of the UTF-8 sequence at s, 0 when there is none (RFC 3629: shortest form, no surrogates, to U+10FFFF). */
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

size_t text_utf8_next(struct span s)
{
    return s.n > 0 ? utf8_length(s) : 0;
}

/* How many octets of ASCII s begins with: most of a text, so eight at a time. */
size_t text_ascii_run(struct span s)
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

void text_make_utf8(struct span in, struct buf *out)
{
    while (in.n > 0) {
        size_t ascii = text_ascii_run(in), n = ascii > 0 ? ascii : utf8_length(in);

        if (n > 0)
            buf_add(out, in.p, n);
        else
            latin(span_head(in, 1), out);
        in = span_from(in, n > 0 ? n : 1);
    }
}

/* ---- narrow charsets ---- */

/* Behind the character the converter is told that the text ends: some wait for an accent to come. */
static uint16_t unicode_of(iconv_t cd, unsigned char c)
{
    char one = (char)c, *in = &one;
    wchar_t got[4] = {0};
    char *to = (char *)got;
    size_t left = 1, room = sizeof got;

    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &in, &left, &to, &room) == (size_t)-1 || iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
        return UNKNOWN;
    return room == sizeof got - sizeof *got && got[0] < 0x10000 ? (uint16_t)got[0] : UNKNOWN;
}

static bool narrow_load(struct narrow *n)
{
    iconv_t cd;

    if (n->tried || warmed)
        return n->known;
    n->tried = true;
    cd = iconv_open("WCHAR_T", n->name);
    if (cd == (iconv_t)-1)
        return false;
    for (unsigned i = 0; i < 128; i++)
        n->high[i] = unicode_of(cd, (unsigned char)(0x80 + i));
    iconv_close(cd);
    return n->known = true;
}

static struct narrow *find_narrow(const char *charset)
{
    for (size_t i = 0; i < NARROWS; i++)
        if (span_ieq_str(span_str(charset), narrows[i].name))
            return &narrows[i];
    return NULL;
}

static void widen(const struct narrow *n, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++)
        add_small(out, in.p[i] < 0x80 ? in.p[i] : n->high[in.p[i] - 0x80]);
}

/* ---- wide charsets ---- */

static struct converter *find_converter(const char *charset)
{
    for (size_t i = 0; i < CONVERTERS; i++)
        if (span_ieq_str(span_str(charset), converters[i].name))
            return &converters[i];
    return NULL;
}

static bool open_converter(struct converter *c)
{
    if (!c->tried && !warmed) {
        c->cd = iconv_open("UTF-8", c->name);
        c->open = c->cd != (iconv_t)-1;
        c->tried = true;
    }
    return c->open;
}

void text_warm(void)
{
    for (size_t i = 0; i < NARROWS; i++)
        narrow_load(&narrows[i]);
    for (size_t i = 0; i < CONVERTERS; i++)
        open_converter(&converters[i]);
    for (int i = 0; i < UNLOADS && !warmed; i++) {
        iconv_t cd = iconv_open("WCHAR_T", narrows[i % 2].name);

        if (cd != (iconv_t)-1)
            iconv_close(cd);
    }
    warmed = true;
}

/* What cannot be converted becomes U+FFFD, one for each byte stepped over. */
static void convert(iconv_t cd, struct span in, struct buf *out)
{
    char *p = (char *)(uintptr_t)in.p;
    size_t left = in.n;

    iconv(cd, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char block[4096], *to = block;
        size_t room = sizeof block;
        size_t r = iconv(cd, &p, &left, &to, &room);

        buf_add(out, block, sizeof block - room);
        if (r != (size_t)-1 || errno == E2BIG)
            continue;
        buf_addstr(out, "\xef\xbf\xbd");
        p++;
        left--;
    }
}

static const char *real_name(const char *charset)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (span_ieq_str(span_str(charset), aliases[i].alias))
            return aliases[i].name;
    return charset;
}

enum rc text_to_utf8(const char *charset, struct span in, struct buf *out, struct err *e)
{
    struct span name = span_str(real_name(charset));
    struct narrow *n = find_narrow((const char *)name.p);
    struct converter *c = find_converter((const char *)name.p);

    if (span_ieq_str(name, "UTF-8") || span_ieq_str(name, "US-ASCII"))
        text_make_utf8(in, out);
    else if (span_ieq_str(name, "ISO-8859-1") || span_ieq_str(name, "WINDOWS-1252"))
        latin(in, out);
    else if (n && narrow_load(n))
        widen(n, in, out);
    else if (c && open_converter(c))
        convert(c->cd, in, out);
    else
        return err_set(e, RC_PERM, NULL, "charset not known", "charset not known");
    return RC_OK;
}
