/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/carrier_test.c - what each answer of a FHIR server means. The connection itself: tests/protocol/test_publish_carrier.py. */
#include "publish/pubd/carrier.h"
#include "base/clock.h"
#include "base/stream.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define OUTCOME "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"diagnostics\":\"RPPS inconnu\"}]}"
#define FAILED(severity, code)                                                                                         \
    "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"information\"},{\"severity\":\"" severity       \
    "\",\"code\":\"" code "\",\"diagnostics\":\"RPPS inconnu\"}]}"
#define PAGE "<html>Portail</html>"

static void test_each_answer(void **st)
{
    static const struct {
        const char *event;
        long status;
        const char *body;
        int code;
        const char *report;
    } rows[] = {
        {"create", 200, "{\"resourceType\":\"Practitioner\"}", 0, "create: HTTP 200 Practitioner"},
        {"create", 201, OUTCOME, 0, "create: HTTP 201 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("warning", "value"), 0, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("error", "value"), 65, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("fatal", "not-found"), 65, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"delete", 200, FAILED("fatal", "not-found"), 0, "delete: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"delete", 200, FAILED("error", "deleted"), 0, "delete: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("error", "deleted"), 65, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"update", 200, FAILED("error", "conflict"), 75, "update: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"delete", 410, OUTCOME, 0, "delete: HTTP 410 OperationOutcome\nRPPS inconnu"},
        {"create", 410, OUTCOME, 65, "create: HTTP 410 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("error", "throttled"), 75, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"create", 200, FAILED("fatal", "forbidden"), 75, "create: HTTP 200 OperationOutcome\nRPPS inconnu"},
        {"create", 200, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\"},3]}", 65,
         "create: HTTP 200 OperationOutcome"},
        {"create", 204, "", 0, "create: HTTP 204"},
        {"create", 200, PAGE, 75, "create: HTTP 200"}, /* a proxy's */
        {"create", 200, "", 75, "create: HTTP 200"},
        {"create", 100, OUTCOME, 75, "create: HTTP 100 OperationOutcome\nRPPS inconnu"},
        {"create", 302, OUTCOME, 75, "create: HTTP 302 OperationOutcome\nRPPS inconnu"},
        {"create", 422, OUTCOME, 65, "create: HTTP 422 OperationOutcome\nRPPS inconnu"},
        {"create", 400, OUTCOME, 65, "create: HTTP 400 OperationOutcome\nRPPS inconnu"},
        {"create", 412, OUTCOME, 65, "create: HTTP 412 OperationOutcome\nRPPS inconnu"},
        {"create", 404, OUTCOME, 65, "create: HTTP 404 OperationOutcome\nRPPS inconnu"},
        {"delete", 404, OUTCOME, 0, "delete: HTTP 404 OperationOutcome\nRPPS inconnu"},
        {"delete", 404, PAGE, 75, "delete: HTTP 404\n" PAGE},
        {"create", 404, PAGE, 75, "create: HTTP 404\n" PAGE},
        {"create", 401, OUTCOME, 75, "create: HTTP 401 OperationOutcome\nRPPS inconnu"},
        {"create", 403, OUTCOME, 75, "create: HTTP 403 OperationOutcome\nRPPS inconnu"},
        {"create", 408, OUTCOME, 75, "create: HTTP 408 OperationOutcome\nRPPS inconnu"},
        {"create", 409, OUTCOME, 75, "create: HTTP 409 OperationOutcome\nRPPS inconnu"},
        {"create", 425, OUTCOME, 75, "create: HTTP 425 OperationOutcome\nRPPS inconnu"},
        {"create", 429, OUTCOME, 75, "create: HTTP 429 OperationOutcome\nRPPS inconnu"},
        {"create", 500, OUTCOME, 75, "create: HTTP 500 OperationOutcome\nRPPS inconnu"},
        {"create", 503, PAGE, 75, "create: HTTP 503\n" PAGE},
        {"create", 422,
         "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"details\":{\"text\":\"A\"},\"diagnostics\":\"B\"},7,{}]"
         "}",
         65, "create: HTTP 422 OperationOutcome\nA\nB"},
        {"create", 422, "{\"resourceType\":7}", 75, "create: HTTP 422\n{\"resourceType\":7}"},
        {"create", 422, "[", 75, "create: HTTP 422\n["},
    };

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf report = BUF_INIT;
        int code = carrier_judge(rows[i].event, rows[i].status, span_str(rows[i].body), &report);

        if (code != rows[i].code || !span_eq_str(buf_span(&report), rows[i].report))
            fail_msg("row %zu: %d, %.*s", i, code, SPAN_ARG(buf_span(&report)));
        buf_free(&report);
    }
}

