/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/store.c - pli store check and pli store stats, which ask stored. stored checks every stored octet without any
 * key. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include <jansson.h>
#include <stdio.h>

int cmd_store_stats(struct cmd *c)
{
    struct store_stats_rep s = {0};
    struct err e;

    if (store_call(inst_store(c), STORE_STATS, NULL, -1, &s, &e) != RC_OK)
        return cmd_err(c, &e);
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {{"boxes", s.boxes},
                {"messages", s.messages},
                {"objects", s.objects},
                {"bytes_plain", s.bytes_plain},
                {"queue", s.queue},
                {"commits", s.commits},
                {"deadlocks", s.deadlocks},
                {"orphans", s.orphans},
                {"freeing", s.freeing},
                {"kept", s.kept},
                {"log_bytes", s.log_bytes},
                {"table_bytes", s.table_bytes},
                {"segment_bytes", s.segment_bytes},
                {"live_bytes", s.live_bytes},
                {"dead_bytes", s.dead_bytes},
                {"format", s.format}};
    json_t *j = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_object_set_new(j, rows[i].key, json_integer((json_int_t)rows[i].value));
        if (!c->json)
            printf("%-13s %llu\n", rows[i].key, (unsigned long long)rows[i].value);
    }
    if (c->json)
        return out_json(j);
    json_decref(j);
    return PLI_OK;
}

int cmd_store_check(struct cmd *c)
{
    struct store_check_req rq = {0};
    json_t *findings = json_array();
    uint64_t checked = 0, bad = 0;
    struct buf mem = BUF_INIT;
    struct err e;

    do {
        struct store_check_rep rep = {0};
        if (store_call_in(inst_store(c), STORE_CHECK, &rq, -1, &rep, &mem, &e) != RC_OK) {
            buf_free(&mem);
            json_decref(findings);
            return cmd_err(c, &e);
        }
        checked += rep.checked;
        bad += rep.bad;
        if (rep.findings.n && !c->json)
            printf("%.*s\n", SPAN_ARG(span_trim(rep.findings)));
        if (rep.findings.n)
            json_array_append_new(findings, json_stringn((const char *)rep.findings.p, span_trim(rep.findings).n));
        rq.cursor = rep.cursor;
    } while (rq.cursor != 0);
    buf_free(&mem);
    if (c->json)
        out_json(
            json_pack("{s:I,s:I,s:o}", "checked", (json_int_t)checked, "bad", (json_int_t)bad, "findings", findings));
    else {
        printf("%llu records checked, %llu bad\n", (unsigned long long)checked, (unsigned long long)bad);
        json_decref(findings);
    }
    if (bad)
        return cmd_fail(c,
                        "%llu records are damaged: look at the disk; restore a backup, or stop the server and run pli "
                        "store salvage",
                        (unsigned long long)bad);
    return PLI_OK;
}
