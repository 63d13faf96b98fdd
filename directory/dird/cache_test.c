/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_test.c - the cache against a plain model: put, replace, drop, refresh, aliases, pages, waiting. */
#include "base/clock.h"
#include "directory/dird/cache.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static struct cache *c;

static int make(void **state)
{
    (void)state;
    c = cache_new();
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    cache_free(&c);
    return 0;
}

static void uuid_of(unsigned n, unsigned char out[CACHE_UUID])
{
    memset(out, 0, CACHE_UUID);
    memcpy(out, &n, sizeof n);
}

static void put(unsigned n, const char *address, const char *alias, uint64_t csn)
{
    unsigned char uuid[CACHE_UUID];
    uuid_of(n, uuid);
    struct cache_facts f = {
        .address = span_str(address), .name = SPAN_LIT("Dr X"), .mbx = n, .csn = csn, .type = DT_PER};
    if (alias)
        f.aliases[f.n_aliases++] = span_str(alias);
    cache_put_mailbox(c, uuid, &f);
}

static void put_domain(unsigned n, const char *d)
{
    unsigned char uuid[CACHE_UUID];
    uuid_of(n, uuid);
    cache_put_domain(c, uuid, &(struct cache_domain_facts){.domain = span_str(d)});
}

static struct cache_view ask(const char *address)
{
    struct cache_view v;
    cache_find(c, span_str(address), &v);
    return v;
}

/* What a stranger may learn: domains, and nothing of addresses. */
static void domains_are_told_apart(void **state)
{
    static const char nul[] = "chu.example\0.autre.example";

    (void)state;
    put_domain(900, "chu.example");
    put(901, "ana@seule.example", NULL, 1); /* an address of a domain that is not in the tree */
    put_domain(902, "xn--hpital-ixa.example");
    assert_true(cache_serves(c, SPAN_LIT("chu.example")) && cache_serves(c, SPAN_LIT("CHU.Example")));
    assert_false(cache_serves(c, SPAN_LIT("autre.example")) || cache_serves(c, SPAN_LIT("x.chu.example")));
    assert_false(cache_serves(c, SPAN_LIT("ana@seule.example")) || cache_serves(c, SPAN_LIT("seule.example")));
    assert_false(cache_serves(c, SPAN_LIT("ana@chu.example")) || cache_serves(c, SPAN_LIT("")) ||
                 cache_serves(c, span_of(nul, sizeof nul - 1)));
    assert_true(cache_serves(c, SPAN_LIT("xn--hpital-ixa.example")));
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    put_domain(1000, "chu.example");
    put(17, "marie.martin@chu.example", "m.martin@chu.example", 5);
    static const struct {
        const char *asked;
        int kind;
        const char *address;
    } rows[] = {
        {"marie.martin@chu.example", DK_MAILBOX, "marie.martin@chu.example"},
        {"Marie.MARTIN@CHU.example", DK_MAILBOX, "marie.martin@chu.example"},
        {"m.martin@chu.example", DK_MAILBOX, "marie.martin@chu.example"},
        {"marie.martin+urgent@chu.example", DK_MAILBOX, "marie.martin@chu.example"},
        {"m.martin+a+b@chu.example", DK_MAILBOX, "marie.martin@chu.example"},
        {"+marie.martin@chu.example", DK_UNKNOWN, ""},
        {"nobody@chu.example", DK_UNKNOWN, ""},
        {"nobody+marie@chu.example", DK_UNKNOWN, ""},
        {"marie.martin@chub.example", DK_NOT_LOCAL, ""},
        {"marie.martin", DK_NOT_LOCAL, ""},
        {"@chu.example", DK_UNKNOWN, ""},
        {"chu.example", DK_NOT_LOCAL, ""},
        {"", DK_NOT_LOCAL, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cache_view v = ask(rows[i].asked);
        if (v.kind != rows[i].kind || strcmp(v.address, rows[i].address) != 0)
            fail_msg("%s: kind %d, %s", rows[i].asked, v.kind, v.address);
    }
    struct cache_view nul;
    cache_find(c, span_of("marie.martin@chu.example\0x", 26), &nul);
    assert_int_equal(nul.kind, DK_NOT_LOCAL);
}

static void a_replaced_entry_loses_its_old_names(void **state)
{
    (void)state;
    put(17, "marie.martin@chu.example", NULL, 6);
    assert_int_equal(ask("m.martin@chu.example").kind, DK_UNKNOWN);
    assert_int_equal(ask("marie.martin@chu.example").csn, 6);
    put(17, "marie.durand@chu.example", "marie.martin@chu.example", 7);
    assert_string_equal(ask("marie.martin@chu.example").address, "marie.durand@chu.example");
    assert_true(ask("marie.martin@chu.example").alias);
    assert_true(cache_taken(c, SPAN_LIT("marie.martin@chu.example"), SPAN_NULL));
    assert_false(cache_taken(c, SPAN_LIT("marie.martin@chu.example"), SPAN_LIT("marie.durand@chu.example")));
}

static void an_address_goes_before_an_alias(void **state)
{
    (void)state;
    put(18, "marie.martin@chu.example", NULL, 8);
    assert_int_equal(ask("marie.martin@chu.example").mbx, 18);
}

static void a_refresh_drops_what_is_not_named(void **state)
{
    (void)state;
    unsigned char uuid[CACHE_UUID];
    assert_false(cache_ready(c));
    cache_begin(c);
    put(18, "marie.martin@chu.example", NULL, 9);
    uuid_of(1000, uuid);
    cache_keep(c, uuid);
    assert_int_equal(ask("marie.durand@chu.example").kind, DK_MAILBOX); /* until the end */
    cache_end(c);
    assert_true(cache_ready(c));
    assert_int_equal(ask("marie.durand@chu.example").kind, DK_UNKNOWN);
    assert_int_equal(ask("marie.martin@chu.example").kind, DK_MAILBOX);
    uuid_of(18, uuid);
    cache_drop(c, uuid);
    cache_drop(c, uuid);
    assert_int_equal(ask("marie.martin@chu.example").kind, DK_UNKNOWN);
    struct cache_counts n;
    cache_counts(c, &n);
    assert_int_equal(n.accounts, 0);
    assert_int_equal(n.csn, 9);
}

enum { MANY = 20000 };

static void many_are_found_and_listed_in_order(void **state)
{
    (void)state;
    char address[64], before[CACHE_NAME] = "";
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(address, sizeof address, "a%05u@chu.example", (i * 7919) % MANY);
        put(2000 + i, address, NULL, 10);
    }
    for (unsigned i = 0; i < MANY; i += 997) {
        snprintf(address, sizeof address, "a%05u@chu.example", i);
        assert_int_equal(ask(address).kind, DK_MAILBOX);
    }
    struct buf page = BUF_INIT;
    unsigned seen = 0;
    bool more = true;
    while (more) {
        buf_clear(&page);
        more = cache_page(c, LIST_MAILBOXES, span_str(before), 777, &page);
        for (size_t at = 0; at < page.n; at += strlen((char *)page.p + at) + 1, seen++) {
            assert_true(strcmp(before, (char *)page.p + at) < 0);
            snprintf(before, sizeof before, "%s", (char *)page.p + at);
        }
    }
    assert_int_equal(seen, MANY);
    buf_free(&page);
}

