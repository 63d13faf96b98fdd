/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/admin_book_test.c - who reads what over plain LDAP: ldapsearch and ldapmodify on a real slapd, as an anonymous, a professional, an administrator of a
 * structure, one of a domain, one of another structure, a suspended one, and each daemon (decision 0050).
 */
#include "directory/dird/daemon_test.h"
#include "base/rights.h"
#include "directory/dird/scope.h"
#include <setjmp.h>
#include <cmocka.h>

#define A_ID "750712184"
#define B_ID "690000021"
#define PRO "paul@chu.example"          /* in A, administers nothing */
#define BOSS "boss@chu.example"         /* administers A */
#define OTHER "autre@chu.example"       /* administers B */
#define LORD "lord@cabinet.example"     /* administers cabinet.example */
#define LATE "late@chu.example"         /* administered A, is suspended while she is signed in */
#define OPEN_A "ouverte@chu.example"    /* in A */
#define RED_A "rouge@chu.example"       /* in A, red-listed */
#define OFF_A "off@chu.example"         /* in A, suspended */
#define SHUT_A "fermee@chu.example"     /* in A, closed */
#define NEW_A "attendue@chu.example"    /* in A, made with a code, and nobody has opened it yet */
#define RED_CAB "rouge@cabinet.example" /* in B, of the other domain, red-listed */
#define LIST_CAB "tous@cabinet.example"
#define PRIVATE "pliQuota mailLocalAddress pliDelegate pliDisabled pliReason mssRedList rpps adeli pliAdminStructure"

static const char *const secret[] = {"userPassword", "ARGON2", "pliMailboxKey", "pliMailboxId", "entryUUID",
                                     "creatorsName", NULL};

static enum rc grant(const char *who, enum dird_scope_kind kind, const char *id)
{
    struct dird_scope rq = {.address = span_str(who), .kind = (uint8_t)kind, .id = span_str(id), .on = 1};
    struct err e = {0};
    return dir_call(dir, DIRD_ADMIN_SET, &rq, NULL, &e);
}

static enum rc put(const char *address, const char *structure, uint64_t mbx, uint32_t flags)
{
    struct dird_account a = per(address, "Nom PRENOM", mbx);
    char alias[64];
    a.structure = span_str(structure);
    a.flags |= flags;
    a.code_until = strcmp(address, NEW_A) == 0 ? (uint64_t)clock_utc() + 1000 : 0;
    snprintf(alias, sizeof alias, "x%llu@chu.example", (unsigned long long)mbx);
    a.aliases = span_str(alias);
    return add(a);
}

static int make_all(void **state)
{
    static const struct {
        const char *address, *structure;
        uint32_t flags;
    } all[] = {{PRO, A_ID, 0},
               {BOSS, A_ID, 0},
               {OTHER, B_ID, 0},
               {LORD, "", 0},
               {LATE, A_ID, 0},
               {OPEN_A, A_ID, 0},
               {RED_A, A_ID, DF_RED_LIST},
               {OFF_A, A_ID, 0},
               {SHUT_A, A_ID, 0},
               {RED_CAB, B_ID, DF_RED_LIST},
               {NEW_A, A_ID, 0}};
    struct dird_group g = {.address = SPAN_LIT(LIST_CAB), .name = SPAN_LIT("Tous"), .post = GP_MEMBERS};
    struct dird_group_change_req m = {SPAN_LIT(LIST_CAB), 1, SPAN_LIT(RED_CAB)};
    struct dird_group_change_rep rep = {0};
    struct dird_delegation d = {
        .address = SPAN_LIT(OPEN_A), .to = SPAN_LIT(PRO), .delegate = 61, .acl = ACL_L, .grant = 7};
    struct err e = {0};
    if (make(state) != 0)
        return -1;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (put(all[i].address, all[i].structure, 61 + i, all[i].flags) != RC_OK)
            return -1;
    return grant(BOSS, SCOPE_STRUCTURE, A_ID) == RC_OK && grant(OTHER, SCOPE_STRUCTURE, B_ID) == RC_OK &&
                   grant(LATE, SCOPE_STRUCTURE, A_ID) == RC_OK &&
                   grant(LORD, SCOPE_DOMAIN, "cabinet.example") == RC_OK && step(OFF_A, DL_SUSPEND) == RC_OK &&
                   step(SHUT_A, DL_CLOSE) == RC_OK && dir_call(dir, DIRD_GROUP_ADD, &g, NULL, &e) == RC_OK &&
                   dir_call(dir, DIRD_GROUP_CHANGE, &m, &rep, &e) == RC_OK &&
                   dir_call(dir, DIRD_DELEGATE_SET, &d, NULL, &e) == RC_OK
               ? 0
               : -1;
}

