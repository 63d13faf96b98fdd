/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate_test.c - the questions of slapd's overlay sock, as they come. */
#include "directory/dird/gate.h"
#include "directory/dird/newpass.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BIND_TEXT                                                                                                      \
    "BIND\nmsgid: 3\npeername: IP=192.0.2.1:4711\nconnid: 1005\nsuffix: o=pli\n"                                       \
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
    assert_int_equal(
        gate_parse(SPAN_LIT("RESULT\nmsgid: 3\npeername: IP=[::1]:9\nbinddn: mail=x,ou=y\nconnid: 7\ncode: 49\n\n"), &q,
                   &e),
        RC_OK);
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
    struct span whole =
        SPAN_LIT("MODIFY\nmsgid: 4\nbinddn: mail=gp@chu.example,ou=mailboxes,o=pli\npeername: "
                 "IP=192.0.2.1:4711\nconnid: 9\nsuffix: o=pli\n"
                 "dn: mail=gp@chu.example,ou=mailboxes,o=pli\nreplace: userPassword\nuserPassword: x\n-\n\n");
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(gate_parse(span_of(whole.p, n), &q, &e), RC_MORE);
    assert_int_equal(gate_parse(whole, &q, &e), RC_OK);
    assert_true(q.what == GATE_MODIFY && q.msgid == 4 && q.connid == 9);
    assert_true(span_eq_str(q.binddn, "mail=gp@chu.example,ou=mailboxes,o=pli"));
    assert_true(span_eq_str(q.peername, "IP=192.0.2.1:4711"));
    assert_true(span_eq_str(q.changes, "replace: userPassword\nuserPassword: x\n-\n"));
}

static void an_operation_is_whole_with_its_value(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    struct span whole = SPAN_LIT("EXTENDED\nmsgid: 4\nbinddn: mail=gp@chu.example,ou=mailboxes,o=pli\npeername: "
                                 "IP=192.0.2.1:4711\nconnid: 9\nsuffix: o=pli\n"
                                 "oid: 1.3.6.1.4.1.4203.1.11.1\nvalue: MASCAng=\n\n");
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(gate_parse(span_of(whole.p, n), &q, &e), RC_MORE);
    assert_int_equal(gate_parse(whole, &q, &e), RC_OK);
    assert_true(q.what == GATE_EXTENDED && q.msgid == 4 && q.connid == 9);
    assert_true(newpass_is_exop(q.oid) && span_eq_str(q.value, "MASCAng="));
}

/* What is changed, whether slapd hashed it, and whether it is taken. */
static void changes_of_a_password(void **state)
{
    (void)state;
    static const struct {
        const char *changes;
        bool hashed, taken;
    } rows[] = {
        {"replace: userPassword\nuserPassword:: dG91dC1ub3V2ZWF1LTk=\n-\n", false, true},
        {"replace: userPassword\nuserPassword: tout-nouveau-9\n-\n", false, true},
        {"delete: userPassword\n-\nadd: userPassword\nuserPassword: tout-nouveau-9\n-\n", false, true},
        {"delete: userPassword\nuserPassword: avant\n-\nadd: userPassword\nuserPassword: tout-nouveau-9\n-\n", false,
         true},
        {"replace: mail\nmail: a\n-\n", false, true}, /* who may write it is slapd's business */
        {"", false, true},
        {"replace: userPassword\nuserPassword: {ARGON2}x\n-\n", true, true},
        {"replace: userPassword\nuserPassword: {ARGON2}x\n-\n", false, false},
        {"replace: userPassword\nuserPassword: {CLEARTEXT}tout-nouveau\n-\n", true, false},
        {"replace: userPassword\nuserPassword: court\n-\n", true, false},
        {"replace: userPassword\nuserPassword: {ARGON2}x\nuserPassword: {ARGON2}y\n-\n", true, false},
        {"add: userPassword\nuserPassword: tout-nouveau-9\n-\n", false, false},
        {"delete: userPassword\n-\n", false, false},
        {"replace: userPassword\n-\n", false, false},
        {"replace: userPassword;x-a\nuserPassword;x-a: tout-nouveau-9\n-\n", false, false},
        {"increment: userPassword\nuserPassword: tout-nouveau-9\n-\n", false, false},
        {"replace: userPassword\nuserPassword:< file:///etc/passwd\n-\n", false, false},
        {"replace: userPassword\nuserPassword: tout-nouveau-9\n", false, false}, /* half of it */
        {"replace\n", false, false},
    };
    struct newpass_who who = {SPAN_LIT("gp@chu.example"), 8};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        bool taken = newpass_of_changes(&who, span_str(rows[i].changes), rows[i].hashed, &e) == RC_OK;
        if (taken != rows[i].taken)
            fail_msg("%s: %s", rows[i].changes, e.log);
    }
}