/* ---- domains ---- */
static struct cache_domain domain_of(const char *name)
{
    struct cache_domain d = {.name = ""};
    assert_true(cache_domain(c, span_str(name), &d));
    return d;
}

static uint64_t accounts_of(const char *name)
{
    struct cache_domain d = domain_of(name);
    return cache_domain_accounts(&d);
}

static uint64_t others_of(const char *name)
{
    struct cache_domain d = domain_of(name);
    return d.figures[CF_ALIASES] + d.figures[CF_LISTS];
}

static void turn(unsigned n, const char *name, bool off)
{
    unsigned char uuid[CACHE_UUID];
    uuid_of(n, uuid);
    cache_put_domain(c, uuid, &(struct cache_domain_facts){.domain = span_str(name), .most = 3, .disabled = off});
}

/* Three thousand domains: each knows its own figures, whatever comes first, and they are listed page by page. */
static void each_of_many_domains_has_its_figures(void **state)
{
    enum { DOMAINS = 3000 };
    char text[64], before[CACHE_NAME] = "";
    struct buf page = BUF_INIT;
    unsigned seen = 0;
    bool more = true;

    (void)state;
    put(700001, "avant@d0007.example", "avant@d0008.example", 1); /* read before its domain */
    for (unsigned i = 0; i < DOMAINS; i++) {
        snprintf(text, sizeof text, "D%04u.example", i);
        put_domain(710000 + i, text);
    }
    put(700002, "b@d0007.example", NULL, 1);
    assert_true(accounts_of("d0007.EXAMPLE") == 2 && others_of("d0007.example") == 0);
    assert_true(accounts_of("d0008.example") == 0 && others_of("d0008.example") == 1);
    put(700001, "avant@d0009.example", NULL, 2); /* it was renamed, whatever the rules say */
    assert_true(accounts_of("d0007.example") == 1 && others_of("d0008.example") == 0);
    assert_int_equal(accounts_of("d0009.example"), 1);
    while (more) {
        buf_clear(&page);
        more = cache_page(c, LIST_DOMAINS, span_str(before), 100, &page);
        for (size_t at = 0; at < page.n; at += strlen((char *)page.p + at) + 1) {
            assert_true(strcmp(before, (char *)page.p + at) < 0);
            snprintf(before, sizeof before, "%s", (char *)page.p + at);
            seen += before[0] == 'd';
        }
    }
    assert_int_equal(seen, DOMAINS);
    buf_free(&page);
}