static int search(const char *who, const char *base, const char *what)
{
    char rest[512];
    snprintf(rest, sizeof rest, "-LLL -o ldif-wrap=no -b '%s' %s", base, what);
    return as_mailbox("ldapsearch", who, rest);
}

static void shows(const char *who, const char *what, bool yes)
{
    if (says(what) != yes)
        fail_msg("%s %s see: %s\n%s", who, yes ? "does not" : "must not", what, buf_cstr(&out));
}

static int read_one(const char *who, const char *address, const char *attributes)
{
    char base[128], what[256];
    snprintf(base, sizeof base, "mail=%s,ou=mailboxes,o=pli", address);
    snprintf(what, sizeof what, "-s base '(objectClass=*)' %s", attributes);
    return search(who, base, what);
}

/* ---- who sees which entries ---- */
static void each_sees_her_own_part(void **state)
{
    static const struct {
        const char *who;
        const char *yes[8], *no[8];
    } rows[] = {
        {PRO, {PRO, BOSS, OPEN_A, LORD}, {RED_A, OFF_A, SHUT_A, RED_CAB, NEW_A}},
        {BOSS, {PRO, OPEN_A, LORD, RED_A, OFF_A, SHUT_A, NEW_A}, {RED_CAB}},
        {OTHER, {PRO, OPEN_A, RED_CAB}, {RED_A, OFF_A, SHUT_A, NEW_A}},
        {LORD, {PRO, OPEN_A, RED_CAB}, {RED_A, OFF_A, SHUT_A, NEW_A}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(search(rows[i].who, "o=pli", "'(objectClass=mssBox)' mail"), 0);
        for (size_t k = 0; k < 8 && rows[i].yes[k]; k++)
            shows(rows[i].who, rows[i].yes[k], true);
        for (size_t k = 0; k < 8 && rows[i].no[k]; k++)
            shows(rows[i].who, rows[i].no[k], false);
    }
    assert_int_equal(read_one(LORD, RED_A, "mail"), 32); /* by its name, too: as if it were not there */
    assert_int_equal(read_one(PRO, RED_A, "mail"), 32);
    assert_int_equal(read_one(BOSS, RED_A, "mail"), 0);
    assert_int_equal(read_one(PRO, NEW_A, "mail"), 32);
    assert_int_equal(read_one(BOSS, NEW_A, "pliPending"), 0);
    shows(BOSS, "pliPending: TRUE", true);
}

/* ---- and what of them ---- */
static void whole_entries_of_her_structure_and_no_secret(void **state)
{
    (void)state;
    assert_int_equal(read_one(BOSS, OPEN_A, "'*' '+' userPassword"), 0);
    shows(BOSS, "pliQuota: ", true);
    shows(BOSS, "mailLocalAddress: x66@chu.example", true);
    shows(BOSS, "pliDelegate: 61 7 l " PRO, true);
    for (size_t i = 0; secret[i]; i++)
        shows(BOSS, secret[i], false);
    assert_int_equal(read_one(BOSS, OFF_A, PRIVATE), 0);
    shows(BOSS, "pliDisabled: TRUE", true);
    assert_int_equal(read_one(BOSS, SHUT_A, "'*' '+'"), 0);
    shows(BOSS, "pliKeepUntil: ", true);
    for (size_t i = 0; secret[i]; i++)
        shows(BOSS, secret[i], false);
    assert_int_equal(read_one(BOSS, LATE, PRIVATE), 0);
    shows(BOSS, "pliAdminStructure: " A_ID, true);
    /* of all others, what a professional sees */
    assert_int_equal(read_one(BOSS, LORD, "'*' '+'"), 0);
    shows(BOSS, "pliQuota", false);
    shows(BOSS, "mailLocalAddress", false);
    shows(BOSS, "pliAdminDomain", false);
    assert_int_equal(read_one(PRO, OPEN_A, "'*' '+'"), 0);
    shows(PRO, "mail: " OPEN_A, true);
    shows(PRO, "pliQuota", false);
    shows(PRO, "pliDelegate", false);
    assert_int_equal(read_one(PRO, BOSS, "'*' '+'"), 0);
    shows(PRO, "pliAdmin", false);
    /* nor by asking which entries have it */
    search(PRO, "o=pli", "'(pliAdminStructure=" A_ID ")' mail");
    shows(PRO, "mail:", false);
    search(OTHER, "o=pli", "'(mailLocalAddress=x66@chu.example)' mail");
    shows(OTHER, "mail:", false);
    search(BOSS, "o=pli", "'(mailLocalAddress=x66@chu.example)' mail");
    shows(BOSS, "mail: " OPEN_A, true);
}

static void a_domain_with_its_lists(void **state)
{
    (void)state;
    assert_int_equal(read_one(LORD, RED_CAB, "'*' '+' userPassword"), 0);
    shows(LORD, "pliQuota: ", true);
    shows(LORD, "mssRedList: TRUE", true);
    for (size_t i = 0; secret[i]; i++)
        shows(LORD, secret[i], false);
    assert_int_equal(read_one(LORD, LIST_CAB, "'*'"), 0);
    shows(LORD, "rfc822MailMember: " RED_CAB, true);
    assert_int_equal(read_one(BOSS, LIST_CAB, "'*'"), 0);
    shows(BOSS, "rfc822MailMember", false);
    assert_int_equal(read_one(LORD, OPEN_A, "'*'"), 0);
    shows(LORD, "pliQuota", false);
}

static void the_rest_of_the_tree_is_nobodys(void **state)
{
    static const char *const bases[] = {"ou=daemons,o=pli", "ou=trust,o=pli",  "ou=domains,o=pli",
                                        "ou=people,o=pli",  "ou=closed,o=pli", "cn=config"};
    static const char *const who[] = {PRO, BOSS, LORD};
    (void)state;
    for (size_t w = 0; w < 3; w++)
        for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
            assert_int_equal(search(who[w], bases[i], ""), 32);
}

/* ---- nobody writes ---- */
static int modify(const char *who, const char *address, const char *change)
{
    char rest[1024];
    snprintf(rest, sizeof rest, "<<'E'\ndn: mail=%s,ou=mailboxes,o=pli\nchangetype: %s\nE\n", address, change);
    return as_mailbox("ldapmodify", who, rest);
}

static void an_administrator_writes_nothing(void **state)
{
    static const char *const changes[] = {
        "modify\nreplace: pliQuota\npliQuota: 0",
        "modify\nreplace: mail\nmail: volee@chu.example",
        "modify\nreplace: mssType\nmssType: ORG",
        "modify\nreplace: cn\ncn: Autre",
        "modify\nadd: mailLocalAddress\nmailLocalAddress: directeur@chu.example",
        "modify\nreplace: pliDisabled\npliDisabled: FALSE",
        "modify\ndelete: pliKeepUntil",
        "modify\nreplace: mssStructureId\nmssStructureId: " B_ID,
        "modify\nadd: pliDelegate\npliDelegate: 62 9 lrs " BOSS,
        "modify\nadd: pliAdminStructure\npliAdminStructure: " B_ID,
        "modify\nadd: pliAdminDomain\npliAdminDomain: chu.example",
        "modify\nreplace: userPassword\nuserPassword: un autre mot",
        "modify\ndelete: userPassword",
        "delete",
        "modrdn\nnewrdn: mail=volee@chu.example\ndeleteoldrdn: 1",
    };
    static const char *const of[] = {OPEN_A, RED_A, SHUT_A};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        for (size_t k = 0; k < 3; k++) {
            int rc = modify(BOSS, of[k], changes[i]);
            if (rc != 50 && rc != 32 && rc != 16) /* 16: there is none to delete, told of what she may read */
                fail_msg("allowed (%d): %s of %s", rc, changes[i], of[k]);
        }
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) /* nor of herself, but the password */
        if (strstr(changes[i], "replace: userPassword") == NULL)
            assert_int_not_equal(modify(BOSS, BOSS, changes[i]), 0);
    assert_int_not_equal(
        modify(BOSS, "neuve@chu.example",
               "add\nobjectClass: inetOrgPerson\nobjectClass: mssBox\nmail: neuve@chu.example\ncn: N\nsn: N\n"
               "mssType: PER\npliMailboxId: 900\nmssStructureId: " A_ID),
        0);
    assert_int_equal(read_one(BOSS, OPEN_A, "'*'"), 0);
    shows(BOSS, "mssStructureId: " A_ID, true);
    shows(BOSS, "directeur", false);
    assert_int_equal(kind_of("neuve@chu.example"), DK_UNKNOWN);
}

