/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/damage_test.h - flipping a bit of a page of a table while the daemon is down; for damage_test.c, salvage_test.c.
 * Process  tests.
 */
#pragma once
#include "store/stored/live_test.h"
#include "store/db/tables.h"

static inline int damage_open(struct live *l, enum table t)
{
    char path[200];
    int fd;

    snprintf(path, sizeof path, "%s/store/%s", l->dir, tables[t].file);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static inline size_t damage_pages(struct live *l, enum table t)
{
    int fd = damage_open(l, t);
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    return (size_t)st.st_size / tables[t].page;
}

/* Twice is as before. */
static inline void damage_flip(struct live *l, enum table t, size_t page)
{
    off_t off = (off_t)(page * tables[t].page + (page ? tables[t].page / 2 : 100));
    int fd = damage_open(l, t);
    unsigned char c;

    assert_int_equal(pread(fd, &c, 1, off), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, off), 1);
    close(fd);
}

/* The leaf page that has the key. */
static inline size_t damage_leaf_with(struct live *l, enum table t, const struct key *k)
{
    static unsigned char page[TABLE_PAGE_MOST];
    size_t n = damage_pages(l, t), found = 0;
    int fd = damage_open(l, t);

    for (size_t i = 1; i < n && !found; i++) {
        assert_int_equal(pread(fd, page, tables[t].page, (off_t)(i * tables[t].page)), tables[t].page);
        if (page[25] == 5 && span_find(span_of(page, tables[t].page), key_span(k)) >= 0)
            found = i;
    }
    close(fd);
    assert_true(found > 0);
    return found;
}

/* The leaf page that has the key (mbx, STORE_INBOX, uid). */
static inline size_t damage_leaf_of(struct live *l, enum table t, uint64_t mbx, uint32_t uid)
{
    struct key k = key_msg(mbx, STORE_INBOX, uid);

    return damage_leaf_with(l, t, &k);
}

/* Up, and it answers. */
static inline void damage_start(struct live *l)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct err e;

    live_start(l);
    store_patience(s, 60000);
    OK(store_call(s, STORE_PING, NULL, -1, NULL, &e));
    store_free(&s);
}

static inline void damage_populate(struct live *l, uint64_t mbx, int n)
{
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(l, mbx);
    struct store_expunge_rep ex;
    struct err e;

    for (int i = 0; i < n; i++)
        live_deliver(in, mbx, STORE_INBOX, i == 11 ? 300000 : i % 7 == 3 ? 70000 : 900, 0);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, 2), 0, 0}, -1, &ex, &e));
    live_folder(s, "another");
    for (int i = 0; i < 60; i++)
        live_annotate(s, STORE_INBOX, (unsigned char)i, 300);
    store_free(&in);
    store_free(&s);
}
