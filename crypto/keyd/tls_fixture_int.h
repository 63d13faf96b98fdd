/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/tls_fixture_int.h - tests only: one session of a TLS server, and a client. */
#pragma once
#include "crypto/keyd/keyd_fixture_int.h"
#include "crypto/tls/tls_client.h"

static struct tls_client *client;

/* ---- the server ---- */

/* "VERSION CIPHER cert|none verified|refused DN|why" */
static void greet(struct stream *s, const struct tls_peer *p)
{
    struct buf line = BUF_INIT;

    buf_addf(&line, "%s %s %s %s %s\r\n", p->version, p->cipher, p->has_cert ? "cert" : "none", p->verified ? "verified" : "refused",
             p->verified ? p->dn : p->why);
    stream_put(s, buf_span(&line));
    buf_free(&line);
}

/* one connection: greeting, then an echo of every line but "quit"; exit status: the result of the handshake */
static int serve_one(struct tls_conf *c, int fd, int64_t ms)
{
    struct stream *s = stream_open(fd);
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct tls_peer p;
    struct span line;
    struct err why;
    enum rc rc;

    stream_deadline(s, deadline_in(ms));
    rc = tls_accept(c, k, s, &p, &why);
    if (rc == RC_OK)
        tls_judge(c, &p);

    if (rc == RC_OK) {
        stream_deadline(s, deadline_in(20000));
        greet(s, &p);
        while (stream_flush(s, &why) == RC_OK && stream_line(s, 100000, &line, &why) == RC_OK) {
            if (span_eq_str(line, "quit"))
                break;
            stream_put(s, line);
            stream_put(s, SPAN_LIT("\r\n"));
        }
    }
    stream_close(&s);
    keyd_free(&k);
    return (int)rc;
}

static int tls_fixture_start(void)
{
    struct tls_client_spec spec = {.anchors_pem = "ca.pem"};

    return fixture_start() == 0 && tls_client_new(&spec, &client, &e) == RC_OK ? 0 : -1;
}

static int tls_fixture_end(void)
{
    tls_client_free(&client);
    return fixture_end();
}