/* ---- who is no administrator any more ---- */
static void it_ends_at_once(void **state)
{
    (void)state;
    assert_int_equal(read_one(LATE, RED_A, "mail"), 0);
    struct dird_scope off = {.address = SPAN_LIT(LATE), .kind = SCOPE_STRUCTURE, .id = SPAN_LIT(A_ID)};
    struct err e = {0};
    assert_int_equal(dir_call(dir, DIRD_ADMIN_SET, &off, NULL, &e), RC_OK);
    assert_int_equal(read_one(LATE, RED_A, "mail"), 32);
    assert_int_equal(read_one(LATE, OPEN_A, PRIVATE), 0);
    shows(LATE, "pliQuota", false);
    assert_int_equal(grant(LATE, SCOPE_STRUCTURE, A_ID), RC_OK);
    /* on a connection that is signed in already: suspended, then each question finds nothing */
    LDAP *ld = NULL;
    int v3 = LDAP_VERSION3, code;
    LDAPMessage *result = NULL;
    struct berval cred = {strlen("mot de passe"), (char[]){"mot de passe"}};
    assert_int_equal(ldap_initialize(&ld, "ldapi://ldapi/"), LDAP_SUCCESS);
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &v3);
    assert_int_equal(
        ldap_sasl_bind_s(ld, "mail=" LATE ",ou=mailboxes,o=pli", LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL),
        LDAP_SUCCESS);
    code = ldap_search_ext_s(ld, "mail=" RED_A ",ou=mailboxes,o=pli", LDAP_SCOPE_BASE, "(objectClass=*)", NULL, 0, NULL,
                             NULL, NULL, 0, &result);
    ldap_msgfree(result);
    assert_int_equal(code, LDAP_SUCCESS);
    assert_int_equal(step(LATE, DL_SUSPEND), RC_OK);
    code = ldap_search_ext_s(ld, "mail=" RED_A ",ou=mailboxes,o=pli", LDAP_SCOPE_BASE, "(objectClass=*)", NULL, 0, NULL,
                             NULL, NULL, 0, &result);
    ldap_msgfree(result);
    assert_int_equal(code, LDAP_NO_SUCH_OBJECT);
    ldap_unbind_ext(ld, NULL, NULL);
}

