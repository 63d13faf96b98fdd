/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare.c - see base/prepare.h. */
#include "base/prepare.h"
#include "base/ascii.h"
#include "base/prepare_int.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* No normalisation makes more than three characters of one. Lower case makes at most two of one. */
enum { ROOM = 4 * PREPARE_MAX };
struct work {
    uint32_t s[ROOM];
    size_t n;
};

static enum rc read_in(struct span typed, struct work *w, struct err *e)
{
    if (typed.n == 0)
        return err_cause(e, RC_PERM, CAUSE_TEXT_EMPTY, "empty text");
    if (typed.n > PREPARE_MAX)
        return err_cause(e, RC_PERM, CAUSE_TEXT_TOO_LONG, "text of %zu octets, %d at most", typed.n, PREPARE_MAX);
    if (u8_check(typed.p, typed.n) != NULL)
        return err_cause(e, RC_SYNTAX, CAUSE_TEXT_NOT_UTF8, "text is not UTF-8");
    w->n = ROOM;
    u8_to_u32(typed.p, typed.n, w->s, &w->n); /* never more characters than octets: it fits */
    return RC_OK;
}

/* made: the library's result, which is in place or on the heap. */
static enum rc take(struct work *w, uint32_t *made, size_t n, const uint32_t *in_place, struct err *e)
{
    enum rc rc = RC_OK;

    if (made == NULL || n > ROOM)
        rc = err_set(e, RC_TEMP, "prepare: no memory");
    else
        memcpy(w->s, made, n * sizeof *made);
    w->n = rc == RC_OK ? n : 0;
    if (made != NULL && made != in_place) {
        wipe(made, n * sizeof *made);
        free(made);
    }
    return rc;
}

static enum rc compose(struct work *w, struct err *e)
{
    uint32_t room[ROOM];
    size_t n = ROOM;
    uint32_t *made = u32_normalize(UNINORM_NFC, w->s, w->n, room, &n);
    enum rc rc = take(w, made, n, room, e);

    wipe(room, sizeof room);
    return rc;
}

static enum rc lower(struct work *w, struct err *e)
{
    uint32_t room[ROOM];
    size_t n = ROOM;
    uint32_t *made = u32_tolower(w->s, w->n, NULL, NULL, room, &n);

    return take(w, made, n, room, e);
}

static void map_spaces(struct work *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (uc_is_general_category_withtable(w->s[i], UC_CATEGORY_MASK_Zs))
            w->s[i] = ' ';
}

static void map_width(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        ucs4_t whole[UC_DECOMPOSITION_MAX_LENGTH];
        int tag = 0, n = w->s[i] < 0x80 ? -1 : uc_decomposition(w->s[i], &tag, whole);

        if (n == 1 && (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW))
            w->s[i] = whole[0];
    }
}

static enum rc put_out(struct work *w, struct buf *out, struct err *e)
{
    enum rc rc = buf_reserve(out, w->n * 4, e);

    for (size_t i = 0; rc == RC_OK && i < w->n; i++) {
        uint8_t one[6];
        int n = u8_uctomb(one, w->s[i], sizeof one);

        buf_add(out, one, n > 0 ? (size_t)n : 0);
    }
    return rc;
}

static enum rc as_password(struct work *w, struct err *e)
{
    map_spaces(w);
    if (compose(w, e) != RC_OK)
        return e->rc;
    /* behind the mapping, as RFC 8265 4.2.2 has it: what composition made is looked at too */
    return precis_all_allowed(w->s, w->n, PRECIS_FREEFORM)
               ? RC_OK
               : err_cause(e, RC_PERM, CAUSE_PASSWORD_CHARACTER,
                           "Password has a character that is not allowed (invisible, control)");
}

static enum rc as_username(struct work *w, struct err *e)
{
    map_width(w);
    if (lower(w, e) != RC_OK || compose(w, e) != RC_OK)
        return e->rc;
    return precis_all_allowed(w->s, w->n, PRECIS_IDENTIFIER) && precis_bidi_ok(w->s, w->n)
               ? RC_OK
               : err_cause(e, RC_PERM, CAUSE_LOGIN_CHARACTER, "User name has a character that is not allowed");
}

