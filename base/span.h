/* SPDX-License-Identifier: EUPL-1.2 */
/* base/span.h - a borrowed run of bytes. A span owns nothing, is never NUL-terminated, and may hold any byte.
 * Process  all.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const unsigned char *p;
    size_t n;
};

#define SPAN_LIT(s) ((struct span){(const unsigned char *)(s), sizeof(s) - 1})
#define SPAN_NULL ((struct span){NULL, 0})
/* for printf("%.*s"): SPAN_ARG(s); s is evaluated twice */
#define SPAN_ARG(s) (int)(s).n, (const char *)(s).p

static inline struct span span_str(const char *s) /* NULL gives the empty span */
{
    return (struct span){(const unsigned char *)s, s ? strlen(s) : 0};
}
static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){p, n};
}
static inline struct span span_from(struct span s, size_t off) /* tail from off; off <= n */
{
    return (struct span){off > 0 ? s.p + off : s.p, s.n - off}; /* NULL + 0 is not C */
}
static inline struct span span_head(struct span s, size_t n) /* the first n bytes, or all when there are fewer */
{
    return (struct span){s.p, n < s.n ? n : s.n};
}
bool span_eq(struct span a, struct span b);
bool span_eq_str(struct span a, const char *s);
bool span_ieq(struct span a, struct span b);           /* ASCII case-insensitive */
bool span_ieq_str(struct span a, const char *s);
bool span_istarts(struct span a, const char *prefix);  /* ASCII case-insensitive */
int span_cmp(struct span a, struct span b);            /* memcmp order, shorter first */
ptrdiff_t span_chr(struct span a, unsigned char c);    /* index or -1 */
struct span span_cut(struct span *rest, unsigned char end); /* takes off and gives what stands before the first end, and takes that off; all, where there is none */
ptrdiff_t span_find(struct span hay, struct span needle); /* index or -1 */
struct span span_head_text(struct span s, size_t n);   /* the first n bytes or a little fewer: no character of UTF-8 is cut */
struct span span_trim(struct span a);                  /* SP, HTAB, CR, LF off both ends */
bool span_u64(struct span a, uint64_t max, uint64_t *out); /* all of a must be decimal digits, and the number at most max */
char *span_dup(struct span a);                         /* malloc'ed NUL-terminated copy; dies on no memory */
