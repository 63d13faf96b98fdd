/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/extensions_test.c - the table of extensions: what is told when, that a word lives and dies with its row, what ENABLE does.
 * Process  tests. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct imap_conf conf = {.max_message = UINT64_C(5000000000)};

static void told_by_state(void **state)
{
    static const struct {
        unsigned state;
        bool tls;
        const char *said;
    } t[] = {
        {IS_NEW, false, "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE STARTTLS LOGINDISABLED"},
        {IS_NEW, true, "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE AUTH=PLAIN AUTH=LOGIN"},
        {IS_AUTH, true,
         /* clang-format off */
         "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE "
         "UIDPLUS "
         "BINARY "
         "MULTIAPPEND "
         "UNAUTHENTICATE "
         "COMPRESS=DEFLATE "
         "CATENATE URL-PARTIAL "
         "REPLACE "
         "IDLE NOTIFY NAMESPACE UNSELECT MOVE SPECIAL-USE "
         "CREATE-SPECIAL-USE "
         "OBJECTID "
         "SAVEDATE "
         "PREVIEW "
         "CHILDREN LIST-EXTENDED LIST-STATUS STATUS=SIZE "
         "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE "
         "UTF8=ACCEPT "
         "INPROGRESS "
         "APPENDLIMIT=5000000000 "
         "CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN "
         "SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES I18NLEVEL=1 ESORT CONTEXT=SEARCH CONTEXT=SORT PARTIAL MULTISEARCH SEARCH=FUZZY "
         "URLAUTH URLAUTH=BINARY METADATA LIST-METADATA ACL RIGHTS=kxte LIST-MYRIGHTS UIDONLY"},
        /* clang-format on */
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_session s = {.conf = &conf, .state = t[i].state, .has_tls = t[i].tls};
        struct buf out = BUF_INIT;

        extensions_tell(&extensions, &s, &out);
        assert_string_equal(buf_cstr(&out), t[i].said);
        assert_null(strstr(buf_cstr(&out), "LITERAL-")); /* docs/decisions/0022 */
        if (t[i].state == IS_AUTH) {                     /* and the same when a mailbox is selected */
            s.state = IS_SELECTED;
            buf_clear(&out);
            extensions_tell(&extensions, &s, &out);
            assert_string_equal(buf_cstr(&out), t[i].said);
        }
        buf_free(&out);
    }
}

static enum rc parsed(const struct extensions *t, const char *line)
{
    struct imap_session s = {.conf = &conf, .state = IS_SELECTED};
    struct span rest;
    struct imap_in in;
    union imap_args a;
    struct err e;
    enum rc rc;

    extensions_open(t, &s);
    rc = command_find(&s, span_str(line), &rest, &e);
    if (rc == RC_OK) {
        in = imap_in_of(rest, &s.mem, &s.opened);
        rc = s.cmd->parse(&in, &a, &e);
    }
    imap_arena_free(&s.mem);
    return rc;
}

static const struct {
    const char *extension, *line;
} words[] = {
    {"IMAP4rev1", "a STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)"},
    {"IMAP4rev1", "a FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)"},
    {"IMAP4rev1", "a SEARCH ALL"},
    {"IMAP4rev1", "a SEARCH OR NOT 1 (TEXT x)"},
    {"LITERAL+", "a SUBSCRIBE {5+}\r\nINBOX"},
    {"SASL-IR", "a AUTHENTICATE PLAIN AGEAYg=="},
    {"SPECIAL-USE", "a LIST (SPECIAL-USE) \"\" *"},
    {"SPECIAL-USE", "a LIST \"\" * RETURN (SPECIAL-USE)"},
    {"LIST-EXTENDED", "a LIST (SUBSCRIBED) \"\" *"},
    {"LIST-EXTENDED", "a LIST (REMOTE) \"\" *"},
    {"LIST-EXTENDED", "a LIST \"\" (a b)"},
    {"LIST-EXTENDED", "a LIST \"\" * RETURN ()"},
    {"LIST-EXTENDED", "a LIST \"\" * RETURN (CHILDREN)"},
    {"LIST-STATUS", "a LIST \"\" * RETURN (STATUS (MESSAGES))"},
    {"STATUS=SIZE", "a STATUS INBOX (SIZE)"},
    {"STATUS=SIZE", "a LIST \"\" * RETURN (STATUS (SIZE))"},
    {"APPENDLIMIT", "a STATUS INBOX (APPENDLIMIT)"},
    {"CREATE-SPECIAL-USE", "a CREATE x (USE (\\Sent))"},
    {"OBJECTID", "a FETCH 1 (EMAILID THREADID)"},
    {"OBJECTID", "a STATUS INBOX (MAILBOXID)"},
    {"OBJECTID", "a SEARCH OR EMAILID M1 THREADID T1"},
    {"PREVIEW", "a FETCH 1 (PREVIEW (LAZY))"},
    {"SAVEDATE", "a FETCH 1 SAVEDATE"},
    {"SAVEDATE", "a SEARCH SAVEDATESUPPORTED SAVEDSINCE 1-Jan-2026 SAVEDON 1-Jan-2026 SAVEDBEFORE 2-Jan-2026"},
    {"QUOTA=RES-MESSAGE", "a STATUS INBOX (DELETED)"},
    {"QUOTA=RES-STORAGE", "a STATUS INBOX (DELETED-STORAGE)"},
    {"CATENATE", "a APPEND x CATENATE (URL \"/INBOX/;UID=1\")"},
    {"BINARY", "a FETCH 1 (BINARY[1] BINARY.SIZE[1])"},
    {"BINARY", "a APPEND INBOX ~{3}"},
    {"CONDSTORE", "a STATUS INBOX (HIGHESTMODSEQ)"},
    {"ESEARCH", "a SEARCH RETURN (ALL) ALL"},
    {"ESEARCH", "a UID SEARCH RETURN (MIN MAX COUNT ALL) ALL"},
    {"SEARCHRES", "a SEARCH RETURN (SAVE) ALL"},
    {"WITHIN", "a SEARCH OR OLDER 5 YOUNGER 5"},
    {"SORT", "a SORT (DATE REVERSE SIZE) UTF-8 ALL"},
    {"SORT=DISPLAY", "a UID SORT (DISPLAYTO) UTF-8 ALL"},
    {"THREAD=ORDEREDSUBJECT", "a THREAD ORDEREDSUBJECT UTF-8 ALL"},
    {"THREAD=REFERENCES", "a UID THREAD REFERENCES UTF-8 ALL"},
    {"ESORT", "a SORT RETURN (MIN) (DATE) UTF-8 ALL"},
    {"PARTIAL", "a SEARCH RETURN (PARTIAL 1:5) ALL"},
    {"PARTIAL", "a UID FETCH 1:* UID (PARTIAL -1:-5)"},
    {"SEARCHRES", "a FETCH $ FLAGS"},
    {"SEARCHRES", "a SEARCH UID $ $"},
    {"CONDSTORE", "a SELECT INBOX (CONDSTORE)"},
    {"CONDSTORE", "a FETCH 1 MODSEQ"},
    {"CONDSTORE", "a FETCH 1 ALL (CHANGEDSINCE 5)"},
    {"CONDSTORE", "a STORE 1 (UNCHANGEDSINCE 0) FLAGS ()"},
    {"CONDSTORE", "a SEARCH MODSEQ \"/flags/\\\\Draft\" all 5"},
};

