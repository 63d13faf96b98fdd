/* SPDX-License-Identifier: EUPL-1.2 */
/* base/precis.c - which characters a class of strings allows: RFC 8264 section 8 in its order, the exceptions and
 * context rules of RFC 5892, the Bidi Rule of RFC 5893. The properties of characters come from libunistring. */
#include "base/prepare_int.h"
#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum verdict { DISALLOWED, FREE_ONLY, VALID, BY_CONTEXT };
enum { VIRAMA = 9, KATAKANA_DOT = 0x30fb };

/* RFC 5892 2.6 */
static const struct {
    uint32_t from, to;
    enum verdict v;
} exceptions[] = {
    {0xb7, 0xb7, BY_CONTEXT},
    {0xdf, 0xdf, VALID},
    {0x375, 0x375, BY_CONTEXT},
    {0x3c2, 0x3c2, VALID},
    {0x5f3, 0x5f4, BY_CONTEXT},
    {0x640, 0x640, DISALLOWED},
    {0x660, 0x669, BY_CONTEXT},
    {0x6f0, 0x6f9, BY_CONTEXT},
    {0x6fd, 0x6fe, VALID},
    {0x7fa, 0x7fa, DISALLOWED},
    {0xf0b, 0xf0b, VALID},
    {0x200c, 0x200d, BY_CONTEXT},
    {0x3007, 0x3007, VALID},
    {0x302e, 0x302f, DISALLOWED},
    {0x3031, 0x3035, DISALLOWED},
    {0x303b, 0x303b, DISALLOWED},
    {KATAKANA_DOT, KATAKANA_DOT, BY_CONTEXT},
};

static bool is_any(uint32_t cp, uint32_t categories)
{
    return uc_is_general_category_withtable(cp, categories);
}

static bool is_old_jamo(uint32_t cp)
{
    return (cp >= 0x1100 && cp <= 0x11ff) || (cp >= 0xa960 && cp <= 0xa97f) || (cp >= 0xd7b0 && cp <= 0xd7ff);
}

static bool has_compat(uint32_t cp)
{
    uint32_t few[64], *all;
    size_t n = sizeof few / sizeof *few;
    bool differs;

    all = u32_normalize(UNINORM_NFKC, &cp, 1, few, &n);
    differs = all == NULL || n != 1 || all[0] != cp;
    if (all != few)
        free(all);
    return differs;
}

static enum verdict verdict_on(uint32_t cp)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (cp >= exceptions[i].from && cp <= exceptions[i].to)
            return exceptions[i].v;
    if (cp > ' ' && cp < 0x7f)
        return VALID;
    if (is_any(cp, UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cs) || is_old_jamo(cp) ||
        uc_is_property_default_ignorable_code_point(cp) || uc_is_property_not_a_character(cp))
        return DISALLOWED;
    if (has_compat(cp))
        return FREE_ONLY;
    if (is_any(cp, UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Lm |
                       UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Mc | UC_CATEGORY_MASK_Nd))
        return VALID;
    return is_any(cp, UC_CATEGORY_MASK_Lt | UC_CATEGORY_MASK_Nl | UC_CATEGORY_MASK_No | UC_CATEGORY_MASK_Me |
                          UC_CATEGORY_MASK_Zs | UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_P)
               ? FREE_ONLY
               : DISALLOWED;
}

/* ---- context: RFC 5892 appendix A ---- */
static bool is_in(uint32_t cp, const char *script)
{
    return uc_is_script(cp, uc_script_byname(script));
}

/* A joiner may stand behind a virama. ZERO WIDTH NON-JOINER may also stand between letters that would join. */
static bool joiner_ok(const uint32_t *s, size_t n, size_t i)
{
    size_t before = i, after = i + 1;

    if (i > 0 && uc_combining_class(s[i - 1]) == VIRAMA)
        return true;
    if (s[i] != 0x200c)
        return false;
    while (before > 0 && uc_joining_type(s[before - 1]) == UC_JOINING_TYPE_T)
        before--;
    while (after < n && uc_joining_type(s[after]) == UC_JOINING_TYPE_T)
        after++;
    if (before == 0 || after == n)
        return false;
    return (uc_joining_type(s[before - 1]) == UC_JOINING_TYPE_L ||
            uc_joining_type(s[before - 1]) == UC_JOINING_TYPE_D) &&
           (uc_joining_type(s[after]) == UC_JOINING_TYPE_R || uc_joining_type(s[after]) == UC_JOINING_TYPE_D);
}

static bool any_in(const uint32_t *s, size_t n, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] >= from && s[i] <= to)
            return true;
    return false;
}

static bool any_japanese(const uint32_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] != KATAKANA_DOT && (is_in(s[i], "Hiragana") || is_in(s[i], "Katakana") || is_in(s[i], "Han")))
            return true;
    return false;
}

static bool context_ok(const uint32_t *s, size_t n, size_t i)
{
    switch (s[i]) {
    case 0xb7: /* Catalan l·l */
        return i > 0 && i + 1 < n && s[i - 1] == 'l' && s[i + 1] == 'l';
    case 0x375:
        return i + 1 < n && is_in(s[i + 1], "Greek");
    case 0x5f3:
    case 0x5f4:
        return i > 0 && is_in(s[i - 1], "Hebrew");
    case 0x200c:
    case 0x200d:
        return joiner_ok(s, n, i);
    case KATAKANA_DOT:
        return any_japanese(s, n);
    default: /* the two rows of Arabic digits never stand together */
        return s[i] <= 0x669 ? !any_in(s, n, 0x6f0, 0x6f9) : !any_in(s, n, 0x660, 0x669);
    }
}

bool precis_all_allowed(const uint32_t *s, size_t n, enum precis_class c)
{
    for (size_t i = 0; i < n; i++) {
        enum verdict v = verdict_on(s[i]);

        if (v == DISALLOWED || (v == FREE_ONLY && c != PRECIS_FREEFORM) || (v == BY_CONTEXT && !context_ok(s, n, i)))
            return false;
    }
    return true;
}

/* ---- direction: RFC 5893 2 ---- */
static uint32_t bit(int bidi_class)
{
    return 1u << bidi_class;
}

bool precis_bidi_ok(const uint32_t *s, size_t n)
{
    const uint32_t rtl = bit(UC_BIDI_R) | bit(UC_BIDI_AL), neutral = bit(UC_BIDI_ES) | bit(UC_BIDI_CS) |
                                                                     bit(UC_BIDI_ET) | bit(UC_BIDI_ON) |
                                                                     bit(UC_BIDI_BN) | bit(UC_BIDI_NSM);
    const uint32_t digits = bit(UC_BIDI_EN) | bit(UC_BIDI_AN);
    uint32_t all = 0, last = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t b = bit(uc_bidi_class(s[i]));

        all |= b;
        last = b == bit(UC_BIDI_NSM) ? last : b;
    }
    if ((all & (rtl | bit(UC_BIDI_AN))) == 0)
        return true;
    return (bit(uc_bidi_class(s[0])) & rtl) != 0 && (all & ~(rtl | digits | neutral)) == 0 &&
           (last & (rtl | digits)) != 0 && (all & digits) != digits;
}

bool precis_is_invisible(uint32_t cp)
{
    if (uc_is_property_bidi_control(cp))
        return true;
    if ((cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0100 && cp <= 0xe01ef) || cp == 0x200c || cp == 0x200d)
        return false;
    return uc_is_property_default_ignorable_code_point(cp) || uc_is_property_not_a_character(cp);
}
