/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_test.c - the check finds nothing in a sound store, and finds each damage that is done to one
 * behind the daemon's back. */
#include "store/ops/freed.h"
#include "store/ops/objects.h"
#include "store/ops/octets.h"
#include "store/ops/seen.h"
#include "store/stored/live_each_test.h"

/* Runs a whole check; findings into out. */
static uint64_t run_check(struct buf *out, uint64_t *checked_out)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;
    uint64_t bad = 0, checked = 0;

    buf_clear(out);
    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        buf_addspan(out, rep.findings);
        bad += rep.bad;
        checked += rep.checked;
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
    *checked_out = checked;
    return bad;
}

static void test_sound(void **state)
{
    uint64_t mbx = live_box(0), checked;
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_copy_rep cp;
    struct store_expunge_rep ex;
    struct store_check_rep crep;
    struct buf out = BUF_INIT;
    struct err e;

    (void)state;
    for (int i = 0; i < 60; i++) {
        struct letter l;
        letter_new(&l, i == 5 ? 2000000 : 100 + (uint64_t)i * 700, i % 4 ? 300 : 20000, i % 3 ? 100 : 70000);
        letter_to(&l, mbx, STORE_INBOX, 0);
        if (i % 10 == 3)
            letter_out(&l, "remote", 0);
        OK(letter_send(&l, in, NULL, &rep, &e));
        letter_free(&l);
    }
    OK(store_call(s, STORE_COPY, &(struct store_copy_req){1, 1, live_range(1, 20), 0, 0, 0}, -1, &cp, &e));
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){1, live_range(10, 30), 0, 0}, -1, &ex, &e));
    poll(NULL, 0, 1100); /* so that every object was last touched in a second before the check's */
    if (run_check(&out, &checked) != 0)
        fail_msg("%s", buf_cstr(&out));
    assert_int_equal(checked, 59 + 6 + 60); /* messages, queue entries, objects */
    assert_int_equal(store_call(s, STORE_CHECK, &(struct store_check_req){0}, -1, &crep, &e), RC_DENIED);
    buf_free(&out);
    store_free(&in);
    store_free(&s);
}

/* ---- damage, done with the library while the daemon is down ---- */
static struct stored *open_store(void)
{
    static struct stored d;
    char dir[100];
    struct env_conf c = {.home = dir, .cache = 8 << 20};

    memset(&d, 0, sizeof d);
    snprintf(dir, sizeof dir, "%s/store", L.dir);
    env_open(&d.env, &c);
    d.watches = watches_new();
    d.busy = busy_new();
    octets_open(&d, true);
    return &d;
}

struct harm {
    uint64_t mbx;
    int what;
};
static const char *const whats[] = {"counts 3 messages",
                                    "its summary is missing",
                                    "its summary is damaged",
                                    "kind=1: damaged",
                                    "bytes are missing",
                                    "counts 3 references",
                                    "its object is missing",
                                    "the head of its record",
                                    "not rightly in the index",
                                    "modseq is beyond",
                                    "its record is missing",
                                    "its key slots are missing",
                                    "is still in its folder",
                                    "folder=1: no lawful rights",
                                    "folder=77: of no folder",
                                    "delegate=4711 folder=1: of nobody",
                                    "delegate=4711: a row has messages that are not there",
                                    "delegate=4711: the first block has no row",
                                    "folder=77: of no folder",
                                    "octets that nothing refers to",
                                    "kind=1: damaged",
                                    "kind=1: bytes are missing"};
enum { ACL_FROM = 13 };   /* harm that is done to the rights of a delegate */
enum { SEEN_FROM = 16 };  /* to what a delegate has seen */
enum { SMALL_FROM = 19 }; /* harm that is done to a mailbox of small messages */

enum { WHATS = sizeof whats / sizeof whats[0] };

