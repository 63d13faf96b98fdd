/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/dird_test.c - accounts over the wire, on a real slapd: made, found, listed, searched, changed, removed, trusted. */
#include "base/ipc_roles_test.h"
#include "directory/dird/daemon_test.h"
#include "directory/dird/mods.h"
#include <setjmp.h>

/* last, as it asks */
#include <cmocka.h>

static void an_account_is_usable_at_once(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(kind_of("helene.martin@chu.example"), DK_UNKNOWN);
    assert_int_equal(kind_of("helene.martin@elsewhere.example"), DK_NOT_LOCAL);
    struct dird_account a = per("helene.martin@chu.example", "Dr H\xC3\xA9l\xC3\xA8ne MARTIN", 17);
    a.rpps = SPAN_LIT("10001234565");
    a.profession = SPAN_LIT("M\xC3\xA9"
                            "decin");
    a.service = SPAN_LIT("Cardiologie");
    a.aliases = SPAN_LIT("h.martin@chu.example\nhm@cabinet.example");
    a.structure = SPAN_LIT("300017985");
    a.civility = SPAN_LIT("Dr");
    a.town = SPAN_LIT("N\xC3\xAEmes");
    a.structure_name = SPAN_LIT("CHU de N\xC3\xAEmes");
    a.adeli = SPAN_LIT("2A1234567");
    a.telephone = SPAN_LIT("+33 1 23 45 67 89");
    a.description = SPAN_LIT("Avis de cardiologie");
    a.rank = 2;
    a.paperless = SAID_NO;
    assert_int_equal(add(a), RC_OK);
    struct dird_lookup_rep rep = {0};
    assert_int_equal(dir_lookup(dir, SPAN_LIT("HM+test@cabinet.example"), &rep, &e), RC_OK);
    assert_int_equal(rep.kind, DK_MAILBOX);
    assert_true(span_eq_str(rep.address, "helene.martin@chu.example"));
    assert_true(rep.mbx == 17 && rep.pub[31] == 17 && rep.type == DT_PER && rep.flags == DF_SIGN);
    struct dird_may_rep may;
    assert_int_equal(
        dir_may_send(dir, SPAN_LIT("helene.martin@chu.example"), SPAN_LIT("h.martin@chu.example"), &may, &e), RC_OK);
    assert_int_equal(dir_may_send(dir, SPAN_LIT("helene.martin@chu.example"), SPAN_LIT("x@chu.example"), &may, &e),
                     RC_DENIED);
}

static void wrong_accounts_are_refused(void **state)
{
    (void)state;
    struct dird_account ok = per("paul.durand@chu.example", "Paul Durand", 18);
    const struct {
        const char *what;
        struct dird_account a;
        enum rc rc;
    } rows[] = {
#define WITH(field, value)                                                                                             \
    ({                                                                                                                 \
        struct dird_account x_ = ok;                                                                                   \
        x_.field = value;                                                                                              \
        x_;                                                                                                            \
    })
        {"rpps key", WITH(rpps, SPAN_LIT("10001234567")), RC_SYNTAX},
        {"adeli", WITH(adeli, SPAN_LIT("12345678")), RC_SYNTAX},
        {"telephone", WITH(telephone, SPAN_LIT("douze")), RC_SYNTAX},
        {"rank", WITH(rank, RANK_MOST + 1), RC_SYNTAX},
        {"paperless", WITH(paperless, SAID_NO + 1), RC_SYNTAX},
        {"finess key", WITH(structure, SPAN_LIT("300017986")), RC_SYNTAX},
        {"upper case", WITH(address, SPAN_LIT("Paul@chu.example")), RC_SYNTAX},
        {"plus", WITH(address, SPAN_LIT("paul+x@chu.example")), RC_SYNTAX},
        {"no domain", WITH(address, SPAN_LIT("paul")), RC_SYNTAX},
        {"LDAP characters", WITH(address, SPAN_LIT("a,ou=x@chu.example")), RC_SYNTAX},
        {"other domain", WITH(address, SPAN_LIT("paul@elsewhere.example")), RC_PERM},
        {"taken", WITH(address, SPAN_LIT("helene.martin@chu.example")), RC_EXISTS},
        {"taken as alias", WITH(address, SPAN_LIT("h.martin@chu.example")), RC_EXISTS},
        {"alias taken", WITH(aliases, SPAN_LIT("p@chu.example\nhm@cabinet.example")), RC_EXISTS},
        {"alias is itself", WITH(aliases, SPAN_LIT("paul.durand@chu.example")), RC_EXISTS},
        {"mailbox number taken", WITH(mbx, 17), RC_EXISTS},
        {"mailbox number reserved", WITH(mbx, 1), RC_SYNTAX},
        {"no type", WITH(type, 0), RC_SYNTAX},
        {"type beyond", WITH(type, 5), RC_SYNTAX},
        {"no name", WITH(name, SPAN_LIT(" ")), RC_SYNTAX},
        {"two-line name", WITH(name, SPAN_LIT("a\nb")), RC_SYNTAX},
        {"name not UTF-8", WITH(name, SPAN_LIT("a\xFF")), RC_SYNTAX},
        {"password of two lines", WITH(password, SPAN_LIT("a\nb")), RC_SYNTAX},
#undef WITH
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum rc rc = add(rows[i].a);
        if (rc != rows[i].rc)
            fail_msg("%s: %s", rows[i].what, rc_name(rc));
    }
    assert_int_equal(kind_of("paul.durand@chu.example"), DK_UNKNOWN);
    assert_int_equal(add(ok), RC_OK);
}

