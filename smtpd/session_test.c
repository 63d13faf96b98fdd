/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/session_test.c - sessions as transcripts over a socket pair, with daemons of the test's own; TLS is taken as done, its absence is a
 * row of its own. Every transcript is sent again one octet at a time: the same answers. Every verb in every phase, from the table. */
#include "smtpd/fake_test.h"
#include "smtpd/verbs.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
/* last, as it asks */
#include <cmocka.h>

/* ---- one session in a child ---- */
struct start {
    enum smtp_kind kind;
    bool tls;
    const char *dn; /* client certificate */
};
static pid_t child;
static int log_to = -1; /* where the session's log goes */

static void run_session(int fd, const struct start *how, int stop_fd)
{
    static struct smtpd conf = {.host = "mail.chu.example",
                                .domain = "chu.example",
                                .max_recipients = 3,
                                .revocation = REVOCATION_OFF,
                                .max_unknown = 4,
                                .max_errors = 5,
                                .max_auth = 3,
                                .command_ms = 3000,
                                .data_ms = 3000,
                                .login_ms = 3000,
                                .session_ms = 60000};
    struct listener_peer peer = {.ip = "192.0.2.7", .stop_fd = stop_fd};
    struct smtp_session s = {.conf = &conf, .peer = &peer, .kind = how->kind, .tls = how->tls};

    conf.letter = (struct letter_conf){.host = conf.host, .domain = conf.domain, .max_message = 1 << 20};
    s.st = stream_open(fd);
    s.keyd = keyd_new(ROLE_SMTPD);
    s.store = store_new(ROLE_SMTPD);
    s.dir = dir_new(ROLE_SMTPD);
    if (how->dn) {
        s.tls_peer.has_cert = s.tls_peer.verified = s.tls_peer.judged = true;
        snprintf(s.tls_peer.dn, sizeof s.tls_peer.dn, "%s", how->dn);
    }
    if (how->tls)
        tls_is(&s);
    smtp_session_loop(&s);
    _exit(0);
}

static int session_over(int type, const struct start *how, int stop_fd)
{
    int sv[2];

    assert_int_equal(socketpair(AF_UNIX, type, 0, sv), 0);
    child = fork();
    if (child == 0) {
        close(sv[0]);
        if (log_to >= 0) {
            dup2(log_to, STDERR_FILENO);
            log_open("session-test", LOG_DEBUG_);
        }
        run_session(sv[1], how, stop_fd);
    }
    close(sv[1]);
    return sv[0];
}

static int session_of(const struct start *how, int stop_fd)
{
    return session_over(SOCK_STREAM, how, stop_fd);
}

static void session_done(int fd)
{
    int status;

    close(fd);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* One reply, all its lines: the code of the last, 0 when the session has ended. text: all of it. */
static int reply_of(int fd, char *text, size_t cap)
{
    size_t n = 0, line = 0;

    while (n + 1 < cap) {
        struct pollfd p = {fd, POLLIN, 0};

        if (poll(&p, 1, 60000) != 1 || read(fd, text + n, 1) != 1)
            return 0;
        n++;
        if (text[n - 1] != '\n')
            continue;
        text[n] = 0;
        if (text[line + 3] == ' ')
            return (int)strtol(text + line, NULL, 10);
        line = n;
    }
    return -1;
}

static void put(int fd, const char *text, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i += step) {
        size_t m = n - i < step ? n - i : step;

        if (write(fd, text + i, m) != (ssize_t)m)
            return;
    }
}

