/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_model_test.c - the schedule under random use, against a model.
 *
 * The model is a second, slow account of what waits: a list of entries with their state. After each random step the schedule must answer as the list
 * does: no entry lost, none with two sessions, no destination without a place that could have one. */
#include "relayd/schedule_fixture_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* last, as it asks */
#include <cmocka.h>

static uint64_t seed;
static uint32_t chance(uint32_t n) /* 0 to n - 1; the same for the same seed on every machine */
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % n;
}

/* ---- at random ---- */
enum { MODEL = 400, DOMAINS = 12, SESSIONS = 64 };
enum what { ABSENT, WAITS, FLIES };
struct model {
    enum what what[MODEL][4]; /* qid, rcpt */
    struct {
        uint32_t dest, served;
        bool live, up, has;
        struct schedule_letter l;
    } ses[SESSIONS];
    uint64_t now;
};

static const char *domain_of(uint64_t qid, uint32_t rcpt)
{
    static char name[32];

    snprintf(name, sizeof name, "m%u.example", (unsigned)((qid + rcpt / 2) % DOMAINS));
    return name;
}

static void mark(struct model *m, const struct schedule_letter *l, enum what from, enum what to)
{
    for (uint32_t i = 0; i < l->n; i++) {
        enum what *w = &m->what[l->qid][l->rcpt[i]];

        if (*w == ABSENT) /* ended while it flew */
            continue;
        assert_int_equal(*w, from);
        *w = to;
    }
}

static void step_letters(struct model *m, struct schedule *s)
{
    uint64_t qid = chance(MODEL);
    uint32_t rcpt = chance(4);
    enum what *w = &m->what[qid][rcpt];

    if (*w == ABSENT && chance(3)) {
        /* an id that ended while its letter flew is not used again, as in the queue */
        for (int i = 0; i < SESSIONS; i++)
            if (m->ses[i].live && m->ses[i].has && m->ses[i].l.qid == qid)
                return;
        put(s, domain_of(qid, rcpt), qid % 5, qid, rcpt);
        *w = WAITS;
    } else if (*w != ABSENT && chance(20) == 0) {
        schedule_end(s, qid, rcpt);
        *w = ABSENT;
    }
}

static void step_session(struct model *m, struct schedule *s)
{
    uint32_t i = chance(SESSIONS);
    uint32_t d;

    if (!m->ses[i].live) {
        if (schedule_place(s, m->now, &d)) {
            memset(&m->ses[i], 0, sizeof m->ses[i]);
            m->ses[i].dest = d;
            m->ses[i].live = true;
        }
        return;
    }
    d = m->ses[i].dest;
    if (!m->ses[i].up) {
        m->ses[i].live = m->ses[i].up = chance(4) != 0;
        if (m->ses[i].up)
            schedule_up(s, d);
        else
            schedule_failed(s, d, false, m->now, m->now + 5);
    } else if (m->ses[i].has) {
        uint32_t how = chance(4);

        m->ses[i].has = false;
        if (how == 0) {
            mark(m, &m->ses[i].l, FLIES, WAITS);
            schedule_back(s, m->ses[i].l.letter);
        } else {
            mark(m, &m->ses[i].l, FLIES, ABSENT);
            schedule_success(s, d);
            schedule_drop(s, m->ses[i].l.letter);
        }
    } else {
        enum schedule_taken t = schedule_take(s, d, m->ses[i].served++, &m->ses[i].l);

        if (t == ST_LETTER) {
            m->ses[i].has = true;
            mark(m, &m->ses[i].l, WAITS, FLIES);
        } else {
            m->ses[i].live = false;
            if (t == ST_LEAVE || chance(2))
                schedule_closed(s, d, true);
            else
                schedule_failed(s, d, true, m->now, m->now + 5);
        }
    }
}

static void check(const struct model *m, const struct schedule *s)
{
    struct schedule_counts c;
    uint32_t entries = 0, sessions = 0;

    for (int q = 0; q < MODEL; q++)
        for (int r = 0; r < 4; r++)
            entries += m->what[q][r] != ABSENT;
    for (int i = 0; i < SESSIONS; i++)
        sessions += m->ses[i].live;
    schedule_count(s, &c);
    assert_int_equal(c.entries, entries);
    assert_int_equal(c.sessions + c.probes, sessions);
    assert_in_range(c.probes, 0, usual.sessions / 4);
    assert_in_range(c.sessions, 0, usual.sessions + usual.sessions / 4);
    assert_in_range(c.destinations, 0, DOMAINS);
}

/* At the end all is sent: nothing was forgotten in a list. */
static void drain(struct model *m, struct schedule *s)
{
    struct schedule_counts c;

    for (int i = 0; i < SESSIONS; i++) {
        if (m->ses[i].live && m->ses[i].has)
            schedule_back(s, m->ses[i].l.letter);
        if (m->ses[i].live)
            schedule_closed(s, m->ses[i].dest, m->ses[i].up);
    }
    for (m->now += 100;; m->now += 100) {
        uint32_t d;
        uint64_t qid;

        if (!schedule_place(s, m->now, &d))
            break;
        schedule_up(s, d);
        while (pass(s, d, &qid))
            ;
        schedule_closed(s, d, true);
    }
    schedule_count(s, &c);
    assert_int_equal(c.entries, 0);
    assert_int_equal(c.letters, 0);
    assert_int_equal(c.sessions + c.probes, 0);
    assert_int_equal(s->senders.n, 0);
    assert_int_equal(s->hungry, 0);
}

static void test_at_random(void **state)
{
    (void)state;
    for (uint64_t run = 1; run <= 30; run++) {
        struct model m = {.now = 10};
        struct schedule *s = schedule_new(&usual);

        seed = run * 0x9e3779b97f4a7c15u;
        for (int i = 0; i < 20000; i++) {
            if (chance(2))
                step_letters(&m, s);
            else
                step_session(&m, s);
            m.now += chance(20) == 0;
            if (i % 10 == 0)
                check(&m, s);
        }
        drain(&m, s);
        schedule_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_at_random)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