static void a_disabled_domain_closes_its_names(void **state)
{
    struct cache_view v;

    (void)state;
    put_domain(800000, "ouvert.example");
    turn(800001, "ferme.example", true);
    put(800002, "ana@ferme.example", "ana@ouvert.example", 1);
    put(800003, "luc@ouvert.example", "luc@ferme.example", 1);
    v = ask("ana@ferme.example");
    assert_true(v.kind == DK_DISABLED && v.domain_off && v.mbx == 800002);
    assert_true(ask("ana@ouvert.example").kind == DK_DISABLED && ask("ana@ouvert.example").domain_off);
    assert_true(ask("luc@ferme.example").kind == DK_DISABLED && ask("luc@ferme.example").domain_off);
    assert_true(ask("personne@ferme.example").kind == DK_UNKNOWN && ask("personne+x@ferme.example").domain_off);
    v = ask("luc@ouvert.example");
    assert_true(v.kind == DK_MAILBOX && !v.domain_off);
    assert_false(ask("personne@ouvert.example").domain_off);
    turn(800001, "ferme.example", false);
    assert_true(ask("ana@ferme.example").kind == DK_MAILBOX && !ask("ana@ferme.example").domain_off);
}

/* ---- distribution lists ---- */
static void list(unsigned n, const char *address, const char *const *members, size_t n_members)
{
    static struct cache_group_facts f;
    unsigned char uuid[CACHE_UUID];
    uuid_of(n, uuid);
    f = (struct cache_group_facts){.address = span_str(address), .name = SPAN_LIT("Liste"), .post = GP_DOMAIN};
    for (size_t i = 0; i < n_members; i++)
        f.members[f.n_members++] = span_str(members[i]);
    cache_put_group(c, uuid, &f);
}
#define LIST(n, address, ...)                                                                                          \
    list(n, address, (const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *))

