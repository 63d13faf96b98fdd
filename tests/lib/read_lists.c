/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/read_lists.c - reads many white lists in one process, so that a test may try thousands. Never installed.
 * Use      read_lists here|apart SIGNER.pem|- ANCHORS.pem|- NAME|- NOW never|generation < LISTS     here: list_read(); apart: list_read_apart()
 * Lists    each a length of four octets, little-endian, then as many octets.
 * Prints   a line each: "ok GENERATED ENTRIES DOMAINS OPERATORS DUPLICATES SKIPPED EXPIRED SUM", or the rc, the cause and e->log, with tabs between.
 *          SUM: of the index's octets, so that two lists with the same entries are seen to be the same.
 */
#include "trust/list/list.h"
#include <stdio.h>
#include <stdlib.h>

static struct span file(const char *path)
{
    struct buf b = BUF_INIT;
    FILE *f = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");

    for (int c; f && (c = getc(f)) != EOF;)
        buf_addc(&b, (unsigned char)c);
    if (f)
        fclose(f);
    return buf_span(&b); /* kept until the end */
}

static bool next_list(struct buf *out)
{
    unsigned char head[4];
    size_t n;

    buf_clear(out);
    if (fread(head, 1, 4, stdin) != 4)
        return false;
    n = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    for (; n > 0; n--)
        buf_addc(out, (unsigned char)getc(stdin));
    return true;
}

static unsigned long long sum(struct span s)
{
    unsigned long long h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}

static void say(enum rc rc, const struct list_result *r, const struct err *e)
{
    if (rc != RC_OK)
        printf("%s\t%s\t%s\n", rc_name(rc), cause_name(e->cause), e->log);
    else
        printf("ok\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%d\t%llx\n", (unsigned long long)r->generated,
               (unsigned long long)r->entries, (unsigned long long)r->domains, (unsigned long long)r->operators,
               (unsigned long long)r->duplicates, (unsigned long long)r->skipped, r->signer_expired,
               sum(buf_span(&r->index)));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct buf xml = BUF_INIT;
    struct list_apart *apart = NULL;
    struct list_how how;
    struct err none;

    if (argc != 7 || list_apart_start(0, NULL, &apart, &none) != RC_OK)
        return 2;
    how = (struct list_how){.signer_pem = file(argv[2]),
                            .anchors_pem = file(argv[3]),
                            .signer_name = strcmp(argv[4], "-") == 0 ? SPAN_NULL : span_str(argv[4]),
                            .now = strtoull(argv[5], NULL, 10),
                            .expired_signer =
                                strcmp(argv[6], "never") == 0 ? LIST_EXPIRED_NEVER : LIST_EXPIRED_AT_GENERATION};
    while (next_list(&xml)) {
        struct list_result r = {0};
        struct err e = {0};
        enum rc rc = strcmp(argv[1], "apart") == 0 ? list_read_apart(apart, buf_span(&xml), &how, &r, &e)
                                                   : list_read(buf_span(&xml), &how, &r, &e);
        say(rc, &r, &e);
        list_result_free(&r);
    }
    list_apart_stop(&apart);
    free(xml.p);
    free((void *)(uintptr_t)how.signer_pem.p);
    free((void *)(uintptr_t)how.anchors_pem.p);
    return 0;
}