static void requests_of_a_password(void **state)
{
    (void)state;
    static const struct {
        const char *base64;
        bool taken;
    } rows[] = {
        {"MBCCDnRvdXQtbm91dmVhdS05", true},
        {"MAOCAWE=", false},
        {"MAA=", false},
        {"MAWCDnRvdQ==", false},
        {"", false},
        {"####", false},
        {"MBCBDnRvdXQtbm91dmVhdS05", false}, /* the old one alone */
    };
    struct newpass_who who = {SPAN_LIT("gp@chu.example"), 8};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        if ((newpass_of_exop(&who, span_str(rows[i].base64), &e) == RC_OK) != rows[i].taken)
            fail_msg("%s: %s", rows[i].base64, e.log);
    }
}

/* What a client writes into its name comes behind what slapd says. */
static void a_name_with_line_ends_forges_nothing(void **state)
{
    (void)state;
    struct gate_ask q;
    struct err e = {0};
    struct buf login = BUF_INIT;
    assert_int_equal(
        gate_parse(SPAN_LIT("BIND\nmsgid: 3\npeername: IP=192.0.2.1:4711\nconnid: 7\nsuffix: o=pli\n"
                            "dn: mail=gp@chu.example\npeername: PATH=x\ncredlen: 1\ncred: x\n\n,ou=mailboxes,o=pli\n"),
                   &q, &e),
        RC_OK);
    assert_true(span_eq_str(q.peername, "IP=192.0.2.1:4711"));
    gate_login(q.dn, "o=pli", &login);
    assert_int_equal(login.n, 0);
    buf_free(&login);
}

static void addresses_in_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"mail=gp@chu.example,ou=mailboxes,o=pli", "gp@chu.example"},
        {"MAIL=GP@chu.example,OU=mailboxes,O=pli", "GP@chu.example"},
        {"mail=g\\2Bp@chu.example,ou=mailboxes,o=pli", "g+p@chu.example"},
        {"mail=g\\+p@chu.example,ou=mailboxes,o=pli", "g+p@chu.example"},
        {"mail=\\20gp@chu.example\\20,ou=mailboxes,o=pli", "gp@chu.example"},
        {"mail=\\ \\20 gp@chu.example  ,ou=mailboxes,o=pli", "gp@chu.example"},
        {"mail=a\\20\\20b@chu.example,ou=mailboxes,o=pli", "a b@chu.example"},
        {"mail=\\20,ou=mailboxes,o=pli", ""},
        {"cn=dird,ou=daemons,o=pli", ""},
        {"mail=,ou=mailboxes,o=pli", ""},
        {"ou=mailboxes,o=pli", ""},
        {"", ""},
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
        {"IP=192.0.2.1:4711", "192.0.2.1"},
        {"IP=[2001:db8::1]:636", "2001:db8::1"},
        {"PATH=ldapi", ""},
        {"", ""},
        {"IP=[", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_eq_str(gate_peer(span_str(rows[i][0])), rows[i][1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bind_is_whole_with_its_password),
        cmocka_unit_test(a_result_tells_its_code),
        cmocka_unit_test(a_change_is_whole_with_its_end),
        cmocka_unit_test(an_operation_is_whole_with_its_value),
        cmocka_unit_test(changes_of_a_password),
        cmocka_unit_test(requests_of_a_password),
        cmocka_unit_test(a_name_with_line_ends_forges_nothing),
        cmocka_unit_test(addresses_in_names),
        cmocka_unit_test(addresses_of_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