/* clang-format off */
/* ---- transcripts: what is sent, then the codes that answer it (0: the session ends) ---- */
struct line {
    const char *send;
    int codes[12];
};
#define LOGIN {"AUTH PLAIN AGFuYQBzM2NyZXQ=\r\n", {235}}
#define EHLO {"EHLO pc\r\n", {250}}
#define ANA_BOB {"MAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\n", {250, 250}}
#define BODY "From: ana@chu.example\r\n\r\nx\r\n"
static const struct transcript {
    const char *what;
    struct start how;
    struct line lines[16];
    unsigned delivered;
} scripts[] = {
    {"submission", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"DATA\r\n", {354}}, {BODY ".\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    {"pipelined group", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN,
      {"MAIL FROM:<ana@chu.example>\r\nRCPT TO:<no@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nDATA\r\n", {250, 550, 250, 354}},
      {BODY ".\r\nRSET\r\nMAIL FROM:<ana@chu.example>\r\nQUIT\r\n", {250, 250, 250, 221, 0}}}, 1},
    {"AUTH LOGIN", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH LOGIN\r\n", {334}}, {"YW5h\r\n", {334}}, {"czNjcmV0\r\n", {235}}, {"AUTH PLAIN\r\n", {503}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"AUTH failures", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH PLAIN AGFuYQB4\r\n", {535}}, {"AUTH PLAIN !!\r\n", {501}}, {"AUTH CRAM-MD5\r\n", {504}},
      {"AUTH PLAIN AGNsb3NlZAB4\r\n", {535}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"three wrong passwords", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH PLAIN AGFuYQB4\r\n", {535}}, {"AUTH PLAIN AGFuYQB4\r\n", {535}},
      {"AUTH PLAIN AGFuYQB4\r\n", {535}}, {"AUTH PLAIN AGFuYQBzM2NyZXQ=\r\n", {421, 0}}}, 0},
    {"AUTH while the directory is away", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH PLAIN AGF3YXkAeA==\r\n", {454}}, LOGIN, {"QUIT\r\n", {221, 0}}}, 0},
    {"AUTH cancelled", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH LOGIN\r\n", {334}}, {"*\r\n", {501}}, LOGIN, {"QUIT\r\n", {221, 0}}}, 0},
    {"AUTH with a bare LF", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"AUTH LOGIN\r\n", {334}}, {"YW5h\nx\r\n", {500, 0}}}, 0},
    {"no AUTH", {KIND_SUBMISSIONS, true, NULL}, {{"MAIL FROM:<ana@chu.example>\r\n", {503}}, EHLO, {"MAIL FROM:<ana@chu.example>\r\n", {530}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"no TLS", {KIND_SUBMISSION, false, NULL}, {EHLO, {"AUTH PLAIN AGFuYQBzM2NyZXQ=\r\n", {530}}, {"MAIL FROM:<ana@chu.example>\r\n", {530}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"bytes behind STARTTLS", {KIND_SUBMISSION, false, NULL}, {EHLO, {"STARTTLS\r\nEHLO x\r\n", {554, 0}}}, 0},
    {"sender not held", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<eve@chu.example>\r\n", {553}}, {"MAIL FROM:<>\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"From not held", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"DATA\r\n", {354}}, {"From: eve@x.example\r\n\r\nx\r\n.\r\n", {550}}, ANA_BOB, {"QUIT\r\n", {221, 0}}}, 0},
    {"recipients", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example> SIZE=100\r\n", {250}}, {"RCPT TO:<no@chu.example>\r\n", {550}},
      {"RCPT TO:<closed@chu.example>\r\n", {550}}, {"RCPT TO:<full@chu.example>\r\n", {452}}, {"RCPT TO:<away@chu.example>\r\n", {451}}, {"RCPT TO:<x@out.example>\r\n", {550}},
      {"RCPT TO:<x@partner.example> NOTIFY=NEVER\r\n", {250}}, {"RCPT TO:<Postmaster>\r\n", {250}}, {"RCPT TO:<bob@chu.example>\r\n", {250}}, {"RCPT TO:<bob@chu.example>\r\n", {452}},
      {"DATA\r\n", {354}}, {BODY ".\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    {"one copy", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nRCPT TO:<bob+x@chu.example>\r\n", {250, 250, 250}},
      {"DATA\r\n", {354}}, {BODY ".\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    {"size", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example> SIZE=2000000\r\n", {552}}, {"MAIL FROM:<ana@chu.example> SIZE=1000\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"parameters", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example> FOO=1\r\n", {555}}, {"MAIL FROM:<ana@chu.example> SIZE=x\r\n", {501}},
      {"MAIL FROM:<an\xC3\xA9@chu.example>\r\n", {553}}, {"MAIL FROM:<an\xC3\xA9@chu.example\r\n", {501}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"chunks", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"BDAT 23\r\nFrom: ana@chu.example\r\n", {250}}, {"RCPT TO:<bob@chu.example>\r\n", {503}}, {"DATA\r\n", {503}},
      {"BDAT 5 LAST\r\n\r\n.\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    {"chunk octets are no commands", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"BDAT 6 LAST\r\nQUIT\r\n", {530}}, LOGIN, {"BDAT 6 LAST\r\nQUIT\r\n", {503}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"empty last chunk", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"BDAT 28\r\n" BODY, {250}}, {"BDAT 0 LAST\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    {"chunk of unknown size", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"BDAT x\r\n", {501}}, {"BDAT 99999999999999\r\n", {552, 0}}}, 0},
    {"bare LF in a chunk", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"BDAT 3\r\na\nb", {250}}, {"BDAT 0 LAST\r\n", {554}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"bare LF in the message", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"DATA\r\n", {354}}, {BODY "a\nb\r\n.\r\nQUIT\r\n", {554, 0}}}, 0},
    {"smuggling", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, ANA_BOB, {"DATA\r\n", {354}},
      {BODY "a\n.\r\nMAIL FROM:<ana@chu.example>\r\n.\r\nQUIT\r\n", {554, 0}}}, 0},
    {"bare LF in a command", {KIND_SUBMISSIONS, true, NULL}, {{"EHLO pc\nNOOP\r\n", {500, 0}}}, 0},
    {"HTTP", {KIND_SUBMISSIONS, true, NULL}, {{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", {0}}}, 0},
    {"errors in a row", {KIND_SUBMISSIONS, true, NULL}, {EHLO, {"X1\r\nX2\r\nX3\r\nX4\r\nX5\r\n", {500, 500, 500, 500, 500, 421, 0}}}, 0},
    {"small verbs", {KIND_SUBMISSIONS, true, NULL}, {{"NOOP\r\n", {250}}, {"HELP\r\n", {214}}, {"VRFY bob\r\n", {252}}, {"EXPN x\r\n", {502}}, {"VRFY\r\n", {501}}, {"RSET\r\n", {250}},
      {"HELO pc\r\n", {250}}, {"QUIT x\r\n", {501}}, {"quit\r\n", {221, 0}}}, 0},
    {"lists that are refused", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example>\r\nRCPT TO:<fermee@chu.example>\r\nRCPT TO:<partis@chu.example>\r\n", {250, 550, 550}},
      {"RCPT TO:<panne@chu.example>\r\n", {451}}, {"DATA\r\n", {503}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"relay: partner", {KIND_SMTP, true, PARTNER_DN}, {EHLO, {"AUTH PLAIN\r\n", {500}}, {"MAIL FROM:<x@partner.example>\r\nRCPT TO:<bob@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: anyone@partner.example\r\n\r\nx\r\n.\r\n", {250}}, {"MAIL FROM:<>\r\nRCPT TO:<bob@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: mailer-daemon@partner.example\r\n\r\nx\r\n.\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 2},
    {"relay: another's From", {KIND_SMTP, true, PARTNER_DN}, {EHLO, {"MAIL FROM:<x@partner.example>\r\nRCPT TO:<bob@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: boss@chu.example\r\n\r\nx\r\n.\r\n", {550}}, {"MAIL FROM:<>\r\nRCPT TO:<bob@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: boss@third.example\r\n\r\nx\r\n.\r\n", {550}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"relay: expelled", {KIND_SMTP, true, "CN=expelled"}, {EHLO, {"MAIL FROM:<x@partner.example>\r\n", {550}}, {"MAIL FROM:<>\r\n", {550}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"relay: refusals", {KIND_SMTP, true, PARTNER_DN}, {EHLO, {"MAIL FROM:<x@third.example>\r\n", {550}}, {"MAIL FROM:<x@out.example>\r\n", {550}}, {"MAIL FROM:<>\r\n", {250}},
      {"RCPT TO:<x@partner.example>\r\n", {550}}, {"RCPT TO:<no@chu.example>\r\n", {550}}, {"RCPT TO:<bob@chu.example>\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"relay: no certificate", {KIND_SMTP, true, NULL}, {EHLO, {"MAIL FROM:<x@partner.example>\r\n", {554}}, {"MAIL FROM:<>\r\n", {554}}, {"QUIT\r\n", {221, 0}}}, 0},
    {"relay: no TLS", {KIND_SMTP, false, NULL}, {EHLO, {"MAIL FROM:<x@partner.example>\r\n", {530}}, {"QUIT\r\n", {221, 0}}}, 0},
};

/* ---- a list ---- */
static const struct transcript
    list_here = {"list", {KIND_SUBMISSIONS, true, NULL}, {EHLO, LOGIN, {"MAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nRCPT TO:<liste@chu.example>\r\n", {250, 250, 250}},
      {"RCPT TO:<liste@chu.example>\r\n", {250}}, {"DATA\r\n", {354}}, {BODY ".\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    list_relayed = {"list, relayed", {KIND_SMTP, true, PARTNER_DN}, {EHLO, {"MAIL FROM:<y@partner.example>\r\nRCPT TO:<liste@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: y@partner.example\r\n\r\nx\r\n.\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1},
    list_null = {"list, from nobody", {KIND_SMTP, true, PARTNER_DN}, {EHLO, {"MAIL FROM:<>\r\nRCPT TO:<liste@chu.example>\r\n", {250, 250}}, {"DATA\r\n", {354}},
      {"From: y@partner.example\r\n\r\nx\r\n.\r\n", {250}}, {"QUIT\r\n", {221, 0}}}, 1};

/* clang-format on */

static void play(const struct transcript *t, size_t step)
{
    int fd = session_of(&t->how, -1), code;
    unsigned before = fake->deliveries;
    char text[4096];

    code = reply_of(fd, text, sizeof text);
    if (code != 220)
        fail_msg("%s: greeting %d", t->what, code);
    for (size_t i = 0; i < 16 && t->lines[i].send; i++) {
        put(fd, t->lines[i].send, strlen(t->lines[i].send), step);
        for (size_t k = 0; k < 12; k++) {
            bool end = t->lines[i].codes[k] == 0;

            if (end && i + 1 < 16 && t->lines[i + 1].send)
                break; /* all codes seen; behind the last line the session must end */
            code = reply_of(fd, text, sizeof text);
            if (code != t->lines[i].codes[k])
                fail_msg("%s (step %zu): to \"%s\" reply %d, not %d", t->what, step, t->lines[i].send, code,
                         t->lines[i].codes[k]);
            if (end)
                break;
        }
    }
    session_done(fd);
    if (fake->deliveries - before != t->delivered)
        fail_msg("%s: %u deliveries", t->what, fake->deliveries - before);
}

static void test_transcripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        play(&scripts[i], 1u << 20);
        if (!strstr(scripts[i].what, "STARTTLS")) /* one octet at a time nothing is behind it when it is read */
            play(&scripts[i], 1);
    }
}

/* Whoever can get it gets it once; of the others the sender hears, when there is one. */
static void test_lists(void **state)
{
    (void)state;
    play(&list_here, 1u << 20);
    assert_true(fake->n_places == 1 && fake->places[0].mbx == 21 && fake->n_remotes == 3);
    assert_true(fake->states[0] == Q_WAITING && fake->states[1] == Q_DROPPED && fake->states[2] == Q_DROPPED);
    play(&list_relayed, 1u << 20);
    assert_true(fake->n_places == 1 && fake->n_remotes == 3);
    assert_true(fake->states[0] == Q_DROPPED && fake->states[1] == Q_DROPPED && fake->states[2] == Q_DROPPED);
    play(&list_null, 1u << 20);
    assert_true(fake->n_places == 1 && fake->n_remotes == 0);
}

/* ---- every verb in every phase ---- */
static const struct {
    unsigned phase;
    const char *lead;
    int replies;
} phases[] = {
    {PH_START, "", 0},
    {PH_READY, "EHLO pc\r\n", 1},
    {PH_MAIL, "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\n", 3},
    {PH_RCPT, "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\n",
     4},
    {PH_BDAT,
     "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nBDAT 0\r\n",
     5}};

static void try_verb(const struct verb *v, size_t i)
{
    const struct start how = {KIND_SUBMISSIONS, true, NULL};
    struct smtp_session s = {
        .kind = KIND_SUBMISSIONS, .tls = true, .phase = phases[i].phase == PH_PROVEN ? PH_READY : phases[i].phase};
    int fd = session_of(&how, -1), code;
    enum cause r;
    char text[4096], line[64];

    snprintf(s.account, sizeof s.account, "%s", phases[i].replies > 1 ? "ana@chu.example" : "");
    r = verb_cause(v, &s);
    for (int k = 0; k <= phases[i].replies; k++) {
        if (k == 0)
            put(fd, phases[i].lead, strlen(phases[i].lead), 1u << 20);
        assert_true(reply_of(fd, text, sizeof text) / 100 == 2);
    }
    snprintf(line, sizeof line, "%s%s\r\n", v->name, (v->flags & V_CHUNK) ? " 0" : "");
    put(fd, line, strlen(line), 1u << 20);
    code = reply_of(fd, text, sizeof text);
    if (r != CAUSE_NONE && code != cause_row(r)->code)
        fail_msg("%s in phase %u: %d, not %d", v->name, phases[i].phase, code, cause_row(r)->code);
    if (r == CAUSE_NONE && (code == 503 || code == 530 || code == 500 || code < 200))
        fail_msg("%s in phase %u: %d", v->name, phases[i].phase, code);
    session_done(fd);
}

static void test_every_verb_in_every_phase(void **state)
{
    (void)state;
    for (const struct verb *v = smtp_verbs; v->name; v++)
        for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
            try_verb(v, i);
}

/* ---- length, time, the end ---- */
static void test_long_lines(void **state)
{
    const struct start how = {KIND_SUBMISSIONS, true, NULL};
    static char big[200000];
    char text[4096];

    (void)state;
    for (size_t n = 100; n < sizeof big; n = n * 3) {
        int fd = session_of(&how, -1);

        memset(big, 'x', n);
        memcpy(big, "NOOP ", 5);
        memcpy(big + n - 2, "\r\n", 2);
        assert_int_equal(reply_of(fd, text, sizeof text), 220);
        put(fd, big, n, 4096);
        assert_int_equal(reply_of(fd, text, sizeof text), n <= SMTP_LINE_MAX ? 250 : 500);
        put(fd, "QUIT\r\n", 6, 6);
        assert_int_equal(reply_of(fd, text, sizeof text), 221);
        session_done(fd);
    }
}

static void test_big_message(void **state)
{
    static const char lead[] = "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT "
                               "TO:<bob@chu.example>\r\nDATA\r\n" BODY;
    const struct start how = {KIND_SUBMISSIONS, true, NULL};
    int fd = session_of(&how, -1);
    unsigned before = fake->deliveries;
    char text[4096];

    (void)state;
    put(fd, lead, sizeof lead - 1, 1000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(reply_of(fd, text, sizeof text) / 100, 2);
    assert_int_equal(reply_of(fd, text, sizeof text), 354);
    for (int i = 0; i < 20000; i++)
        put(fd, "one line of sixty and some octets, again and again and again\r\n", 62, 62);
    put(fd, ".\r\n", 3, 3);
    assert_int_equal(reply_of(fd, text, sizeof text), 552);
    put(fd, "QUIT\r\n", 6, 6);
    assert_int_equal(reply_of(fd, text, sizeof text), 221);
    session_done(fd);
    assert_int_equal(fake->deliveries, before);
}

static void test_silence(void **state)
{
    const struct start how = {KIND_SUBMISSIONS, true, NULL};
    int fd = session_of(&how, -1);
    char text[4096];

    (void)state;
    assert_int_equal(reply_of(fd, text, sizeof text), 220);
    assert_int_equal(reply_of(fd, text, sizeof text), 421); /* nothing said for the login time */
    assert_non_null(strstr(text, "4.4.2"));
    session_done(fd);
}

static void test_stop(void **state)
{
    const struct start how = {KIND_SUBMISSIONS, true, NULL};
    int stop[2], fd;
    char text[4096];

    (void)state;
    assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
    fd = session_of(&how, stop[0]);
    assert_int_equal(reply_of(fd, text, sizeof text), 220);
    put(fd, "NOOP\r\n", 6, 6);
    assert_int_equal(reply_of(fd, text, sizeof text), 250);
    assert_int_equal(write(stop[1], "x", 1), 1);
    assert_int_equal(reply_of(fd, text, sizeof text), 421);
    assert_non_null(strstr(text, "4.3.2"));
    session_done(fd);
    close(stop[0]);
    close(stop[1]);
}

/* The codes of one packet, "250 250"; what was written at once is a packet. */
static void codes_of_packet(int fd, char *out, size_t cap)
{
    struct pollfd p = {fd, POLLIN, 0};
    char text[4096];
    ssize_t n = poll(&p, 1, 60000) == 1 ? read(fd, text, sizeof text - 1) : -1;

    assert_true(n > 0);
    text[n] = 0;
    out[0] = 0;
    for (char *line = text, *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
        if (line[3] == ' ')
            snprintf(out + strlen(out), cap - strlen(out), "%s%.3s", out[0] ? " " : "", line);
}

/* RFC 2920 3.2: replies to RSET, MAIL and RCPT are gathered; those to EHLO, NOOP, VRFY, EXPN and to what is not known leave at once. */
static void test_groups(void **state)
{
    static const struct {
        const char *group;
        const char *packets[5];
    } t[] = {
        {"RSET\r\nRSET\r\n", {"250 250"}},
        {"EHLO pc\r\nRSET\r\n", {"250", "250"}},
        {"HELO pc\r\nRSET\r\n", {"250", "250"}},
        {"RSET\r\nNOOP\r\nRSET\r\nRSET\r\n", {"250 250", "250 250"}},
        {"VRFY x\r\nRSET\r\nEXPN x\r\nRSET\r\n", {"252", "250 502", "250"}},
        {"MAIL FROM:<a\r\nMAIL FROM:<a\r\nXYZZY\r\nRSET\r\n", {"501 501 500", "250"}},
        {"NOOP\r\nNOOP\r\nQUIT\r\n", {"250", "250", "221"}},
    };
    const struct start how = {KIND_SMTP, true, NULL};
    char codes[64];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        int fd = session_over(SOCK_SEQPACKET, &how, -1);

        codes_of_packet(fd, codes, sizeof codes);
        assert_string_equal(codes, "220");
        put(fd, "EHLO pc\r\n", 9, 9);
        codes_of_packet(fd, codes, sizeof codes);
        put(fd, t[i].group, strlen(t[i].group), strlen(t[i].group));
        for (size_t k = 0; t[i].packets[k]; k++) {
            codes_of_packet(fd, codes, sizeof codes);
            if (strcmp(codes, t[i].packets[k]) != 0)
                fail_msg("%s: packet %zu: %s, not %s", t[i].group, k, codes, t[i].packets[k]);
        }
        session_done(fd);
    }
}

/* V_SECRET: of an argument that a parser refuses the log has not even what the parser says; of others it has. */
static void test_secrets_are_not_logged(void **state)
{
    static const char talk[] = "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ= AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<a\r\nQUIT\r\n";
    const struct start how = {KIND_SUBMISSION, true, NULL};
    char text[4096], *line;
    int log[2], fd;
    ssize_t n;

    (void)state;
    assert_int_equal(pipe2(log, O_CLOEXEC), 0);
    log_to = log[1];
    fd = session_of(&how, -1);
    log_to = -1;
    assert_int_equal(reply_of(fd, text, sizeof text), 220);
    put(fd, talk, sizeof talk - 1, sizeof talk - 1);
    assert_int_equal(reply_of(fd, text, sizeof text), 250);
    assert_int_equal(reply_of(fd, text, sizeof text), 501);
    assert_int_equal(reply_of(fd, text, sizeof text), 530);
    assert_int_equal(reply_of(fd, text, sizeof text), 221);
    session_done(fd);
    close(log[1]);
    n = read(log[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = 0;
    close(log[0]);
    line = strstr(text, "verb=AUTH code=501");
    assert_non_null(line);
    assert_int_equal(strncmp(strstr(line, " cause="), " cause=\n", 8), 0);
    assert_null(strstr(text, "AGFuYQ"));
}

static int down(void **state)
{
    return fakes_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_transcripts),
                                       cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_every_verb_in_every_phase),
                                       cmocka_unit_test(test_long_lines),
                                       cmocka_unit_test(test_big_message),
                                       cmocka_unit_test(test_silence),
                                       cmocka_unit_test(test_stop),
                                       cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_secrets_are_not_logged)};

    return cmocka_run_group_tests(tests, session_fakes_up, down);
}
