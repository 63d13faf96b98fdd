/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_test.c - look-ups equal those in a plain list, whatever the entries; a block with a changed or missing octet is refused, and one
 * whose sum was made to fit is read without a step outside; ten times the entries cost a few comparisons more. */
#include "policies/trust.h"
#include "trust/index/index_int.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define GENERATED 1740757327u
static const struct index_entry few[] = {
    {SPAN_LIT("b.fr"), SPAN_LIT("CN=two,OU=12,C=FR"), SPAN_LIT("B"), SPAN_LIT("r"), SPAN_LIT("s"), 7},
    {SPAN_LIT("A.fr"), SPAN_LIT("CN=one,OU=11,C=FR"), SPAN_LIT("A"), SPAN_LIT("r"), SPAN_LIT("s"), 5},
    {SPAN_LIT("a.fr"), SPAN_LIT("C=FR, OU=12, CN=Two"), SPAN_LIT("A"), SPAN_LIT("r"), SPAN_LIT("s"), 6},
    {SPAN_LIT("a.fr"), SPAN_LIT("CN=one,OU=11,C=FR"), SPAN_LIT("A"), SPAN_LIT("r"), SPAN_LIT("s"),
     5}, /* the second one again */
    {SPAN_LIT("c.fr"), SPAN_LIT("CN=three,OU=11,C=FR"), SPAN_LIT("C"), SPAN_LIT("r"), SPAN_LIT("s"), 5},
    {SPAN_LIT("d.fr"), SPAN_LIT("CN=four,C=FR"), SPAN_LIT("D"), SPAN_NULL, SPAN_NULL, 0},
    {SPAN_LIT("e.fr"), SPAN_LIT("CN=five,C=FR"), SPAN_LIT("E"), SPAN_NULL, SPAN_NULL, 0},
};
enum { FEW = sizeof few / sizeof *few };

static int as_memfd(struct span s, bool sealed)
{
    int fd = memfd_create("index", MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p, s.n), (ssize_t)s.n);
    if (sealed)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    return fd;
}

static enum rc open_block(struct span s, bool sealed, struct trust_index **x)
{
    struct err e;
    int fd = as_memfd(s, sealed);
    enum rc rc = index_open(fd, x, &e);

    close(fd);
    return rc;
}

static struct trust_index *made(const struct index_entry *entries, size_t n, struct buf *block)
{
    struct trust_index *x = NULL;
    struct err e;

    assert_int_equal(index_write(entries, n, GENERATED, block, &e), RC_OK);
    assert_int_equal(open_block(buf_span(block), true, &x), RC_OK);
    return x;
}

static void what_is_written_is_read(void **state)
{
    static const char *const order[] = {"a.fr", "a.fr", "b.fr", "c.fr", "d.fr", "e.fr"};
    struct buf block = BUF_INIT;
    struct trust_index *x = made(few, FEW, &block);
    struct index_entry got;
    size_t first, count;

    (void)state;
    assert_int_equal(index_generated(x), GENERATED);
    assert_int_equal(index_entries(x), 6);
    assert_int_equal(index_domains(x), 5);
    assert_int_equal(index_operators(x), 5);
    for (size_t i = 0; i < 6; i++) {
        assert_true(index_entry(x, i, &got));
        assert_true(span_eq_str(got.domain, order[i]));
    }
    assert_false(index_entry(x, 6, &got));
    assert_true(index_find(x, SPAN_LIT("B.FR"), &first, &count));
    assert_int_equal(count, 1);
    assert_true(index_entry(x, first, &got));
    assert_true(span_eq(got.dn, few[0].dn) && span_eq(got.description, few[0].description) &&
                span_eq(got.responsible, few[0].responsible) && span_eq(got.support, few[0].support));
    assert_int_equal(got.updated, 7);
    assert_false(index_find(x, SPAN_LIT("x.fr"), &first, &count));
    assert_false(index_find(x, SPAN_LIT(""), &first, &count));
    index_close(&x);
    buf_free(&block);
}

static void answers(void **state)
{
    static const struct {
        const char *domain, *dn;
        enum index_answer answer;
    } t[] = {
        {"a.fr", "CN=one,OU=11,C=FR", IX_YES},
        {"A.FR", "C=FR,OU=11,CN=ONE", IX_YES},
        {"a.fr", "CN=two, OU=12, C=FR", IX_YES},
        {"a.fr", "CN=three,OU=11,C=FR", IX_OTHER_DN},
        {"a.fr", "CN=nobody,C=FR", IX_OTHER_DN},
        {"a.fr", "no name", IX_OTHER_DN},
        {"a.fr", "", IX_YES},
        {"x.fr", "", IX_UNKNOWN_DOMAIN},
        {"x.fr", "CN=one,OU=11,C=FR", IX_UNKNOWN_DOMAIN},
        {"a.f", "", IX_UNKNOWN_DOMAIN},
        {"a.fr.", "", IX_UNKNOWN_DOMAIN},
        {"", "CN=three,OU=11,C=FR", IX_YES},
        {"", "CN=nobody,C=FR", IX_OTHER_DN},
        {"", "", IX_OTHER_DN},
    };
    struct buf block = BUF_INIT;
    struct trust_index *x = made(few, FEW, &block);

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (index_ask(x, span_str(t[i].domain), span_str(t[i].dn)) != t[i].answer)
            fail_msg("%s / %s", t[i].domain, t[i].dn);
    index_close(&x);
    buf_free(&block);
}

