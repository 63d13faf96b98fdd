/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_test.c - \Seen of each person's own, case by case. All cases at random: seen_model_test.c.
 * Process  tests. */
#include "store/ops/seen_test.h"
#include "store/check/damage_test.h"

/* Lists of the holder, Marie and Paul. */
#define SEE(p, folder, holder, marie, paul)                                                                            \
    do {                                                                                                               \
        assert_string_equal(practice_list(p, 0, folder), holder);                                                      \
        assert_string_equal(practice_list(p, MARIE, folder), marie);                                                   \
        assert_string_equal(practice_list(p, PAUL, folder), paul);                                                     \
    } while (0)

static void letters(struct practice *p, int n)
{
    for (int i = 0; i < n; i++)
        live_deliver(p->in, p->mbx, STORE_INBOX, 100, 0);
}

static uint32_t unseen(struct practice *p, int person, uint32_t folder)
{
    struct store_list_rep rep;
    struct store_folder f;
    struct span rest;
    struct err e;
    uint32_t told = UINT32_MAX;

    OK(store_call(p->who[person], STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &rep, &e));
    for (rest = rep.list; ipc_list_next(&rest, store_folder_f, &f, &e) == RC_OK;)
        if (f.folder == folder)
            told = f.unseen;
    assert_int_equal(live_status(p->who[person], folder).unseen, told);
    return told;
}

