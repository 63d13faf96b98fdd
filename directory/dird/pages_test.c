/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/pages_test.c - whoever asks page by page gets each record once, in order, however few there are to see and however little room there is.
 * Process  tests. */
#include "directory/dird/pages.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { MANY = 1000 };

struct seeing {
    unsigned each; /* the record of each such name is to be seen */
    size_t room;   /* octets of a page */
    bool broken;
};

static enum rc put(void *ctx, struct span name, struct buf *list, struct err *e)
{
    const struct seeing *s = ctx;
    uint64_t n;

    assert_true(span_u64(span_head(name, 4), MANY, &n));
    if (s->broken && n == 500)
        return err_set(e, RC_TEMP, "as if slapd were away");
    if (n % s->each != 0)
        return RC_OK;
    if (list->n > 0 && list->n + name.n + 1 > s->room)
        return RC_MORE;
    buf_addspan(list, name);
    buf_addc(list, 0);
    return RC_OK;
}

static struct cache *filled(void)
{
    struct cache *c = cache_new();
    unsigned char uuid[CACHE_UUID] = {0};
    char name[32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%04u.test", (i * 7) % MANY);
        uuid[0] = (unsigned char)i;
        uuid[1] = (unsigned char)(i >> 8);
        cache_put_domain(c, uuid, &(struct cache_domain_facts){.domain = span_str(name)});
    }
    return c;
}

/* How many records came, page by page; each is the one that is due. */
static unsigned all_pages(struct cache *c, struct seeing *s, size_t names)
{
    const struct paging g = {LIST_DOMAINS, names, put, s};
    char after[CACHE_NAME] = "", due[32];
    struct buf list = BUF_INIT;
    unsigned seen = 0;
    bool more = true;
    struct err e;

    while (more) {
        buf_clear(&list);
        assert_int_equal(page_fill(c, &g, span_str(after), &list, &more, &e), RC_OK);
        assert_true(list.n > 0 || !more); /* or nobody could ask for the next one */
        for (struct span rest = buf_span(&list); rest.n > 0; seen++) {
            struct span name = span_cut(&rest, 0);
            snprintf(after, sizeof after, "%.*s", SPAN_ARG(name));
            snprintf(due, sizeof due, "%04u.test", seen * s->each);
            assert_string_equal(after, due);
        }
    }
    buf_free(&list);
    return seen;
}

static void each_record_comes_once_and_in_order(void **state)
{
    struct cache *c = filled();

    (void)state;
    assert_int_equal(all_pages(c, &(struct seeing){.each = 1, .room = 1 << 20}, 100), MANY);
    assert_int_equal(all_pages(c, &(struct seeing){.each = 1, .room = 25}, 100), MANY); /* two at a time */
    assert_int_equal(all_pages(c, &(struct seeing){.each = 1, .room = 1}, 100), MANY);
    assert_int_equal(all_pages(c, &(struct seeing){.each = 450, .room = 1 << 20}, 100),
                     3); /* pages with nothing to see are passed over */
    assert_int_equal(all_pages(c, &(struct seeing){.each = 450, .room = 1 << 20}, 1), 3);
    cache_free(&c);
}

static void an_error_is_no_end(void **state)
{
    struct cache *c = filled();
    struct seeing s = {.each = 999, .room = 1 << 20, .broken = true};
    const struct paging g = {LIST_DOMAINS, 100, put, &s};
    struct buf list = BUF_INIT;
    bool more;
    struct err e;

    (void)state;
    assert_int_equal(page_fill(c, &g, SPAN_LIT("0001.test"), &list, &more, &e), RC_TEMP);
    buf_free(&list);
    cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_comes_once_and_in_order),
        cmocka_unit_test(an_error_is_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
