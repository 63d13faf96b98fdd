/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/handshake_test.c - TLS with the private key in another process: our client, the openssl command, and
 * hostile peers. The server is forked per connection, as daemons do.
 */
#include "base/log.h"
#include "crypto/keyd/tls_fixture_int.h"
#include "crypto/pki/pki.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct keyd *admin;

/* ---- the server ---- */

struct server {
    int fd, port;
    pid_t pid;
    struct tls_conf *conf;
    int64_t ms;
};

static int listen_any(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 16) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* accepts for ever, a process a connection */
static void listener(const struct server *s)
{
    test_child();
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);

        if (fd >= 0 && fork() == 0)
            _exit(serve_one(s->conf, fd, s->ms));
        close(fd);
    }
}

static struct server server_start(const char *anchors, bool require)
{
    struct tls_conf_spec spec = {.chain_pem = "tls/server.pem",
                                 .chain_ec_pem = "tls/server-ec.pem",
                                 .anchors_pem = anchors,
                                 .require_client = require};
    struct server s = {.ms = 15000};

    assert_int_equal(tls_conf_new(&spec, &s.conf, &e), RC_OK);
    s.fd = listen_any(&s.port);
    s.pid = fork();
    if (s.pid == 0)
        listener(&s);
    return s;
}

static void server_end(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    close(s->fd);
    tls_conf_free(&s->conf);
}

static struct stream *dial(int port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct stream *s;

    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    s = stream_open(fd);
    stream_deadline(s, deadline_in(20000));
    return s;
}

/* ---- our own client ---- */

static void test_client(void **st)
{
    struct server sv = server_start(NULL, false);
    struct stream *s = dial(sv.port);
    struct tls_peer p;
    struct span line;

    (void)st;
    assert_int_equal(tls_connect(client, "mail.trial.test", NULL, s, &p, &e), RC_OK);
    assert_true(p.has_cert && p.verified);
    assert_string_equal(p.dn, "CN=mail.trial.test,OU=1300017985,O=Essai trial.test,ST=Paris (75),C=FR");
    assert_string_equal(p.version, "TLS1.3");
    assert_int_equal(stream_line(s, 512, &line, &e), RC_OK);
    assert_true(span_istarts(line, "TLS1.3 TLS_AES_256_GCM_SHA384 none refused"));
    stream_close(&s);
    s = dial(sv.port);
    assert_int_equal(tls_connect(client, "other.test", NULL, s, &p, &e), RC_OK);
    assert_true(p.has_cert && !p.verified && p.why[0]);
    stream_close(&s);
    server_end(&sv);
}

/* lines of every length about the record and buffer sizes, and megabytes in flight, come back as sent */
static void test_bulk(void **st)
{
    static const size_t lengths[] = {0, 1, 2, 511, 4095, 4096, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 99998};
    struct server sv = server_start(NULL, false);
    struct stream *s = dial(sv.port);
    struct tls_peer p;
    struct span line;
    struct buf sent = BUF_INIT;

    (void)st;
    assert_int_equal(tls_connect(client, "localhost", NULL, s, &p, &e), RC_OK);
    assert_int_equal(stream_line(s, 512, &line, &e), RC_OK);
    for (size_t round = 0; round < 40; round++) {
        size_t n = lengths[round % (sizeof lengths / sizeof *lengths)];

        buf_clear(&sent);
        for (size_t i = 0; i < n; i++)
            buf_addc(&sent, (unsigned char)('a' + (i * 31 + round) % 26));
        stream_put(s, buf_span(&sent));
        stream_put(s, SPAN_LIT("\r\n"));
        assert_int_equal(stream_flush(s, &e), RC_OK);
        assert_int_equal(stream_line(s, 100000, &line, &e), RC_OK);
        assert_true(span_eq(line, buf_span(&sent)));
    }
    buf_free(&sent);
    stream_close(&s);
    server_end(&sv);
}

/* ---- the openssl command ---- */

/* the greeting our server gave to openssl s_client with these options, in out; false: no session */
static bool s_client(int port, const char *options, char *out, size_t cap)
{
    struct buf cmd = BUF_INIT;
    size_t n;
    FILE *f;

    buf_addf(&cmd,
             "printf 'x\\r\\nquit\\r\\n' 2>/dev/null | timeout 10 openssl s_client -ign_eof -connect 127.0.0.1:%d "
             "-CAfile ca.pem "
             "-verify_return_error -servername mail.trial.test %s 2>&1",
             port, options);
    f = popen(buf_cstr(&cmd), "r");
    assert_non_null(f);
    n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    pclose(f);
    buf_free(&cmd);
    return strstr(out, "\nx\r\n") !=
           NULL; /* the echo; a line of the certificate s_client prints may begin with x too */
}

