/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/syncinfo_test.c - the values that RFC 4533 allows, and every shorter one. */
#include "directory/dird/syncinfo.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define U "0123456789abcdef"
static const struct row {
    const char *what;
    struct span in;
    bool state; /* a state value, not an info message */
    enum rc rc;
    int a, b; /* state: value; info: done, deletes */
    size_t uuids;
} rows[] = {
    {"add", SPAN_LIT("\x30\x15\x0a\x01\x01\x04\x10" U), true, RC_OK, SYNC_ADD, 0, 1},
    {"delete, cookie", SPAN_LIT("\x30\x18\x0a\x01\x03\x04\x10" U "\x04\x01z"), true, RC_OK, SYNC_DELETE, 0, 1},
    {"unknown state", SPAN_LIT("\x30\x15\x0a\x01\x04\x04\x10" U), true, RC_SYNTAX, 0, 0, 0},
    {"short uuid",
     SPAN_LIT("\x30\x08\x0a\x01\x01\x04\x03"
              "abc"),
     true, RC_SYNTAX, 0, 0, 0},
    {"new cookie",
     SPAN_LIT("\x80\x03"
              "abc"),
     false, RC_OK, 0, 0, 0},
    {"refresh deletes done", SPAN_LIT("\xa1\x00"), false, RC_OK, 1, 0, 0},
    {"refresh present done, cookie",
     SPAN_LIT("\xa2\x05\x04\x03"
              "abc"),
     false, RC_OK, 1, 0, 0},
    {"refresh present, not done", SPAN_LIT("\xa2\x03\x01\x01\x00"), false, RC_OK, 0, 0, 0},
    {"present ids", SPAN_LIT("\xa3\x14\x31\x12\x04\x10" U), false, RC_OK, 0, 0, 1},
    {"deleted ids, long length", SPAN_LIT("\xa3\x81\x2c\x04\x01z\x01\x01\xff\x31\x24\x04\x10" U "\x04\x10" U), false,
     RC_OK, 0, 1, 2},
    {"indefinite length", SPAN_LIT("\xa3\x80\x31\x00"), false, RC_SYNTAX, 0, 0, 0},
    {"unknown choice", SPAN_LIT("\xa4\x00"), false, RC_SYNTAX, 0, 0, 0},
    {"length of 5 bytes", SPAN_LIT("\xa3\x85\x00\x00\x00\x00\x01z"), false, RC_SYNTAX, 0, 0, 0},
    {"length beyond the end", SPAN_LIT("\xa3\x84\xff\xff\xff\xff\x31"), false, RC_SYNTAX, 0, 0, 0},
};

static enum rc parse(const struct row *r, struct span in, int *a, int *b, size_t *uuids)
{
    struct err e = {0};
    struct sync_state_value v = {0};
    struct sync_info info = {.uuids = BUF_INIT};
    enum rc rc = r->state ? sync_state_parse(in, &v, &e) : sync_info_parse(in, &info, &e);
    *a = r->state ? (int)v.state : info.done;
    *b = info.deletes;
    *uuids = r->state ? memcmp(v.uuid, U, 16) == 0 : info.uuids.n / 16;
    buf_free(&info.uuids);
    return rc;
}

static void values_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int a = 0, b = 0;
        size_t uuids = 0;
        if (parse(&rows[i], rows[i].in, &a, &b, &uuids) != rows[i].rc)
            fail_msg("%s", rows[i].what);
        if (rows[i].rc == RC_OK && (a != rows[i].a || b != rows[i].b || uuids != rows[i].uuids))
            fail_msg("%s: %d %d %zu", rows[i].what, a, b, uuids);
    }
}

static void every_shorter_value_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < rows[i].in.n; n++) {
            unsigned char *copy = malloc(n + 1);
            int a, b;
            size_t uuids;
            memcpy(copy, rows[i].in.p, n);
            assert_int_equal(parse(&rows[i], span_of(copy, n), &a, &b, &uuids), RC_SYNTAX);
            free(copy);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_rows),
        cmocka_unit_test(every_shorter_value_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