/* Letters beyond ASCII: a domain is its A-labels, in the list and in what is asked. */
static void one_domain_in_two_spellings(void **state)
{
    static const char *const asked[] = {"h\xc3\xb4pital.fr", "H\xc3\x94PITAL.FR", "xn--hpital-ixa.fr",
                                        "XN--hpital-ixa.FR"};
    const struct index_entry t[] = {{.domain = SPAN_LIT("H\xc3\xb4pital.fr"), .dn = SPAN_LIT("CN=one")},
                                    {.domain = SPAN_LIT("xn--hpital-ixa.fr"), .dn = SPAN_LIT("CN=two")},
                                    {.domain = SPAN_LIT("XN--HPITAL-IXA.fr"), .dn = SPAN_LIT("CN=one")}};
    struct buf block = BUF_INIT;
    struct trust_index *x = made(t, 3, &block);

    (void)state;
    assert_int_equal(index_domains(x), 1);
    assert_int_equal(index_entries(x), 2);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        assert_int_equal(index_ask(x, span_str(asked[i]), SPAN_LIT("CN=one")), IX_YES);
        assert_int_equal(index_ask(x, span_str(asked[i]), SPAN_LIT("CN=two")), IX_YES);
        assert_int_equal(index_ask(x, span_str(asked[i]), SPAN_LIT("CN=three")), IX_OTHER_DN);
    }
    assert_int_equal(index_ask(x, SPAN_LIT("hopital.fr"), SPAN_NULL), IX_UNKNOWN_DOMAIN);
    assert_int_equal(index_ask(x, SPAN_LIT("h\xf4pital.fr"), SPAN_NULL), IX_UNKNOWN_DOMAIN);
    index_close(&x);
    buf_free(&block);
}

static void the_order_given_makes_no_difference(void **state)
{
    struct index_entry turned[FEW];
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct err e;

    (void)state;
    for (size_t i = 0; i < FEW; i++)
        turned[i] = few[FEW - 1 - i];
    assert_int_equal(index_write(few, FEW, 1, &a, &e), RC_OK);
    assert_int_equal(index_write(turned, FEW, 1, &b, &e), RC_OK);
    assert_true(span_eq(buf_span(&a), buf_span(&b)));
    buf_free(&a);
    buf_free(&b);
}

static void refused_entries(void **state)
{
    static char long_text[INDEX_TEXT_MAX + 1];
    const struct index_entry t[] = {
        {.domain = SPAN_LIT(""), .dn = SPAN_LIT("CN=x")},
        {.domain = SPAN_LIT("a..fr"), .dn = SPAN_LIT("CN=x")},
        {.domain = SPAN_LIT("\xe9.fr"), .dn = SPAN_LIT("CN=x")},
        {.domain = SPAN_LIT("\xc3\xa9..fr"), .dn = SPAN_LIT("CN=x")},
        {.domain = SPAN_LIT("\xc3\xa9"), .dn = SPAN_LIT("CN=x")},
        {.domain = SPAN_LIT("a.fr"), .dn = SPAN_LIT("")},
        {.domain = SPAN_LIT("a.fr"), .dn = SPAN_LIT("x")},
        {.domain = SPAN_LIT("a.fr"), .dn = SPAN_LIT("CN=x"), .support = span_of(long_text, sizeof long_text)},
    };
    struct buf out = BUF_INIT;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (index_write(&t[i], 1, 1, &out, &e) != RC_SYNTAX || out.n != 0)
            fail_msg("row %zu", i);
    assert_int_equal(index_write(t, 0, 1, &out, &e), RC_SYNTAX);
    buf_free(&out);
}

/* ---- hostile blocks ---- */
static void use_all(const struct trust_index *x)
{
    struct index_entry got;
    size_t first, count, octets = 0;

    for (size_t i = 0; index_entry(x, i, &got); i++) {
        struct span all[] = {got.domain, got.dn, got.description, got.responsible, got.support};
        for (size_t k = 0; k < 5; k++)
            for (size_t o = 0; o < all[k].n; o++)
                octets += all[k].p[o];
        index_ask(x, got.domain, got.dn);
        index_find(x, got.domain, &first, &count);
    }
    index_ask(x, SPAN_LIT("a.fr"), SPAN_LIT("CN=one,OU=11,C=FR"));
    assert_true(octets > 0);
}

