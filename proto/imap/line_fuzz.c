/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/line_fuzz.c - any bytes through the frame, in pieces, then every command's arguments over what came out.
 * Asks     the frame cuts the same commands whatever the pieces; no parser reads beyond its text; names survive a round trip.
 * Process  fuzzing. */
#include "proto/imap/args.h"
#include "proto/imap/frame.h"
#include "proto/imap/name.h"
#include "proto/imap/opened_test.h"
#include "proto/imap/url.h"

typedef enum rc parse_fn(struct imap_in *, union imap_args *, struct err *);
static parse_fn *const parsers[] = {
    imap_parse_none,   imap_parse_login,   imap_parse_auth,        imap_parse_words,      imap_parse_id,
    imap_parse_create, imap_parse_replace, imap_parse_mailbox,     imap_parse_rename,     imap_parse_list,
    imap_parse_lsub,   imap_parse_status,  imap_parse_getmetadata, imap_parse_genurlauth, imap_parse_urlfetch,
    imap_parse_acl_of, imap_parse_acl_who, imap_parse_setacl,      imap_parse_resetkey,   imap_parse_setmetadata,
    imap_parse_append, imap_parse_store,   imap_parse_copy,        imap_parse_uids,       imap_parse_select,
    imap_parse_sort,   imap_parse_thread,
};

static void name_round_trip(struct span wire)
{
    struct buf utf8 = BUF_INIT, again = BUF_INIT, back = BUF_INIT;
    struct err e;

    if (imap_utf7_decode(wire, &utf8, &e) == RC_OK) {
        imap_utf7_encode(buf_span(&utf8), &again);
        if (imap_utf7_decode(buf_span(&again), &back, &e) != RC_OK || !span_eq(buf_span(&back), buf_span(&utf8)))
            bug("name changed on its way");
    }
    buf_free(&utf8);
    buf_free(&again);
    buf_free(&back);
}

/* Each stretch of an APPEND, as its command reads them. */
static void append_all(struct span text)
{
    struct imap_arena mem = {0};
    struct imap_in in = imap_in_of(text, &mem, &everything_utf8);
    struct imap_append a = {0};
    enum imap_append_step step;

    while ((step = imap_append_step(&in, &a)) != APPEND_BAD && step != APPEND_END)
        if (step == APPEND_LITERAL && !imap_at_end(&in))
            bug("a literal begins in the middle of a stretch");
    if (step == APPEND_END && !imap_at_end(&in))
        bug("an APPEND ends before its line");
    imap_arena_free(&mem);
}

static void url_of(struct span text)
{
    struct imap_arena mem = {0};
    struct imap_url u;

    if (imap_url_read(&mem, text, &u) && u.uid == 0)
        bug("a URL without a message");
    if (imap_url_read(&mem, text, &u) && u.auth.access != URL_NO_ACCESS && (u.user.n == 0 || u.auth.rump.n > text.n))
        bug("an authorization of nobody");
    imap_arena_free(&mem);
}

static void parse_all(struct span text)
{
    url_of(text);
    append_all(text);
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(text, &mem, text.n % 2 ? &everything : &everything_utf8);
        union imap_args a;
        struct err e;

        (void)parsers[i](&in, &a, &e);
        imap_arena_free(&mem);
    }
    name_round_trip(text);
}

/* All commands of the input, each behind its length; what is not whole at the end counts for nothing. */
static void cut(struct span in, size_t step, struct buf *out)
{
    struct imap_frame f;
    enum frame_event ev = FRAME_MORE;

    imap_frame_init(&f, 4096);
    for (size_t at = 0; at < in.n && ev != FRAME_LONG;) {
        size_t used = 0;

        ev = imap_frame_feed(&f, span_head(span_from(in, at), step), &used);
        at += used;
        if (ev == FRAME_LITERAL && !imap_frame_fits(&f))
            break;
        if (ev == FRAME_LITERAL)
            imap_frame_accept(&f);
        if (ev != FRAME_DONE)
            continue;
        buf_bytes(out, buf_span(&f.text));
        imap_frame_reset(&f);
    }
    imap_frame_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf whole = BUF_INIT, bytes = BUF_INIT;
    struct rd r;

    cut(span_of(p, n), n + 1, &whole);
    cut(span_of(p, n), 1, &bytes);
    if (n < 4096 && !span_eq(buf_span(&whole), buf_span(&bytes)))
        bug("the pieces changed the commands");
    r = rd_of(buf_span(&whole));
    while (r.s.n > 0)
        parse_all(rd_bytes(&r));
    parse_all(span_of(p, n < 4096 ? n : 4096));
    buf_free(&whole);
    buf_free(&bytes);
    return 0;
}
