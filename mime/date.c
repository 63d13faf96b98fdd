/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/date.c - the Date: field (mime/fields.h). Each word is recognised by its look (a month's name, a time, a
 * number). So one loop reads the lawful order, the obsolete ones and the common wrong ones ("Nov 21 10:00:00 2026").
 * RFC 5322 3.3, 4.3.
 */
#include "mime/fields.h"
#include "mime/lex.h"

struct found {
    int day, month, year, hour, min, sec, zone; /* month 1.., zone in minutes east */
    bool has_day, has_month, has_year, has_time;
};

static const char *const month_names[12] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
static const struct {
    const char *name;
    int minutes;
} zones[] = {{"EDT", -240}, {"EST", -300}, {"CDT", -300}, {"CST", -360}, {"MDT", -360},
             {"MST", -420}, {"PDT", -420}, {"PST", -480}, {"CET", 60},   {"CEST", 120}};

static bool digits(struct span s, int *out)
{
    uint64_t v;

    if (s.n > 4 || !span_u64(s, 9999, &v))
        return false;
    *out = (int)v;
    return true;
}

static bool take_time(struct span s, struct found *f)
{
    ptrdiff_t c1 = span_chr(s, ':');
    struct span rest, m;
    ptrdiff_t c2;

    if (c1 < 1 || f->has_time)
        return false;
    rest = span_from(s, (size_t)c1 + 1);
    c2 = span_chr(rest, ':');
    m = c2 < 0 ? rest : span_head(rest, (size_t)c2);
    f->has_time = digits(span_head(s, (size_t)c1), &f->hour) && digits(m, &f->min) &&
                  (c2 < 0 || digits(span_from(rest, (size_t)c2 + 1), &f->sec));
    return f->has_time;
}

static bool take_month(struct span s, struct found *f)
{
    for (int i = 0; i < 12 && s.n >= 3; i++) {
        if (span_ieq_str(span_head(s, 3), month_names[i])) {
            f->month = i + 1;
            return f->has_month = true;
        }
    }
    return false;
}

static bool take_zone(struct span s, struct found *f)
{
    int v;

    if (!f->has_time)
        return false;
    if (s.n == 5 && (*s.p == '+' || *s.p == '-') && digits(span_from(s, 1), &v) && v % 100 < 60) {
        f->zone = (*s.p == '-' ? -1 : 1) * (v / 100 * 60 + v % 100);
        return true;
    }
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (span_ieq_str(s, zones[i].name)) {
            f->zone = zones[i].minutes;
            return true;
        }
    }
    return false; /* GMT, UT, Z and what nobody knows are +0000 (RFC 5322 4.3) */
}

static void take_number(struct span s, struct found *f)
{
    int v;

    if (!digits(s, &v))
        return;
    if (!f->has_day && s.n <= 2) {
        f->day = v;
        f->has_day = true;
    } else if (!f->has_year) {
        f->year = s.n >= 4 ? v : v + (v < 50 ? 2000 : 1900);
        f->has_year = true;
    }
}

static bool in_range(const struct found *f)
{
    static const int length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = f->year % 4 == 0 && (f->year % 100 != 0 || f->year % 400 == 0);

    if (!f->has_day || !f->has_month || !f->has_year || f->year < 1900)
        return false;
    return f->day >= 1 && f->day <= length[f->month - 1] + (leap && f->month == 2) && f->hour < 24 && f->min < 60 &&
           f->sec <= 60;
}

/* Days since 1970-01-01 of a Gregorian date. Years are counted from March, so that the leap day is the last day of a
 * year. */
static int64_t days(int64_t y, int m, int d)
{
    int64_t march_year = m <= 2 ? y - 1 : y;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 + of_year - 719468;
}

bool date_parse(struct span body, int64_t *utc_out, int64_t *local_day_out)
{
    struct lex l = lex_of(body, ",-");
    struct found f = {0};
    struct token t;

    if (body.n > FIELD_MAX)
        return false;
    while (lex_next(&l, &t) != TOK_END) {
        struct span signed_zone = {t.text.p, 5};

        if (f.has_time && t.special == '-' && l.rest.n >= 4 && take_zone(signed_zone, &f)) {
            l.rest = span_from(l.rest, 4); /* a "-" is a zone's sign only behind the time: "21-Nov-2026" */
            continue;
        }
        if (t.kind != TOK_WORD || take_time(t.text, &f) || take_zone(t.text, &f) ||
            (!f.has_month && take_month(t.text, &f)))
            continue;
        take_number(t.text, &f);
    }
    if (l.bad || !in_range(&f))
        return false;
    *local_day_out = days(f.year, f.month, f.day);
    *utc_out = *local_day_out * 86400 + f.hour * 3600 + f.min * 60 + f.sec - f.zone * 60;
    return true;
}