/* "ana@x 1 ..": whom it leads to, with their kinds; or the cause. */
static const char *leads_to(const char *address)
{
    static char text[4096];
    struct cache_member *a = NULL;
    struct err e = {0};
    size_t n = 0, at = 0;
    enum rc rc = cache_expand(c, span_str(address), &a, &n, &e);

    text[0] = 0;
    for (size_t i = 0; rc == RC_OK && i < n && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %d", i ? ", " : "", a[i].address, a[i].kind);
    free(a);
    return rc == RC_OK ? text : rc == RC_NOTFOUND ? "none" : e.cause == CAUSE_LIST_PROBLEM ? "problem" : "?";
}

static void a_list_leads_to_each_once(void **state)
{
    (void)state;
    put_domain(900000, "l.example");
    put(900001, "ana@l.example", "a@l.example", 1);
    put(900002, "luc@l.example", NULL, 1);
    LIST(900010, "garde@l.example", "LUC@l.example", "a+x@l.example", "service@l.example", "X.Y@Loin.example");
    LIST(900011, "service@l.example", "ana@l.example", "garde@l.example", "service@l.example", "parti@l.example",
         "x.y@loin.example", "ceci n'est rien", "@l.example");
    assert_int_equal(ask("garde@l.example").kind, DK_GROUP);
    assert_string_equal(ask("Garde+x@l.example").address, "garde@l.example");
    assert_true(cache_taken(c, SPAN_LIT("garde@l.example"), SPAN_NULL));
    assert_int_equal(others_of("l.example"), 3); /* an alias, two lists */
    assert_string_equal(leads_to("garde@l.example"),
                        "X.Y@Loin.example 2, ana@l.example 1, luc@l.example 1, parti@l.example 0");
    assert_string_equal(leads_to("service@l.example"),
                        "ana@l.example 1, luc@l.example 1, parti@l.example 0, x.y@loin.example 2");
    assert_string_equal(leads_to("ana@l.example"), "none");
    turn(900000, "l.example", true);
    assert_true(ask("garde@l.example").kind == DK_GROUP && ask("garde@l.example").domain_off);
    turn(900000, "l.example", false);
    put(900010, "garde@l.example", NULL, 2); /* whatever the rules say: the entry is a mailbox now */
    assert_int_equal(ask("garde@l.example").kind, DK_MAILBOX);
    assert_int_equal(others_of("l.example"), 2);
}

/* Their sender hears that they are closed, not that they never were; of a domain that is served no more they are elsewhere. */
static void a_lists_closed_members(void **state)
{
    static const char *const closed[] = {"fini@l.example", "fini@plus-ici.example"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        unsigned char uuid[CACHE_UUID] = {0xCC, (unsigned char)i};
        struct cache_facts f = {.address = span_str(closed[i]),
                                .name = span_str(closed[i]),
                                .closed = true,
                                .disabled = true,
                                .tombstone = true};

        cache_put_mailbox(c, uuid, &f);
    }
    LIST(900020, "anciens@l.example", "fini@l.example", "fini@plus-ici.example", "ana@l.example");
    assert_string_equal(leads_to("anciens@l.example"), "ana@l.example 1, fini@l.example 5, fini@plus-ici.example 2");
    assert_int_equal(ask("fini@l.example").kind, DK_CLOSED);
    assert_int_equal(ask("fini@plus-ici.example").kind, DK_NOT_LOCAL);
}

static void lists_are_bounded(void **state)
{
    char names[DIRD_MEMBERS + 1][CACHE_NAME], lists[CACHE_DEPTH + 2][CACHE_NAME];
    const char *p[DIRD_MEMBERS + 1];
    struct cache_group g;

    (void)state;
    for (size_t i = 0; i <= DIRD_MEMBERS; i++) {
        snprintf(names[i], CACHE_NAME, "m%03zu@loin.example", i);
        p[i] = names[i];
    }
    list(900100, "plein@l.example", p, DIRD_MEMBERS);
    assert_true(cache_group(c, SPAN_LIT("plein@l.example"), &g) && g.members == DIRD_MEMBERS);
    assert_int_equal(strncmp(leads_to("plein@l.example"), "m000@loin.example 2, ", 21), 0);
    LIST(900101, "deborde@l.example", "plein@l.example", "ana@l.example");
    assert_string_equal(leads_to("deborde@l.example"), "problem");
    list(900102, "trop@l.example", p, DIRD_MEMBERS + 1); /* as somebody may write into the directory */
    assert_string_equal(leads_to("trop@l.example"), "problem");
    for (unsigned i = 0; i < CACHE_DEPTH + 2; i++) { /* each in the next one */
        snprintf(lists[i], CACHE_NAME, "etage%u@l.example", i);
        LIST(900200 + i, lists[i], i ? lists[i - 1] : "ana@l.example");
    }
    assert_string_equal(leads_to(lists[CACHE_DEPTH - 1]), "ana@l.example 1");
    assert_string_equal(leads_to(lists[CACHE_DEPTH]), "problem");
    LIST(900300, "vide@l.example", "");
    assert_string_equal(leads_to("vide@l.example"), "");
}

static void trust_is_by_domain_or_all(void **state)
{
    (void)state;
    unsigned char uuid[CACHE_UUID];
    struct buf dns = BUF_INIT, note = BUF_INIT;
    struct err e = {0};
    buf_bytes(&dns, SPAN_LIT("CN=a,C=FR"));
    buf_bytes(&dns, SPAN_LIT("CN=b,C=FR"));
    uuid_of(900001, uuid);
    cache_put_trust(c, uuid, SPAN_LIT("chb.mssante.fr"), SPAN_LIT("note"), buf_span(&dns));
    uuid_of(900002, uuid);
    cache_put_trust(c, uuid, SPAN_LIT("chc.mssante.fr"), SPAN_NULL, buf_span(&dns));
    struct buf out = BUF_INIT;
    assert_int_equal(cache_trust(c, SPAN_LIT("CHB.mssante.fr"), 1000, &out, &note, &e), RC_OK);
    assert_true(span_eq(buf_span(&out), buf_span(&dns)) && span_eq_str(buf_span(&note), "note"));
    buf_clear(&out);
    assert_int_equal(cache_trust(c, SPAN_NULL, 1000, &out, NULL, &e), RC_OK);
    assert_int_equal(out.n, dns.n); /* each once */
    buf_clear(&out);
    assert_int_equal(cache_trust(c, SPAN_LIT("chd.mssante.fr"), 1000, &out, NULL, &e), RC_NOTFOUND);
    assert_int_equal(cache_trust(c, SPAN_LIT("chu.example"), 1000, &out, NULL, &e),
                     RC_NOTFOUND); /* local is not trusted */
    assert_true(cache_wait_trust(c, SPAN_LIT("chb.mssante.fr"), SPAN_LIT("CN=b,C=FR"), true, deadline_in(0)));
    assert_false(cache_wait_trust(c, SPAN_LIT("chb.mssante.fr"), SPAN_LIT("CN=z"), true, deadline_in(20)));
    buf_free(&out);
    buf_free(&dns);
    buf_free(&note);
}

static void *late_change(void *arg)
{
    (void)arg;
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    put(500000, "late@chu.example", NULL, 77);
    return NULL;
}

static void waiting_ends_when_it_is_seen(void **state)
{
    (void)state;
    pthread_t t;
    pthread_create(&t, NULL, late_change, NULL);
    assert_false(cache_wait(c, SPAN_LIT("late@chu.example"), 78, deadline_in(5)));
    assert_true(cache_wait(c, SPAN_LIT("late@chu.example"), 77, deadline_in(60000)));
    assert_false(cache_wait(c, SPAN_LIT("late@chu.example"), CACHE_GONE, deadline_in(20)));
    assert_true(cache_wait(c, SPAN_LIT("never@chu.example"), CACHE_GONE, deadline_in(20)));
    pthread_join(t, NULL);
}

/* The addresses that changed since at, with commas; "whole". */
static const char *changed(struct cache_changed *at)
{
    static char text[4096];
    struct buf b = BUF_INIT;

    at->whole = false;
    cache_changes(c, at, 2000, &b);
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == '\n')
            b.p[i] = ',';
    snprintf(text, sizeof text, "%s%.*s%s", at->whole ? "whole" : "", SPAN_ARG(buf_span(&b)), at->more ? "more" : "");
    buf_free(&b);
    return text;
}