static void every_octet_changed(void **state)
{
    struct buf block = BUF_INIT;
    struct trust_index *x = made(few, FEW, &block);

    (void)state;
    index_close(&x);
    for (size_t i = 0; i < block.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool free_field = i >= H_GENERATED && i < H_GENERATED + 8; /* a date: any number is one */
            block.p[i] ^= (unsigned char)(1u << bit);
            if (open_block(buf_span(&block), bit & 1, &x) != (free_field ? RC_OK : RC_CORRUPT))
                fail_msg("octet %zu, bit %u", i, bit);
            index_close(&x);
            block.p[i] ^= (unsigned char)(1u << bit);
        }
    for (size_t n = 0; n < block.n; n++)
        assert_int_equal(open_block(span_of(block.p, n), n & 1, &x), RC_CORRUPT);
    buf_addc(&block, 0);
    assert_int_equal(open_block(buf_span(&block), true, &x), RC_CORRUPT);
    buf_free(&block);
}

static void fit_sum(struct buf *block)
{
    uint64_t sum = index_sum(span_of(block->p + H_SIZE, block->n - H_SIZE));

    for (int i = 0; i < 8; i++)
        block->p[H_SUM + i] = (unsigned char)(sum >> 8 * i);
}

/* Somebody makes the sum fit: what is opened is read without a step outside (the sanitizer looks on), and stays in order. */
static void every_octet_changed_and_the_sum_made_to_fit(void **state)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct buf block = BUF_INIT;
    struct trust_index *x = made(few, FEW, &block);
    size_t opened = 0, refused = 0;

    (void)state;
    index_close(&x);
    for (size_t i = 0; i < block.n; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char was = block.p[i];
            block.p[i] = values[v];
            fit_sum(&block);
            if (open_block(buf_span(&block), true, &x) == RC_OK) {
                opened++;
                use_all(x);
                index_close(&x);
            } else {
                refused++;
            }
            block.p[i] = was;
        }
    assert_true(opened > 0 && refused > 0);
    buf_free(&block);
}

static void what_is_no_file_is_refused(void **state)
{
    struct trust_index *x = NULL;
    struct err e;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(index_open(ends[0], &x, &e), RC_CORRUPT);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(index_open(-1, &x, &e), RC_TEMP);
    assert_null(x);
}

/* ---- against a plain list ---- */
static uint64_t seed;
static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

enum { LONGEST = 96 };
struct plain {
    struct index_entry *e;
    size_t n;
    char (*domain)[LONGEST], (*dn)[LONGEST];
};

static void write_dn(char out[LONGEST], unsigned number)
{
    static const char *const forms[] = {"CN=smtp%u.fr,OU=1%u,O=CH %u,C=FR", "CN=SMTP%u.fr, OU=1%u, O=CH  %u, C=fr",
                                        "C=FR,O=\"ch %3$u\",OU=1%2$u,CN=smtp%1$u.fr"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, LONGEST, forms[random_below(3)], number, number % 7, number);
#pragma GCC diagnostic pop
}

static struct plain plain_list(size_t n, unsigned domains, unsigned names)
{
    struct plain p = {calloc(n, sizeof *p.e), n, calloc(n, LONGEST), calloc(n, LONGEST)};

    for (size_t i = 0; i < n; i++) {
        snprintf(p.domain[i], LONGEST, random_below(2) ? "d%u.mssante.fr" : "D%u.MSSante.fr", random_below(domains));
        write_dn(p.dn[i], random_below(names));
        p.e[i] = (struct index_entry){
            .domain = span_str(p.domain[i]), .dn = span_str(p.dn[i]), .description = SPAN_LIT("x")};
    }
    return p;
}

static void plain_free(struct plain *p)
{
    free(p->e);
    free(p->domain);
    free(p->dn);
}

static enum index_answer plain_ask(const struct plain *p, struct span domain, struct span dn)
{
    bool known = domain.n == 0;

    for (size_t i = 0; i < p->n; i++) {
        if (domain.n > 0 && !span_ieq(p->e[i].domain, domain))
            continue;
        known = true;
        if (dn.n == 0 ? domain.n > 0 : dn_same(p->e[i].dn, dn))
            return IX_YES;
    }
    return known ? IX_OTHER_DN : IX_UNKNOWN_DOMAIN;
}

