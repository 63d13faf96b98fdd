/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/fetch/fetch.c - see trust/fetch/fetch.h. */
#include "trust/fetch/fetch.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/service.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

enum { REDIRECTS = 3, CONNECT_S = 15 };

struct taking {
    struct fetched *out;
    size_t max;
    bool too_long;
    bool from_afar, led_near; /* an address of the world was asked; and sent us on to one of this network */
};

void fetch_begin(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("libcurl cannot begin");
}

bool fetch_url_ok(struct span url)
{
    if (url.n < 8 || url.n >= FETCH_URL || (!span_istarts(url, "http://") && !span_istarts(url, "https://")))
        return false;
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] >= 127)
            return false;
    return true;
}

/* RFC 1122 3.2.1.3, RFC 1918, RFC 3927, RFC 6598; RFC 4291 2.5, RFC 4193. IPv4 in IPv6's clothes is looked at as what it is. */
bool fetch_near(const char *ip)
{
    static const struct {
        unsigned char first, mask, second, mask2;
    } four[] = {{0, 255, 0, 0},       {10, 255, 0, 0},      {127, 255, 0, 0},    {100, 255, 64, 0xc0},
                {169, 255, 254, 255}, {172, 255, 16, 0xf0}, {192, 255, 168, 255}};
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    unsigned char a[16];
    const unsigned char *v4 = a;

    if (inet_pton(AF_INET, ip, a) != 1) {
        if (inet_pton(AF_INET6, ip, a) != 1)
            return true;
        v4 = a + 12;
        if (memcmp(a, mapped, sizeof mapped) != 0 && memcmp(a, (unsigned char[12]){0}, 12) != 0)
            return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0x80) != 0);
    }
    for (size_t i = 0; i < sizeof four / sizeof *four; i++)
        if ((v4[0] & four[i].mask) == four[i].first && (v4[1] & four[i].mask2) == four[i].second)
            return true;
    return false;
}

/* Each connection, before anything is sent on it: who answers from the world may not send us on to this machine or its network, where we would ask what
 * he cannot. What a setting names may stand there. */
static int before_asking(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
    struct taking *t = ctx;
    bool near = fetch_near(ip);

    (void)local_ip, (void)port, (void)local_port;
    t->led_near = t->from_afar && near;
    t->from_afar = t->from_afar || !near;
    return t->led_near ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int64_t fetch_pause(unsigned failures)
{
    int64_t pause = FETCH_PAUSE_FIRST_S;
    uint32_t r = 0;

    while (failures-- > 1 && pause < FETCH_PAUSE_MOST_S)
        pause *= 2;
    if (pause > FETCH_PAUSE_MOST_S)
        pause = FETCH_PAUSE_MOST_S;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
        r = 0;
    return pause * 4 / 5 + (int64_t)(r % (uint32_t)(pause * 2 / 5 + 1));
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
    struct taking *t = ctx;

    (void)size; /* it is 1 */
    if (n > t->max - t->out->body.n) {
        t->too_long = true;
        return 0;
    }
    buf_add(&t->out->body, p, n);
    return n;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
    struct taking *t = ctx;
    struct span line = span_trim(span_of(p, n));

    (void)size;
    if (span_istarts(line, "HTTP/")) { /* of a redirect's target: what the first one said is not of this body */
        t->out->etag[0] = '\0';
        buf_clear(&t->out->body);
    }
    if (span_istarts(line, "etag:")) {
        struct span v = span_trim(span_from(line, 5));

        if (v.n < sizeof t->out->etag)
            snprintf(t->out->etag, sizeof t->out->etag, "%.*s", SPAN_ARG(v));
    }
    return n;
}

/* RFC 9110 5.6.7. Not CURLOPT_TIMECONDITION: with that libcurl gives no body when a server that knows no conditions sends it. */
static bool since_line(int64_t since, char *out, size_t room)
{
    time_t t = (time_t)since;
    struct tm tm;

    return gmtime_r(&t, &tm) && strftime(out, room, "If-Modified-Since: %a, %d %b %Y %H:%M:%S GMT", &tm) > 0;
}

static struct curl_slist *headers(const struct fetch_how *how)
{
    struct curl_slist *list = NULL;
    char line[FETCH_ETAG + 32];

    if (how->since > 0 && since_line(how->since, line, sizeof line))
        list = curl_slist_append(list, line);
    if (how->etag && how->etag[0]) {
        snprintf(line, sizeof line, "If-None-Match: %s", how->etag);
        list = curl_slist_append(list, line);
    }
    if (how->post.n > 0 && how->post_type) {
        snprintf(line, sizeof line, "Content-Type: %s", how->post_type);
        list = curl_slist_append(list, line);
    }
    if (how->accept) {
        snprintf(line, sizeof line, "Accept: %s", how->accept);
        list = curl_slist_append(list, line);
    }
    return list;
}

/* Asked about once a second, also while nothing comes. */
static int to_stop(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)ctx;
    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    return service_told_to_stop();
}

