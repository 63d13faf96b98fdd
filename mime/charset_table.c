/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_table.c - the tables of charset_to_utf8() (mime/charset_int.h). They hold a closed list of charsets.
 * They are filled by asking the C library's iconv for one sequence after the other. GB18030 reads GB2312 and GBK too.
 * RFC 2978.
 *
 * Where   One shared mapping holds all tables. It is read-only once it is filled, so a fork copies nothing of it. Pages
 *         that no charset fills are never allocated.
 * Who     charset_warm() has a child process fill the mapping. The child then ends. iconv is called in a child because
 *         each converter is a library of five mappings, and the C library never unloads the last few of them: the
 *         process and all its sessions would pay for these. Without charset_warm() (tests, tools) a charset is read
 *         when it is first asked for.
 * Cost    7 milliseconds of the child, 0.4 megabytes.
 */
#include "base/err.h"
#include "mime/charset.h"
#include "mime/charset_int.h"
#include <errno.h>
#include <iconv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

enum plane { NONE, GBK, BIG5, SHIFT_JIS, EUC_JP, EUC_JP_BEHIND, EUC_KR, PLANES };
static const struct charset {
    const char *name;
    enum plane pair, behind;
    bool four;
} charsets[] = {
    {.name = "ISO-8859-2"},
    {.name = "ISO-8859-3"},
    {.name = "ISO-8859-4"},
    {.name = "ISO-8859-5"},
    {.name = "ISO-8859-6"},
    {.name = "ISO-8859-7"},
    {.name = "ISO-8859-8"},
    {.name = "ISO-8859-9"},
    {.name = "ISO-8859-10"},
    {.name = "ISO-8859-13"},
    {.name = "ISO-8859-14"},
    {.name = "ISO-8859-15"},
    {.name = "ISO-8859-16"},
    {.name = "WINDOWS-1250"},
    {.name = "WINDOWS-1251"},
    {.name = "WINDOWS-1253"},
    {.name = "WINDOWS-1254"},
    {.name = "WINDOWS-1255"},
    {.name = "WINDOWS-1256"},
    {.name = "WINDOWS-1257"},
    {.name = "WINDOWS-1258"},
    {.name = "KOI8-R"},
    {.name = "KOI8-U"},
    {.name = "MACINTOSH"},
    {.name = "CP850"},
    {.name = "CP437"},
    {.name = "GB18030", .pair = GBK, .four = true},
    {.name = "BIG5", .pair = BIG5},
    {.name = "SHIFT_JIS", .pair = SHIFT_JIS},
    {.name = "EUC-JP", .pair = EUC_JP, .behind = EUC_JP_BEHIND},
    {.name = "EUC-KR", .pair = EUC_KR},
};
enum { CHARSETS = sizeof charsets / sizeof *charsets, BEYOND = 64 };

enum state { UNTRIED, MISSING, READY };
struct tables {
    charset_pairs pair[PLANES];
    uint16_t four[CHARSET_FOUR_BMP];
    uint16_t single[CHARSETS][256];
    uint32_t beyond[BEYOND]; /* the few characters beyond U+FFFF that are not GB18030's by number */
    unsigned n_beyond;
    enum state state[CHARSETS];
};
static struct tables *tables;
static bool warmed;

/* ---- filling ---- */

/* The one character that these octets stand for; 0: none. The converter is then told that the text ends, because some
 * converters hold a character back until they know that no accent follows. */
static uint32_t unicode_of(iconv_t cd, const unsigned char *octets, size_t n)
{
    char copy[4], *in = copy;
    wchar_t got[4] = {0};
    char *to = (char *)got;
    size_t left = n, room = sizeof got;

    memcpy(copy, octets, n);
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &in, &left, &to, &room) == (size_t)-1 || iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
        return 0;
    return room == sizeof got - sizeof *got ? (uint32_t)got[0] : 0;
}

static uint16_t cell_of(uint32_t cp)
{
    if (cp < 0x10000)
        return (uint16_t)cp;
    if (tables->n_beyond == BEYOND)
        return 0;
    tables->beyond[tables->n_beyond] = cp;
    return (uint16_t)(0xd800 + tables->n_beyond++);
}