/* ---- who is no mailbox ---- */
static void strangers_and_daemons(void **state)
{
    (void)state;
    trial_sh(&out,
             "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -b o=pli "
             "'(objectClass=*)' 2>/dev/null",
             t.ldaps_port);
    assert_int_equal(out.n, 0);
    trial_sh(&out,
             "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -D 'mail=" BOSS
             ",ou=mailboxes,o=pli' -w faux -b o=pli "
             "'(objectClass=*)' 2>/dev/null",
             t.ldaps_port);
    assert_int_equal(out.n, 0);
    trial_sh(&out, "ldapsearch -LLL -x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/ -b o=pli "
                   "'(objectClass=mssBox)' '*' userPassword");
    shows("dird", "pliAdminStructure: " A_ID, true);
    shows("dird", "pliMailboxKey", true);
    shows("dird", "userPassword", false);
    trial_sh(&out,
             "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapsearch -LLL -x -H ldaps://127.0.0.1:%d -D "
             "cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -b o=pli "
             "'(objectClass=*)' 2>/dev/null",
             t.ldaps_port); /* over the net it is nobody */
    assert_int_equal(out.n, 0);
    trial_sh(&out, "ldapsearch -LLL -x -D cn=nobody,ou=daemons,o=pli -w '' -H ldapi://ldapi/ -b o=pli "
                   "'(objectClass=*)' 2>/dev/null");
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sees_her_own_part),
        cmocka_unit_test(whole_entries_of_her_structure_and_no_secret),
        cmocka_unit_test(a_domain_with_its_lists),
        cmocka_unit_test(the_rest_of_the_tree_is_nobodys),
        cmocka_unit_test(an_administrator_writes_nothing),
        cmocka_unit_test(it_ends_at_once),
        cmocka_unit_test(strangers_and_daemons),
    };
    return cmocka_run_group_tests(tests, make_all, unmake);
}
