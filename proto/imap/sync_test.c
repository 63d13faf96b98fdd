/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/sync_test.c - the grammar of RFC 7162: parameters of SELECT, modifiers of FETCH and STORE. Each input again at every prefix length.
 * Process  tests. */
#include "proto/imap/args.h"
#include "proto/imap/opened_test.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef enum rc parse_fn(struct imap_in *, union imap_args *, struct err *);

static void show_set(const struct imap_set *s, struct buf *out)
{
    buf_addc(out, '|');
    for (size_t i = 0; i < s->n; i++)
        buf_addf(out, "%u-%u ", s->r[i].lo, s->r[i].hi);
}

static void show_select(const struct imap_select_args *a, struct buf *out)
{
    buf_addf(out, "%.*s|%d", SPAN_ARG(a->name), a->condstore);
    if (!a->qresync)
        return;
    buf_addf(out, "|%u|%llu|%d", a->uidvalidity, (unsigned long long)a->modseq, a->has_known);
    show_set(&a->known, out);
    show_set(&a->seqs, out);
    show_set(&a->uids, out);
}

static void show(parse_fn *fn, const union imap_args *a, struct buf *out)
{
    if (fn == imap_parse_select)
        show_select(&a->select, out);
    else if (fn == imap_parse_fetch)
        buf_addf(out, "%x|%d%s|%llu", a->fetch.what.items, a->fetch.changed, a->fetch.vanished ? "v" : "",
                 (unsigned long long)a->fetch.changed_since);
    else
        buf_addf(out, "%d|%llu|%d%d|%llu", a->store.conditional, (unsigned long long)a->store.unchanged_since,
                 (int)a->store.how, a->store.silent, (unsigned long long)a->store.flags.system);
}

static const struct {
    parse_fn *fn;
    const char *in, *out; /* NULL: malformed */
} args[] = {
    {imap_parse_select, " inbox", "INBOX|0"},
    {imap_parse_select, " \"a b\" (condstore)", "a b|1"},
    {imap_parse_select, " a (CONDSTORE CONDSTORE)", NULL},
    {imap_parse_select, " a ()", NULL},
    {imap_parse_select, " a (X)", NULL},
    {imap_parse_select, " a CONDSTORE", NULL},
    {imap_parse_select, " a ", NULL},
    {imap_parse_select, " a (QRESYNC (67890007 20050715194045000))", "a|0|67890007|20050715194045000|0|||"},
    {imap_parse_select, " a (QRESYNC (1 90060115194045027 41:211,1:2))", "a|0|1|90060115194045027|1|1-2 41-211 ||"},
    {imap_parse_select, " a (CONDSTORE QRESYNC (1 2 5 (1:2,4 10,20,40)))",
     "a|1|1|2|1|5-5 |1-2 4-4 |10-10 20-20 40-40 "},
    {imap_parse_select, " a (QRESYNC (1 2 (1 7)))", "a|0|1|2|0||1-1 |7-7 "},
    {imap_parse_select, " a (QRESYNC (1 2 (1 7,8)))", NULL},
    {imap_parse_select, " a (QRESYNC (1 2 1:*))", NULL},
    {imap_parse_select, " a (QRESYNC (1 2 5 (1 *)))", NULL},
    {imap_parse_select, " a (QRESYNC (1 2 5 (1)))", NULL},
    {imap_parse_select, " a (QRESYNC (0 2))", NULL},
    {imap_parse_select, " a (QRESYNC (1 0))", NULL},
    {imap_parse_select, " a (QRESYNC (1))", NULL},
    {imap_parse_select, " a (QRESYNC)", NULL},
    {imap_parse_select, " a (QRESYNC (1 2) QRESYNC (1 2))", NULL},
    {imap_parse_fetch, " 1:* (UID) (CHANGEDSINCE 5 VANISHED)", "1|1v|5"},
    {imap_parse_fetch, " 1:* (UID) (VANISHED CHANGEDSINCE 5)", "1|1v|5"},
    {imap_parse_fetch, " 1:* (UID) (VANISHED)", NULL},
    {imap_parse_fetch, " 1:* (UID) (CHANGEDSINCE 5 VANISHED VANISHED)", NULL},
    {imap_parse_fetch, " 1 MODSEQ", "10000|0|0"},
    {imap_parse_fetch, " 1 (FLAGS MODSEQ) (CHANGEDSINCE 12345)", "10002|1|12345"},
    {imap_parse_fetch, " 1:* FAST (changedsince 9223372036854775807)", "e|1|9223372036854775807"},
    {imap_parse_fetch, " 1 FLAGS (CHANGEDSINCE 9223372036854775808)", NULL},
    {imap_parse_fetch, " 1 FLAGS (CHANGEDSINCE 0)", NULL},
    {imap_parse_fetch, " 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)", NULL},
    {imap_parse_fetch, " 1 FLAGS (CHANGEDSINCE)", NULL},
    {imap_parse_fetch, " 1 FLAGS ()", NULL},
    {imap_parse_fetch, " 1 FAST FLAGS", NULL},
    {imap_parse_store, " 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Seen)", "1|0|11|1"},
    {imap_parse_store, " 1 (unchangedsince 7) FLAGS \\Draft", "1|7|00|16"},
    {imap_parse_store, " 1 (UNCHANGEDSINCE 7)FLAGS ()", NULL},
    {imap_parse_store, " 1 (UNCHANGEDSINCE 7 UNCHANGEDSINCE 7) FLAGS ()", NULL},
    {imap_parse_store, " 1 (UNCHANGEDSINCE) FLAGS ()", NULL},
    {imap_parse_store, " 1 () FLAGS ()", NULL},
};

static enum rc run(parse_fn *fn, struct span text, struct buf *out)
{
    struct imap_arena mem = {0};
    struct imap_in in = imap_in_of(text, &mem, &everything);
    union imap_args a;
    struct err e = {0};
    enum rc rc = fn(&in, &a, &e);

    if (rc == RC_OK)
        show(fn, &a, out);
    imap_arena_free(&mem);
    return rc;
}

static void modifiers_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
        struct buf out = BUF_INIT, copy = BUF_INIT;
        enum rc rc = run(args[i].fn, span_str(args[i].in), &out);

        if (rc != (args[i].out ? RC_OK : RC_SYNTAX))
            fail_msg("'%s': %s", args[i].in, rc_name(rc));
        if (args[i].out)
            assert_string_equal(buf_cstr(&out), args[i].out);
        for (size_t n = 0; n < strlen(args[i].in); n++) { /* in memory of its own: the sanitizer sees a step too far */
            buf_free(&copy);
            buf_add(&copy, args[i].in, n);
            (void)run(args[i].fn, buf_span(&copy), &out);
        }
        buf_free(&out);
        buf_free(&copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(modifiers_are_parsed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
