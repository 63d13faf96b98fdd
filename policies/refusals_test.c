/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/refusals_test.c - every refusal can be put on the wire as it stands. */
#include "policies/refusals.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void every_cause_has_a_row(void **state)
{
    (void)state;
    for (int i = 0; i < REFUSALS_; i++) {
        const struct refusal_text *t = refusal_get((enum refusal)i);
        assert_non_null(t);
        assert_int_equal(t->id, i);
        if (!t->name || !t->fr || !t->en || !t->esc)
            fail_msg("refusal %d has no row", i);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(t->name, refusal_get((enum refusal)k)->name);
    }
    assert_null(refusal_get(REFUSALS_));
    assert_null(refusal_get((enum refusal)-1));
}

/* RFC 3463 2: the class of the enhanced code is the class of the reply code. */
static void classes_agree(void **state)
{
    (void)state;
    for (int i = 0; i < REFUSALS_; i++) {
        const struct refusal_text *t = refusal_get((enum refusal)i);
        unsigned cls = 0, subject = 0, detail = 0;
        char more = 0;
        assert_int_equal(sscanf(t->esc, "%1u.%3u.%3u%c", &cls, &subject, &detail, &more), 3);
        assert_int_equal(cls, (unsigned)t->code / 100);
        assert_true(strlen(t->esc) < sizeof((struct err *)0)->esc);
        assert_true(i == REFUSE_NONE || t->code / 100 == 4 || t->code / 100 == 5);
    }
}

static void is_plain_text(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~')
            fail_msg("byte %d", *s);
}

/* RFC 5321 4.5.3.1.5: a reply line has at most 512 bytes with its CRLF; both texts also fit struct err. */
static void replies_fit_a_line(void **state)
{
    (void)state;
    for (int i = 0; i < REFUSALS_; i++) {
        const struct refusal_text *t = refusal_get((enum refusal)i);
        char line[1024];
        int n = snprintf(line, sizeof line, "%d %s %s / %s\r\n", t->code, t->esc, t->fr, t->en);
        assert_true(n > 0 && n <= 512);
        assert_true(strlen(t->fr) + 3 + strlen(t->en) < sizeof((struct err *)0)->say);
        is_plain_text(t->fr);
        is_plain_text(t->en);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_has_a_row),
        cmocka_unit_test(classes_agree),
        cmocka_unit_test(replies_fit_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