static struct store_copy_rep copy(struct practice *p, int person, uint32_t from, uint32_t lo, uint32_t hi, uint32_t to,
                                  bool move)
{
    struct store_copy_req rq = {.folder = from, .dest = to, .uids = live_range(lo, hi), .move = move};
    struct store_copy_rep rep;
    struct err e;

    OK(store_call(p->who[person], STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(rep.next, 0);
    return rep;
}

static void expunge(struct practice *p, int person, uint32_t folder, uint32_t lo, uint32_t hi)
{
    struct store_expunge_req rq = {folder, live_range(lo, hi), 0, 0};
    struct store_expunge_rep rep;
    struct err e;

    OK(store_call(p->who[person], STORE_EXPUNGE, &rq, -1, &rep, &e));
}

/* The UIDs that CHANGES names to her since then, as text. */
static const char *changed(struct practice *p, int person, uint64_t since)
{
    static char text[200];
    struct store_changes_rep rep;
    struct err e;
    size_t n = 0;

    OK(store_call(p->who[person], STORE_CHANGES, &(struct store_changes_req){STORE_INBOX, since, 0}, -1, &rep, &e));
    text[0] = '\0';
    for (size_t i = 0; i < rep.brief.n / STORE_BRIEF; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%u%s ", (unsigned)live_brief_at(rep.brief, i).uid,
                              live_brief_at(rep.brief, i).flags & MF_SEEN ? "S" : "");
    return text;
}

static void once_until_it_is_switched_on(void **state)
{
    struct practice p;
    struct store_box_rep box;
    struct err e;
    uint64_t before;

    (void)state;
    practice_new(&p);
    letters(&p, 3);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    SEE(&p, STORE_INBOX, "S--", "S--", "S--");
    before = live_status(p.who[0], STORE_INBOX).modseq;
    practice_each(&p, true);
    OK(store_call(p.admin, STORE_BOX_GET, &(struct store_mbx_msg){p.mbx}, -1, &box, &e));
    assert_int_equal(box.seen_each, 1);
    SEE(&p, STORE_INBOX, "S--", "S--", "S--"); /* nobody's changed */
    assert_int_equal(live_status(p.who[0], STORE_INBOX).modseq, before);
    practice_flags(&p, MARIE, STORE_INBOX, 2, 2, FLAGS_ADD, MF_SEEN | MF_FLAGGED);
    SEE(&p, STORE_INBOX, "SF-", "SB-", "SF-"); /* other flags exist once */
    assert_string_equal(changed(&p, MARIE, before), "2S ");
    assert_string_equal(changed(&p, PAUL, before), "2 ");
    practice_flags(&p, 0, STORE_INBOX, 3, 3, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 1, 1, FLAGS_REMOVE, MF_SEEN);
    SEE(&p, STORE_INBOX, "-FS", "SB-", "SF-"); /* Paul has followed until now, and goes on from there */
    practice_flags(&p, PAUL, STORE_INBOX, 1, 3, FLAGS_SET, MF_SEEN);
    SEE(&p, STORE_INBOX, "--S", "SS-", "SSS");
    assert_int_equal(unseen(&p, 0, STORE_INBOX), 2);
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 1);
    assert_int_equal(unseen(&p, PAUL, STORE_INBOX), 0);
    letters(&p, 1);
    SEE(&p, STORE_INBOX, "--S-", "SS--", "SSS-");
    assert_int_equal(unseen(&p, PAUL, STORE_INBOX), 1);
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

/* What is no change takes no modseq, and an UNCHANGEDSINCE looks at what others changed, too: the modseq is the message's. */
static void modseqs(void **state)
{
    struct practice p;
    struct store_flags_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 1), .how = FLAGS_ADD, .flags = MF_SEEN};
    struct store_flags_rep rep;
    struct err e;
    uint64_t before;

    (void)state;
    practice_new(&p);
    letters(&p, 1);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    before = live_status(p.who[0], STORE_INBOX).modseq;
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    assert_int_equal(live_status(p.who[0], STORE_INBOX).modseq, before);
    rq.unchanged_since = before - 1;
    OK(store_call(p.who[0], STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.modified.n, 4);
    rq.unchanged_since = before;
    OK(store_call(p.who[0], STORE_FLAGS, &rq, -1, &rep, &e));
    assert_int_equal(rep.modified.n, 0);
    assert_int_equal(live_brief_at(rep.brief, 0).flags, MF_SEEN);
    assert_int_equal(live_brief_at(rep.brief, 0).modseq, before + 1);
    practice_free(&p);
}

static void messages_that_come_seen(void **state)
{
    struct practice p;

    (void)state;
    practice_new(&p);
    live_deliver(p.who[MARIE], p.mbx, STORE_INBOX, 100, MF_SEEN);
    SEE(&p, STORE_INBOX, "S", "S", "S");
    practice_each(&p, true);
    live_deliver(p.who[MARIE], p.mbx, STORE_INBOX, 100, MF_SEEN | MF_FLAGGED);
    SEE(&p, STORE_INBOX, "SF", "SB", "SF");
    live_deliver(p.who[0], p.mbx, STORE_INBOX, 100, MF_SEEN);
    SEE(&p, STORE_INBOX, "SFS", "SB-", "SF-");
    assert_int_equal(unseen(&p, 0, STORE_INBOX), 1);
    assert_int_equal(unseen(&p, PAUL, STORE_INBOX), 2);
    practice_free(&p);
}

static void copies_are_to_each_what_the_original_was(void **state)
{
    struct practice p;
    uint32_t other;

    (void)state;
    practice_new(&p);
    other = live_folder(p.who[0], "other");
    letters(&p, 3);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 2, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 2, 3, FLAGS_ADD, MF_SEEN);
    SEE(&p, STORE_INBOX, "-SS", "SS-", "---");
    (void)copy(&p, PAUL, STORE_INBOX, 1, 3, other, false);
    SEE(&p, other, "-SS", "SS-", "---");
    (void)copy(&p, PAUL, STORE_INBOX, 2, 3, STORE_INBOX, false); /* within a folder */
    SEE(&p, STORE_INBOX, "-SSSS", "SS-S-", "-----");
    (void)copy(&p, MARIE, STORE_INBOX, 1, 2, other, true);
    SEE(&p, STORE_INBOX, "SSS", "-S-", "---");
    SEE(&p, other, "-SS-S", "SS-SS", "-----");
    (void)copy(&p, 0, STORE_INBOX, 3, 3, STORE_INBOX, true);
    SEE(&p, STORE_INBOX, "SSS", "S--", "---");
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

/* Nobody had changed a \Seen in the folder of the copies, nor in that of the originals but Marie. */
static void a_copy_parts_who_must_part(void **state)
{
    struct practice p;
    uint32_t other;

    (void)state;
    practice_new(&p);
    other = live_folder(p.who[0], "other");
    live_deliver(p.who[0], p.mbx, other, 100, MF_SEEN);
    letters(&p, 1);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    (void)copy(&p, 0, STORE_INBOX, 1, 1, other, false);
    SEE(&p, other, "S-", "SS", "S-");
    practice_flags(&p, 0, other, 1, 1, FLAGS_REMOVE, MF_SEEN);
    SEE(&p, other, "--", "SS", "S-");
    practice_free(&p);
}

/* RFC 4314 4: without s she sets no \Seen, by STORE or by a copy; what she has seen stays. */
static void without_the_right(void **state)
{
    struct practice p;
    uint32_t other;

    (void)state;
    practice_new(&p);
    other = live_folder(p.who[0], "other");
    letters(&p, 2);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 1, 2, FLAGS_ADD, MF_SEEN);
    practice_slots(&p, worker & ~(uint32_t)ACL_S);
    assert_int_equal(practice_try(&p, MARIE, STORE_INBOX, 2, 2, FLAGS_ADD, MF_SEEN), RC_DENIED);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 2, FLAGS_SET, MF_FLAGGED);
    SEE(&p, STORE_INBOX, "BB", "BF", "FF");
    live_deliver(p.who[MARIE], p.mbx, STORE_INBOX, 100, MF_SEEN);
    SEE(&p, STORE_INBOX, "BB-", "BF-", "FF-");
    (void)copy(&p, MARIE, STORE_INBOX, 1, 2, other, false);
    SEE(&p, other, "BB", "FF", "FF");
    practice_free(&p);
}

