/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_figures_test.c - the figures of a domain follow what comes, changes and goes. */
#include "directory/dird/cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The figures in their order, each a digit. */
static const char *figures_of(const char *name)
{
    static char text[CACHE_FIGURES + 1];
    struct cache_domain d;
    assert_true(cache_domain(c, span_str(name), &d));
    for (size_t i = 0; i < CACHE_FIGURES; i++)
        text[i] = d.figures[i] < 10 ? (char)('0' + d.figures[i]) : '?';
    return text;
}

static const unsigned char *uuid_of(unsigned n)
{
    static unsigned char uuid[CACHE_UUID];
    memcpy(uuid, &n, sizeof n);
    return uuid;
}

static void put_domain(unsigned n, const char *d, bool off)
{
    cache_put_domain(c, uuid_of(n), &(struct cache_domain_facts){.domain = span_str(d), .disabled = off});
}

static void put_facts(unsigned n, struct cache_facts f)
{
    f.mbx = n;
    f.name = SPAN_LIT("X");
    cache_put_mailbox(c, uuid_of(n), &f);
}

static void figures_follow_each_state(void **state)
{
    struct cache_scopes hers = {.n = 3,
                                .of = {{SCOPE_DOMAIN, "figures.example"},
                                       {SCOPE_STRUCTURE, "figures.example"},
                                       {SCOPE_DOMAIN, "ailleurs.example"}}};
    struct cache_facts ana = {.address = SPAN_LIT("Ana@Figures.example"), .type = DT_PER, .scopes = &hers};
    struct cache_domain d;

    (void)state;
    put_domain(850000, "figures.example", false);
    assert_string_equal(figures_of("figures.example"), "00000000000");
    ana.aliases[ana.n_aliases++] = SPAN_LIT("a@figures.example");
    put_facts(850001, ana);
    put_facts(850002, (struct cache_facts){.address = SPAN_LIT("b@figures.example"), .type = DT_CAB, .pending = true});
    put_facts(850003, (struct cache_facts){.address = SPAN_LIT("c@figures.example"), .type = DT_ORG, .disabled = true});
    put_facts(850004, (struct cache_facts){.address = SPAN_LIT("d@figures.example"),
                                           .type = DT_APP,
                                           .disabled = true,
                                           .closed = true,
                                           .pending = true});
    put_facts(850005, (struct cache_facts){.address = SPAN_LIT("e@figures.example"), /* it was buried */
                                           .type = DT_PER,
                                           .disabled = true,
                                           .closed = true,
                                           .tombstone = true});
    assert_string_equal(figures_of("figures.example"), "11111111101");
    assert_true(cache_domain(c, SPAN_LIT("figures.example"), &d) && cache_domain_accounts(&d) == 4);
    ana.disabled = true;
    put_facts(850001, ana);
    assert_string_equal(figures_of("figures.example"), "01211111101");
    put_domain(850000, "figures.example", true); /* its accounts are what they are */
    assert_string_equal(figures_of("figures.example"), "01211111101");
    ana.disabled = false;
    ana.scopes = NULL;
    put_facts(850001, ana);
    assert_string_equal(figures_of("figures.example"), "11111111100");
    for (unsigned n = 850001; n <= 850005; n++) {
        cache_drop(c, uuid_of(n));
        cache_drop(c, uuid_of(n));
    }
    assert_string_equal(figures_of("figures.example"), "00000000000");
}

/* She administers a domain that nobody has an address in, read before it. */
static void an_administrator_counts_for_her_domain(void **state)
{
    struct cache_scopes hers = {.n = 1, .of = {{SCOPE_DOMAIN, "vide.example"}}};

    (void)state;
    put_facts(860001, (struct cache_facts){.address = SPAN_LIT("ana@x.example"), .type = DT_PER, .scopes = &hers});
    put_domain(860000, "vide.example", false);
    assert_string_equal(figures_of("vide.example"), "00000000001");
    cache_begin(c);
    cache_end(c); /* the directory has nothing any more */
    put_domain(860000, "vide.example", false);
    assert_string_equal(figures_of("vide.example"), "00000000000");
}

/* "850 851 +" : numbers above after, two at most; "+": there are more. */
static const char *boxes_of(const char *domain, uint64_t after)
{
    static char text[100];
    uint64_t out[2];
    bool more;
    size_t n = cache_domain_boxes(c, span_str(domain), after, out, 2, &more), at = 0;
    text[0] = 0;
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%llu ", (unsigned long long)out[i]);
    snprintf(text + at, sizeof text - at, "%s", more ? "+" : "");
    return text;
}

/* By the address of its own, in any state; one that moves, changes or goes leaves the list, in whatever order. */
static void the_mailboxes_of_a_domain(void **state)
{
    struct cache_facts f = {.address = SPAN_LIT("a@boites.example"), .type = DT_ORG};

    (void)state;
    assert_string_equal(boxes_of("boites.example", 0), "");
    for (unsigned n = 870005; n >= 870001; n--) {
        char address[40];
        snprintf(address, sizeof address, "a%u@Boites.example", n);
        put_facts(n, (struct cache_facts){.address = span_str(address), .type = DT_ORG, .disabled = n % 2});
    }
    assert_string_equal(boxes_of("BOITES.example", 0), "870001 870002 +");
    assert_string_equal(boxes_of("boites.example", 870002), "870003 870004 +");
    assert_string_equal(boxes_of("boites.example", 870004), "870005 ");
    assert_string_equal(boxes_of("boites.example", 870005), "");
    f.address = SPAN_LIT("a@autres.example");
    f.aliases[f.n_aliases++] = SPAN_LIT("alias@boites.example");
    put_facts(870003, f); /* an alias there is none of its mailboxes */
    assert_string_equal(boxes_of("boites.example", 870001), "870002 870004 +");
    assert_string_equal(boxes_of("autres.example", 0), "870003 ");
    put_facts(870002, (struct cache_facts){.address = SPAN_LIT("a2@boites.example"), .type = DT_ORG, .closed = true});
    assert_string_equal(boxes_of("boites.example", 0), "870001 870002 +");
    cache_drop(c, uuid_of(870001)); /* the last one of the list, one in its middle, its first */
    cache_drop(c, uuid_of(870004));
    assert_string_equal(boxes_of("boites.example", 0), "870002 870005 ");
    cache_drop(c, uuid_of(870002));
    cache_drop(c, uuid_of(870005));
    assert_string_equal(boxes_of("boites.example", 0), "");
    put_facts(870006, (struct cache_facts){.address = SPAN_LIT("t@boites.example"), .tombstone = true});
    assert_string_equal(boxes_of("boites.example", 0), "");
    cache_begin(c);
    cache_end(c);
    assert_string_equal(boxes_of("autres.example", 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_follow_each_state),
        cmocka_unit_test(an_administrator_counts_for_her_domain),
        cmocka_unit_test(the_mailboxes_of_a_domain),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