static void test_openssl(void **st)
{
    static const struct {
        const char *options, *has; /* has NULL: no session */
    } t[] = {
        {"-tls1_3", "TLS1.3 TLS_AES_256_GCM_SHA384"},
        {"-tls1_3 -sigalgs rsa_pss_rsae_sha256", "Peer signature type: RSA-PSS"},
        {"-tls1_3 -sigalgs ecdsa_secp256r1_sha256:rsa_pkcs1_sha256", "Peer signature type: ECDSA"},
        {"-tls1_2", "TLS1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
        {"-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", "TLS1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {"-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA+SHA256",
         "TLS1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {"-tls1_2 -curves P-256 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
         "TLS1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
        {"-tls1_2 -curves P-384 -cipher ECDHE-RSA-AES256-GCM-SHA384", "TLS1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {"-tls1_1 -cipher ALL:@SECLEVEL=0", NULL},
        {"-tls1_2 -cipher AES256-GCM-SHA384", NULL},
        {"-tls1_2 -cipher ECDHE-RSA-AES256-SHA384", NULL},
        {"-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305", NULL},
    };
    struct server sv = server_start(NULL, false);
    char out[16384];

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        bool ok = s_client(sv.port, t[i].options, out, sizeof out);

        if (ok != (t[i].has != NULL) || (t[i].has && strstr(out, t[i].has) == NULL))
            fail_msg("s_client %s: %s", t[i].options, strlen(out) > 600 ? out + strlen(out) - 600 : out);
        if (ok)
            assert_non_null(strstr(out, "Verify return code: 0 (ok)"));
    }
    server_end(&sv);
}

/* asked to begin again under TLS 1.2, the server ends the session: what was said before is never taken for the new peer's */
static void test_renegotiation(void **st)
{
    struct server sv = server_start(NULL, false);
    struct buf cmd = BUF_INIT;

    (void)st;
    buf_addf(&cmd,
             "(exec 2>/dev/null; sleep 0.5; printf 'R\\n'; sleep 0.5; printf 'after\\r\\n') | timeout 10 openssl "
             "s_client -tls1_2 "
             "-connect 127.0.0.1:%d -CAfile ca.pem >reneg 2>&1; grep -q RENEGOTIATING reneg && ! grep -q ^after reneg",
             sv.port);
    assert_int_equal(system(buf_cstr(&cmd)), 0);
    buf_free(&cmd);
    server_end(&sv);
}

/* a ticket of one process is taken by the next; not after the key was replaced; and TLS 1.2 gets none */
static void test_tickets(void **st)
{
    static const struct {
        const char *version;
        bool reused;
    } rows[] = {{"-tls1_3", true}, {"-tls1_2", false}};
    struct server sv = server_start(NULL, false);
    char options[128], out[16384];

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        snprintf(options, sizeof options, "%s -sess_out sess%zu", rows[i].version, i);
        assert_true(s_client(sv.port, options, out, sizeof out));
        snprintf(options, sizeof options, "%s -sess_in sess%zu", rows[i].version, i);
        assert_true(s_client(sv.port, options, out, sizeof out));
        assert_int_equal(strstr(out, "Reused, ") != NULL, rows[i].reused);
    }
    kill(sv.pid, SIGKILL);
    waitpid(sv.pid, NULL, 0);
    tls_conf_rotate(sv.conf);
    sv.pid = fork();
    if (sv.pid == 0)
        listener(&sv);
    assert_true(s_client(sv.port, "-tls1_3 -sess_in sess0", out, sizeof out));
    assert_null(strstr(out, "Reused, "));
    server_end(&sv);
}

/* ---- client certificates ---- */

static void save(const char *name, struct span s)
{
    FILE *f = fopen(name, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
    fclose(f);
}

static void operator_files(void)
{
    struct keyd_issue_req rq = {.use = KEYD_ISSUE_OPERATOR, .name = SPAN_LIT("load.test")};
    struct buf cert = BUF_INIT, key = BUF_INIT, pem = BUF_INIT;

    assert_int_equal(keyd_issue_trial(admin, &rq, &cert, NULL, &key, &e), RC_OK);
    pki_pem("CERTIFICATE", buf_span(&cert), &pem);
    save("op.pem", buf_span(&pem));
    save("op.key", buf_span(&key));
    buf_free(&cert);
    buf_free(&key);
    buf_free(&pem);
    assert_int_equal(
        system("openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -subj /C=FR/CN=smtp.load.test "
               "-addext extendedKeyUsage=clientAuth 2>/dev/null"),
        0);
}

static void test_mutual(void **st)
{
    static const struct {
        const char *options, *asked,
            *required; /* what the server says where a certificate is asked for, and where it must be */
    } t[] = {
        {"-tls1_3 -cert op.pem -key op.key",
         "cert verified CN=smtp.load.test,OU=1300017985,O=Essai load.test,ST=Paris (75),C=FR\r", "verified"},
        {"-tls1_2 -cert op.pem -key op.key",
         "cert verified CN=smtp.load.test,OU=1300017985,O=Essai load.test,ST=Paris (75),C=FR\r", "verified"},
        {"-tls1_3 -cert self.pem -key self.key", "cert refused", "cert refused"},
        {"-tls1_3", "none refused no certificate", NULL},
        {"-tls1_2", "none refused no certificate", NULL},
    };
    struct server asks = server_start("ca.pem", false), requires = server_start("ca.pem", true);
    char out[16384];

    (void)st;
    operator_files();
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        if (!s_client(asks.port, t[i].options, out, sizeof out) || strstr(out, t[i].asked) == NULL)
            fail_msg("asked, %s: %s", t[i].options, out);
        if (s_client(requires.port, t[i].options, out, sizeof out) != (t[i].required != NULL) ||
            (t[i].required && strstr(out, t[i].required) == NULL))
            fail_msg("required, %s: %s", t[i].options, out);
    }
    server_end(&asks);
    server_end(&requires);
}

/* Certificates of a CA of our own, and of what only looks like it: "issue NAME ISSUER EXTENSIONS DAYS" makes NAME.pem and NAME.key. */
static const char issue_all[] =
    "set -e; exec >/dev/null 2>&1\n"
    "k='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "ca() { openssl req -x509 $k -keyout $1.key -out $1.pem -subj '/C=FR/CN=Essai CA' -days 30; }\n"
    "issue() { openssl req $k -keyout $1.key -out $1.csr -subj /C=FR/CN=$1; printf \"$3\" >$1.ext\n"
    "  openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days $4 -extfile $1.ext -out $1.pem; }\n"
    "ca root; ca twin\n"
    "both='extendedKeyUsage=serverAuth,clientAuth'; isca='basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign'\n"
    "issue good root $both 9; issue mail root extendedKeyUsage=emailProtection 9; issue server root "
    "extendedKeyUsage=serverAuth 9\n"
    "issue old root $both -1; issue twins twin $both 9; issue under good $both 9; issue inter root \"$isca\" 9\n"
    "issue deep inter $both 9; issue mailca root \"$isca\nextendedKeyUsage=emailProtection\" 9; issue deepmail mailca "
    "$both 9\n"
    "cat under.pem good.pem >under2.pem; cat deep.pem inter.pem >deep2.pem; cat deepmail.pem mailca.pem "
    ">deepmail2.pem\n"
    "cat good.pem root.pem >good2.pem; cat deep.pem root.pem inter.pem >deep3.pem\n";

static void test_chains(void **st)
{
    static const struct {
        const char *chain, *key, *says;
    } t[] = {
        {"good", "good", "cert verified CN=good,C=FR"},
        {"good2", "good", "cert verified CN=good,C=FR"}, /* with its root */
        {"deep2", "deep", "cert verified CN=deep,C=FR"},
        {"deep3", "deep", "cert verified CN=deep,C=FR"},  /* in any order (RFC 8446 4.4.2) */
        {"deep", "deep", "cert refused The certificate"}, /* the intermediate is missing */
        {"mail", "mail", "cert refused extended key usage"},
        {"server", "server", "cert verified CN=server,C=FR"}, /* operators present it as clients too */
        {"old", "old", "cert refused The certificate"},
        {"twins", "twins", "cert refused The certificate"},                           /* the CA's name, another's key */
        {"under2", "under", "cert refused The certificate"},                          /* issued by what is no CA */
        {"deepmail2", "deepmail", "cert refused extended key usage of an authority"}, /* by a CA for something else */
    };
    struct server sv;
    char options[128], out[16384];

    (void)st;
    assert_int_equal(system(issue_all), 0);
    sv = server_start("root.pem", false);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int v = 2; v <= 3; v++) {
            snprintf(options, sizeof options, "-tls1_%d -cert %s.pem -cert_chain %s.pem -key %s.key", v, t[i].chain,
                     t[i].chain, t[i].key);
            if (!s_client(sv.port, options, out, sizeof out) || strstr(out, t[i].says) == NULL)
                fail_msg("%s: %s", options, strlen(out) > 900 ? out + strlen(out) - 900 : out);
        }
    server_end(&sv);
}