/* Understood with the whole table; with all rows but one, no more. */
static void a_word_dies_with_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct extension rows[64];
        struct extensions without = {rows, 0};

        for (size_t k = 0; k < extensions.n; k++)
            if (strcmp(extensions.row[k].name, words[i].extension) != 0)
                rows[without.n++] = extensions.row[k];
        assert_int_equal(without.n, extensions.n - 1);
        if (parsed(&extensions, words[i].line) != RC_OK || parsed(&without, words[i].line) != RC_SYNTAX)
            fail_msg("%s: %s", words[i].extension, words[i].line);
    }
}

static bool overlap(const struct imap_opened *a, const struct imap_opened *b)
{
    return (a->status & b->status) || (a->list_select & b->list_select) || (a->list_return & b->list_return) ||
           (a->fetch & b->fetch) || (a->search & b->search) || (a->search_return & b->search_return) ||
           (a->sort & b->sort) || (a->thread & b->thread) || (a->args & b->args) || (a->responses & b->responses);
}

static void rows_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < extensions.n; i++) {
        const struct extension *x = &extensions.row[i];

        assert_true(x->states != 0 && (x->states & ~(unsigned)IS_ANY) == 0);
        assert_true(x->line != 0 && (x->line & ~(unsigned)LINE_ANY) == 0);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(x->name, extensions.row[k].name);
            assert_false(overlap(&x->opens, &extensions.row[k].opens)); /* who opens a word is one row's to say */
        }
    }
}

/* With a table of our own: what is enabled opens, once; what needs no enabling, or is not known, is passed over. */
static void enable(void **state)
{
    static const struct imap_opened more = {.responses = RESP_COPYUID, .status = ST_SIZE};
    static const struct extension rows[] = {
        {"PLAIN", IS_ANY, LINE_ANY, .opens = {.status = ST_MESSAGES}},
        {"X-MORE", IS_ANY, LINE_ANY, .opens = {.fetch = FI_UID}, .enabled = &more},
    };
    const struct extensions t = {rows, 2};
    struct imap_session s = {.conf = &conf, .state = IS_AUTH};
    const char *name = NULL;

    (void)state;
    extensions_open(&t, &s);
    assert_int_equal(s.opened.status, ST_MESSAGES);
    assert_int_equal(s.opened.fetch, FI_UID);
    assert_int_equal(s.opened.responses, 0);
    assert_false(extension_enable(&t, &s, SPAN_LIT("PLAIN"), &name));
    assert_false(extension_enable(&t, &s, SPAN_LIT("X-NONE"), &name));
    assert_int_equal(s.opened.responses, 0);
    assert_true(extension_enable(&t, &s, SPAN_LIT("x-More"), &name));
    assert_string_equal(name, "X-MORE");
    assert_int_equal(s.opened.status, ST_MESSAGES | ST_SIZE);
    assert_int_equal(s.opened.responses, RESP_COPYUID);
    assert_false(extension_enable(&t, &s, SPAN_LIT("X-MORE"), &name)); /* it was before: not told again */
    assert_int_equal(s.opened.responses, RESP_COPYUID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told_by_state), cmocka_unit_test(a_word_dies_with_its_row),
                                       cmocka_unit_test(rows_agree), cmocka_unit_test(enable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