static void set_up(CURL *c, const struct fetch_how *how, struct taking *t, struct curl_slist *list, char *error)
{
    curl_easy_setopt(c, CURLOPT_URL, how->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, strncasecmp(how->url, "https:", 6) == 0 ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, before_asking);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)(how->seconds < CONNECT_S ? how->seconds : CONNECT_S));
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)how->seconds);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, to_stop);
    curl_easy_setopt(c, CURLOPT_FILETIME, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "pli/" PLI_VERSION);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    if (how->anchors_pem && how->anchors_pem[0])
        curl_easy_setopt(c, CURLOPT_CAINFO, how->anchors_pem);
    if (how->post.n > 0) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)how->post.n);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, how->post.p);
    }
}

/* A page for people where a document was asked for: a challenge, a portal, a notice. None of the documents that trustd fetches is one. */
static bool is_page(const struct fetched *f)
{
    struct span s = span_trim(span_head(buf_span(&f->body), 512));

    if (span_istarts(s, "\xef\xbb\xbf"))
        s = span_trim(span_from(s, 3));
    return span_istarts(s, "<!doctype html") || span_istarts(s, "<html") ||
           span_istarts(span_str(f->type), "text/html") || span_istarts(span_str(f->type), "application/xhtml");
}

static enum rc outcome(CURL *c, CURLcode code, const struct taking *t, const char *error, struct err *e)
{
    curl_off_t when = -1;
    long status = 0;
    char *type = NULL;

    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (t->too_long)
        return err_set(e, RC_TEMP, "longer than %zu octets", t->max);
    if (t->led_near)
        return err_set(e, RC_TEMP, "redirected from the world to an address of this network");
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(e, RC_TEMP, "given up: this process ends");
    if (code != CURLE_OK)
        return err_set(e, RC_TEMP, "%.150s", error[0] ? error : curl_easy_strerror(code));
    t->out->unchanged = status == 304;
    if (status != 200 && status != 304)
        return err_set(e, RC_TEMP, "status %ld", status);
    curl_easy_getinfo(c, CURLINFO_FILETIME_T, &when);
    t->out->modified = when > 0 ? when : 0;
    if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        snprintf(t->out->type, sizeof t->out->type, "%s", type);
    if (!t->out->unchanged && is_page(t->out))
        return err_set(e, RC_TEMP, "an HTML page came in place of the document");
    return RC_OK;
}

enum rc fetch(const struct fetch_how *how, struct fetched *out, struct err *e)
{
    char error[CURL_ERROR_SIZE] = "";
    struct taking t = {.out = out, .max = how->max};
    struct curl_slist *list;
    CURL *c;
    enum rc rc;

    *out = (struct fetched){.body = BUF_INIT};
    if (!fetch_url_ok(span_str(how->url)))
        return err_set(e, RC_TEMP, "not an address of http or https");
    if (!(c = curl_easy_init()))
        return err_set(e, RC_TEMP, "libcurl cannot begin");
    list = headers(how);
    set_up(c, how, &t, list, error);
    rc = outcome(c, curl_easy_perform(c), &t, error, e);
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    if (rc != RC_OK)
        buf_free(&out->body);
    return rc;
}