static bool is_direction(uint32_t cp)
{
    return uc_is_property_bidi_control(cp);
}

static bool is_control(uint32_t cp)
{
    return uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

static const struct name_rule {
    bool (*breaks)(uint32_t cp);
    enum cause cause;
    const char *log;
} name_rules[] = {
    {is_direction, CAUSE_NAME_DIRECTION, "Name has a direction mark"},
    {is_control, CAUSE_NAME_CONTROL, "Name has a control character"},
    {precis_is_invisible, CAUSE_NAME_INVISIBLE, "Name has an invisible character"},
};

/* The rule that the character breaks; NULL: it may stand in a name. */
static const struct name_rule *broken_by(uint32_t cp)
{
    for (size_t i = 0; i < sizeof name_rules / sizeof *name_rules; i++)
        if (name_rules[i].breaks(cp))
            return &name_rules[i];
    return NULL;
}

static enum rc as_name(struct work *w, struct err *e)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct name_rule *rule = broken_by(w->s[i]);

        if (rule)
            return err_cause(e, RC_PERM, rule->cause, "%s", rule->log);
    }
    return compose(w, e);
}

static enum rc as_shown(struct work *w, struct err *e)
{
    for (size_t i = 0; i < w->n; i++)
        if (broken_by(w->s[i]))
            w->s[i] = 0xfffd;
    return compose(w, e);
}

/* ASCII that a form leaves as it is, from the first such character on. It is what most people type, and the tables of all other scripts are many pages
 * that a process reads for the first time. */
static bool is_plain(struct span typed, unsigned char first)
{
    if (typed.n == 0 || typed.n > PREPARE_MAX)
        return false;
    for (size_t i = 0; i < typed.n; i++)
        if (typed.p[i] < first || typed.p[i] > '~')
            return false;
    return true;
}

static enum rc prepare(struct span typed, enum rc (*as)(struct work *, struct err *), struct buf *out, struct err *e)
{
    struct work w;
    enum rc rc = read_in(typed, &w, e);

    if (rc == RC_OK)
        rc = as(&w, e);
    if (rc == RC_OK)
        rc = put_out(&w, out, e);
    wipe(&w, sizeof w);
    return rc;
}

enum rc prepare_password(struct span typed, struct buf *out, struct err *e)
{
    if (!is_plain(typed, ' '))
        return prepare(typed, as_password, out, e);
    buf_addspan(out, typed);
    return RC_OK;
}

enum rc prepare_username(struct span typed, struct buf *out, struct err *e)
{
    if (!is_plain(typed, '!')) /* no space (RFC 8264 4.2.3) */
        return prepare(typed, as_username, out, e);
    for (size_t i = 0; i < typed.n; i++)
        buf_addc(out, (char)ascii_lower(typed.p[i]));
    return RC_OK;
}

enum rc prepare_name(struct span typed, struct buf *out, struct err *e)
{
    return prepare(typed, as_name, out, e);
}

void prepare_shown(struct span stored, struct buf *out)
{
    struct err e;

    if (prepare(stored, as_shown, out, &e) != RC_OK)
        buf_addspan(out, stored); /* not made here: too long, or no UTF-8 */
}

size_t prepare_line(char *line, size_t n)
{
    const char *from = line, *end = line + n;
    char *to = line;

    while (from < end) {
        ucs4_t cp;
        int got = u8_mbtoucr(&cp, (const uint8_t *)from, (size_t)(end - from));
        size_t step = got > 0 ? (size_t)got : 1;

        if (got > 0 && !broken_by(cp)) {
            memmove(to, from, step);
            to += step;
        } else
            *to++ = got > 0 && cp < 0x80 ? ' ' : '?';
        from += step;
    }
    return (size_t)(to - line);
}