static void it_reads_as_written(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_address_req rq = {SPAN_LIT("helene.martin@chu.example")};
    struct dird_account a = {0};
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_GET, &rq, &a, &e), RC_OK);
    assert_true(span_eq_str(a.name, "Dr H\xC3\xA9l\xC3\xA8ne MARTIN"));
    assert_true(span_eq_str(a.given, "H\xC3\xA9l\xC3\xA8ne") && span_eq_str(a.sn, "MARTIN"));
    assert_true(span_eq_str(a.rpps, "10001234565") && span_eq_str(a.service, "Cardiologie"));
    assert_true(span_eq_str(a.structure, "300017985") && a.quota == 1u << 30 && a.mbx == 17 && a.password.n == 0);
    assert_true(span_find(a.aliases, SPAN_LIT("hm@cabinet.example")) >= 0);
    assert_true(span_eq_str(a.civility, "Dr") && span_eq_str(a.adeli, "2A1234567") &&
                span_eq_str(a.telephone, "+33 1 23 45 67 89") && span_eq_str(a.description, "Avis de cardiologie"));
    assert_true(a.rank == 2 && a.paperless == SAID_NO);
    assert_true(span_eq_str(a.town, "N\xC3\xAEmes") && span_eq_str(a.structure_name, "CHU de N\xC3\xAEmes"));
    rq.address = SPAN_LIT("nobody@chu.example");
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_GET, &rq, &a, &e), RC_NOTFOUND);
}

static unsigned count_list(enum dird_op op, const char *text, const char *first)
{
    struct err e = {0};
    char after[256] = "";
    unsigned n = 0;
    for (bool more = true; more;) {
        struct dird_list_req rq = {span_str(after), span_str(text)};
        struct dird_list_rep rep = {0};
        struct dird_account a;
        assert_int_equal(dir_call(dir, op, &rq, &rep, &e), RC_OK);
        for (struct span rest = rep.list; ipc_list_next(&rest, dird_account_f, &a, &e) == RC_OK; n++) {
            if (n == 0 && first)
                assert_true(span_eq_str(a.address, first));
            assert_true(span_cmp(span_str(after), a.address) < 0);
            snprintf(after, sizeof after, "%.*s", SPAN_ARG(a.address));
        }
        more = rep.more;
    }
    return n;
}

static void lists_and_searches(void **state)
{
    (void)state;
    assert_int_equal(count_list(DIRD_ACCOUNT_LIST, "", "helene.martin@chu.example"), 2);
    assert_int_equal(count_list(DIRD_SEARCH, "helene", "helene.martin@chu.example"), 1);
    assert_int_equal(count_list(DIRD_SEARCH, "MART H\xC3\xA9l", "helene.martin@chu.example"), 1);
    assert_int_equal(count_list(DIRD_SEARCH, "cardio", "helene.martin@chu.example"), 1);
    assert_int_equal(count_list(DIRD_SEARCH, "durand helene", NULL), 0);
    assert_int_equal(count_list(DIRD_SEARCH, "*)(mail=*", NULL), 0);
    assert_int_equal(count_list(DIRD_CERTS, "", NULL), 0);
}

