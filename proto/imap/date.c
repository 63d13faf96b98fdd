/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/date.c - see proto/imap/date.h. Calendar arithmetic is done on whole days, without a locale and without
 * time zone tables.
 */
#include "proto/imap/date.h"
#include "base/ascii.h"
#include <stdio.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970-01-01 of a proleptic Gregorian date. Years begin in March here, so that the leap day comes last. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

static int month_days(int m, int64_t y)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return days[m - 1] + (m == 2 && leap);
}

static bool take_digits(struct imap_in *in, unsigned least, unsigned most, int *out)
{
    unsigned n = 0;
    int v = 0;

    for (; n < most && imap_peek(in) >= '0' && imap_peek(in) <= '9'; n++)
        v = v * 10 + in->s.p[in->at++] - '0';
    *out = v;
    return n >= least;
}

static bool take_month(struct imap_in *in, int *out)
{
    for (int m = 0; m < 12; m++) {
        char name[4] = {months[3 * m], months[3 * m + 1], months[3 * m + 2], '\0'};

        if (imap_word(in, name)) {
            *out = m + 1;
            return true;
        }
    }
    return false;
}

static bool take_day(struct imap_in *in, int64_t *day_out)
{
    int d, m, y;

    if (!take_digits(in, 1, 2, &d) || !imap_is(in, '-') || !take_month(in, &m) || !imap_is(in, '-') ||
        !take_digits(in, 4, 4, &y))
        return false;
    if (d < 1 || d > month_days(m, y))
        return false;
    *day_out = days_from_civil(y, m, d);
    return true;
}

bool imap_take_date(struct imap_in *in, int64_t *day_out)
{
    bool quoted = imap_is(in, '"');

    return take_day(in, day_out) && (!quoted || imap_is(in, '"'));
}

static bool take_clock(struct imap_in *in, int64_t *seconds_out)
{
    int h, m, s;

    if (!take_digits(in, 2, 2, &h) || !imap_is(in, ':') || !take_digits(in, 2, 2, &m) || !imap_is(in, ':') ||
        !take_digits(in, 2, 2, &s))
        return false;
    *seconds_out = h * 3600 + m * 60 + s;
    return h < 24 && m < 60 && s <= 60;
}

static bool take_zone(struct imap_in *in, int64_t *seconds_out)
{
    bool west = imap_peek(in) == '-';
    int hhmm;

    if (!imap_is(in, '+') && !imap_is(in, '-'))
        return false;
    if (!take_digits(in, 4, 4, &hhmm) || hhmm % 100 > 59 || hhmm / 100 > 23)
        return false;
    *seconds_out = (hhmm / 100 * 3600 + hhmm % 100 * 60) * (west ? -1 : 1);
    return true;
}

bool imap_take_date_time(struct imap_in *in, int64_t *utc_out)
{
    int64_t day, clock, zone;

    if (!imap_is(in, '"'))
        return false;
    (void)imap_sp(in); /* date-day-fixed: a space for the first digit */
    if (!take_day(in, &day) || !imap_sp(in) || !take_clock(in, &clock) || !imap_sp(in) || !take_zone(in, &zone) ||
        !imap_is(in, '"'))
        return false;
    *utc_out = day * 86400 + clock - zone;
    return true;
}

void imap_date_time(int64_t utc, char out[IMAP_DATE_TIME])
{
    const int64_t last = 253402300799; /* 9999-12-31 23:59:59: four digits of a year is all the grammar has */
    int64_t t = utc < 0 ? 0 : utc > last ? last : utc, y;
    int m, d, s = (int)(t % 86400);

    civil_from_days(t / 86400, &y, &m, &d);
    snprintf(out, IMAP_DATE_TIME, "\"%2u-%.3s-%04u %02u:%02u:%02u +0000\"", (unsigned)d % 100, months + 3 * (m - 1),
             (unsigned)y % 10000, (unsigned)s / 3600 % 24, (unsigned)s / 60 % 60, (unsigned)s % 60);
}

/* ---- RFC 3339 ---- */
/* Two or four digits and what follows them, off the front. */
static bool take_number_of(struct span *s, size_t n, const char *then, int *out)
{
    uint64_t v;

    if (s->n < n || !ascii_is_digit(s->p[0]) || !span_u64(span_head(*s, n), 9999, &v))
        return false;
    *s = span_from(*s, n);
    *out = (int)v;
    if (*then == '\0')
        return true;
    if (s->n == 0 || ascii_lower(s->p[0]) != (unsigned char)*then)
        return false;
    *s = span_from(*s, 1);
    return true;
}

/* "Z", "+01:00": seconds east. */
static bool take_offset(struct span s, int *out)
{
    int sign, h, m;

    *out = 0;
    if (s.n == 1 && ascii_lower(s.p[0]) == 'z')
        return true;
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-'))
        return false;
    sign = s.p[0] == '-' ? -1 : 1;
    s = span_from(s, 1);
    if (!take_number_of(&s, 2, ":", &h) || !take_number_of(&s, 2, "", &m) || h > 23 || m > 59)
        return false;
    *out = sign * (h * 3600 + m * 60);
    return true;
}

bool imap_internet_time(struct span s, int64_t *utc_out)
{
    int y, mo, d, h, mi, sec, off;

    if (!take_number_of(&s, 4, "-", &y) || !take_number_of(&s, 2, "-", &mo) || !take_number_of(&s, 2, "t", &d) ||
        !take_number_of(&s, 2, ":", &h) || !take_number_of(&s, 2, ":", &mi) || !take_number_of(&s, 2, "", &sec))
        return false;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60)
        return false;
    if (s.n > 1 && s.p[0] == '.')
        for (s = span_from(s, 1); s.n > 0 && ascii_is_digit(s.p[0]);)
            s = span_from(s, 1);
    if (!take_offset(s, &off))
        return false;
    *utc_out = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - off;
    return *utc_out > 0;
}