/* Turns a bit of the segment, that many octets behind the beginning of the message's record. */
static enum rc turn_a_bit(const struct objref *r, uint64_t at)
{
    char path[200];
    unsigned char c;
    int fd;

    snprintf(path, sizeof path, "%s/store/%08x.seg", L.dir, (unsigned)r->segment);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, (off_t)(r->offset + at)), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, (off_t)(r->offset + at)), 1);
    close(fd);
    return RC_OK;
}

static enum rc free_too_early(struct tx *t, uint64_t mbx, const struct msg *m, uint64_t modseq, struct err *e)
{
    static struct stored d = {.keep_s = 3600, .keep_share = 50};
    struct freeing of = {.mbx = mbx, .folder = 1, .how = REMOVED_EXPUNGE};

    (void)modseq;
    return freed_all(&d, t, &of, &(struct freed){2, *m}, 1, e);
}

static enum rc look_up(struct tx *t, uint64_t mbx, struct counters *c, struct msg *m, struct buf *mem, struct objref *r,
                       struct err *e)
{
    enum rc rc = counters_get(t, mbx, 1, true, c, e);

    if (rc == RC_OK)
        rc = msg_get(t, mbx, 1, 2, m, e);
    return rc == RC_OK ? objref_get(t, m->oid, true, mem, r, e) : rc;
}

/* To a row of T_OBJECTS. */
static enum rc harm_row(struct tx *t, const struct msg *m, int what, struct err *e)
{
    struct key k = key_object(m->oid, what == SMALL_FROM ? SEAL_SEARCH : SEAL_MESSAGE);

    return what == SMALL_FROM + 2 ? tx_del(t, T_OBJECTS, &k, e)
                                  : tx_put(t, T_OBJECTS, &k, SPAN_LIT("something else"), 0, e);
}