/* Every mailbox that came, changed or went is named; one that was read again as it was is not; who cannot be told which is told "whole". */
static void it_is_told_which_mailboxes_changed(void **state)
{
    struct cache_changed at = {.run = 0}, old, none = {.run = 0};
    unsigned char uuid[CACHE_UUID];

    (void)state;
    assert_string_equal(changed(&at), "whole");
    old = at;
    put(9001, "Came@Changes.example", "alias@changes.example", 5);
    put(9001, "came@changes.example", NULL, 5); /* read again */
    assert_string_equal(changed(&at), "came@changes.example,");
    assert_string_equal(changed(&at), "");
    put(9001, "came@changes.example", NULL, 6);
    uuid_of(9001, uuid);
    cache_drop(c, uuid);
    assert_string_equal(changed(&at), "came@changes.example,came@changes.example,");
    put_domain(9002, "changes.example");
    assert_string_equal(changed(&at), "");
    uuid_of(9002, uuid);
    cache_put_domain(c, uuid, &(struct cache_domain_facts){.domain = SPAN_LIT("changes.example"), .disabled = true});
    assert_string_equal(changed(&at), "whole");
    cache_drop(c, uuid); /* a disabled one goes: its mailboxes live again */
    assert_string_equal(changed(&at), "whole");
    assert_string_equal(changed(&old), "whole");
    assert_string_equal(changed(&none), "whole");
    for (unsigned i = 0; i < 200; i++)
        put(9100 + i, "same@changes.example", NULL, 100 + i);
    assert_non_null(strstr(changed(&at), "more")); /* a page of it */
    while (at.more)
        (void)changed(&at);
    for (unsigned i = 0; i < 16385; i++) /* one more than are kept */
        put(9000, "same@changes.example", NULL, 1000 + i);
    assert_string_equal(changed(&at), "whole");
    at.seen++; /* more than there were: of another time */
    assert_string_equal(changed(&at), "whole");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_are_told_apart),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(a_replaced_entry_loses_its_old_names),
        cmocka_unit_test(an_address_goes_before_an_alias),
        cmocka_unit_test(a_refresh_drops_what_is_not_named),
        cmocka_unit_test(many_are_found_and_listed_in_order),
        cmocka_unit_test(each_of_many_domains_has_its_figures),
        cmocka_unit_test(a_disabled_domain_closes_its_names),
        cmocka_unit_test(a_list_leads_to_each_once),
        cmocka_unit_test(a_lists_closed_members),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(trust_is_by_domain_or_all),
        cmocka_unit_test(waiting_ends_when_it_is_seen),
        cmocka_unit_test(it_is_told_which_mailboxes_changed),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
