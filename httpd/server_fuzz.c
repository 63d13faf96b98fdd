/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/server_fuzz.c - a client that writes anything to port 80 (octet 0 even) or 443, in pieces as octet 1 says. Whatever comes, what is answered is
 * HTTP, no header of it was written by the client, and a profile is signed for addresses of here alone. */
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

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    struct buf out = BUF_INIT;
    struct server *s;
    struct span in;
    bool on = true;

    log_open("fuzz", LOG_ERROR_);
    autodiscover_warm();
    if (n < 2)
        return 0;
    s = server_new(&conf, NULL, NULL);
    server_begin(s, data[0] % 2 == 0);
    in = span_of(data + 2, n - 2);
    while (on && in.n > 0) {
        size_t piece = data[1] ? data[1] * 8u : in.n, took = server_put(s, span_head(in, piece));

        in = span_from(in, took);
        on = server_get(s, &out);
        if (took == 0 && on)
            break;
    }
    check(buf_span(&out));
    buf_free(&out);
    server_free(&s);
    return 0;
}
