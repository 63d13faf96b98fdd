/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate_test.c - the questions of slapd's overlay sock, as they come. */
#include "directory/dird/gate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BIND_TEXT "BIND\nmsgid: 3\npeername: IP=192.0.2.1:4711\nconnid: 1005\nsuffix: o=pli\n" \
                  "dn: mail=gp@chu.example,ou=mailboxes,o=pli\nmethod: 128\ncredlen: 6\ncred: a\nb\n\nc\n\n"

static void a_bind_is_whole_with_its_password(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    struct span whole = SPAN_LIT(BIND_TEXT);
    for (size_t n = 0; n < whole.n - 1; n++)
        assert_int_equal(gate_parse(span_of(whole.p, n), &q, &e), RC_MORE);
    assert_int_equal(gate_parse(whole, &q, &e), RC_OK);
    assert_true(q.what == GATE_BIND && q.msgid == 3 && q.connid == 1005);
    assert_true(span_eq_str(q.dn, "mail=gp@chu.example,ou=mailboxes,o=pli"));
    assert_true(span_eq_str(q.peername, "IP=192.0.2.1:4711"));
    assert_true(span_eq(q.password, SPAN_LIT("a\nb\n\nc")));
}

static void a_result_tells_its_code(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    assert_int_equal(gate_parse(SPAN_LIT("RESULT\nmsgid: 3\npeername: IP=[::1]:9\nbinddn: mail=x,ou=y\nconnid: 7\ncode: 49\n\n"), &q, &e), RC_OK);
    assert_true(span_eq_str(q.binddn, "mail=x,ou=y"));
    assert_true(q.what == GATE_RESULT && q.msgid == 3 && q.connid == 7 && q.code == 49);
    assert_int_equal(gate_parse(SPAN_LIT("SEARCH\n\n"), &q, &e), RC_SYNTAX);
}

/* A change is whole with its empty line; what is changed is of no interest. */
static void a_change_is_whole_with_its_end(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    struct span whole = SPAN_LIT("MODIFY\nmsgid: 4\nbinddn: mail=gp@chu.example,ou=mailboxes,o=pli\npeername: IP=192.0.2.1:4711\nconnid: 9\nsuffix: o=pli\n"
                                 "dn: mail=gp@chu.example,ou=mailboxes,o=pli\nreplace: userPassword\nuserPassword: x\n-\n\n");
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(gate_parse(span_of(whole.p, n), &q, &e), RC_MORE);
    assert_int_equal(gate_parse(whole, &q, &e), RC_OK);
    assert_true(q.what == GATE_MODIFY && q.msgid == 4 && q.connid == 9);
    assert_true(span_eq_str(q.binddn, "mail=gp@chu.example,ou=mailboxes,o=pli"));
    assert_true(span_eq_str(q.peername, "IP=192.0.2.1:4711"));
}

/* What a client writes into its name comes behind what slapd says. */
static void a_name_with_line_ends_forges_nothing(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    struct buf login = BUF_INIT;
    assert_int_equal(gate_parse(SPAN_LIT("BIND\nmsgid: 3\npeername: IP=192.0.2.1:4711\nconnid: 7\nsuffix: o=pli\n"
                                         "dn: mail=gp@chu.example\npeername: PATH=x\ncredlen: 1\ncred: x\n\n,ou=mailboxes,o=pli\n"),
                                &q, &e), RC_OK);
    assert_true(span_eq_str(q.peername, "IP=192.0.2.1:4711"));
    gate_login(q.dn, "o=pli", &login);
    assert_int_equal(login.n, 0);
    buf_free(&login);
}

static void addresses_in_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"mail=gp@chu.example,ou=mailboxes,o=pli", "gp@chu.example"}, {"MAIL=GP@chu.example,OU=mailboxes,O=pli", "GP@chu.example"},
        {"mail=g\\2Bp@chu.example,ou=mailboxes,o=pli", "g+p@chu.example"}, {"mail=g\\+p@chu.example,ou=mailboxes,o=pli", "g+p@chu.example"},
        {"mail=\\20gp@chu.example\\20,ou=mailboxes,o=pli", "gp@chu.example"}, {"mail=\\ \\20 gp@chu.example  ,ou=mailboxes,o=pli", "gp@chu.example"},
        {"mail=a\\20\\20b@chu.example,ou=mailboxes,o=pli", "a b@chu.example"}, {"mail=\\20,ou=mailboxes,o=pli", ""},
        {"cn=dird,ou=daemons,o=pli", ""}, {"mail=,ou=mailboxes,o=pli", ""}, {"ou=mailboxes,o=pli", ""}, {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf login = BUF_INIT;
        gate_login(span_str(rows[i][0]), "o=pli", &login);
        assert_string_equal(buf_cstr(&login), rows[i][1]);
        buf_free(&login);
    }
}

static void addresses_of_peers(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"IP=192.0.2.1:4711", "192.0.2.1"}, {"IP=[2001:db8::1]:636", "2001:db8::1"}, {"PATH=ldapi", ""}, {"", ""}, {"IP=[", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_eq_str(gate_peer(span_str(rows[i][0])), rows[i][1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bind_is_whole_with_its_password), cmocka_unit_test(a_result_tells_its_code),
        cmocka_unit_test(a_change_is_whole_with_its_end),
        cmocka_unit_test(a_name_with_line_ends_forges_nothing), cmocka_unit_test(addresses_in_names),
        cmocka_unit_test(addresses_of_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
