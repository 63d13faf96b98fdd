/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/keys_test.c - who is given which keys of tickets, and again after it was killed. */
#include "pli/super/super_test.h"

struct told_keys { /* in hexadecimal, as each was told at its latest start */
    char stored[4 * TICKET_KEY], keyd[4 * TICKET_KEY], dird[4 * sizeof(struct ticket_keys)];
};

static size_t last_line(const char *name, char *out, size_t size)
{
    char path[300];
    size_t lines = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/keys.%s", top, name);
    f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(out, (int)size, f))
        lines++;
    fclose(f);
    out[strcspn(out, "\n")] = 0;
    return lines;
}

static void keys_read(struct told_keys *k)
{
    last_line("stored", k->stored, sizeof k->stored);
    last_line("keyd", k->keyd, sizeof k->keyd);
    last_line("dird", k->dird, sizeof k->dird);
    assert_int_equal(strlen(k->stored), 2 * TICKET_KEY);
    assert_int_equal(strlen(k->keyd), 2 * TICKET_KEY);
    assert_int_equal(strlen(k->dird), 2 * sizeof(struct ticket_keys));
}

static const char *reborn;
static size_t starts_before;
static bool told_again(void)
{
    char line[4 * sizeof(struct ticket_keys)];
    return last_line(reborn, line, sizeof line) > starts_before;
}

/* dird has the keys of all, each checker its own and no other's. A daemon that is killed gets the same ones again, so that tickets
 * outlive it; the next start has others. */
static void each_checker_has_its_own_key(void **state)
{
    static const char *const names[] = {"stored", "keyd", "dird"};
    struct told_keys first, again;
    char line[1024];
    struct run r = start();
    (void)state;
    assert_true(hear(&r, "ready ", line));
    keys_read(&first);
    assert_memory_equal(first.dird + 2 * TICKET_KEY * TICKET_FOR_STORED, first.stored, 2 * TICKET_KEY);
    assert_memory_equal(first.dird + 2 * TICKET_KEY * TICKET_FOR_KEYD, first.keyd, 2 * TICKET_KEY);
    assert_string_not_equal(first.stored, first.keyd);
    assert_memory_not_equal(first.dird + 2 * TICKET_KEY * TICKET_FOR_DIRD, first.stored, 2 * TICKET_KEY);
    assert_memory_not_equal(first.dird + 2 * TICKET_KEY * TICKET_FOR_DIRD, first.keyd, 2 * TICKET_KEY);
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = 0;
        reborn = names[i];
        starts_before = last_line(reborn, line, sizeof line);
        assert_int_equal(count(reborn, &pid), 1);
        kill(pid, SIGKILL);
        assert_true(soon(told_again));
    }
    keys_read(&again);
    assert_memory_equal(&first.dird, &again.dird, strlen(first.dird) + 1);
    assert_string_equal(first.stored, again.stored);
    assert_string_equal(first.keyd, again.keyd);
    assert_int_equal(finish(&r, SIGTERM), 0);
    r = start();
    assert_true(hear(&r, "ready ", line));
    keys_read(&again);
    assert_string_not_equal(first.stored, again.stored);
    assert_string_not_equal(first.keyd, again.keyd);
    assert_string_not_equal(first.dird, again.dird);
    assert_int_equal(finish(&r, SIGTERM), 0);
    assert_true(soon(nothing_left));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_checker_has_its_own_key)};

    return super_main(argc, argv, tests);
}