/* 230 accounts are more than a page of names. */
static void long_lists_come_in_pages(void **state)
{
    (void)state;
    char address[64], name[64];
    struct mods *m;
    struct ldap *ld = NULL;
    struct err e = {0};
    assert_int_equal(links_take(daemon_->links, &ld, &e), RC_OK);
    for (unsigned i = 1; i < 230; i++) {
        struct buf dn = BUF_INIT;
        char number[16];
        snprintf(number, sizeof number, "%u", 1000 + i);
        snprintf(address, sizeof address, "x%03u@chu.example", i);
        snprintf(name, sizeof name, "Xavier %03u", i);
        struct dird_account a = per(address, name, 1000 + i);
        static const struct span classes[] = {SPAN_LIT("inetOrgPerson"), SPAN_LIT("inetLocalMailRecipient"),
                                              SPAN_LIT("mssBox")};
        account_split_name(&a);
        m = mods_new(false);
        mods_put(m, "objectClass", classes, 3);
        mods_str(m, "mail", address);
        mods_str(m, "mssType", "PER");
        mods_str(m, "pliMailboxId", number);
        mods_text(m, "pliMailboxKey", span_of(a.pub, 32));
        mods_account(m, &a, DS_ALL);
        dn_mailbox(&dn, "o=pli", span_str(address));
        assert_int_equal(ldap_add_ext_s(ld, buf_cstr(&dn), (LDAPMod **)mods_list(m), NULL, NULL), LDAP_SUCCESS);
        mods_free(&m);
        buf_free(&dn);
    }
    links_give(daemon_->links, ld, false);
    assert_true(cache_wait(daemon_->cache, SPAN_LIT("x229@chu.example"), 0, deadline_in(60000)));
    assert_int_equal(count_list(DIRD_ACCOUNT_LIST, "", "helene.martin@chu.example"), 231);
    assert_int_equal(count_list(DIRD_SEARCH, "xavier", "x001@chu.example"), 229);
}

static void changes_are_in_force_when_the_call_returns(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_lookup_rep rep = {0};
    struct dird_account a = {.address = SPAN_LIT("paul.durand@chu.example"),
                             .flags = DF_RED_LIST | DF_STRICT,
                             .aliases = SPAN_LIT("pd@chu.example"),
                             .name = SPAN_LIT("Paul Durand-Dupont"),
                             .cert_der = SPAN_LIT("\x30\x00")};
    assert_int_equal(step("paul.durand@chu.example", DL_SUSPEND), RC_OK);
    assert_int_equal(kind_of("paul.durand@chu.example"), DK_DISABLED);
    assert_int_equal(step("paul.durand@chu.example", DL_RESUME), RC_OK);
    assert_int_equal(dir_account_set(dir, DS_FLAGS | DS_ALIASES | DS_NAME, &a, &e), RC_OK);
    assert_int_equal(dir_lookup(dir, SPAN_LIT("pd@chu.example"), &rep, &e), RC_OK);
    assert_true(rep.kind == DK_MAILBOX && rep.flags == (DF_RED_LIST | DF_STRICT) && rep.mbx == 18);
    a.aliases = SPAN_LIT("hm@cabinet.example");
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &a, &e), RC_EXISTS);
    a.aliases = SPAN_NULL;
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &a, &e), RC_OK);
    assert_int_equal(kind_of("pd@chu.example"), DK_UNKNOWN);
    assert_int_equal(count_list(DIRD_SEARCH, "dupont", "paul.durand@chu.example"), 1);
    a.address = SPAN_LIT("nobody@chu.example");
    assert_int_equal(dir_account_set(dir, DS_SERVICE, &a, &e), RC_NOTFOUND);
    assert_int_equal(step("nobody@chu.example", DL_SUSPEND), RC_NOTFOUND);
}

