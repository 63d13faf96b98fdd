/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/url_test.c - IMAP URLs: what they name, and what is refused.
 * Process  tests. */
#include "proto/imap/url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* last, as it asks */
#include <cmocka.h>

static const struct {
    const char *url, *shown; /* user@host mailbox validity uid section; NULL: refused */
} urls[] = {
    {"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", "@ Drafts 385759045 20 BODY[HEADER]"},
    {"/Drafts;UIDVALIDITY=385759045/;UID=30", "@ Drafts 385759045 30 BODY[]"},
    {"/INBOX/;uid=1/;section=1.2.MIME", "@ INBOX 0 1 BODY[1.2.MIME]"},
    {"/inbox/;UID=1/;PARTIAL=5.10", "@ INBOX 0 1 BODY[]<5>+10"},
    {"/a/b/;UID=1/;SECTION=2/;PARTIAL=5", "@ a/b 0 1 BODY[2]<5>+4294967295"},
    {"/R%c3%A9sultats/;UID=7", "@ R\xc3\xa9sultats 0 7 BODY[]"},
    {"/a/;UID=1/;SECTION=HEADER.FIELDS%20(TO%20CC)", "@ a 0 1 BODY[HEADER.FIELDS (TO CC)]"},
    {"/;UID=9/;SECTION=TEXT", "@  0 9 BODY[TEXT]"},
    {";UID=9", "@  0 9 BODY[]"},
    {"imap://gp@chu.test/INBOX/;UID=3", "gp@chu.test INBOX 0 3 BODY[]"},
    {"IMAP://gp%40chu.test;AUTH=*@mail.chu.test:993/INBOX;UIDVALIDITY=1/;UID=3",
     "gp@chu.test@mail.chu.test INBOX 1 3 BODY[]"},
    {"", NULL},
    {"/", NULL},
    {"/INBOX", NULL},
    {"INBOX/;UID=1", NULL},
    {"/INBOX/;UID=0", NULL},
    {"/INBOX/;UID=", NULL},
    {"/INBOX/;UID=1x", NULL},
    {"/INBOX/;UID=4294967296", NULL},
    {"/INBOX/;UID=1/;SECTION=1.", NULL},
    {"/INBOX/;UID=1/;SECTION=XYZ", NULL},
    {"/INBOX/;UID=1/;SECTION=1]%20BODY[2", NULL},
    {"/INBOX/;UID=1/;PARTIAL=1.0", NULL},
    {"/INBOX/;UID=1/;PARTIAL=", NULL},
    {"/INBOX/;UID=1;URLAUTH=anonymous", NULL},
    {"imap://gp@chu.test/INBOX/;UID=1;URLAUTH=anonymous",
     "gp@chu.test INBOX 0 1 BODY[] 4||0||imap://gp@chu.test/INBOX/;UID=1;URLAUTH=anonymous"},
    {"imap://gp@chu.test/INBOX/;uid=1/;section=1.2;urlauth=submit+f%40x:internal:91354a473744909de610943775f92038",
     "gp@chu.test INBOX 0 1 BODY[1.2] "
     "1|f@x|0|internal|imap://gp@chu.test/INBOX/;uid=1/;section=1.2;urlauth=submit+f%40x"},
    {"imap://a@b/I/;UID=1/;PARTIAL=1.2;EXPIRE=2026-02-01T10:00:00.25+01:00;URLAUTH=authuser",
     "a@b I 0 1 BODY[]<1>+2 "
     "3||1769936400||imap://a@b/I/;UID=1/;PARTIAL=1.2;EXPIRE=2026-02-01T10:00:00.25+01:00;URLAUTH=authuser"},
    {"imap://a@b/I/;UID=1;EXPIRE=2026-02-01T10:00:00Z", NULL},
    {"imap://a@b/I/;UID=1;EXPIRE=2026-02-01;URLAUTH=authuser", NULL},
    {"imap://a@b/I/;UID=1;EXPIRE=2026-13-01T10:00:00Z;URLAUTH=authuser", NULL},
    {"imap://a@b/I/;UID=1;EXPIRE=1969-12-31T10:00:00Z;URLAUTH=authuser", NULL},
    {"imap://a@b/I/;UID=1;EXPIRE=;URLAUTH=authuser", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=authuser+a", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=submit+", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=stream+x", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=user+a%00:INTERNAL:91354a473744909de610943775f92038", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=user+a:INTERNAL:91354a", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=user+a:INTERNAL:91354a473744909de610943775f9203x", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=user+a::91354a473744909de610943775f92038", NULL},
    {"imap://a@b/I/;UID=1;URLAUTH=user+a:INTERNAL", NULL},
    {"imap://b/I/;UID=1;URLAUTH=authuser", NULL},
    {"/INBOX;UIDVALIDITY=0/;UID=1", NULL},
    {"/a%0/;UID=1", NULL},
    {"/a%00/;UID=1", NULL},
    {"/a%ff/;UID=1", NULL},
    {"/a%0d%0ab/;UID=1", NULL},
    {"http://chu.test/INBOX/;UID=1", NULL},
    {"imap://chu.test", NULL},
    {"imap:///INBOX/;UID=1", NULL},
    {"imap://a@/INBOX/;UID=1", NULL},
};

static void show(const struct imap_url *u, struct buf *out)
{
    buf_addf(out, "%.*s@%.*s %.*s %u %u ", SPAN_ARG(u->user), SPAN_ARG(u->host), SPAN_ARG(u->mailbox), u->uidvalidity,
             u->uid);
    imap_section_name(&u->section, out);
    if (u->section.partial)
        buf_addf(out, "+%u", u->section.len);
    if (u->auth.access != URL_NO_ACCESS)
        buf_addf(out, " %d|%.*s|%lld|%.*s|%.*s", (int)u->auth.access, SPAN_ARG(u->auth.user),
                 (long long)u->auth.expires, SPAN_ARG(u->auth.mechanism), SPAN_ARG(u->auth.rump));
}

static void test_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct imap_arena mem = {0};
        struct buf out = BUF_INIT;
        struct imap_url u;
        bool good = imap_url_read(&mem, span_str(urls[i].url), &u);

        if (good)
            show(&u, &out);
        if (good != (urls[i].shown != NULL) || (good && strcmp(buf_cstr(&out), urls[i].shown) != 0))
            fail_msg("%s: %s", urls[i].url, good ? buf_cstr(&out) : "refused");
        buf_free(&out);
        imap_arena_free(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
