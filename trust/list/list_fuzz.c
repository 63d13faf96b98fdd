/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list_fuzz.c - any octets as a list: the form of the signature, and the reader of entries behind it, which sees only what somebody known
 * signed but is tried here with everything. What is read becomes an index that can be opened. */
#include "trust/list/list_int.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void whole(struct span xml)
{
    const struct list_how how = {
        .anchors_pem = SPAN_LIT("none"), .signer_name = SPAN_LIT("alb.mssante.fr"), .now = 1800000000};
    struct list_result r = {0};
    struct err e = {0};

    if (list_read(xml, &how, &r, &e) == RC_OK || e.log[0] == 0)
        abort(); /* nobody vouches for anybody */
    if (e.rc == RC_DENIED && (e.cause < CAUSE_LIST_UNREADABLE || e.cause > CAUSE_LIST_FUTURE))
        abort();
}

static void form(struct span xml)
{
    struct buf der = BUF_INIT;
    xmlNode *signature = NULL;
    xmlDoc *doc = NULL;
    struct err e;

    if (list_parse(xml, &doc, &e) == RC_OK && list_signature_of(doc, &signature, &der, &e) == RC_OK &&
        (!signature || der.n == 0))
        abort();
    xmlFreeDoc(doc);
    buf_free(&der);
}

static void entries(struct span octets)
{
    struct list_entries l;
    struct index_counts c;
    struct buf block = BUF_INIT;
    struct err e;

    if (list_entries_read(octets, &l, &e) == RC_OK &&
        (index_write(l.entry, l.n, l.generated, &block, &e) != RC_OK ||
         index_check(buf_span(&block), &c, &e) != RC_OK || c.entries > l.n))
        abort();
    list_entries_free(&l);
    buf_free(&block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);

    list_warm();
    whole(in);
    form(in);
    entries(in);
    return 0;
}
