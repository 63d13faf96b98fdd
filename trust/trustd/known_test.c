/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/known_test.c - TRUSTD_CHECK of a chain that was verified lately (TW_KNOWN): what is known, of what, and until when. */
#include "trust/trustd/revocation_fixture_int.h"

static enum rc known(struct revocations *r, uint8_t purpose, struct span chain, struct trustd_check_rep *out)
{
    struct buf mem = BUF_INIT;
    struct ipc_reply rep = {.msg = out, .scratch = &mem, .fd = -1};
    struct trustd_check_req rq = {purpose, TW_KNOWN, chain};
    enum rc rc;

    *out = (struct trustd_check_rep){0};
    rc = revocation_check(r, &rq, &rep, &e);
    out->why = out->dn = SPAN_NULL;
    buf_free(&mem);
    return rc;
}

/* Only what was asked in full is known, and only of that very chain. A question that is not known costs no look at a certificate and no download. */
static void test_known(void **st)
{
    struct chain c = chain_new("/known", at("URI:", "/known"), NULL, true);
    struct revocations *r = fresh("known"), *restarted;
    struct trustd_check_rep k;
    struct buf other = BUF_INIT;

    (void)st;
    put("/known", 200, list_new((struct list_want){.by = &c.inter}));
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_NOTFOUND);
    expect(once_for(r, &c, TW_NAME), TS_GOOD, ""); /* a name says nothing of lists */
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_NOTFOUND);
    poll(NULL, 0, 100);
    assert_int_equal(asked("/known") + asked("/known-root"), 0);
    expect(once(r, &c), TS_PENDING, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_NOTFOUND); /* what is not settled is not known */
    expect(settled(r, &c), TS_GOOD, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_OK);
    assert_int_equal(k.state, TS_GOOD);
    assert_true(k.until > (uint64_t)clock_utc() && k.until <= (uint64_t)clock_utc() + REV_KEEP);
    assert_int_equal(k.uses, PKI_USE_SIGNS | PKI_USE_CLIENT | PKI_USE_SERVER | PKI_USE_EITHER);
    assert_memory_equal(k.anchors, pki_anchors_digest(r->anchors[TP_PEER]), 32);
    assert_int_equal(known(r, TP_MAIL, buf_span(&c.list), &k), RC_NOTFOUND);
    for (size_t i = 0; i < c.list.n; i += 7) { /* another chain, if by one bit */
        buf_clear(&other);
        buf_addspan(&other, buf_span(&c.list));
        other.p[i] ^= 1;
        assert_int_equal(known(r, TP_PEER, buf_span(&other), &k), RC_NOTFOUND);
    }
    assert_int_equal(known(r, TP_PEER, SPAN_LIT("no certificates at all"), &k), RC_NOTFOUND);
    assert_int_equal(known(r, TP_PEER, SPAN_NULL, &k), RC_NOTFOUND);
    restarted = fresh("known"); /* the same files: what was verified before is not known to it */
    assert_int_equal(known(restarted, TP_PEER, buf_span(&c.list), &k), RC_NOTFOUND);
    buf_free(&other);
    chain_drop(&c);
}

/* A list that comes ends what was known, at once; and a chain that is not good, or ends, is not known longer. */
static void test_known_ends(void **st)
{
    struct chain c = chain_new("/knownends", at("URI:", "/knownends"), NULL, true), brief = {.list = BUF_INIT};
    struct made leaf, far = made_leaf("far", &stranger);
    struct revocations *r = fresh("knownends");
    struct trustd_check_rep k;

    (void)st;
    put("/knownends", 200, list_new((struct list_want){.by = &c.inter}));
    expect(settled(r, &c), TS_GOOD, "");
    /* when its list is there already, so that its few seconds are enough on any machine */
    leaf = made_new(
        (struct made_want){.cn = "brief", .by = &c.inter, .cdp = at("URI:", "/knownends"), .from = -HOUR, .to = 4});
    pki_list_add(&brief.list, buf_span(&leaf.der));
    pki_list_add(&brief.list, buf_span(&c.inter.der));
    expect(settled(r, &brief), TS_GOOD, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_OK);
    for (enum rc rc = RC_OK; rc != RC_NOTFOUND;
         poll(NULL, 0, 100)) /* until the leaf has ended; the test's own end bounds it */
        rc = known(r, TP_PEER, buf_span(&brief.list), &k);
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_OK);
    expect(once(r, &brief), TS_NO_CHAIN, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&brief.list), &k), RC_NOTFOUND);
    buf_clear(&brief.list);
    pki_list_add(&brief.list, buf_span(&far.der));
    expect(once(r, &brief), TS_NO_CHAIN, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&brief.list), &k), RC_NOTFOUND); /* a stranger fills nothing */
    assert_int_equal(import(r, list_new((struct list_want){.by = &c.inter, .revoked = {&c.leaf}})), RC_OK);
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_NOTFOUND);
    expect(settled(r, &c), TS_REVOKED, "");
    assert_int_equal(known(r, TP_PEER, buf_span(&c.list), &k), RC_OK);
    assert_int_equal(k.state, TS_REVOKED);
    made_free(&leaf);
    made_free(&far);
    buf_free(&brief.list);
    chain_drop(&c);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_known_ends)};

    return cmocka_run_group_tests_name("known", t, set_up, drop);
}
