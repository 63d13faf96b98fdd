/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/causes_test.c - every cause can be put on the wire as it stands, in SMTP and in IMAP. */
#include "policies/causes.h"
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
    for (int i = 0; i < CAUSES_; i++) {
        const struct cause_row *t = cause_row((enum cause)i);
        assert_non_null(t);
        if (!t->fr || !t->en)
            fail_msg("%s has no row", cause_name((enum cause)i));
        assert_true((t->code != 0) == (t->esc != NULL));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(cause_name((enum cause)i), cause_name((enum cause)k));
    }
    assert_null(cause_row(CAUSES_));
    assert_null(cause_row((enum cause) - 1));
}

/* RFC 3463 2: the class of the enhanced code is the class of the reply code. */
static void classes_agree(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSES_; i++) {
        const struct cause_row *t = cause_row((enum cause)i);
        unsigned cls = 0, subject = 0, detail = 0;
        char more = 0;
        if (t->code == 0)
            continue;
        assert_int_equal(sscanf(t->esc, "%1u.%3u.%3u%c", &cls, &subject, &detail, &more), 3);
        assert_int_equal(cls, (unsigned)t->code / 100);
        assert_true(i == CAUSE_NONE || t->code / 100 == 4 || t->code / 100 == 5);
    }
}

/* RFC 3501 9, resp-text-code: an atom, and behind a space its argument, without "]". */
static void imap_codes_are_codes(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSES_; i++) {
        const char *code = cause_row((enum cause)i)->imap;
        if (!code)
            continue;
        assert_in_range(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 1, 32);
        assert_null(strchr(code, ']'));
    }
}

static void is_plain_text(const char *s)
{
    assert_true(s[0] != 0 && s[0] != '[' && !strstr(s, " / ")); /* an IMAP text that begins with "[" is a code */
    for (; *s; s++)
        if (*s < ' ' || *s > '~')
            fail_msg("byte %d", *s);
}

/* RFC 5321 4.5.3.1.5: a reply line has at most 512 bytes with its CRLF, and room for our id of the message. */
static void replies_fit_a_line(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSES_; i++) {
        const struct cause_row *t = cause_row((enum cause)i);
        char line[1024], both[CAUSE_TEXT], text[CAUSE_TEXT * 2];
        int n;
        snprintf(text, sizeof text, "%s / %s", t->fr, t->en);
        assert_string_equal(cause_text((enum cause)i, both), text); /* not cut */
        n = snprintf(line, sizeof line, "%d %s %s, id=0123456789abcdef\r\n", t->code, t->esc ? t->esc : "", both);
        assert_true(n > 0 && n <= 512);
        is_plain_text(t->fr);
        is_plain_text(t->en);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_has_a_row),
        cmocka_unit_test(classes_agree),
        cmocka_unit_test(imap_codes_are_codes),
        cmocka_unit_test(replies_fit_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