/* To rights: bits that are none, a folder that is not there, a delegate without a key slot. */
static enum rc harm_rights(struct tx *t, uint64_t mbx, int what, struct err *e)
{
    static const struct acl rights[] = {{1, 0, 1u << 20}, {1, 0, 1}, {1, 0, 1}};
    struct key k = key_acl(mbx, 4711, what == ACL_FROM + 1 ? 77 : 1);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, acl_f, &rights[what - ACL_FROM]);
    rc = tx_put(t, T_ACL, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

/* To what is seen: a message that is not there, a second block alone, a folder that is not there. The option is on, or the rows would be merged. */
static enum rc harm_seen(struct tx *t, uint64_t mbx, int what, struct err *e)
{
    struct key k = key_seen(mbx, what == SEEN_FROM + 2 ? 77 : 1, 4711, what == SEEN_FROM + 1);
    struct seen_bits bits = {{0}};
    struct buf b = BUF_INIT;
    struct box box;
    enum rc rc = box_get(t, mbx, true, &box, e);

    box.flags |= BOX_SEEN_EACH;
    seen_bits_put(&bits, 100, what == SEEN_FROM);
    seen_bits_write(&bits, &b);
    if (rc == RC_OK)
        rc = box_put(t, mbx, &box, e);
    if (rc == RC_OK)
        rc = tx_put(t, T_SEEN, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

static enum rc harm_delegate(struct tx *t, uint64_t mbx, int what, struct err *e)
{
    return what < SEEN_FROM ? harm_rights(t, mbx, what, e) /* INV-D2 */ : harm_seen(t, mbx, what, e) /* INV-17 */;
}

static enum rc lose_box(struct tx *t, uint64_t mbx, uint8_t part, struct err *e)
{
    struct key k = key_part(mbx, part);

    return tx_del(t, T_BOXES, &k, e);
}

static enum rc do_harm(struct tx *t, void *arg, struct err *e)
{
    const struct harm *h = arg;
    struct key k = key_msg(h->mbx, 1, 2), other;
    struct buf b = BUF_INIT;
    struct counters c;
    struct objref r;
    struct msg m;
    enum rc rc = look_up(t, h->mbx, &c, &m, &b, &r, e);

    if (rc != RC_OK)
        goto out;
    switch (h->what) {
    case 0: /* INV-5 */
        c.exists++;
        rc = counters_put(t, h->mbx, 1, &c, e);
        break;
    case 1: /* INV-8 */
    case 2:
        rc =
            h->what == 1 ? tx_del(t, T_SUMMARIES, &k, e) : tx_put(t, T_SUMMARIES, &k, SPAN_LIT("something else"), 0, e);
        break;
    case 3:
        rc = turn_a_bit(&r, RECORD_HEAD + 100);
        break;
    case 4:
        r.segment = 77; /* which is not there */
        rc = objref_put(t, m.oid, &r, false, e);
        break;
    case 5: /* INV-2 */
        r.refs = 3;
        rc = objref_put(t, m.oid, &r, false, e);
        break;
    case 6:
        other = key_oid(m.oid);
        rc = tx_del(t, T_OBJREFS, &other, e);
        break;
    case 7: /* INV-3: the head says which object it is */
        rc = turn_a_bit(&r, 30);
        break;
    case 8: /* INV-9 */
        other = key_due(77, r.qid, 0);
        rc = tx_del(t, T_DUE, &other, e);
        break;
    case 9: /* INV-5 */
        m.modseq = c.modseq + 1;
        rc = msg_put(t, h->mbx, 1, 2, &m, false, e);
        break;
    case 12: /* INV-14 */
        rc = free_too_early(t, h->mbx, &m, c.modseq, e);
        break;
    case 10: /* INV-12 */
    case 11:
        rc = lose_box(t, h->mbx, h->what == 11, e);
        break;
    default:
        rc = h->what < SMALL_FROM ? harm_delegate(t, h->mbx, h->what, e) : harm_row(t, &m, h->what, e);
        break;
    }
out:
    buf_free(&b);
    return rc;
}

/* A mailbox with two messages, which wait in the queue as well. */
static uint64_t two_letters(struct store *in, size_t size)
{
    uint64_t mbx = live_box(0);
    struct store_deliver_rep rep;
    struct err e;

    for (int i = 0; i < 2; i++) {
        struct letter l;
        letter_new(&l, size, 300, 100);
        letter_to(&l, mbx, STORE_INBOX, 0);
        letter_out(&l, "remote", 77);
        OK(letter_send(&l, in, NULL, &rep, &e));
        letter_free(&l);
    }
    return mbx;
}

static void test_damage(void **state)
{
    struct store *in = store_new(ROLE_SMTPD);
    struct buf out = BUF_INIT;
    uint64_t box[WHATS], checked, bad, before;
    struct err e;
    pid_t pid;
    int st;

    (void)state;
    for (int what = 0; what < WHATS; what++)
        box[what] = two_letters(in, what < SMALL_FROM ? 100000 : 3000);
    poll(NULL, 0, 1100); /* so that every object was last touched in a second before the check's */
    before = run_check(&out, &checked);
    assert_int_equal(before, 0);
    for (int what = 0; what < WHATS; what++) {
        struct harm h = {box[what], what};

        live_stop(&L, SIGTERM);
        pid = fork(); /* the library is set up anew in each process that opens it */
        if (pid == 0) {
            struct stored *d = open_store();
            enum rc rc = tx_run(&d->env, TX_WRITE, do_harm, &h, &e);
            octets_close(d);
            env_close(&d->env);
            _exit(rc == RC_OK ? 0 : 1);
        }
        waitpid(pid, &st, 0);
        assert_int_equal(st, 0);
        live_start(&L);
        bad = run_check(&out, &checked);
        if (bad <= before || span_find(buf_span(&out), span_str(whats[what])) < 0)
            fail_msg("\"%s\" not among %d: %s", whats[what], (int)bad, buf_cstr(&out));
        before = bad;
    }
    buf_free(&out);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sound), cmocka_unit_test(test_damage)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
