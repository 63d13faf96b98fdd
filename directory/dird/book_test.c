/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/book_test.c - the address book as a mail client sees it: plain ldapsearch over ldaps, as a signed-in mailbox. What it finds,
 * and all that it must not.
 */
#include "directory/dird/daemon_test.h"
#include <setjmp.h>
#include <cmocka.h>

#define ME "paul.durand@chu.example"

static int search(const char *who, const char *base, const char *what)
{
    char rest[512];
    snprintf(rest, sizeof rest, "-LLL -o ldif-wrap=no -b '%s' %s", base, what);
    return as_mailbox("ldapsearch", who, rest);
}

static void some_people(void **state)
{
    (void)state;
    struct dird_account h = per("h.dupont-martin@chu.example", "Dr H\xC3\xA9l\xC3\xA8ne MARTIN", 17);
    h.rpps = SPAN_LIT("10001234565");
    h.adeli = SPAN_LIT("123456789");
    h.telephone = SPAN_LIT("0123456789");
    h.description = SPAN_LIT("Avis");
    h.civility = SPAN_LIT("Mme");
    h.town = SPAN_LIT("Saint-\xC3\x89tienne");
    h.structure_name = SPAN_LIT("H\xC3\xB4pital du Nord");
    h.rank = 1;
    h.paperless = SAID_YES;
    h.profession = SPAN_LIT("M\xC3\xA9"
                            "decin");
    h.cert_der = SPAN_LIT("\x30\x03\x02\x01\x05");
    struct dird_account red = per("red.martin@chu.example", "Dr Rouge MARTIN", 18),
                        off = per("off.martin@chu.example", "Dr Off MARTIN", 19);
    red.flags |= DF_RED_LIST;
    off.state = DA_SUSPENDED;
    struct dird_account ward = per("cardiologie@chu.example", "Service de cardiologie", 20);
    ward.type = DT_ORG;
    ward.structure = SPAN_LIT("300017985");
    assert_int_equal(add(per(ME, "Paul Durand", 16)), RC_OK);
    assert_int_equal(add(h), RC_SYNTAX); /* that is no certificate: slapd looks */
    struct buf der = BUF_INIT;
    assert_int_equal(trial_sh(&der, "openssl x509 -in ../tls/slapd.pem -outform DER"), 0);
    h.cert_der = buf_span(&der);
    assert_int_equal(add(h), RC_OK);
    buf_free(&der);
    assert_int_equal(add(red), RC_OK);
    assert_int_equal(add(off), RC_OK);
    assert_int_equal(add(ward), RC_OK);
}

/* Whatever way a client builds its filter, and whichever part of the name is typed, with or without accents. */
static void a_colleague_is_completed(void **state)
{
    (void)state;
    static const char *const filters[] = {
        "(|(cn=mart*)(mail=mart*))",
        "(cn=hel*)",
        "(cn=H\xC3\xA9l*)",
        "(sn=martin)",
        "(givenName=helene)",
        "(cn=*martin*)",
        "(cn=Dr H*)",
        "(displayName=*MARTIN)",
        "(|(mail=h.dup*)(givenName=h.dup*)(sn=h.dup*))",
        "(mssSearchName=dupont*)",
        "(mssSearchName=etienne*)",
        "(l=saint-e*)",
        "(l=saint e*)",
        "(o=hopital du*)",
        "(o=H\xC3\xB4pital*)",
        "(o=*nord)",
        "(&(objectClass=inetOrgPerson)(mail=*@chu.example)(sn=mar*))",
        "(title=m\xC3\xA9"
        "decin)",
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        char what[256];
        snprintf(what, sizeof what, "'%s' cn mail displayName sn givenName", filters[i]);
        int rc = search(ME, i % 2 ? "ou=mailboxes,o=pli" : "o=pli", what);
        if (rc != 0 || !says("mail: h.dupont-martin@chu.example"))
            fail_msg("%s: %d %s", filters[i], rc, buf_cstr(&out));
        assert_false(says("red.martin") || says("off.martin"));
    }
}

/* What an S/MIME client looks for. */
static void the_certificate_is_there(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_list_req rq = {SPAN_NULL, SPAN_NULL};
    struct dird_list_rep rep = {0};
    struct dird_account a;
    assert_int_equal(search(ME, "ou=mailboxes,o=pli", "'(mail=h.dupont-martin@chu.example)' 'userCertificate;binary'"),
                     0);
    assert_true(says("userCertificate;binary:: MI"));
    assert_int_equal(dir_call(dir, DIRD_CERTS, &rq, &rep, &e), RC_OK);
    assert_int_equal(ipc_list_next(&rep.list, dird_account_f, &a, &e), RC_OK);
    assert_true(span_eq_str(a.address, "h.dupont-martin@chu.example") && a.cert_der.n > 200 && a.cert_der.p[0] == 0x30);
    assert_int_equal(rep.list.n, 0);
}

