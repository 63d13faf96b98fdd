/* SPDX-License-Identifier: EUPL-1.2 */
/* Line ends of appended messages, in pieces of every size. */
#include "imapd/line_ends.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *in, *out; /* NULL: refused */
} rows[] = {
    {"A: b\r\n\r\nbody\r\n", "A: b\r\n\r\nbody\r\n"},
    {"A: b\n\nbody\n", "A: b\r\n\r\nbody\r\n"},
    {"A: b\n\nbody\nx\r\ny\rz", "A: b\r\n\r\nbody\r\nx\r\ny\rz"},
    {"\n", "\r\n"},
    {"\nbody\n", "\r\nbody\r\n"},
    {"\r\nbody\nx\r", "\r\nbody\nx\r"},
    {"A: b\r\n\r\na lone\nLF and\ra CR are content\n", "A: b\r\n\r\na lone\nLF and\ra CR are content\n"},
    {"ab", "ab"},
    {"A: b\r\n", "A: b\r\n"},
    {"A: b\r\nFrom: x\nB: c\r\n\r\n", NULL},
    {"A: b\r\nFrom: x\rB: c\r\n\r\n", NULL},
    {"A: b\rB: c\r\rbody\r", NULL},
    {"A: b\nB: c\rD: e\n\n", NULL},
    {"A: b\r", NULL},
    {"A: b\r\n\nbody", NULL},
    {"A: b\n\r\nbody\n", "A: b\r\n\r\nbody\r\n"},
};

static void feed_all(const char *in, size_t step, struct buf *out, bool *refused)
{
    struct line_ends l = LINE_ENDS_INIT;
    struct span rest = span_str(in), kept;
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc = RC_OK;

    while (rest.n > 0 && rc == RC_OK) {
        rc = line_ends_feed(&l, span_head(rest, step), &mem, &kept, &e);
        if (rc == RC_OK)
            buf_addspan(out, kept);
        rest = span_from(rest, step < rest.n ? step : rest.n);
    }
    *refused = rc != RC_OK || line_ends_finish(&l, &e) != RC_OK;
    buf_free(&mem);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= strlen(rows[i].in); step++) {
            struct buf out = BUF_INIT;
            bool refused;

            feed_all(rows[i].in, step, &out, &refused);
            if (refused != (rows[i].out == NULL) || (rows[i].out && strcmp(buf_cstr(&out), rows[i].out) != 0))
                fail_msg("row %zu, step %zu: \"%s\"%s", i, step, buf_cstr(&out), refused ? " refused" : "");
            buf_free(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
