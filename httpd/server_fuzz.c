/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/server_fuzz.c - a client that writes anything to port 80 or 443. Octet 0 chooses the port and a lead: the rest is all that comes, or stands
 * where an address, a name or a body would. Octet 1 says in which pieces it comes. What is answered is HTTP, and no header
 * of it was written by the client. */
#include "base/log.h"
#include "httpd/autodiscover.h"
#include "httpd/routes.h"
#include "httpd/server.h"
#include <stdlib.h>

/* keyd, which is not there */
struct keyd {
    int none;
};
struct keyd *keyd_new(enum ipc_role role)
{
    (void)role;
    return NULL;
}
void keyd_free(struct keyd **k)
{
    (void)k;
}
void keyd_dial_ahead(struct keyd *k)
{
    (void)k;
}
enum rc keyd_tls_sign(struct keyd *k, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e)
{
    (void)k;
    (void)rq;
    (void)sig_out;
    return err_set(e, RC_TEMP, "no keyd");
}
enum rc keyd_sign_profile(struct keyd *k, enum keyd_tls_key key, struct span cert, const unsigned char digest[32],
                          struct buf *cms_out, struct err *e)
{
    (void)k;
    (void)key;
    (void)cert;
    (void)digest;
    (void)cms_out;
    return err_set(e, RC_TEMP, "no keyd");
}

static const struct httpd conf = {.reach = {"mail.chu.test", "chu.test", 443, 993, 143, 465, 587, 636}};

static void check(struct span out)
{
    if (out.n > 0 && !span_istarts(out, "HTTP/1."))
        abort();
    if (span_find(out, SPAN_LIT("X-Fuzz")) >= 0) /* a word of the dictionary, for splitting answers */
        abort();
}

static const struct {
    const char *before, *behind;
} leads[] = {
    {"", ""},
    {"GET /?adresse=", " HTTP/1.1\r\nHost: mail.chu.test\r\n\r\n"},
    {"GET /mail/config-v1.1.xml?emailaddress=", " HTTP/1.1\r\nHost: mail.chu.test\r\n\r\n"},
    {"GET /apple.mobileconfig?adresse=", " HTTP/1.1\r\nHost: mail.chu.test\r\n\r\n"},
    {"GET /mail/config-v1.1.xml HTTP/1.1\r\nHost: ", "\r\n\r\n"},
    {"GET /", " HTTP/1.1\r\nHost: mail.chu.test\r\n\r\n"},
    {NULL, ""}, /* a body, with its true length */
};
enum { LEADS = sizeof leads / sizeof *leads };

static void make_input(unsigned which, struct span rest, struct buf *in)
{
    if (leads[which].before)
        buf_addstr(in, leads[which].before);
    else
        buf_addf(in,
                 "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: mail.chu.test\r\nContent-Length: %zu\r\n\r\n",
                 rest.n);
    buf_addspan(in, rest);
    buf_addstr(in, leads[which].behind);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    struct buf out = BUF_INIT, all = BUF_INIT;
    struct server *s;
    struct span in;
    bool on = true;

    log_open("fuzz", LOG_ERROR_);
    autodiscover_warm();
    if (n < 2)
        return 0;
    s = server_new(&conf, NULL, NULL);
    server_begin(s, data[0] % 2 == 0);
    make_input(data[0] / 2 % LEADS, span_of(data + 2, n - 2), &all);
    in = buf_span(&all);
    while (on && in.n > 0) {
        size_t piece = data[1] ? data[1] * 8u : in.n, took = server_put(s, span_head(in, piece));

        in = span_from(in, took);
        on = server_get(s, &out);
        if (took == 0 && on)
            break;
    }
    check(buf_span(&out));
    buf_free(&out);
    buf_free(&all);
    server_free(&s);
    return 0;
}
