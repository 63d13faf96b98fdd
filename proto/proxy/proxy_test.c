/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/proxy/proxy_test.c - headers that are taken, and every way in which they can be wrong. */
#include "proto/proxy/proxy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define V4                                                                                                             \
    "\300\0\2\1"                                                                                                       \
    "\12\0\0\1"                                                                                                        \
    "\320\0"                                                                                                           \
    "\0\031"
#define V6                                                                                                             \
    "\x20\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7"                                                                            \
    "\x20\1\15\270\0\0\0\0\0\0\0\0\0\0\0\10"                                                                           \
    "\320\0"                                                                                                           \
    "\0\031"
#define MAPPED                                                                                                         \
    "\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\1"                                                                           \
    "\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1"                                                                            \
    "\0\1"                                                                                                             \
    "\0\031"
#define ROW(what, bytes, ip, port)                                                                                     \
    {                                                                                                                  \
        what, {(const unsigned char *)(bytes), sizeof(bytes) - 1}, ip, port                                            \
    }

static const struct {
    const char *what;
    struct span bytes;
    const char *ip; /* NULL: refused. "": the connection's own */
    unsigned port;
} t[] = {
    ROW("IPv4", SIG "\x21\x11\0\14" V4, "192.0.2.1", 53248),
    ROW("IPv6", SIG "\x21\x21\0\44" V6, "2001:db8::7", 53248),
    ROW("IPv4, mapped", SIG "\x21\x21\0\44" MAPPED, "192.0.2.1", 1),
    ROW("a TLV behind", SIG "\x21\x11\0\22" V4 "\4\0\3abc", "192.0.2.1", 53248),
    ROW("two TLVs, one empty", SIG "\x21\x11\0\25" V4 "\4\0\0\5\0\3abc", "192.0.2.1", 53248),
    ROW("LOCAL", SIG "\x20\0\0\0", "", 0),
    ROW("LOCAL with what it says is skipped", SIG "\x20\x31\0\3abc", "", 0),
    ROW("no family", SIG "\x21\0\0\2ab", "", 0),
    ROW("version 1", "PROXY TCP4 192.0.2.1 10.0.0.1 53248 25\r\n", NULL, 0),
    ROW("SMTP", "EHLO client.test\r\n", NULL, 0),
    ROW("TLS", "\x16\3\1\2\0\1\0\1\374\3\3abcdefgh", NULL, 0),
    ROW("version 3", SIG "\x31\x11\0\14" V4, NULL, 0),
    ROW("version 1 in binary", SIG "\x11\x11\0\14" V4, NULL, 0),
    ROW("command 2", SIG "\x22\x11\0\14" V4, NULL, 0),
    ROW("a datagram", SIG "\x21\x12\0\14" V4, NULL, 0),
    ROW("a Unix socket", SIG "\x21\x31\0\14" V4, NULL, 0),
    ROW("family 4", SIG "\x21\x41\0\14" V4, NULL, 0),
    ROW("IPv4 cut", SIG "\x21\x11\0\13" V4, NULL, 0),
    ROW("IPv6 with IPv4's length", SIG "\x21\x21\0\14" V4, NULL, 0),
    ROW("no address", SIG "\x21\x11\0\0", NULL, 0),
    ROW("a TLV cut in its head", SIG "\x21\x11\0\16" V4 "\4\0", NULL, 0),
    ROW("a TLV longer than the rest", SIG "\x21\x11\0\22" V4 "\4\0\4abc", NULL, 0),
    ROW("too long", SIG "\x21\x11\x08\1" V4, NULL, 0),
    ROW("signature with an octet changed", "\r\n\r\n\0\r\nQUIT\r\x21\x11\0\14" V4, NULL, 0),
};

static void headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct proxy_client c = {.port = 9};
        struct proxy_head h;
        struct err e = {0};
        enum rc rc = proxy_head(t[i].bytes.p, &h, &e);

        if (rc == RC_OK)
            rc = proxy_body(&h, span_head(span_from(t[i].bytes, PROXY_HEAD), h.body), &c, &e);
        if ((rc == RC_OK) != (t[i].ip != NULL))
            fail_msg("%s: %s", t[i].what, e.log);
        if (rc == RC_OK && (strcmp(c.ip, t[i].ip) != 0 || c.port != t[i].port))
            fail_msg("%s: %s %u", t[i].what, c.ip, c.port);
        if (rc != RC_OK && (rc != RC_SYNTAX || e.log[0] == 0 || c.port != 9))
            fail_msg("%s: refused without a word", t[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(headers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
