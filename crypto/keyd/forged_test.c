/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/forged_test.c - keyd opens a mailbox for a ticket of dird's alone: none that another checker could have made. */
#include "crypto/keyd/people_fixture_int.h"

static struct keyd *imapd;

static int group_start(void **st)
{
    (void)st;
    admin = keyd_new(ROLE_ADMIN);
    imapd = keyd_new(ROLE_IMAPD);
    return fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&admin);
    keyd_free(&imapd);
    return fixture_end();
}

/* Opens b with a ticket that was made with keys; swapped: its first two tags, stored's and keyd's, have changed places. */
static enum rc open_with_keys(const struct box *b, const struct ticket_keys *keys, bool swapped)
{
    struct ticket_keys own = ticket_keys;
    unsigned char priv[SEAL_PRIV], tag[32], *tags;
    struct buf t;
    enum rc rc;

    ticket_keys = *keys;
    t = ticket_new(b->mbx, "ana@trial.test", RIGHT_READ, 60);
    ticket_keys = own;
    tags = t.p + t.n - TICKET_CHECKERS * sizeof tag;
    if (swapped) {
        memcpy(tag, tags, sizeof tag);
        memcpy(tags, tags + sizeof tag, sizeof tag);
        memcpy(tags + sizeof tag, tag, sizeof tag);
    }
    rc = keyd_open_box(imapd, buf_span(&t), b->pub, buf_span(&b->slots), SPAN_NULL, priv, &e);
    buf_free(&t);
    return rc;
}

/* stored was taken over: it has its own key, and every ticket that a session ever showed to it. */
static void test_stored_makes_none(void **st)
{
    struct box b = box_new(27, SLOT_KEYD, NULL);
    struct ticket_keys strange, storeds;

    (void)st;
    ticket_keys_new(&strange);
    for (unsigned i = 0; i < TICKET_CHECKERS; i++)
        memcpy(storeds.of[i], ticket_keys.of[TICKET_FOR_STORED], TICKET_KEY);
    assert_int_equal(open_with_keys(&b, &ticket_keys, false), RC_OK);
    assert_int_equal(open_with_keys(&b, &strange, false), RC_DENIED);
    assert_int_equal(open_with_keys(&b, &storeds, false), RC_DENIED);
    assert_int_equal(open_with_keys(&b, &ticket_keys, true), RC_DENIED);
    buf_free(&b.slots);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_stored_makes_none)};

    log_open("forged_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("forged", t, group_start, group_end);
}
