/* SPDX-License-Identifier: EUPL-1.2 */
/* base/clock.c - see base/clock.h. Calendar arithmetic is done here, because gmtime(3) may open the time zone file,
 * which a sandboxed process must not do. Pli writes UTC only. */
#include "base/clock.h"
#include "base/err.h"
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL
#define SECS_PER_DAY 86400LL

struct civil {
    long long year;
    int month, day, hour, min, sec, wday; /* month 1-12, wday 0 = Sunday */
};

static int64_t now(clockid_t id)
{
    struct timespec t;

    if (clock_gettime(id, &t) != 0)
        bug("clock_gettime failed");
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_mono(void)
{
    return now(CLOCK_MONOTONIC);
}

int64_t clock_utc(void)
{
    return now(CLOCK_REALTIME) / NS_PER_S;
}

int64_t clock_utc_ms(void)
{
    return now(CLOCK_REALTIME) / NS_PER_MS;
}

int64_t deadline_in(int64_t milliseconds)
{
    int64_t t = clock_mono();

    if (milliseconds >= (DEADLINE_NEVER - t) / NS_PER_MS)
        return DEADLINE_NEVER;
    return milliseconds <= 0 ? t : t + milliseconds * NS_PER_MS;
}

int deadline_left_ms(int64_t deadline)
{
    int64_t left;

    if (deadline == DEADLINE_NEVER)
        return -1;
    left = deadline - clock_mono();
    if (left <= 0)
        return 0;
    left = (left + NS_PER_MS - 1) / NS_PER_MS; /* up, so that a wait never ends just before the deadline */
    return left > INT_MAX ? INT_MAX : (int)left;
}

/* The proleptic Gregorian date of a day. Years are counted from March, so that the leap day comes last. */
static struct civil civil_of(int64_t utc)
{
    int64_t days = utc / SECS_PER_DAY, secs = utc % SECS_PER_DAY;
    int64_t era, doe, yoe, doy, mp;
    struct civil c;

    if (secs < 0) {
        secs += SECS_PER_DAY;
        days--;
    }
    c.wday = (int)(((days + 4) % 7 + 7) % 7);
    days += 719468; /* 1970-01-01 counted from 0000-03-01 */
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = yoe + era * 400 + (c.month <= 2);
    c.hour = (int)(secs / 3600);
    c.min = (int)(secs / 60 % 60);
    c.sec = (int)(secs % 60);
    return c;
}

/* Bounds a time, because a year of more than four digits does not fit the forms. No honest record has such a year. */
static int64_t within(int64_t utc)
{
    const int64_t most = 253402300799LL; /* 9999-12-31T23:59:59Z */

    return utc < 0 ? 0 : utc > most ? most : utc;
}

void clock_rfc5322(int64_t utc, char out[40])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = civil_of(within(utc));

    snprintf(out, 40, "%s, %02d %s %04lld %02d:%02d:%02d +0000", days[c.wday], c.day, months[c.month - 1],
             c.year % 10000, c.hour, c.min, c.sec);
}

void clock_iso(int64_t utc_ms, char out[32])
{
    int64_t secs = within(utc_ms / 1000);
    struct civil c = civil_of(secs);

    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)(c.year % 10000), c.month, c.day, c.hour, c.min,
             c.sec, (int)(utc_ms < 0 ? 0 : utc_ms % 1000));
}
