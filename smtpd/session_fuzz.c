/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/session_fuzz.c - a client that writes anything, in any phase. Octet 0 chooses how far the session is led first.
 * The session must end by itself, answer nothing but whole reply lines, and file nothing that was not sent as a
 * message. */
#include "smtpd/fake_test.h"
#include <sys/socket.h>

static const char *const leads[] = {
    "",
    "EHLO pc\r\n",
    "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\n",
    "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\n",
    "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\n",
    "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nDATA\r\n",
    "EHLO pc\r\nAUTH PLAIN AGFuYQBzM2NyZXQ=\r\nMAIL FROM:<ana@chu.example>\r\nRCPT TO:<bob@chu.example>\r\nBDAT "
    "2\r\nx\n",
};
static struct smtpd conf = {.host = "mail.chu.example",
                            .domain = "chu.example",
                            .letter = {.host = "mail.chu.example", .domain = "chu.example", .max_message = 1 << 20},
                            .max_recipients = 3,
                            .max_unknown = 4,
                            .max_errors = 50,
                            .max_auth = 3,
                            .command_ms = 1000,
                            .data_ms = 1000,
                            .login_ms = 1000,
                            .session_ms = 60000};

/* Each line must be a code, then ' ' or '-', then a text and CRLF. So nothing of the input has broken a reply. */
static void check_replies(struct span out)
{
    while (out.n > 0) {
        ptrdiff_t lf = span_chr(out, '\n');

        if (lf < 5 || lf > 511 || out.p[lf - 1] != '\r' || out.p[0] < '2' || out.p[0] > '5' ||
            (out.p[3] != ' ' && out.p[3] != '-'))
            abort();
        out = span_from(out, (size_t)lf + 1);
    }
}

static void talk(int fd, struct keyd *k, struct store *st, struct dir *d)
{
    struct listener_peer peer = {.ip = "192.0.2.7", .stop_fd = -1};
    struct smtp_session s = {
        .conf = &conf, .peer = &peer, .kind = KIND_SUBMISSIONS, .tls = true, .keyd = k, .store = st, .dir = d};

    s.st = stream_open(fd);
    smtp_session_loop(&s);
    envelope_reset(&s);
    stay_end(&s.stay);
    stream_close(&s.st);
    buf_free(&s.reply);
    buf_free(&s.ticket);
    buf_free(&s.slots);
}

static void clean(void)
{
    (void)fakes_down(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct keyd *k;
    static struct store *st;
    static struct dir *d;
    static unsigned char out[1 << 18];
    const char *lead;
    ssize_t got;
    int sv[2];

    if (!k) {
        if (session_fakes_up(NULL) != 0)
            abort();
        atexit(clean);
        k = keyd_new(ROLE_SMTPD);
        st = store_new(ROLE_SMTPD);
        d = dir_new(ROLE_SMTPD);
    }
    if (n < 1 || n > 32768 || socketpair(AF_UNIX, SOCK_STREAM, 0, sv) != 0)
        return 0;
    lead = leads[p[0] % (sizeof leads / sizeof *leads)];
    if (write(sv[0], lead, strlen(lead)) < 0 || write(sv[0], p + 1, n - 1) < 0)
        abort();
    shutdown(sv[0], SHUT_WR);
    talk(sv[1], k, st, d);
    got = recv(sv[0], out, sizeof out, MSG_DONTWAIT);
    close(sv[0]);
    check_replies(span_of(out, got > 0 ? (size_t)got : 0));
    return 0;
}
