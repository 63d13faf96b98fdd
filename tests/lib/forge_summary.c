/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/forge_summary.c - what a taken-over smtpd session could do: a lawful message whose summary says something else.
 * Use      forge_summary ROOT ADDRESS MESSAGE [TAG TEXT]..., as the instance's owner, while it is served. Never installed.
 *          TAG: a section's number (extract/summary.h); its TEXT takes the place of the true one. TAG 0: the version octet.
 */
#include "base/log.h"
#include "crypto/keyd/client/client.h"
#include "crypto/seal/seal.h"
#include "directory/client.h"
#include "extract/pack.h"
#include "extract/summary.h"
#include "store/client/client.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(enum rc rc, const struct err *e)
{
    if (rc != RC_OK)
        die("%s", e->log);
}

static void summarise(struct span message, char **forged, int n, struct buf *out)
{
    struct scan *s = scan_new();
    struct buf whole = BUF_INIT, sections = BUF_INIT;
    unsigned char version;
    struct err e;

    scan_feed(s, message);
    scan_end(s);
    summary_build(s, NULL, &whole);
    version = whole.p[0];
    must(pack_open(PACK_SUMMARY, span_from(buf_span(&whole), 1), SUMMARY_MAX, &sections, &e), &e);
    for (int i = 0; i + 1 < n; i += 2) {
        int tag = (int)strtol(forged[i], NULL, 10);

        if (tag == 0) {
            version = (unsigned char)strtol(forged[i + 1], NULL, 10);
            continue;
        }
        buf_u8(&sections, (uint8_t)tag); /* the last section of a tag counts */
        var_bytes(&sections, span_str(forged[i + 1]));
    }
    buf_u8(out, version);
    pack_to(PACK_SUMMARY, buf_span(&sections), out);
    buf_free(&whole);
    buf_free(&sections);
    scan_free(&s);
}

static void deliver(const struct dird_lookup_rep *to, struct span message, struct span summary)
{
    struct keyd *k = keyd_new(ROLE_SMTPD);
    struct store *st = store_new(ROLE_SMTPD);
    struct keyd_box box = {.mbx = to->mbx};
    struct keyd_wrapped w;
    struct store_deliver_req rq = {
        .mid = SPAN_LIT("0123456789abcdef"), .size = message.n, .received = (uint64_t)clock_utc()};
    struct store_place p = {.mbx = to->mbx, .folder = STORE_INBOX, .internaldate = rq.received};
    struct store_deliver_rep rep;
    unsigned char cek[SEAL_CEK];
    struct buf objects = BUF_INIT, places = BUF_INIT, mem = BUF_INIT;
    struct err e;

    seal_cek_new(cek);
    seal_oid_new(rq.oid);
    memcpy(box.pub, to->pub, sizeof box.pub);
    must(keyd_wrap(k, cek, &box, 1, &w, &e), &e);
    must(seal_whole(cek, rq.oid, SEAL_MESSAGE, message, &objects, &e), &e);
    rq.len_message = objects.n;
    must(seal_whole(cek, rq.oid, SEAL_SUMMARY, summary, &objects, &e), &e);
    rq.len_summary = objects.n - rq.len_message;
    p.epoch = w.epoch;
    memcpy(p.wrap, w.wrap, sizeof p.wrap);
    memcpy(p.epoch_rec, w.epoch_rec, sizeof p.epoch_rec);
    ipc_list_add(&places, store_place_f, &p);
    rq.places = buf_span(&places);
    rq.objects = buf_span(&objects);
    must(store_call_in(st, STORE_DELIVER, &rq, -1, &rep, &mem, &e), &e);
    buf_free(&mem);
    buf_free(&objects);
    buf_free(&places);
    store_free(&st);
    keyd_free(&k);
}

int main(int argc, char **argv)
{
    struct dir *dir = dir_new(ROLE_SMTPD);
    struct dird_lookup_rep to;
    struct buf summary = BUF_INIT, mem = BUF_INIT;
    struct err e;
    char path[4096];

    if (argc < 4)
        die("use: forge_summary ROOT ADDRESS MESSAGE [TAG TEXT]...");
    log_open("forge", LOG_ERROR_);
    snprintf(path, sizeof path, "%s/run", argv[1]);
    if (chdir(path) != 0)
        die("no %s", path);
    must(dir_lookup(dir, span_str(argv[2]), &to, &mem, &e), &e);
    summarise(span_str(argv[3]), argv + 4, argc - 4, &summary);
    deliver(&to, span_str(argv[3]), buf_span(&summary));
    buf_free(&summary);
    buf_free(&mem);
    dir_free(&dir);
    return 0;
}
