/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue.c - pli queue list, show: messages that wait for recipients elsewhere. Their envelopes are sealed; keyd gives an
 * administrator the key of an envelope alone, never that of the message. */
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include "extract/queued.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *const states[] = {
    [Q_WAITING] = "waiting", [Q_HELD] = "held", [Q_DONE] = "done", [Q_FAILED] = "failed"};

static const char *state_name(uint8_t s)
{
    return s > 0 && s < sizeof states / sizeof *states ? states[s] : "?";
}

/* item.envelope: the envelope's object id, then the sealed octets. */
static enum rc open_envelope(struct cmd *c, const struct store_queue_item *it, struct queued_envelope *out,
                             struct err *e)
{
    struct keyd_queue_req rq = {.epoch = it->epoch};
    unsigned char key[SEAL_CEK];
    struct buf plain = BUF_INIT;
    enum keyd_queue_what what;
    enum rc rc;

    if (it->envelope.n <= SEAL_OID)
        return err_set(e, RC_CORRUPT, NULL, NULL, "queue entry %llu has no envelope", (unsigned long long)it->qid);
    memcpy(rq.oid, it->envelope.p, SEAL_OID);
    memcpy(rq.wrap, it->wrap, SEAL_WRAP);
    memcpy(rq.epoch_rec, it->epoch_rec, SEAL_EPOCH_REC);
    rc = keyd_queue_open(inst_keyd(c), &rq, &what, key, e);
    if (rc == RC_OK)
        rc = open_whole_key(key, rq.oid, SEAL_ENVELOPE, span_from(it->envelope, SEAL_OID), &plain, e);
    if (rc == RC_OK)
        rc = queued_envelope_open(buf_span(&plain), out, e);
    wipe(key, sizeof key);
    buf_free(&plain);
    return rc;
}

static json_t *item_json(const struct store_queue_item *it, const struct queued_envelope *env)
{
    char received[32], next[32];
    json_t *j;

    clock_iso((int64_t)it->received * 1000, received);
    clock_iso((int64_t)it->next_try * 1000, next);
    j = json_pack("{s:I,s:i,s:s,s:s,s:s,s:I,s:i}", "id", (json_int_t)it->qid, "rcpt", (int)it->rcpt, "state",
                  state_name(it->state), "received", received, "next_try", next, "size", (json_int_t)it->size,
                  "attempts", (int)it->attempts);
    json_object_set_new(j, "sender", json_text(env->sender));
    json_object_set_new(j, "recipient", json_text(env->recipient));
    json_object_set_new(j, "mid", json_text(it->mid));
    json_object_set_new(j, "last_error", json_text(it->last_error));
    return j;
}

static void item_text(const struct store_queue_item *it, const struct queued_envelope *env, bool whole)
{
    char received[32], next[32];

    clock_iso((int64_t)it->received * 1000, received);
    clock_iso((int64_t)it->next_try * 1000, next);
    printf("%llu.%u  %-8s %9llu  %.16s  %.*s -> %.*s\n", (unsigned long long)it->qid, it->rcpt, state_name(it->state),
           (unsigned long long)it->size, received, SPAN_ARG(env->sender), SPAN_ARG(env->recipient));
    if (whole)
        printf("    mid %.*s, %u attempts, next %s%s%.*s%s%.*s\n", SPAN_ARG(it->mid), it->attempts, next,
               env->envid.n ? ", envelope id " : "", SPAN_ARG(env->envid), it->last_error.n ? ", last error " : "",
               SPAN_ARG(it->last_error));
}

static int one(struct cmd *c, const struct store_queue_item *it, bool whole, json_t *rows)
{
    struct queued_envelope env = {0};
    struct err e;

    if (open_envelope(c, it, &env, &e) != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        json_array_append_new(rows, item_json(it, &env));
    else
        item_text(it, &env, whole);
    queued_envelope_free(&env);
    return PLI_OK;
}

/* only: one message's entries; 0: all. */
static int walk(struct cmd *c, uint64_t only, json_t *rows, size_t *seen)
{
    struct store_queue_list_req rq = {.qid_from = only};
    struct store_queue_item it = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = PLI_OK;

    do {
        struct store_queue_list_rep rep = {0};
        if (store_call_in(inst_store(c), STORE_QUEUE_LIST, &rq, -1, &rep, &mem, &e) != RC_OK)
            answer = cmd_err(c, &e);
        for (struct span rest = rep.items;
             answer == PLI_OK && ipc_list_next(&rest, store_queue_item_f, &it, &e) == RC_OK;) {
            if (only && it.qid != only) {
                rep.next_qid = 0;
                break;
            }
            (*seen)++;
            answer = one(c, &it, only != 0, rows);
        }
        rq.qid_from = rep.next_qid;
        rq.rcpt_from = rep.next_rcpt;
    } while (answer == PLI_OK && rq.qid_from != 0);
    buf_free(&mem);
    return answer;
}

static int answer_rows(struct cmd *c, int answer, json_t *rows)
{
    if (answer == PLI_OK && c->json)
        return out_json(rows);
    json_decref(rows);
    return answer;
}

int cmd_queue_list(struct cmd *c)
{
    json_t *rows = json_array();
    size_t seen = 0;
    int answer = walk(c, 0, rows, &seen);

    if (answer == PLI_OK && !c->json && seen == 0)
        printf("the queue is empty\n");
    return answer_rows(c, answer, rows);
}

int cmd_queue_show(struct cmd *c)
{
    json_t *rows = json_array();
    uint64_t qid;
    size_t seen = 0;
    int answer;

    if (!span_u64(span_head(span_str(c->pos[0]), strcspn(c->pos[0], ".")), UINT64_MAX, &qid) || qid == 0)
        answer = cmd_usage(c, "\"%.40s\" is no queue number: pli queue list shows them", c->pos[0]);
    else
        answer = walk(c, qid, rows, &seen);
    if (answer == PLI_OK && seen == 0)
        answer = cmd_fail(c, "no message %llu in the queue", (unsigned long long)qid);
    return answer_rows(c, answer, rows);
}