static void test_a_large_one_is_cut(void **st)
{
    struct buf body = BUF_INIT, report = BUF_INIT;

    (void)st;
    for (int i = 0; i < 5000; i++)
        buf_addc(&body, 'x');
    assert_int_equal(carrier_judge("create", 500, buf_span(&body), &report), 75);
    assert_true(report.n < 2000);
    buf_clear(&report);
    buf_clear(&body);
    buf_addstr(&body, "{\"resourceType\":\"OperationOutcome\",\"issue\":[");
    for (int i = 0; i < 300; i++)
        buf_addf(&body, "%s{\"diagnostics\":\"%0600d\"}", i ? "," : "", i);
    buf_addstr(&body, "]}");
    assert_int_equal(carrier_judge("create", 422, buf_span(&body), &report), 65);
    assert_true(report.n < 2600);
    buf_free(&body);
    buf_free(&report);
}

/* ---- one request over a stream, in clear here ---- */
struct far_end {
    int fd;
    const char *answer;
    bool layered; /* a layer below, to which '!' is a record of its own, without data, as TLS 1.3 has (RFC 8446 4.6) */
    struct span body;
    char asked[8192];
};

static ssize_t layer_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    struct stream *s = ctx;
    ssize_t got;

    (void)n;
    for (;;) {
        while ((got = recv(stream_fd(s), p, 1, MSG_DONTWAIT)) < 0)
            if (stream_await(s, deadline, e) != RC_OK)
                return -1;
        if (got == 0 || *(unsigned char *)p != '!')
            break;
    }
    return got;
}

static ssize_t layer_write(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e)
{
    (void)deadline;
    (void)e;
    return send(stream_fd(ctx), p, n, MSG_NOSIGNAL);
}

static bool whole_request(const struct far_end *f, size_t n)
{
    const char *body = strstr(f->asked, "\r\n\r\n");

    return body && n >= (size_t)(body - f->asked) + 4 + f->body.n;
}

static void *play(void *arg)
{
    struct far_end *f = arg;
    char piece[4096];
    size_t n = 0;
    ssize_t got;

    while (!whole_request(f, n) && (got = recv(f->fd, piece, sizeof piece, 0)) > 0) {
        if (n + (size_t)got < sizeof f->asked)
            memcpy(f->asked + n, piece, (size_t)got);
        n += (size_t)got;
    }
    (void)send(f->fd, f->answer, strlen(f->answer), MSG_NOSIGNAL);
    (void)shutdown(f->fd, SHUT_RDWR);
    return NULL;
}

static enum rc exchanged(struct far_end *f, struct carrier_answer *out)
{
    static char name[64];
    static struct carrier_door door = {.fd = -1, .name = name};
    struct carrier_request rq = {.door = &door,
                                 .base = "https://annuaire.test:8443/fhir/v2",
                                 .resource = "Practitioner",
                                 .query = "identifier=urn:oid:1.2|8 1&x=%",
                                 .key = "abc",
                                 .body = f->body,
                                 .timeout_ms = 60000};
    static const struct stream_ops layer = {.read = layer_read, .write = layer_write};
    int ends[2];
    pthread_t thread;
    struct stream *s;
    struct err e;
    enum rc rc;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    snprintf(name, sizeof name, "/tmp/pli-carrier-%ld.sock", (long)getpid());
    assert_true(carrier_door(&door, 0));
    f->fd = ends[1];
    s = stream_open(ends[0]);
    stream_deadline(s, deadline_in(60000));
    if (f->layered) {
        stream_set_ops(s, &layer, s);
        assert_int_equal(send(ends[1], "!", 1, 0), 1);
    }
    assert_int_equal(pthread_create(&thread, NULL, play, f), 0);
    rc = carrier_exchange(s, &rq, out, &e);
    if (getenv("PLI_TEST_LOG"))
        fprintf(stderr, "%s\n", rc == RC_OK ? "" : e.log);
    stream_close(&s);
    pthread_join(thread, NULL);
    close(ends[1]);
    close(door.fd);
    unlink(name);
    return rc;
}

