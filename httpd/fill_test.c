/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/fill_test.c - values in their places, escaped; parts that stay or go; and every form of httpd/texts/ with every combination of ports. */
#include "httpd/autoconfig.h"
#include "httpd/autodiscover.h"
#include "httpd/fill.h"
#include "httpd/routes.h"
#include <libxml/parser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct fill values[] = {
    {"a", "1<2 & \"x\"", false}, {"none", "", false}, {"null", NULL, false}, {"raw", "<b>", true}};

static void check(const char *text, const char *want)
{
    struct buf out = BUF_INIT;

    fill(&out, text, values, sizeof values / sizeof *values);
    if (!span_eq_str(buf_span(&out), want))
        fail_msg("%s gives %s, not %s", text, buf_cstr(&out), want);
    buf_free(&out);
}

static void test_places(void **st)
{
    (void)st;
    check("", "");
    check("plain }", "plain }");
    check("<{a}>", "<1&lt;2 &amp; &quot;x&quot;>");
    check("{raw}{none}{null}.", "<b>.");
    check("{?a}yes{/}{!a}no{/}", "yes");
    check("{?none}yes{/}{!none}no{/}{?null}yes{/}", "no");
    check("{?none}{?a}{a}{/}{a}{/}.", ".");
    check("{?a}{!none}{?a}{?raw}x{/}{/}{/}{/}", "x");
}

static void test_mistakes_are_bugs(void **st)
{
    static const char *const texts[] = {"{unknown}",
                                        "{?unknown}{/}",
                                        "{a",
                                        "{?a}",
                                        "{/}",
                                        "{?none}{unknown}{/}",
                                        "{?a}{?a}{?a}{?a}{?a}{/}{/}{/}{/}{/}"};

    (void)st;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            struct buf out = BUF_INIT;

            signal(SIGABRT, SIG_DFL);
            fclose(stderr);
            fill(&out, texts[i], values, sizeof values / sizeof *values);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
            fail_msg("%s is taken", texts[i]);
    }
}

/* Which ports are offered: bits. What comes is XML each time, and names no port that is not there. */
static void test_every_combination(void **st)
{
    const struct asked_of who = {ASKED_SERVED, "ana@chu.test", "chu.test"};

    (void)st;
    for (unsigned bits = 0; bits < 64; bits++) {
        const struct reach r = {"mail.chu.test",     "chu.test",
                                bits & 1 ? 443 : 0,  bits & 2 ? 993 : 0,
                                bits & 4 ? 143 : 0,  bits & 8 ? 465 : 0,
                                bits & 16 ? 587 : 0, {"mail.chu.test", "o=pli", bits & 32 ? 636 : 0}};
        struct buf out[3] = {BUF_INIT, BUF_INIT, BUF_INIT}, page = BUF_INIT;

        autoconfig_write(&r, "chu.test", &out[0]);
        mobileconfig_write(&r, &who, &out[1]);
        autodiscover_write(&r, &who, &out[2]);
        page_write(&r, &who, &page);
        for (size_t i = 0; i < 3; i++) {
            xmlDoc *doc = xmlReadMemory((const char *)out[i].p, (int)out[i].n, NULL, NULL, XML_PARSE_NONET);

            assert_non_null(doc);
            xmlFreeDoc(doc);
            assert_null(strstr(buf_cstr(&out[i]), ">0<"));
            assert_null(strstr(buf_cstr(&out[i]), "integer></"));
        }
        assert_null(strstr(buf_cstr(&page), "<code></code>"));
        assert_true((strstr(buf_cstr(&page), "LDAP") != NULL) == !!(bits & 32));
        for (size_t i = 0; i < 3; i++)
            buf_free(&out[i]);
        buf_free(&page);
    }
    xmlCleanupParser();
}

/* The same address has the same UUIDs, another one has others. */
static void test_profiles_replace_each_other(void **st)
{
    const struct reach r = {.host = "mail.chu.test",
                            .domain = "chu.test",
                            .imaps = 993,
                            .submissions = 465,
                            .book = {"mail.chu.test", "o=pli", 636}};
    const struct asked_of who[] = {{ASKED_SERVED, "ana@chu.test", "chu.test"},
                                   {ASKED_SERVED, "ana@chu.test", "chu.test"},
                                   {ASKED_SERVED, "eva@chu.test", "chu.test"}};
    struct buf out[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
    const char *at[3];

    (void)st;
    for (size_t i = 0; i < 3; i++) {
        mobileconfig_write(&r, &who[i], &out[i]);
        at[i] = strstr(buf_cstr(&out[i]), "<key>PayloadUUID</key><string>");
        assert_non_null(at[i]);
    }
    assert_true(span_eq(buf_span(&out[0]), buf_span(&out[1])));
    assert_int_not_equal(strncmp(at[0], at[2], 60), 0);
    for (size_t i = 0; i < 3; i++)
        buf_free(&out[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_mistakes_are_bugs),
        cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_profiles_replace_each_other),
    };

    return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