/* A UID that is gone is seen by nobody, and the next messages are new. */
static void what_left_is_not_counted(void **state)
{
    struct practice p;

    (void)state;
    practice_new(&p);
    letters(&p, 5);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 4, FLAGS_ADD, MF_SEEN);
    expunge(&p, PAUL, STORE_INBOX, 2, 3);
    SEE(&p, STORE_INBOX, "---", "SS-", "---");
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 1);
    expunge(&p, 0, STORE_INBOX, 1, UINT32_MAX);
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 0);
    letters(&p, 1);
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 1);
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

static void a_removed_message_comes_back_new(void **state)
{
    struct practice p;
    struct store_undelete_req rq = {.until = UINT64_MAX};
    struct store_undelete_rep rep;
    struct err e;

    (void)state;
    practice_new(&p);
    letters(&p, 2);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    expunge(&p, 0, STORE_INBOX, 1, 1);
    rq.mbx = p.mbx;
    OK(store_call(p.admin, STORE_UNDELETE, &rq, -1, &rep, &e));
    SEE(&p, STORE_INBOX, "-S", "--", "--");
    practice_free(&p);
}

/* Who is named again begins as anybody who is named: with what the holder has seen. */
static void a_delegation_ends(void **state)
{
    struct practice p;

    (void)state;
    practice_new(&p);
    letters(&p, 3);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, PAUL, STORE_INBOX, 2, 2, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 3, 3, FLAGS_ADD, MF_SEEN);
    practice_slots(&p, worker); /* other rights: hers stays */
    SEE(&p, STORE_INBOX, "--S", "S--", "-S-");
    p.named[MARIE] = false;
    practice_slots(&p, worker);
    assert_string_equal(practice_list(&p, PAUL, STORE_INBOX), "-S-");
    assert_string_equal(practice_check(&p), "");
    p.named[MARIE] = true;
    practice_slots(&p, worker);
    SEE(&p, STORE_INBOX, "--S", "--S", "-S-");
    practice_flags(&p, 0, STORE_INBOX, 3, 3, FLAGS_REMOVE, MF_SEEN);
    SEE(&p, STORE_INBOX, "---", "--S", "-S-");
    practice_free(&p);
}