/* A change that ends between the two is done again by the same once more: what the structure is called comes first, for the account then says already what was asked. */
static void a_structure_is_named_before_its_account(void **state)
{
    struct dird_account a = per("nommee@chu.example", "Nommee", 118), got = {0};
    struct dird_address_req next = {SPAN_LIT("voisine@chu.example")};
    struct err e = {0};
    (void)state;
    a.structure = SPAN_LIT("750712184");
    assert_int_equal(add(a), RC_OK);
    a.structure_name = SPAN_LIT("AP-HP");
    a.cert_der = SPAN_LIT("no certificate: slapd refuses the account's change");
    assert_int_not_equal(dir_account_set(dir, DS_STRUCTURE_NAME | DS_CERT, &a, &e), RC_OK);
    a = per("voisine@chu.example", "Voisine", 119);
    a.structure = SPAN_LIT("750712184");
    assert_int_equal(add(a), RC_OK);
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_GET, &next, &got, &e), RC_OK);
    assert_true(span_eq_str(got.structure_name, "AP-HP"));
}

static void a_removed_account_is_unknown(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_address_req rq = {SPAN_LIT("helene.martin@chu.example")};
    trial_sh(&out, "ldapsearch -LLL -x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/ -b "
                   "ou=people,o=pli rpps");
    assert_true(says("rpps: 10001234565"));
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_DELETE, &rq, NULL, &e), RC_OK);
    assert_int_equal(kind_of("helene.martin@chu.example"), DK_UNKNOWN);
    assert_int_equal(kind_of("hm@cabinet.example"), DK_UNKNOWN);
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_DELETE, &rq, NULL, &e), RC_NOTFOUND);
    trial_sh(&out, "ldapsearch -LLL -x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/ -b "
                   "ou=people,o=pli rpps");
    assert_false(says("rpps: 10001234565")); /* the person went with the last mailbox */
}

static enum rc trust(enum dird_op op, const char *domain, const char *dn)
{
    struct err e = {0};
    struct dird_trust_entry q = {span_str(domain), span_str(dn), SPAN_LIT("note")};
    return dir_call(dir, op, &q, NULL, &e);
}

/* What dird answers about a domain and a name; 0: no answer. */
static int may_speak(const char *domain, const char *dn)
{
    struct err e = {0};
    enum dird_trusted answer = 0;
    return dir_trust(dir, span_str(domain), span_str(dn), &answer, &e) == RC_OK ? (int)answer : 0;
}

static void trusted_domains(void **state)
{
    (void)state;
    struct err e = {0};
    static const char a[] = "CN=smtp.chb.example,OU=1300017985,O=CH \"B\",ST=Gard (30),C=FR", b[] = "CN=b, O=B, C=FR";
    assert_int_equal(may_speak("chb.example", ""), DTR_UNKNOWN_DOMAIN);
    assert_int_equal(may_speak("", a), DTR_OTHER_DN); /* an empty list names nobody */
    assert_int_equal(trust(DIRD_TRUST_ADD, "CHB.example", a), RC_OK);
    assert_int_equal(trust(DIRD_TRUST_ADD, "chb.example", b), RC_OK);
    assert_int_equal(trust(DIRD_TRUST_ADD, "chb.example", b), RC_EXISTS);
    assert_int_equal(trust(DIRD_TRUST_ADD, "chc.example", b), RC_OK);
    assert_int_equal(trust(DIRD_TRUST_ADD, "chc.example", "not a name"), RC_SYNTAX);
    assert_int_equal(trust(DIRD_TRUST_ADD, "chc", b), RC_SYNTAX);
    assert_int_equal(may_speak("chb.EXAMPLE", ""), DTR_YES);
    assert_int_equal(may_speak("chb.example", a), DTR_YES);
    assert_int_equal(may_speak("chb.example", "C=fr,o=b,CN=B"), DTR_YES); /* the same name, written otherwise */
    assert_int_equal(may_speak("chb.example", "CN=c,O=B,C=FR"), DTR_OTHER_DN);
    assert_int_equal(may_speak("chc.example", a), DTR_OTHER_DN);
    assert_int_equal(may_speak("chu.example", b),
                     DTR_UNKNOWN_DOMAIN); /* a domain served here is in no list by itself */
    assert_int_equal(may_speak("", b), DTR_YES);
    assert_int_equal(may_speak("", "CN=c,O=B,C=FR"), DTR_OTHER_DN);
    assert_int_equal(may_speak("", ""), 0);
    struct dird_trust_list_req lq = {SPAN_NULL};
    struct dird_list_rep list = {0};
    struct dird_trust_entry t1;
    assert_int_equal(dir_call(dir, DIRD_TRUST_LIST, &lq, &list, &e), RC_OK);
    unsigned n = 0;
    for (struct span rest = list.list; ipc_list_next(&rest, dird_trust_entry_f, &t1, &e) == RC_OK; n++)
        assert_true(span_eq_str(t1.note, "note"));
    assert_int_equal(n, 3);
    assert_int_equal(trust(DIRD_TRUST_REMOVE, "chb.example", a), RC_OK);
    assert_int_equal(trust(DIRD_TRUST_REMOVE, "chb.example", b), RC_OK);
    assert_int_equal(may_speak("chb.example", a), DTR_UNKNOWN_DOMAIN);
    assert_int_equal(trust(DIRD_TRUST_REMOVE, "chb.example", ""), RC_NOTFOUND);
    assert_int_equal(trust(DIRD_TRUST_REMOVE, "chc.example", ""), RC_OK);
}