/* ---- hostile and broken peers ---- */

/* what tls_accept says to a peer that sends these bytes and then stays (or goes) */
static enum rc accept_of(const char *bytes, size_t n, bool goes, int64_t ms)
{
    struct tls_conf_spec spec = {.chain_pem = "tls/server.pem", .chain_ec_pem = "tls/server-ec.pem"};
    struct tls_conf *c = NULL;
    struct keyd *k = keyd_new(ROLE_IMAPD);
    struct tls_peer p;
    struct stream *s;
    int sp[2];
    enum rc rc;

    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
    assert_int_equal(write(sp[0], bytes, n), (ssize_t)n);
    if (goes)
        shutdown(sp[0], SHUT_WR);
    s = stream_open(sp[1]);
    stream_deadline(s, deadline_in(ms));
    rc = tls_accept(c, k, s, &p, &e);
    stream_close(&s);
    close(sp[0]);
    keyd_free(&k);
    tls_conf_free(&c);
    return rc;
}

static void test_broken_peers(void **st)
{
    static const char record[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00";

    (void)st;
    assert_int_equal(accept_of("GET / HTTP/1.1\r\n\r\n", 18, false, 2000), RC_SYNTAX);
    assert_int_equal(accept_of(record, sizeof record - 1, false, 2000), RC_SYNTAX);
    assert_int_equal(accept_of(record, 3, false, 50), RC_TIMEOUT);
    assert_int_equal(accept_of("", 0, false, 50), RC_TIMEOUT);
    assert_int_equal(accept_of("", 0, true, 2000), RC_CLOSED);
    assert_int_equal(accept_of(record, 7, true, 2000), RC_CLOSED);
}

static void test_bytes_before(void **st)
{
    struct tls_conf_spec spec = {.chain_pem = "tls/server.pem"};
    struct tls_conf *c = NULL;
    struct tls_peer p;
    struct stream *s;
    struct span line;
    int sp[2];

    (void)st;
    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
    assert_int_equal(write(sp[0], "STARTTLS\r\nMAIL FROM:<>\r\n", 24), 24);
    s = stream_open(sp[1]);
    assert_int_equal(stream_line(s, 512, &line, &e), RC_OK);
    assert_int_equal(tls_accept(c, NULL, s, &p, &e), RC_SYNTAX);
    stream_close(&s);
    close(sp[0]);
    tls_conf_free(&c);
}

static void test_missing_files(void **st)
{
    struct tls_conf_spec spec = {.chain_pem = "tls/none.pem"};
    struct tls_conf *c = NULL;

    (void)st;
    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_PERM);
    assert_non_null(strstr(e.log, "tls/none.pem"));
    spec = (struct tls_conf_spec){.chain_pem = "tls/server.pem", .anchors_pem = "keyd.log"};
    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_PERM);
    assert_null(c);
}