static void fill_single(iconv_t cd, uint16_t single[256])
{
    for (unsigned c = 0; c < 256; c++) {
        unsigned char octet = (unsigned char)c;
        uint32_t cp = unicode_of(cd, &octet, 1);

        single[c] = (cp > 0 || c == 0) && cp < 0x10000 ? (uint16_t)cp : CHARSET_UNKNOWN;
    }
}

/* Fills in all pairs behind a prefix of octets. The prefix may be empty. single: the octets that are characters by
 * themselves, so they are no leads. */
static void fill_pairs(iconv_t cd, struct span prefix, const uint16_t *single, charset_pairs *pairs)
{
    unsigned char octets[4];

    memcpy(octets, prefix.p, prefix.n);
    for (unsigned lead = 0x80; lead < 0x100; lead++) {
        if (prefix.n == 0 && single[lead] != CHARSET_UNKNOWN)
            continue;
        for (unsigned trail = 0; trail < CHARSET_TRAILS; trail++) {
            uint32_t cp;

            octets[prefix.n] = (unsigned char)lead;
            octets[prefix.n + 1] = (unsigned char)(trail + 0x40);
            cp = unicode_of(cd, octets, prefix.n + 2);
            if (cp > 0)
                (*pairs)[lead - 0x80][trail] = cell_of(cp);
        }
    }
}

static void fill_four(iconv_t cd, uint16_t four[CHARSET_FOUR_BMP])
{
    for (unsigned i = 0; i < CHARSET_FOUR_BMP; i++) {
        unsigned char octets[4] = {(unsigned char)(0x81 + i / 12600), (unsigned char)(0x30 + i / 1260 % 10),
                                   (unsigned char)(0x81 + i / 10 % 126), (unsigned char)(0x30 + i % 10)};

        four[i] = cell_of(unicode_of(cd, octets, 4));
    }
}

static void load(size_t at)
{
    const struct charset *c = &charsets[at];
    uint16_t *single = tables->single[at];
    iconv_t cd;

    if (tables->state[at] != UNTRIED || warmed)
        return;
    tables->state[at] = MISSING;
    cd = iconv_open("WCHAR_T", c->name);
    if (cd == (iconv_t)-1)
        return;
    fill_single(cd, single);
    if (c->pair)
        fill_pairs(cd, SPAN_LIT(""), single, &tables->pair[c->pair]);
    if (c->behind)
        fill_pairs(cd, SPAN_LIT("\x8f"), single, &tables->pair[c->behind]);
    if (c->four)
        fill_four(cd, tables->four);
    iconv_close(cd);
    tables->state[at] = READY;
}

/* ---- the mapping ---- */

static void map_tables(void)
{
    void *p = mmap(NULL, sizeof *tables, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("out of memory for %zu octets of charset tables", sizeof *tables);
    tables = p;
}

static void load_all(void)
{
    for (size_t i = 0; i < CHARSETS; i++)
        load(i);
}

static bool child_loads(void)
{
    pid_t pid = fork();
    int how = 0;

    if (pid == 0) {
        load_all();
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, &how, 0) < 0)
        if (errno != EINTR)
            return errno == ECHILD; /* nobody keeps what has ended: SIGCHLD is ignored */
    return pid > 0 && how == 0;
}

void charset_warm(void)
{
    if (warmed)
        return;
    if (!tables)
        map_tables();
    if (!child_loads())
        load_all();
    mprotect(tables, sizeof *tables, PROT_READ);
    warmed = true;
}

bool charset_map(struct span name, struct charset_map *map_out)
{
    size_t i = 0;

    while (i < CHARSETS && !span_ieq_str(name, charsets[i].name))
        i++;
    if (i == CHARSETS)
        return false;
    if (!tables)
        map_tables();
    load(i);
    *map_out = (struct charset_map){.single = tables->single[i],
                                    .pair = charsets[i].pair ? &tables->pair[charsets[i].pair] : NULL,
                                    .behind = charsets[i].behind ? &tables->pair[charsets[i].behind] : NULL,
                                    .four = charsets[i].four ? tables->four : NULL,
                                    .beyond = tables->beyond};
    return tables->state[i] == READY;
}