static void look_ups_equal_a_plain_list(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        unsigned domains = 1 + random_below(30), names = 1 + random_below(20);
        struct plain p = plain_list(1 + random_below(80), domains, names);
        struct buf block = BUF_INIT;
        struct trust_index *x = made(p.e, p.n, &block);
        for (unsigned i = 0; i < 60; i++) {
            char domain[LONGEST] = "", dn[LONGEST] = "";
            if (random_below(5))
                snprintf(domain, sizeof domain, "d%u.mssante.FR", random_below(domains + 3));
            if (random_below(5))
                write_dn(dn, random_below(names + 3));
            if (index_ask(x, span_str(domain), span_str(dn)) != plain_ask(&p, span_str(domain), span_str(dn)))
                fail_msg("round %u: %s / %s", round, domain, dn);
        }
        index_close(&x);
        buf_free(&block);
        plain_free(&p);
    }
}

/* ---- cost ---- */
static unsigned long dearest(size_t n)
{
    struct plain p = plain_list(n, (unsigned)(n * 3 / 4), (unsigned)n / 16);
    struct buf block = BUF_INIT;
    struct trust_index *x = made(p.e, p.n, &block);
    unsigned long most = 0;

    for (size_t i = 0; i < n; i += n / 500) {
        index_compared = 0;
        assert_int_equal(index_ask(x, p.e[i].domain, p.e[i].dn), IX_YES);
        most = index_compared > most ? index_compared : most;
    }
    index_close(&x);
    buf_free(&block);
    plain_free(&p);
    return most;
}

static void ten_times_the_entries_cost_a_few_comparisons_more(void **state)
{
    unsigned long real = dearest(6494), large = dearest(60000);

    (void)state;
    assert_in_range(real, 10, 30);
    assert_in_range(large, real,
                    real + 9); /* a factor of 9.2 is 3.2 steps in each of domains and names, and the domain's own few */
}

/* ---- differences ---- */
static enum rc note(void *ctx, const struct index_change *c, struct err *e)
{
    (void)e;
    buf_addf(ctx, "%c%.*s ", c->what, SPAN_ARG(c->domain));
    return RC_OK;
}

static enum rc stop(void *ctx, const struct index_change *c, struct err *e)
{
    ++*(int *)ctx;
    return err_set(e, RC_MORE, "%c", c->what);
}

static void differences(void **state)
{
    static const struct index_entry other[] = {
        {.domain = SPAN_LIT("a.fr"), .dn = SPAN_LIT("CN=ONE,OU=11,C=FR")}, /* one DN of two */
        {.domain = SPAN_LIT("b.fr"), .dn = SPAN_LIT("C=FR,OU=12,CN=two"), .description = SPAN_LIT("another text")},
        {.domain = SPAN_LIT("c.fr"), .dn = SPAN_LIT("CN=three,OU=11,C=FR")},
        {.domain = SPAN_LIT("c.fr"), .dn = SPAN_LIT("CN=three,OU=11,C=FR"), .description = SPAN_LIT("twice")},
        {.domain = SPAN_LIT("d.fr"), .dn = SPAN_LIT("CN=changed,C=FR")},
        {.domain = SPAN_LIT("f.fr"), .dn = SPAN_LIT("CN=six,C=FR")},
    };
    struct buf ba = BUF_INIT, bb = BUF_INIT, seen = BUF_INIT;
    struct trust_index *a = made(few, FEW, &ba), *b = made(other, sizeof other / sizeof *other, &bb);
    struct err e;
    int calls = 0;

    (void)state;
    assert_int_equal(index_diff(a, b, note, &seen, &e), RC_OK);
    assert_string_equal(buf_cstr(&seen), "~a.fr ~d.fr -e.fr +f.fr ");
    buf_clear(&seen);
    assert_int_equal(index_diff(b, a, note, &seen, &e), RC_OK);
    assert_string_equal(buf_cstr(&seen), "~a.fr ~d.fr +e.fr -f.fr ");
    buf_clear(&seen);
    assert_int_equal(index_diff(NULL, b, note, &seen, &e), RC_OK);
    assert_string_equal(buf_cstr(&seen), "+a.fr +b.fr +c.fr +d.fr +f.fr ");
    buf_clear(&seen);
    assert_int_equal(index_diff(a, a, note, &seen, &e), RC_OK);
    assert_int_equal(seen.n, 0);
    assert_int_equal(index_diff(a, b, stop, &calls, &e), RC_MORE);
    assert_int_equal(calls, 1);
    index_close(&a);
    index_close(&b);
    buf_free(&ba);
    buf_free(&bb);
    buf_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(answers),
        cmocka_unit_test(the_order_given_makes_no_difference),
        cmocka_unit_test(one_domain_in_two_spellings),
        cmocka_unit_test(refused_entries),
        cmocka_unit_test(every_octet_changed),
        cmocka_unit_test(every_octet_changed_and_the_sum_made_to_fit),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(look_ups_equal_a_plain_list),
        cmocka_unit_test(ten_times_the_entries_cost_a_few_comparisons_more),
        cmocka_unit_test(differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