static void test_one_request(void **st)
{
    struct far_end f = {.body = SPAN_LIT("{}"), .answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
    struct carrier_answer a;

    (void)st;
    assert_int_equal(exchanged(&f, &a), RC_OK);
    assert_true(a.status == 200 && a.wait_s == 0 && span_eq_str(buf_span(&a.body), "hello"));
    assert_ptr_equal(
        strstr(f.asked, "PATCH /fhir/v2/Practitioner?identifier=urn:oid:1.2%7C8%201%26x%3D%25 HTTP/1.1\r\n"), f.asked);
    assert_non_null(strstr(f.asked, "\r\nHost: annuaire.test:8443\r\n"));
    assert_non_null(strstr(f.asked, "\r\nX-Idempotency-Key: abc\r\n"));
    assert_non_null(strstr(f.asked, "\r\nContent-Type: application/fhir+json\r\n"));
    assert_null(strstr(f.asked, "Expect"));
    buf_free(&a.body);
}

/* A server's session tickets come right behind the handshake: they are no answer, and the request goes out all the same. It is larger than what is carried at once, so
 * that something of it is still to come when the record is read. */
static void test_a_record_without_data_holds_up_nothing(void **st)
{
    static char body[100 * 1000];
    struct far_end f = {.layered = true, .body = span_of(body, sizeof body), .answer = "HTTP/1.1 204 OK\r\n\r\n"};
    struct carrier_answer a;

    (void)st;
    memset(body, 'x', sizeof body);
    assert_int_equal(exchanged(&f, &a), RC_OK);
    assert_int_equal((int)a.status, 204);
    buf_free(&a.body);
}

static void test_it_asks_to_be_left_alone(void **st)
{
    static const struct {
        const char *header;
        uint32_t at_least, at_most;
    } rows[] = {{"Retry-After: 120", 120, 120},
                {"retry-after: Fri, 31 Dec 2100 23:59:59 GMT", 1000000, UINT32_MAX},
                {"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", 0, 0},
                {"Retry-After: 99999999999999999999", 0, UINT32_MAX},
                {"Retry-After: -5", 0, 0},
                {"Retry-After: bientot", 0, 0}};

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        struct far_end f = {.body = SPAN_LIT("{}"), .answer = text};
        struct carrier_answer a;

        snprintf(text, sizeof text, "HTTP/1.1 429 Slow down\r\n%s\r\nContent-Length: 0\r\n\r\n", rows[i].header);
        assert_int_equal(exchanged(&f, &a), RC_OK);
        if (a.status != 429 || a.wait_s < rows[i].at_least || a.wait_s > rows[i].at_most)
            fail_msg("%s: %ld, %u", rows[i].header, a.status, a.wait_s);
        buf_free(&a.body);
    }
}

static void test_answers_that_are_none(void **st)
{
    static const char *const rows[] = {"", "no HTTP at all\r\n\r\n",
                                       "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                                       "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"};

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct far_end f = {.body = SPAN_LIT("{}"), .answer = rows[i]};
        struct carrier_answer a;

        if (exchanged(&f, &a) != RC_TEMP)
            fail_msg("taken for an answer: %s", rows[i]);
        buf_free(&a.body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_request),
                                       cmocka_unit_test(test_answers_that_are_none),
                                       cmocka_unit_test(test_it_asks_to_be_left_alone),
                                       cmocka_unit_test(test_a_record_without_data_holds_up_nothing),
                                       cmocka_unit_test(test_each_answer),
                                       cmocka_unit_test(test_a_large_one_is_cut)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
