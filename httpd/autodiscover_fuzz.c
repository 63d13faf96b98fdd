/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/autodiscover_fuzz.c - any octets as Outlook's question. What is read of it is short, and answers with it are XML. */
#include "httpd/autodiscover.h"
#include <libxml/parser.h>
#include <stdlib.h>

static const struct reach here = {
    "mail.chu.test", "chu.test", 443, 993, 143, 465, 587, {"mail.chu.test", "o=pli", 636}};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
    struct buf address = BUF_INIT, out = BUF_INIT;
    struct asked_of of;
    xmlDoc *doc;

    autodiscover_warm();
    if (autodiscover_read(span_of(data, n), &address) == AUTODISCOVER_OK) {
        asked_about(&here, NULL, buf_span(&address), true, &of);
        if (of.is == ASKED_SERVED) {
            autodiscover_write(&here, &of, &out);
            doc = xmlReadMemory((const char *)out.p, (int)out.n, NULL, NULL, XML_PARSE_NONET);
            if (!doc)
                abort();
            xmlFreeDoc(doc);
        }
    } else if (address.n > 0) {
        abort();
    }
    buf_free(&address);
    buf_free(&out);
    return 0;
}
