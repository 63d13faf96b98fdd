/* SPDX-License-Identifier: EUPL-1.2 */
#include "trust/fetch/fetch.h"
#include <curl/curl.h>
struct sink { struct buf *b; size_t max; };
static size_t sink(char *p, size_t s, size_t n, void *ctx)
{
    struct sink *k = ctx;
    if (k->b->n + s * n > k->max) return 0;
    buf_add(k->b, p, s * n);
    return s * n;
}
enum rc fetch(const struct fetch_ask *q, struct buf *body, struct err *e)
{
    CURL *c = curl_easy_init();
    struct sink k = {body, q->max};
    struct curl_slist *h = NULL;
    long status = 0;
    char head[128];
    CURLcode code;
    curl_easy_setopt(c, CURLOPT_URL, q->url);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 8L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 100L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, sink);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &k);
    if (q->post.n) {
        snprintf(head, sizeof head, "Content-Type: %s", q->post_type);
        h = curl_slist_append(h, head);
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)q->post.n);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->post.p);
    }
    code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(c);
    curl_slist_free_all(h);
    if (code != CURLE_OK) return err_set(e, RC_TEMP, "%s", curl_easy_strerror(code));
    return status == 200 ? RC_OK : err_set(e, RC_TEMP, "HTTP %ld", status);
}