static void every_role_asks_what_the_table_says(void **state)
{
    const char *wrong = roles_wrong("dird.sock", &dird_proto);
    (void)state;
    if (wrong)
        fail_msg("%s", wrong);
}

/* What a ticket gives is decided by who asks for it: no session gets another kind than its own. */
static void a_session_gets_its_own_kind_of_ticket(void **state)
{
    static const struct {
        enum ipc_role role;
        uint8_t protocol;
        uint32_t rights; /* 0: denied */
    } cases[] = {
        {ROLE_SMTPD, DP_SUBMISSION, RIGHT_SUBMIT | RIGHT_READ},
        {ROLE_SMTPD, DP_IMAP, 0},
        {ROLE_SMTPD, DP_ADMIN, 0},
        {ROLE_IMAPD, DP_IMAP, RIGHT_READ | RIGHT_WRITE},
        {ROLE_IMAPD, DP_SUBMISSION, 0},
        {ROLE_IMAPD, DP_ADMIN, 0},
        {ROLE_ADMIN, DP_ADMIN, RIGHT_READ | RIGHT_WRITE | RIGHT_SLOTS},
    };
    (void)state;
    assert_int_equal(add(per("kinds@chu.example", "Kinds", 44)), RC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dird_auth_req rq = {SPAN_LIT("kinds@chu.example"), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"),
                                   cases[i].protocol};
        struct dir *d = dir_new(cases[i].role);
        struct dird_auth_rep rep = {0};
        struct err e = {0};
        struct ticket tk;
        assert_int_equal(dir_auth(d, &rq, &rep, &e), cases[i].rights ? RC_OK : RC_DENIED);
        if (cases[i].rights) {
            assert_int_equal(
                ticket_check(rep.ticket, TICKET_FOR_DIRD, tickets.of[TICKET_FOR_DIRD], clock_utc(), &tk, &e), RC_OK);
            assert_int_equal(tk.rights, cases[i].rights);
        }
        dir_free(&d);
    }
    struct dird_address_req gone = {SPAN_LIT("kinds@chu.example")};
    struct err e = {0};
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_DELETE, &gone, NULL, &e), RC_OK);
}

static void it_says_how_it_is(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_status_rep rep = {0};
    assert_int_equal(dir_call(dir, DIRD_STATUS, NULL, &rep, &e), RC_OK);
    assert_true(rep.in_sync == 1 && rep.accounts == 230 && rep.trusted == 0 && rep.lookups > 0 && rep.syncs > 230);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_usable_at_once),
        cmocka_unit_test(wrong_accounts_are_refused),
        cmocka_unit_test(it_reads_as_written),
        cmocka_unit_test(lists_and_searches),
        cmocka_unit_test(long_lists_come_in_pages),
        cmocka_unit_test(changes_are_in_force_when_the_call_returns),
        cmocka_unit_test(a_removed_account_is_unknown),
        cmocka_unit_test(trusted_domains),
        cmocka_unit_test(every_role_asks_what_the_table_says),
        cmocka_unit_test(a_session_gets_its_own_kind_of_ticket),
        cmocka_unit_test(it_says_how_it_is),
        cmocka_unit_test(a_structure_is_named_before_its_account),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
