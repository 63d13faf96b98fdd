/* SPDX-License-Identifier: EUPL-1.2 */
/* base/settings.h - every option of pli.conf, declared once: name, type, default, range, unit, help, when it takes effect.
 * From it come the parser's table (pli/conf.c), "pli doctor", the option section of pli.conf(5) and a test of each default.
 * Process  supervisor and pli parse; daemons read values through base/boot.h.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

enum set_type { SET_STR, SET_BYTES, SET_SECS, SET_INT, SET_BOOL, SET_ADDR, SET_LEVEL /* of log lines: 0 debug .. 3 error */,
                SET_WORD /* one of setting_words(); its number there */, SET_NETS /* base/nets.h */ };
enum set_when { SET_AT_START, SET_AT_INIT };
struct setting {
    const char *name; /* "smtpd.max_message" */
    enum set_type type;
    const char *def;  /* as written in pli.conf: "25M", "5m" */
    int64_t lo, hi;   /* in base units (bytes, seconds) */
    enum set_when when;
    const char *help;
};
extern const struct setting settings[]; /* ends with .name NULL */
const struct setting *setting_find(const char *name);
const char *setting_nearest(const char *name); /* for "did you mean" */
const char *setting_words(const char *name);   /* SET_WORD: "operator|domain|off"; NULL for another */
enum rc setting_check(const struct setting *s, const char *value, int64_t *num_out, struct err *e);
size_t name_distance(const char *a, const char *b); /* Levenshtein, of names of at most 64 bytes: one row at a time; SIZE_MAX beyond */
