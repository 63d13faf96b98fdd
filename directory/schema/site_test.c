/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/site_test.c - the LDIF for a directory of the site's own: one line a value, no comment, no template left, and the site's base in place
 * of ours. A real slapd takes it in tests/protocol/test_site_directory.py. */
#include "directory/schema/embedded_int.h"
#include "directory/schema/site.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

static size_t count(const char *in, const char *what)
{
    size_t n = 0;

    for (; (in = strstr(in, what)) != NULL; in += strlen(what))
        n++;
    return n;
}

static void test_schema_is_whole(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    site_schema(&out);
    assert_int_equal(count(buf_cstr(&out), "\nolcAttributeTypes: ( "), count(pli_schema_text, "\nattributetype ( "));
    assert_int_equal(count(buf_cstr(&out), "\nolcObjectClasses: ( "), count(pli_schema_text, "\nobjectclass ( "));
    assert_int_equal(count(buf_cstr(&out), "\nolcObjectIdentifier: "), count(pli_schema_text, "\nobjectIdentifier "));
    assert_int_equal(count(buf_cstr(&out), "\n "), 0);
    assert_int_equal(count(buf_cstr(&out), "#"), 0);
    buf_free(&out);
}

static void test_rules_below_another_base(void **state)
{
    const char *ours = strstr(slapd_conf_text, "suffix \"o=pli\"");
    struct buf out = BUF_INIT;

    (void)state;
    site_config(&out, "olcDatabase={2}mdb,cn=config", "ou=sante,dc=chu,dc=example");
    assert_memory_equal(out.p, "dn: olcDatabase={2}mdb,cn=config\nchangetype: modify\n", 52);
    assert_int_equal(count(buf_cstr(&out), "\nolcAccess: {"), count(ours, "\naccess to "));
    assert_int_equal(count(buf_cstr(&out), "\nolcDbIndex: "), count(ours, "\nindex "));
    assert_int_equal(count(buf_cstr(&out), "\nolcLimits: {"), count(ours, "\nlimits "));
    assert_int_equal(count(buf_cstr(&out), "o=pli"), 0);
    assert_true(count(buf_cstr(&out), "ou=mailboxes,ou=sante,dc=chu,dc=example") > 5);
    assert_int_equal(count(buf_cstr(&out), "sockurl"), 0); /* dird comes over TLS there */
    assert_int_equal(count(buf_cstr(&out), "by anonymous ssf=71 auth"), 3);
    assert_true(count(buf_cstr(&out), "@") == 2 && count(buf_cstr(&out), "[^,@]+@(") == 1); /* no template is left */
    buf_free(&out);
}

/* The base's own entry is the site's; ours is only for o=pli. */
static void test_tree(void **state)
{
    struct buf ours = BUF_INIT, theirs = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(site_tree(&ours, "o=pli", "secret", "chu.example", &e), RC_OK);
    assert_int_equal(site_tree(&theirs, "dc=x", "secret", "chu.example", &e), RC_OK);
    assert_memory_equal(ours.p, "dn: o=pli\n", 10);
    assert_memory_equal(theirs.p, "dn: ou=people,dc=x\n", 19);
    assert_int_equal(count(buf_cstr(&theirs), "dn: dc=chu.example,ou=domains,dc=x\n"), 1);
    assert_int_equal(count(buf_cstr(&theirs), "userPassword: {ARGON2}"), 2);
    assert_int_equal(count(buf_cstr(&theirs), "secret"), 0);
    buf_free(&ours);
    buf_free(&theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema_is_whole),
                                       cmocka_unit_test(test_rules_below_another_base), cmocka_unit_test(test_tree)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
