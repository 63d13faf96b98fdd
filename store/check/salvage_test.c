/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_test.c - a bit is flipped in the first page, the root and the middle of every table, alone and in all at
 * once: the salvage keeps what the bad page did not hold, says what it held by number, and leaves a store that the check finds
 * sound and that serves. */
#include "store/check/damage_test.h"

enum { MESSAGES = 60, ROUNDS_DEAD = 3 };
static struct live L;
static uint64_t a, b;

static void shell(const char *cmd)
{
    int st = system(cmd);

    assert_int_equal(st, 0);
}

/* A delegate with rights in a folder, who has seen what the holder had seen before that changed. */
static void delegate_of(uint64_t mbx, struct store *holder)
{
    static const unsigned char sealed[SEAL_DELEGATE];
    struct store_box_set_req rq = {
        .mbx = mbx, .what = BOX_SET_SLOTS | BOX_SET_SEEN, .slots_version = 1, .seen_each = 1};
    struct store_acl_set_req acl = {.folder = 2, .delegate = 4711, .rights = 3};
    struct store_flags_req flags = {.folder = STORE_INBOX, .how = FLAGS_ADD, .flags = MF_SEEN};
    struct store *admin = store_new(ROLE_ADMIN);
    struct buf body = BUF_INIT, slots = BUF_INIT;
    struct store_flags_rep rep;
    struct err e;

    buf_u64(&body, 4711);
    buf_u64(&body, 1);
    buf_add(&body, sealed, sizeof sealed);
    buf_addspan(&slots, live_slots("slots"));
    slot_add(&slots, &(struct slot){SLOT_DELEGATE, 1, buf_span(&body)});
    rq.slots = buf_span(&slots);
    OK(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    OK(store_call(holder, STORE_ACL_SET, &acl, -1, NULL, &e));
    flags.uids = live_range(1, 30);
    OK(store_call(holder, STORE_FLAGS, &flags, -1, &rep, &e));
    flags.uids = live_range(20, 50);
    OK(store_call(holder, STORE_FLAGS, &flags, -1, &rep, &e));
    buf_free(&body);
    buf_free(&slots);
    store_free(&admin);
}

static int setup(void **state)
{
    struct store *in, *s;
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    (void)state;
    live_new(&L);
    a = live_box(0);
    b = live_box(0);
    damage_populate(&L, a, MESSAGES);
    damage_populate(&L, b, 5);
    in = store_new(ROLE_SMTPD);
    s = live_bound(&L, a);
    letter_new(&l, 900, 700, 300);
    letter_to(&l, a, 2, 0); /* the folder that damage_populate() made */
    letter_out(&l, "remote", 77);
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    delegate_of(a, s);
    store_free(&in);
    store_free(&s);
    poll(NULL, 0, 1100);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    shell("cp -a store pristine");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

/* What pli store salvage runs; its report into out. */
static int salvage(struct buf *out, const char *fault)
{
    static const char *const mode[] = {"salvage", "1", NULL};
    static char text[8192];
    int fd = open("report", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), code;
    ssize_t n;

    L.more = mode;
    L.fault = fault;
    L.pid = fork();
    if (L.pid == 0) {
        dup2(fd, 1);
        live_child(&L);
    }
    code = live_stop(&L, 0);
    L.more = NULL;
    L.fault = NULL;
    n = pread(fd, text, sizeof text, 0);
    close(fd);
    buf_clear(out);
    buf_add(out, text, n > 0 ? (size_t)n : 0);
    return code;
}

/* What of a table is lost for good, in the words of the check. */
static const char *lost_for_good(enum table t)
{
    return t == T_OBJECTS ? "bytes are missing" : t == T_BOXES ? "it cannot be opened without a backup" : NULL;
}

/* A whole check finds nothing but that. */
static void assert_sound(const char *lost, const char *what)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;

    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.bad && !(lost && span_find(rep.findings, span_str(lost)) >= 0))
            fail_msg("%s: %.*s", what, SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
}

/* How many messages of the mailbox are listed, and how many of those can be read to their end. */
static uint32_t readable(struct store *s, uint32_t folder, uint32_t *listed)
{
    struct store_range_req rq = {folder, live_range(1, UINT32_MAX), 0, 0};
    struct store_list_rep list;
    struct store_entry en;
    struct err e;
    uint32_t whole = 0;

    do {
        struct buf page = BUF_INIT;
        if (store_call_in(s, STORE_ENTRIES, &rq, -1, &list, &page, &e) != RC_OK)
            fail_msg("entries: %s", e.log);
        for (struct span rest = list.list; ipc_list_next(&rest, store_entry_f, &en, &e) == RC_OK;) {
            struct store_read_req rd = {folder, en.uid, SEAL_MESSAGE, 0, 1, 0};
            struct store_read_rep rep;
            enum rc rc;
            ++*listed;
            do
                rc = store_call(s, STORE_READ, &rd, -1, &rep, &e);
            while (rc == RC_OK && ++rd.chunk < seal_led_chunks(en.size, en.lead));
            assert_true(rc == RC_OK || rc == RC_CORRUPT);
            whole += rc == RC_OK;
        }
        rq.from = list.next;
        buf_free(&page);
    } while (list.next);
    return whole;
}

static void serves(enum table t, bool alone, const char *what)
{
    struct store *in = store_new(ROLE_SMTPD), *s;
    struct store_deliver_rep rep;
    struct store_list_rep list;
    struct store_expunge_rep ex;
    struct letter l;
    struct err e;
    uint32_t listed = 0, whole;

    letter_new(&l, 900, 700, 300);
    letter_to(&l, b, STORE_INBOX, 0);
    if (letter_send(&l, in, NULL, &rep, &e) != RC_OK && t != T_BOXES && t != T_EPOCHS)
        fail_msg("%s: delivery: %s", what, e.log);
    letter_free(&l);
    store_free(&in);
    if (t == T_BOXES)
        return;
    s = live_bound(&L, a);
    OK(store_call(s, STORE_SUMMARIES, &(struct store_range_req){STORE_INBOX, live_range(1, UINT32_MAX), 0, 0}, -1,
                  &list, &e));
    whole = readable(s, STORE_INBOX, &listed);
    if (alone && t != T_MSGS && listed < MESSAGES - 2)
        fail_msg("%s: %u messages are left", what, (unsigned)listed);
    if (alone && t != T_MSGS && t != T_OBJECTS && whole != listed)
        fail_msg("%s: %u of %u messages can be read", what, (unsigned)whole, (unsigned)listed);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, UINT32_MAX), 0, 0}, -1, &ex,
                  &e));
    assert_int_equal(live_status(s, STORE_INBOX).exists, 0);
    store_free(&s);
}

