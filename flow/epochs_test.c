/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/epochs_test.c - the table of epoch keys: found again, bounded, room as promised.
 * Process  tests. */
#include "flow/epochs.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
/* last, as it asks */

static void key_of(uint64_t epoch, unsigned char out[SEAL_EPOCH_KEY])
{
    for (size_t i = 0; i < SEAL_EPOCH_KEY; i++)
        out[i] = (unsigned char)(epoch * 31 + i);
}

static bool known(const struct epochs *ep, uint64_t epoch)
{
    unsigned char want[SEAL_EPOCH_KEY], key[SEAL_EPOCH_KEY];
    bool there = epochs_get(ep, epoch, key);

    key_of(epoch, want);
    if (there)
        assert_memory_equal(key, want, sizeof want);
    assert_int_equal(there, epochs_has(ep, epoch));
    return there;
}

static void add(struct epochs *ep, uint64_t epoch)
{
    unsigned char key[SEAL_EPOCH_KEY];

    key_of(epoch, key);
    epochs_add(ep, epoch, key);
}

static void keys_are_found_again(void **state)
{
    struct epochs *ep = epochs_new();

    (void)state;
    assert_false(known(ep, 7));
    for (uint64_t i = 1; i <= 1000; i++)
        add(ep, i << 20);
    for (uint64_t i = 1; i <= 1000; i++)
        assert_true(known(ep, i << 20));
    assert_false(known(ep, 1));
    assert_false(known(ep, 0));
    epochs_free(&ep);
    assert_null(ep);
    epochs_free(&ep);
}

static void room_is_kept(void **state)
{
    struct epochs *ep = epochs_new();

    (void)state;
    for (uint64_t round = 0; round < 10; round++) {
        epochs_room(ep, EPOCHS_ROOM);
        for (uint64_t i = 1; i <= EPOCHS_ROOM; i++)
            add(ep, round * 100000 + i);
        for (uint64_t i = 1; i <= EPOCHS_ROOM; i++)
            assert_true(known(ep, round * 100000 + i));
    }
    assert_false(known(ep, 1)); /* ten rounds are more than EPOCHS_MOST: the first is forgotten */
    epochs_free(&ep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_are_found_again), cmocka_unit_test(room_is_kept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