static void the_red_list_and_the_disabled_are_not_shown(void **state)
{
    (void)state;
    assert_int_equal(search(ME, "o=pli", ""), 0);
    assert_true(says("mail: cardiologie@chu.example") && says("mssStructureId: 300017985"));
    assert_false(says("red.martin") || says("off.martin") || says("Rouge"));
    assert_int_equal(search(ME, "mail=red.martin@chu.example,ou=mailboxes,o=pli", "-s base"), 32);
    assert_int_equal(search("red.martin@chu.example", "mail=red.martin@chu.example,ou=mailboxes,o=pli", "-s base"), 0);
    assert_true(says("cn: Dr Rouge MARTIN")); /* its holder sees it */
}

static void a_colleague_reads_how_to_reach_her(void **state)
{
    (void)state;
    static const char *const shown[] = {
        "telephoneNumber: 0123456789",  "description: Avis",   "personalTitle: Mme", "l:: U2FpbnQtw4l0aWVubmU=",
        "o:: SMO0cGl0YWwgZHUgTm9yZA==", "mssPreferredRank: 1", "mssPaperless: TRUE"};
    assert_int_equal(search(ME, "mail=h.dupont-martin@chu.example,ou=mailboxes,o=pli", "-s base"), 0);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!says(shown[i]))
            fail_msg("%s is not shown: %s", shown[i], buf_cstr(&out));
}

static void nobody_reads_secrets(void **state)
{
    (void)state;
    static const char *const hidden[] = {"userPassword",      "ARGON2",           "ou=daemons", "cn=dird",
                                         "cn=nobody",         "ou=trust,",        "ou=domains", "ou=people",
                                         "rpps: 10001234565", "pliMailboxId: 17", "adeli"};
    assert_int_equal(search(ME, "o=pli", "'(objectClass=*)' '*' '+' userPassword"), 0);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (says(hidden[i]))
            fail_msg("%s is shown: %s", hidden[i], buf_cstr(&out));
    static const char *const bases[] = {
        "ou=daemons,o=pli", "cn=dird,ou=daemons,o=pli",         "ou=trust,o=pli", "ou=domains,o=pli",
        "ou=people,o=pli",  "rpps=10001234565,ou=people,o=pli", "cn=config",      "cn=monitor"};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (search(ME, bases[i], "") != 32)
            fail_msg("%s can be searched: %s", bases[i], buf_cstr(&out));
    assert_int_equal(search(ME, "mail=" ME ",ou=mailboxes,o=pli", "-s base userPassword"), 0);
    assert_false(says("userPassword"));             /* not one's own either */
    search(ME, "o=pli", "'(userPassword=*)' mail"); /* nor by asking who has one */
    assert_false(says("mail:"));
    trial_sh(&out, "ldapsearch -LLL -x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/ -b o=pli "
                   "'(objectClass=*)' userPassword");
    assert_false(says("userPassword")); /* nor dird */
}

static int modify(const char *who, const char *ldif)
{
    char rest[1024];
    snprintf(rest, sizeof rest, "<<'E'\n%s\nE\n", ldif);
    return as_mailbox("ldapmodify", who, rest);
}

static void nobody_writes_but_an_own_password(void **state)
{
    (void)state;
#define MINE "dn: mail=" ME ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: "
    static const char *const rows[] = {
        MINE "pliQuota\npliQuota: 0",
        MINE "mailLocalAddress\nmailLocalAddress: director@chu.example",
        MINE "pliMailboxId\npliMailboxId: 17",
        MINE "cn\ncn: Somebody Else",
        MINE "telephoneNumber\ntelephoneNumber: 0100000000",
        MINE "mssRedList\nmssRedList: TRUE",
        "dn: mail=h.dupont-martin@chu.example,ou=mailboxes,o=pli\nchangetype: modify\nreplace: "
        "userPassword\nuserPassword: mine",
        "dn: mail=h.dupont-martin@chu.example,ou=mailboxes,o=pli\nchangetype: delete",
        "dn: dc=evil.example,ou=trust,o=pli\nchangetype: add\nobjectClass: domain\nobjectClass: mssTrustedDomain\ndc: "
        "evil.example\nmssOperatorDN: CN=x",
        "dn: cn=dird,ou=daemons,o=pli\nchangetype: modify\nreplace: userPassword\nuserPassword: mine",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = modify(ME, rows[i]);
        if (rc != 50 && rc != 32)
            fail_msg("allowed (%d): %s", rc, rows[i]);
    }
    assert_int_equal(modify(ME, MINE "userPassword\nuserPassword: mot de passe"), 0);
}

static void strangers_complete_nothing(void **state)
{
    (void)state;
    trial_sh(&out,
             "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -b o=pli "
             "'(cn=mart*)' 2>/dev/null",
             t.ldaps_port);
    assert_int_equal(out.n, 0);
    trial_sh(&out,
             "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -D 'mail=" ME
             ",ou=mailboxes,o=pli' -w wrong -b o=pli '(cn=mart*)' 2>/dev/null",
             t.ldaps_port);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_people),
        cmocka_unit_test(a_colleague_is_completed),
        cmocka_unit_test(the_certificate_is_there),
        cmocka_unit_test(the_red_list_and_the_disabled_are_not_shown),
        cmocka_unit_test(a_colleague_reads_how_to_reach_her),
        cmocka_unit_test(nobody_reads_secrets),
        cmocka_unit_test(nobody_writes_but_an_own_password),
        cmocka_unit_test(strangers_complete_nothing),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