static bool small(enum table t)
{
    return t == T_FORMAT || t == T_META || t == T_TAGS || t == T_KEYWORDS || t == T_DUE || t == T_TOMBS || t == T_GONE;
}

static void one_page(enum table t, size_t page)
{
    struct buf out = BUF_INIT;
    bool leaves_only;
    char what[100];
    int code;

    shell("rm -rf store && cp -a pristine store");
    damage_flip(&L, t, page);
    leaves_only = damage_pages(&L, t) == 2; /* page 1 is the whole tree */
    snprintf(what, sizeof what, "table %s: 1 pages were damaged", tables[t].file);
    code = salvage(&out, NULL);
    if (code != 0 || span_find(buf_span(&out), span_str(what)) < 0)
        fail_msg("page %u of %s: exit %d: %s", (unsigned)page, tables[t].file, code, buf_cstr(&out));
    if (page == 1 && leaves_only && (t == T_BOXES || t == T_EPOCHS || t == T_FOLDERS))
        assert_true(span_find(buf_span(&out), SPAN_LIT("mailbox ")) >= 0); /* what is lost is said, and of whom */
    code = salvage(&out, NULL); /* once more: what the first one lost is not taken for deleted */
    if (code != 0 || span_find(buf_span(&out), SPAN_LIT("no page is damaged; 0 records were put right")) < 0)
        fail_msg("page %u of %s, again: exit %d: %s", (unsigned)page, tables[t].file, code, buf_cstr(&out));
    snprintf(what, sizeof what, "%s page %u", tables[t].file, (unsigned)page);
    damage_start(&L);
    assert_sound(lost_for_good(t), what);
    serves(t, true, what);
    assert_sound(lost_for_good(t), what);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    buf_free(&out);
}

/* The root, and a page in the middle of a large one; the first pages have a test of their own. */
static void test_every_table(void **state)
{
    (void)state;
    for (int t = T_BOXES; t < TABLES; t += live_step(3)) {
        size_t n = damage_pages(&L, (enum table)t);
        if (!small((enum table)t))
            one_page((enum table)t, 1);
        if (n >= 4)
            one_page((enum table)t, n / 2);
    }
}

/* The whole of what holds no mail, at once: nothing of anybody's is lost. */
static void test_small_tables(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    shell("rm -rf store && cp -a pristine store");
    for (int t = 0; t < TABLES; t++)
        if (small((enum table)t))
            damage_flip(&L, (enum table)t, 1);
    assert_int_equal(salvage(&out, NULL), 0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("mailbox ")) < 0);
    damage_start(&L);
    assert_sound(NULL, "small tables");
    serves(T_GONE, true, "small tables");
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    buf_free(&out);
}

