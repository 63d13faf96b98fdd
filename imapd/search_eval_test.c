/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search_eval_test.c - SEARCH programs over known facts: each key, three-valued logic, and which tiers a program needs.
 * Process  tests. */
#include "imapd/search.h"
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static uint32_t uids[] = {10, 20, 30};
static uint64_t flags[] = {MF_SEEN | MF_FLAGGED, VF_RECENT | (1ull << 8), VF_RECENT | MF_SEEN | MF_DELETED};
static const struct view view = {.n = 3, .told = 3, .uid = uids, .flags = flags};
static const char header[] = "From: Ana <ana@chu.test>\r\nSubject: =?utf-8?q?=C3=89clampsie?=\r\nX-Empty:\r\n\r\n";

enum { DAY = 20000 };
static const struct store_entry entry = {.uid = 20, .size = 1000, .internaldate = (uint64_t)DAY * 86400 + 5};

static struct imap_key *parse(const char *text, struct imap_arena *mem)
{
    struct imap_in in = imap_in_of(span_str(text), mem, &everything);
    struct imap_session s = {.view = (struct view *)&view, .mem = *mem};
    union imap_args a;
    struct err e;
    char kw[] = "$Vu";

    s.keywords.name[0] = kw;
    s.keywords.known = 1ull << 8;
    if (imap_parse_search(&in, &a, &e) != RC_OK)
        fail_msg("%s: %s", text, e.log);
    s.mem = *mem;
    if (search_prepare(&s, &a.search, &e) != RC_OK)
        fail_msg("%s: %s", text, e.log);
    *mem = s.mem;
    return a.search.top;
}

static enum tri eval(const char *text, uint32_t row, bool with_entry, bool with_summary)
{
    struct summary sum = {.header = span_str(header), .has_header = true, .has_date = true, .local_day = DAY - 1};
    struct facts f = {
        .view = &view, .row = row, .entry = with_entry ? &entry : NULL, .summary = with_summary ? &sum : NULL};
    struct imap_arena mem = {0};
    enum tri t = search_eval(parse(text, &mem), &f);

    imap_arena_free(&mem);
    return t;
}

static const struct {
    const char *text;
    int of_row[3];
} by_view[] = {
    {" ALL", {1, 1, 1}},
    {" SEEN", {1, 0, 1}},
    {" UNSEEN", {0, 1, 0}},
    {" FLAGGED SEEN", {1, 0, 0}},
    {" RECENT", {0, 1, 1}},
    {" OLD", {1, 0, 0}},
    {" NEW", {0, 1, 0}},
    {" KEYWORD $vu", {0, 1, 0}},
    {" UNKEYWORD $Vu", {1, 0, 1}},
    {" KEYWORD nope", {0, 0, 0}},
    {" UNKEYWORD x", {1, 1, 1}},
    {" 1,3", {1, 0, 1}},
    {" *", {0, 0, 1}},
    {" UID 15:25", {0, 1, 0}},
    {" UID *", {0, 0, 1}},
    {" UID 99:*", {0, 0, 1}},
    {" NOT 2", {1, 0, 1}},
    {" OR DELETED 1", {1, 0, 1}},
    {" NOT (SEEN 1)", {0, 1, 1}},
    {" UID 30:10 SEEN", {1, 0, 1}},
};

static void the_view_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof by_view / sizeof *by_view; i++)
        for (uint32_t row = 0; row < 3; row++)
            if ((int)eval(by_view[i].text, row, false, false) != by_view[i].of_row[row])
                fail_msg("%s, row %u", by_view[i].text, row);
}

static const struct {
    const char *text;
    enum tri bare, entry, summary; /* what is known: the view; the entry too; the summary too. Row 1 */
} by_tier[] = {
    {" LARGER 999", TRI_MAYBE, TRI_YES, TRI_YES},
    {" LARGER 1000", TRI_MAYBE, TRI_NO, TRI_NO},
    {" SMALLER 1001", TRI_MAYBE, TRI_YES, TRI_YES},
    {" ON 4-Oct-2024", TRI_MAYBE, TRI_YES, TRI_YES}, /* day 20000 */
    {" BEFORE 4-Oct-2024", TRI_MAYBE, TRI_NO, TRI_NO},
    {" SINCE 4-Oct-2024", TRI_MAYBE, TRI_YES, TRI_YES},
    {" SENTON 3-Oct-2024", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" SENTBEFORE 3-Oct-2024", TRI_MAYBE, TRI_MAYBE, TRI_NO},
    {" SENTSINCE 3-Oct-2024", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" SUBJECT eclampsie", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" SUBJECT \"\xc3\x89"
     "CLAMPSIE\"",
     TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" FROM ANA@", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" TO ana", TRI_MAYBE, TRI_MAYBE, TRI_NO},
    {" HEADER x-empty \"\"", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" HEADER x-none \"\"", TRI_MAYBE, TRI_MAYBE, TRI_NO},
    {" TEXT x", TRI_MAYBE, TRI_MAYBE, TRI_MAYBE},
    {" TEXT \"\"", TRI_YES, TRI_YES, TRI_YES},
    {" SEEN TEXT x", TRI_NO, TRI_NO, TRI_NO}, /* a NO decides an AND, a YES an OR */
    {" OR UNSEEN TEXT x", TRI_YES, TRI_YES, TRI_YES},
    {" OR SEEN LARGER 1", TRI_MAYBE, TRI_YES, TRI_YES},
    {" NOT LARGER 1", TRI_MAYBE, TRI_NO, TRI_NO},
    {" LARGER 1 SUBJECT eclampsie UNSEEN", TRI_MAYBE, TRI_MAYBE, TRI_YES},
    {" LARGER 5000 SUBJECT eclampsie", TRI_MAYBE, TRI_NO, TRI_NO},
};

static void tiers_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof by_tier / sizeof *by_tier; i++)
        if (eval(by_tier[i].text, 1, false, false) != by_tier[i].bare ||
            eval(by_tier[i].text, 1, true, false) != by_tier[i].entry ||
            eval(by_tier[i].text, 1, true, true) != by_tier[i].summary)
            fail_msg("%s", by_tier[i].text);
}

static void tiers_are_named(void **state)
{
    static const struct {
        const char *text;
        unsigned tiers;
        bool sent;
    } t[] = {
        {" SEEN 1:2", 1, false},
        {" LARGER 5", 3, false},
        {" OR SEEN (NOT SUBJECT x)", 5, false},
        {" TEXT x", 9, false},
        {" OR SENTON 1-Jan-2020 BODY x", 13, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_arena mem = {0};
        struct imap_key *k = parse(t[i].text, &mem);

        assert_int_equal(search_tiers(k), t[i].tiers);
        assert_int_equal(search_has_sent(k), t[i].sent);
        imap_arena_free(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_view_decides), cmocka_unit_test(tiers_decide),
                                       cmocka_unit_test(tiers_are_named)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