/* All is as the holder has it, and everybody for whom a message changes hears of it. */
static void switched_off(void **state)
{
    struct practice p;
    uint64_t before;

    (void)state;
    practice_new(&p);
    letters(&p, 4);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 2, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, 0, STORE_INBOX, 2, 3, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, PAUL, STORE_INBOX, 2, 3, FLAGS_ADD, MF_SEEN);
    before = live_status(p.who[0], STORE_INBOX).modseq;
    practice_each(&p, false);
    practice_until(&p, MARIE, STORE_INBOX, "-SS-");
    SEE(&p, STORE_INBOX, "-SS-", "-SS-", "-SS-");
    assert_string_equal(changed(&p, MARIE, before), "1 3S ");
    practice_flags(&p, PAUL, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    SEE(&p, STORE_INBOX, "SSS-", "SSS-", "SSS-");
    practice_each(&p, true);
    SEE(&p, STORE_INBOX, "SSS-", "SSS-", "SSS-");
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

static void folders_and_mailboxes_go(void **state)
{
    struct practice p;
    uint32_t other;
    struct err e;

    (void)state;
    practice_new(&p);
    other = live_folder(p.who[0], "other");
    live_deliver(p.in, p.mbx, other, 100, 0);
    letters(&p, 1);
    practice_each(&p, true);
    practice_flags(&p, MARIE, other, 1, 1, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    OK(store_call(p.who[0], STORE_FOLDER_DELETE, &(struct store_folder_msg){other}, -1, NULL, &e));
    assert_string_equal(practice_check(&p), "");
    OK(store_call(p.admin, STORE_BOX_DELETE, &(struct store_mbx_msg){p.mbx}, -1, NULL, &e));
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

/* More messages than a block of UIDs, and than a transaction of the merge: some are seen in each block. The daemon is killed when it has just begun. */
static void many(void **state)
{
    struct practice p;
    uint32_t n = 64, other;

    (void)state;
    practice_new(&p);
    other = live_folder(p.who[0], "other");
    letters(&p, (int)n);
    for (; n < 8192; n *= 2)
        (void)copy(&p, 0, STORE_INBOX, 1, n < 4096 ? n : 4096, STORE_INBOX, false);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 3, FLAGS_ADD, MF_SEEN);
    practice_flags(&p, MARIE, STORE_INBOX, 4095, 4097, FLAGS_ADD, MF_SEEN);
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 8192 - 6);
    practice_flags(&p, PAUL, STORE_INBOX, 1, UINT32_MAX, FLAGS_ADD, MF_SEEN);
    assert_int_equal(unseen(&p, PAUL, STORE_INBOX), 0);
    assert_int_equal(unseen(&p, 0, STORE_INBOX), 8192);
    (void)copy(&p, 0, STORE_INBOX, 4090, 4099, other, true);
    SEE(&p, other, "----------", "-----SSS--", "SSSSSSSSSS");
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 8182 - 3);
    for (int kills = 0; kills < 3; kills++) {
        practice_each(&p, kills % 2 != 0);
        live_stop(&L, SIGKILL);
        live_start(&L);
        practice_each(&p, false);
    }
    practice_until(&p, MARIE, other, "----------");
    practice_until(&p, PAUL, other, "----------");
    for (int i = 0; i < 1000 && unseen(&p, PAUL, STORE_INBOX) != 8182; i++)
        poll(NULL, 0, 10);
    assert_int_equal(unseen(&p, PAUL, STORE_INBOX), 8182);
    assert_int_equal(unseen(&p, MARIE, STORE_INBOX), 8182);
    assert_string_equal(practice_check(&p), "");
    practice_free(&p);
}

/* INV-G3: what needs the page is answered RC_CORRUPT and changes nothing; the holder reads and flags, and a delegate's list of folders is there. */
static void a_bad_page(void **state)
{
    struct store_brief_rep brief;
    struct store_list_rep list;
    struct store_expunge_rep ex;
    struct practice p;
    struct err e;

    (void)state;
    practice_new(&p);
    letters(&p, 2);
    practice_each(&p, true);
    practice_flags(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_ADD, MF_SEEN);
    live_stop(&L, SIGTERM);
    damage_flip(&L, T_SEEN, 1);
    damage_start(&L);
    assert_string_equal(practice_list(&p, 0, STORE_INBOX), "--");
    practice_flags(&p, 0, STORE_INBOX, 1, 2, FLAGS_ADD, MF_FLAGGED);
    OK(store_call(p.who[MARIE], STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &list, &e));
    assert_true(list.list.n > 0);
    assert_int_equal(store_call(p.who[MARIE], STORE_LIST, &(struct store_list_req){STORE_INBOX, 1, 9}, -1, &brief, &e),
                     RC_CORRUPT);
    assert_int_equal(practice_try(&p, MARIE, STORE_INBOX, 1, 1, FLAGS_REMOVE, MF_SEEN), RC_CORRUPT);
    assert_int_equal(practice_try(&p, 0, STORE_INBOX, 1, 2, FLAGS_ADD, MF_SEEN), RC_CORRUPT);
    assert_int_equal(store_call(p.who[0], STORE_EXPUNGE,
                                &(struct store_expunge_req){STORE_INBOX, live_range(1, 2), 0, 0}, -1, &ex, &e),
                     RC_CORRUPT);
    assert_string_equal(practice_list(&p, 0, STORE_INBOX), "FF");
    live_stop(&L, SIGTERM);
    damage_flip(&L, T_SEEN, 1); /* as it was */
    live_start(&L);
    SEE(&p, STORE_INBOX, "FF", "BF", "FF");
    practice_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_until_it_is_switched_on),
        cmocka_unit_test(modseqs),
        cmocka_unit_test(messages_that_come_seen),
        cmocka_unit_test(copies_are_to_each_what_the_original_was),
        cmocka_unit_test(a_copy_parts_who_must_part),
        cmocka_unit_test(without_the_right),
        cmocka_unit_test(what_left_is_not_counted),
        cmocka_unit_test(a_removed_message_comes_back_new),
        cmocka_unit_test(a_delegation_ends),
        cmocka_unit_test(switched_off),
        cmocka_unit_test(folders_and_mailboxes_go),
        cmocka_unit_test(many),
        cmocka_unit_test(a_bad_page),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