/* The first page of all of them: nothing that a leaf holds is lost. */
static void test_every_first_page(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    shell("rm -rf store && cp -a pristine store");
    for (int t = 0; t < TABLES; t++)
        damage_flip(&L, (enum table)t, 0);
    assert_int_equal(salvage(&out, NULL), 0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("mailbox ")) < 0);
    damage_start(&L);
    assert_sound(NULL, "all first pages");
    serves(T_GONE, true, "all first pages");
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    buf_free(&out);
}

/* Nothing is damaged: nothing is changed, and nothing is put aside. */
static void test_sound(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    shell("rm -rf store && cp -a pristine store");
    assert_int_equal(salvage(&out, NULL), 0);
    assert_true(span_find(buf_span(&out), SPAN_LIT("no page is damaged; 0 records were put right")) >= 0);
    shell("! ls -d store/*.damaged-* 2>/dev/null");
    buf_free(&out);
}

/* A file that was put back serves again: nothing was made in its place meanwhile, and no mark says that a salvage has begun. */
static void refused_until_put_back(enum table missing, enum table damaged)
{
    struct buf out = BUF_INIT;
    char cmd[200];

    print_message("missing %s, damaged %s\n", tables[missing].file, damaged < TABLES ? tables[damaged].file : "none");
    shell("rm -rf store && cp -a pristine store");
    if (damaged < TABLES)
        damage_flip(&L, damaged, damage_pages(&L, damaged) > 1 ? 1 : 0);
    snprintf(cmd, sizeof cmd, "rm store/%s", tables[missing].file);
    shell(cmd);
    assert_int_equal(salvage(&out, NULL), 1);
    assert_int_not_equal(access("store/salvage.unfinished", F_OK), 0);
    shell("! ls store/*.salvage store/*.damaged-* 2>/dev/null");
    live_start(&L);
    assert_int_equal(live_stop(&L, 0), 1);
    snprintf(cmd, sizeof cmd, "test ! -e store/%s && cp -a pristine/%s store/", tables[missing].file,
             tables[missing].file);
    shell(cmd);
    assert_int_equal(salvage(&out, NULL), 0);
    damage_start(&L);
    assert_sound(lost_for_good(damaged), "put back");
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    buf_free(&out);
}

static void test_missing_table(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t += live_step(4)) {
        refused_until_put_back((enum table)t, t == T_SUMMARIES ? T_TEXTS : T_SUMMARIES);
        if (t != T_FORMAT)
            refused_until_put_back((enum table)t, T_FORMAT);
    }
}

#ifdef PLI_DEV
/* No room for the new files: the store is as it was, and is served as it was. */
static void test_no_room(void **state)
{
    struct buf out = BUF_INIT;
    uint32_t listed = 0;
    struct store *s;

    (void)state;
    shell("rm -rf store && cp -a pristine store");
    damage_flip(&L, T_SUMMARIES, 1);
    assert_int_not_equal(salvage(&out, "pwrite:12:enospc"), 0);
    assert_int_not_equal(access("store/salvage.unfinished", F_OK), 0);
    shell("! ls store/*.salvage store/*.damaged-* 2>/dev/null");
    damage_start(&L); /* as before: what does not need that page is answered */
    s = live_bound(&L, a);
    assert_int_equal(readable(s, STORE_INBOX, &listed), MESSAGES - 2);
    assert_int_equal(listed, MESSAGES - 2);
    store_free(&s);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    buf_free(&out);
}

/* It dies at any write: nobody serves what is half done, and the next run ends it. */
static void test_dies(void **state)
{
    struct buf out = BUF_INIT;
    char fault[32];
    int died = 0;

    (void)state;
    for (int n = 1; n < 60; n += 15) {
        shell("rm -rf store && cp -a pristine store");
        damage_flip(&L, T_OBJREFS, 1);
        damage_flip(&L, T_COUNTERS, 1);
        snprintf(fault, sizeof fault, "pwrite:%d:kill", n);
        if (salvage(&out, fault) == 9)
            died++;
        if (access("store/salvage.unfinished", F_OK) == 0) {
            live_start(&L);
            assert_int_equal(live_stop(&L, 0), 1);
        }
        assert_int_equal(salvage(&out, NULL), 0);
        damage_start(&L);
        assert_sound(NULL, fault);
        serves(T_COUNTERS, true, fault);
        assert_int_equal(live_stop(&L, SIGTERM), 0);
    }
    assert_true(died >= ROUNDS_DEAD);
    buf_free(&out);
}
#endif

static void test_last(void **state)
{
    (void)state;
    shell("rm -rf store && cp -a pristine store");
    damage_start(&L); /* for the teardown, which ends it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),         cmocka_unit_test(test_every_first_page),
        cmocka_unit_test(test_small_tables),  cmocka_unit_test(test_every_table),
        cmocka_unit_test(test_missing_table),
#ifdef PLI_DEV
        cmocka_unit_test(test_no_room),       cmocka_unit_test(test_dies),
#endif
        cmocka_unit_test(test_last),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