static void test_keyd_gone(void **st)
{
    struct server sv;
    struct stream *s;
    struct tls_peer p;

    (void)st;
    sv = server_start(NULL, false);
    keyd_end(SIGKILL);
    s = dial(sv.port);
    assert_int_not_equal(tls_connect(client, "localhost", NULL, s, &p, &e), RC_OK);
    stream_close(&s);
    keyd_start();
    s = dial(sv.port);
    assert_int_equal(tls_connect(client, "localhost", NULL, s, &p, &e), RC_OK);
    stream_close(&s);
    server_end(&sv);
}

static int group_start(void **st)
{
    (void)st;
    admin = keyd_new(ROLE_ADMIN);
    return tls_fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&admin);
    return tls_fixture_end();
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_client),        cmocka_unit_test(test_bulk),         cmocka_unit_test(test_openssl),
        cmocka_unit_test(test_renegotiation), cmocka_unit_test(test_tickets),      cmocka_unit_test(test_mutual),
        cmocka_unit_test(test_chains),        cmocka_unit_test(test_broken_peers), cmocka_unit_test(test_bytes_before),
        cmocka_unit_test(test_missing_files), cmocka_unit_test(test_keyd_gone),
    };
    log_open("handshake_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("handshake", t, group_start, group_end);
}
