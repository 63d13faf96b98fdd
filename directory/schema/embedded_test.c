/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded_test.c - an instance's slapd: made, started quickly, schema loaded, nothing for strangers. */
#include "directory/schema/embedded_int.h"
#include "directory/schema/slapd_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct trial t;
static struct buf out;

static int make(void **state)
{
    struct err e = {0};
    (void)state;
    if (!trial_make(&t, &e)) {
        print_error("%s\n", e.log);
        return -1;
    }
    int ms = trial_start(&t);
    print_message("slapd answered after %d ms\n", ms);
    return ms >= 0 ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    trial_remove(&t);
    buf_free(&out);
    return 0;
}

#define AS_DIRD "-x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret"

static void dird_signs_in_by_the_short_socket(void **state)
{
    (void)state;
    assert_int_equal(trial_sh(&out, "ldapwhoami -H ldapi://ldapi/ " AS_DIRD), 0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("cn=dird,ou=daemons,o=pli")) >= 0);
    assert_int_equal(trial_sh(&out, "ldapsearch -LLL -H ldapi://ldapi/ " AS_DIRD
                                    " -b ou=domains,o=pli '(objectClass=mssDomain)' dc"),
                     0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("dc: chu.example")) >= 0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("dc: cabinet.example")) >= 0);
}

static void daemons_do_not_sign_in_over_the_network(void **state)
{
    (void)state;
    assert_int_equal(
        trial_sh(&out, "LDAPTLS_CACERT=../ca.pem ldapwhoami -H ldaps://127.0.0.1:%d " AS_DIRD " 2>&1", t.ldaps_port),
        49);
}

static void no_password_over_a_clear_connection(void **state)
{
    (void)state;
    assert_int_equal(trial_sh(&out, "ldapwhoami -H ldap://127.0.0.1:%d " AS_DIRD " 2>&1", t.ldap_port), 13);
    assert_int_equal(
        trial_sh(&out, "LDAPTLS_CACERT=../ca.pem ldapwhoami -ZZ -H ldap://127.0.0.1:%d " AS_DIRD " 2>&1", t.ldap_port),
        49);
}

static void strangers_see_nothing(void **state)
{
    (void)state;
    trial_sh(&out, "LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -b o=pli 2>/dev/null",
             t.ldaps_port);
    assert_int_equal(out.n, 0);
    trial_sh(&out, "ldapsearch -LLL -x -H ldapi://ldapi/ -b o=pli 2>/dev/null");
    assert_int_equal(out.n, 0);
    assert_int_equal(trial_sh(&out, "ldapsearch -LLL -H ldapi://ldapi/ " AS_DIRD " -b ou=daemons,o=pli 2>/dev/null"),
                     32);
}

static void it_is_made_once(void **state)
{
    (void)state;
    struct embedded_spec spec = trial_spec(&t);
    struct err e = {0};
    assert_int_equal(embedded_init(&spec, &e), RC_EXISTS);
    struct stat st;
    assert_int_equal(stat("../keys/dird.secret", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat("../ldap/db/data.mdb", &st), 0);
    assert_int_not_equal(stat("../ldap/base.ldif", &st), 0);
}

static void bad_folders_and_domains_are_refused(void **state)
{
    (void)state;
    static const char *const dirs[] = {"relative", "/tmp/a\"b", "/tmp/a\nb", "/tmp/a@DIR@"};
    static const char *const bad_domain[] = {"ok.example", "Not,a=domain", NULL};
    struct err e = {0};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct embedded_spec s = {.dir = dirs[i]};
        assert_int_equal(embedded_init(&s, &e), RC_SYNTAX);
    }
    char dir[] = "/tmp/pli-ldap-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct embedded_spec s = {.dir = dir, .domains = bad_domain};
    assert_int_equal(embedded_init(&s, &e), RC_SYNTAX);
    folder_drop(dir);
}

static void templates_are_filled(void **state)
{
    (void)state;
    const struct embedded_var vars[] = {{"A", "1"}, {"BC", "@A@"}, {NULL, NULL}};
    struct buf b = BUF_INIT;
    embedded_fill(&b, "x@A@y@BC@@@z", vars);
    assert_string_equal(buf_cstr(&b), "x1y@A@@z");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dird_signs_in_by_the_short_socket),
        cmocka_unit_test(daemons_do_not_sign_in_over_the_network),
        cmocka_unit_test(no_password_over_a_clear_connection),
        cmocka_unit_test(strangers_see_nothing),
        cmocka_unit_test(it_is_made_once),
        cmocka_unit_test(bad_folders_and_domains_are_refused),
        cmocka_unit_test(templates_are_filled),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
