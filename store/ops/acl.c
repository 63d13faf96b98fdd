/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/acl.c - see store/ops/acl.h. */
#include "store/ops/acl.h"
#include "store/ops/folder.h"
#include "store/ops/freed.h"
#include "store/ops/slots.h"

static enum rc denied(const struct sess *s, uint32_t folder, struct err *e)
{
    return err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: delegate %llu of mailbox %llu lacks a right in folder %u",
                     (unsigned long long)s->delegate, (unsigned long long)s->mbx, (unsigned)folder);
}

/* ---- rows ---- */
static enum rc row_get(struct tx *t, uint64_t mbx, uint64_t delegate, uint32_t folder, struct acl *out, struct err *e)
{
    struct key k = key_acl(mbx, delegate, folder);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_ACL, &k, 0, &b, e);

    *out = (struct acl){0};
    if (rc == RC_OK)
        rc = rec_read(buf_span(&b), acl_f, out, e);
    buf_free(&b);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static enum rc row_put(struct tx *t, uint64_t mbx, uint64_t delegate, uint32_t folder, const struct acl *r,
                       struct err *e)
{
    struct key k = key_acl(mbx, delegate, folder);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, acl_f, r);
    rc = tx_put(t, T_ACL, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

/* The keys of a mailbox's rows, of one delegate (0: all) and one folder (0: all). Gathered, because a table is not changed under its scan. */
static enum rc rows_of(struct tx *t, uint64_t mbx, uint64_t delegate, uint32_t folder, struct buf *keys, struct err *e)
{
    struct key from = delegate ? key_freed(mbx, delegate) : key_mbx(mbx);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_ACL, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        if (folder == 0 || be32(k.p + 16) == folder)
            buf_add(keys, k.p + 8, 12);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- rights ---- */
enum rc acl_rights(struct tx *t, const struct sess *s, uint32_t folder, uint32_t *rights_out, struct err *e)
{
    struct acl r;
    enum rc rc;

    *rights_out = s->delegate ? s->acl : ACL_ALL;
    if (!s->delegate || folder == 0)
        return RC_OK;
    rc = row_get(t, s->mbx, s->delegate, folder, &r, e);
    if (rc == RC_OK && r.has_rights)
        *rights_out = r.has_rights == ACL_ROW_WITHIN ? r.rights & s->acl : r.rights;
    return rc;
}

enum rc acl_check(struct tx *t, const struct sess *s, uint32_t folder, uint32_t need, struct err *e)
{
    uint32_t rights;
    enum rc rc = s->delegate ? acl_rights(t, s, folder, &rights, e) : RC_OK;

    if (rc != RC_OK || !s->delegate)
        return rc;
    return (rights & need) == need && folder != STORE_REMOVED ? RC_OK : denied(s, folder, e);
}

uint64_t acl_flags(const struct sess *s, uint32_t rights)
{
    uint64_t mask = 0;

    if (!s->delegate)
        return UINT64_MAX;
    mask |= rights & ACL_S ? MF_SEEN : 0;
    mask |= rights & ACL_T ? MF_DELETED : 0;
    mask |= rights & ACL_W ? ~(uint64_t)(MF_SEEN | MF_DELETED) : 0;
    return mask;
}

/* Keywords are the mailbox's, whatever the folder: who may set one somewhere, or file a message with one, may make one. */
static enum rc may_anywhere(struct tx *t, const struct sess *s, uint32_t any, struct err *e)
{
    struct buf keys = BUF_INIT;
    uint32_t all = s->acl, rights;
    enum rc rc = rows_of(t, s->mbx, s->delegate, 0, &keys, e);

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12)
        if ((rc = acl_rights(t, s, be32(keys.p + i + 8), &rights, e)) == RC_OK)
            all |= rights;
    buf_free(&keys);
    return rc == RC_OK && !(all & any) ? denied(s, 0, e) : rc;
}

/* ---- does the delegation stand? ---- */
enum rc acl_slot_stands(struct tx *t, const struct sess *s, struct err *e)
{
    struct span now = SPAN_NULL, former;
    struct buf mem = BUF_INIT;
    uint64_t whose, grant;
    struct slot slot;
    enum rc rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);

    if (rc == RC_OK)
        rc = slots_read(t, s->mbx, &mem, &now, &former, e);
    if (rc == RC_OK && (slot_delegate_find(now, s->delegate, &slot, e) != RC_OK ||
                        slot_delegate_whose(slot.body, &whose, &grant, e) != RC_OK || grant != s->grant))
        rc = err_cause(e, RC_DENIED, CAUSE_DELEGATION_ENDED, "store: the delegation of %llu for mailbox %llu has ended",
                       (unsigned long long)s->delegate, (unsigned long long)s->mbx);
    buf_free(&mem);
    return rc;
}

enum rc acl_stands(struct tx *t, const struct ask *a, struct err *e)
{
    uint64_t changes = atomic_load(&a->d->slots_changes);
    enum rc rc;

    if (!a->s->delegate || a->s->slots_seen == changes + 1)
        return RC_OK;
    rc = acl_slot_stands(t, a->s, e);
    if (rc == RC_OK)
        a->s->slots_seen = changes + 1;
    return rc;
}

/* ---- the gate ---- */
enum { NO_FOLDER = 0xffff };
#define AT(type) offsetof(struct type, folder)
static const struct gate {
    enum store_op op;
    uint32_t need;
    uint16_t folder_at; /* in the request; NO_FOLDER: the handler looks at each, or there is none */
} gates[] = {
    {STORE_TICKET, 0, NO_FOLDER},
    {STORE_BOX_GET, 0, NO_FOLDER},
    {STORE_PING, 0, NO_FOLDER},
    {STORE_FOLDERS, 0, NO_FOLDER},
    {STORE_FOLDER_CREATE, ACL_K, offsetof(struct store_folder_create_req, parent)},
    {STORE_FOLDER_RENAME, ACL_K, offsetof(struct store_folder_rename_req, parent)},
    {STORE_FOLDER_DELETE, ACL_X, AT(store_folder_msg)},
    {STORE_FOLDER_LEVEL, ACL_X, AT(store_folder_msg)},
    {STORE_FOLDER_REVIVE, ACL_K, offsetof(struct store_folder_revive_req, parent)},
    {STORE_FOLDER_FLAGS, ACL_L, AT(store_folder_flags_req)},
    {STORE_FOLDER_STATUS, ACL_R, AT(store_folder_msg)},
    {STORE_SELECT, ACL_R, AT(store_select_req)},
    {STORE_LIST, ACL_R, AT(store_list_req)},
    {STORE_CHANGES, ACL_R, AT(store_changes_req)},
    {STORE_ENTRIES, ACL_R, AT(store_range_req)},
    {STORE_SUMMARIES, ACL_R, AT(store_range_req)},
    {STORE_TEXTS, ACL_R, AT(store_range_req)},
    {STORE_READ, ACL_R, AT(store_read_req)},
    {STORE_READ_MANY, ACL_R, AT(store_range_req)},
    {STORE_EPOCHS, 0, NO_FOLDER}, /* sealed to the mailbox's key, which she has */
    {STORE_FLAGS, ACL_R, AT(store_flags_req)},
    {STORE_EXPUNGE, ACL_E, AT(store_expunge_req)},
    {STORE_COPY, ACL_R, AT(store_copy_req)},
    {STORE_KEYWORDS, 0, NO_FOLDER},
    {STORE_KEYWORD_ADD, 0, NO_FOLDER},
    {STORE_METADATA, ACL_R, AT(store_metadata_req)},
    {STORE_METADATA_SET, ACL_R, AT(store_metadata_set_req)},
    {STORE_ACL, ACL_A, AT(store_folder_msg)},
    {STORE_ACL_SET, ACL_A, AT(store_acl_set_req)},
};

static const struct gate *gate_of(enum store_op op)
{
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++)
        if (gates[i].op == op)
            return &gates[i];
    return NULL;
}

/* What a request's other fields ask for beside its folder's right. */
static enum rc gate_more(struct tx *t, const struct ask *a, enum store_op op, struct err *e)
{
    const struct store_expunge_req *x = a->req;
    const struct store_copy_req *c = a->req;
    const struct store_metadata_req *n = a->req;
    enum rc rc = RC_OK;

    if (op == STORE_EXPUNGE && !x->deleted_only) /* what was not marked is marked and taken away in one */
        return acl_check(t, a->s, x->folder, ACL_T, e);
    if (op == STORE_COPY && c->move)
        rc = acl_check(t, a->s, c->folder, ACL_T | ACL_E, e);
    if (op == STORE_COPY && rc == RC_OK)
        return acl_check(t, a->s, c->dest, ACL_I, e);
    if (op == STORE_METADATA && n->folder == STORE_EVERY_FOLDER)
        return denied(a->s, 0, e);
    return op == STORE_KEYWORD_ADD ? may_anywhere(t, a->s, ACL_W | ACL_I, e) : rc;
}

enum rc acl_gate(struct tx *t, const struct ask *a, enum store_op op, struct err *e)
{
    const struct gate *g = gate_of(op);
    uint32_t folder = 0;
    enum rc rc;

    if (!a->s->delegate || op == STORE_TICKET)
        return RC_OK;
    if (!g)
        return denied(a->s, 0, e);
    if ((rc = acl_stands(t, a, e)) != RC_OK)
        return rc;
    if (g->folder_at != NO_FOLDER)
        memcpy(&folder, (const char *)a->req + g->folder_at, sizeof folder);
    if (g->need)
        rc = acl_check(t, a->s, folder, g->need, e);
    return rc == RC_OK ? gate_more(t, a, op, e) : rc;
}

/* ---- subscriptions ---- */
enum rc acl_subscribed(struct tx *t, const struct sess *s, uint32_t folder, bool *yes_out, struct err *e)
{
    struct acl r;
    enum rc rc = row_get(t, s->mbx, s->delegate, folder, &r, e);

    *yes_out = !r.unsubscribed;
    return rc;
}

/* The slot is read, whatever acl_stands() remembers: a row written behind the end of the delegation would stay (INV-D2). */
enum rc acl_subscribe(struct tx *t, const struct sess *s, uint32_t folder, bool yes, struct err *e)
{
    struct acl r = {0};
    enum rc rc = acl_slot_stands(t, s, e);

    if (rc == RC_OK)
        rc = row_get(t, s->mbx, s->delegate, folder, &r, e);
    r.unsubscribed = !yes;
    return rc == RC_OK ? row_put(t, s->mbx, s->delegate, folder, &r, e) : rc;
}

/* ---- folders come and go, delegates too ---- */
enum rc acl_inherit(struct tx *t, uint64_t mbx, uint32_t parent, uint32_t folder, struct err *e)
{
    struct buf keys = BUF_INIT;
    struct acl r;
    enum rc rc = parent ? rows_of(t, mbx, 0, parent, &keys, e) : RC_OK;

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12) {
        uint64_t delegate = be64(keys.p + i);

        rc = row_get(t, mbx, delegate, parent, &r, e);
        r.unsubscribed = 0;
        if (rc == RC_OK && r.has_rights)
            rc = row_put(t, mbx, delegate, folder, &r, e);
    }
    buf_free(&keys);
    return rc;
}

static enum rc drop(struct tx *t, uint64_t mbx, struct span keys, struct err *e)
{
    enum rc rc = RC_OK;

    for (; rc == RC_OK && keys.n >= 12; keys = span_from(keys, 12)) {
        struct key k = key_acl(mbx, be64(keys.p), be32(keys.p + 8));

        rc = tx_del(t, T_ACL, &k, e);
    }
    return rc;
}

static enum rc is_known(struct tx *t, uint64_t mbx, uint32_t folder, bool *yes_out, struct err *e)
{
    struct key row = key_folder(mbx, folder), name = key_freed(mbx, FREED_NAME | folder);
    enum rc rc = tx_has(t, T_FOLDERS, &row, e);

    if (rc == RC_NOTFOUND && !t->deadlock)
        rc = tx_has(t, T_FREED, &name, e);
    *yes_out = rc == RC_OK;
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

enum rc acl_forget_gone(struct tx *t, uint64_t mbx, uint32_t folder, struct err *e)
{
    struct buf keys = BUF_INIT;
    bool known = false;
    enum rc rc = is_known(t, mbx, folder, &known, e);

    if (rc == RC_OK && !known)
        rc = rows_of(t, mbx, 0, folder, &keys, e);
    if (rc == RC_OK)
        rc = drop(t, mbx, buf_span(&keys), e);
    buf_free(&keys);
    return rc;
}

static enum rc narrow_one(struct tx *t, uint64_t mbx, uint64_t delegate, uint32_t gone, uint32_t folder, struct err *e)
{
    struct acl was, r;
    enum rc rc = row_get(t, mbx, delegate, gone, &was, e);

    if (rc == RC_OK)
        rc = row_get(t, mbx, delegate, folder, &r, e);
    if (rc != RC_OK || !was.has_rights)
        return rc;
    r.rights = r.has_rights ? r.rights & was.rights : was.rights;
    r.has_rights = r.has_rights ? r.has_rights : ACL_ROW_WITHIN;
    return row_put(t, mbx, delegate, folder, &r, e);
}

enum rc acl_narrow(struct tx *t, uint64_t mbx, uint32_t gone, uint32_t folder, struct err *e)
{
    struct buf keys = BUF_INIT;
    enum rc rc = rows_of(t, mbx, 0, gone, &keys, e);

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12)
        rc = narrow_one(t, mbx, be64(keys.p + i), gone, folder, e);
    buf_free(&keys);
    return rc;
}

enum rc acl_move(struct tx *t, uint64_t mbx, uint32_t from, uint32_t to, struct err *e)
{
    struct buf keys = BUF_INIT;
    struct acl r;
    enum rc rc = rows_of(t, mbx, 0, from, &keys, e);

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12) {
        uint64_t delegate = be64(keys.p + i);

        rc = row_get(t, mbx, delegate, from, &r, e);
        if (rc == RC_OK)
            rc = row_put(t, mbx, delegate, to, &r, e);
    }
    buf_free(&keys);
    return rc == RC_OK ? acl_forget_gone(t, mbx, from, e) : rc;
}

/* The number of her delegation; 0: she has no slot. */
static uint64_t grant_of(struct span slots, uint64_t delegate)
{
    uint64_t whose, grant;
    struct slot slot;
    struct err none;

    return slot_delegate_find(slots, delegate, &slot, &none) == RC_OK &&
                   slot_delegate_whose(slot.body, &whose, &grant, &none) == RC_OK
               ? grant
               : 0;
}

/* What the directory took is not to be had from a row of before. */
static enum rc keep_within(struct tx *t, uint64_t mbx, uint64_t delegate, uint32_t folder, struct err *e)
{
    struct acl r;
    enum rc rc = row_get(t, mbx, delegate, folder, &r, e);

    if (rc != RC_OK || r.has_rights != ACL_ROW_IS)
        return rc;
    r.has_rights = ACL_ROW_WITHIN;
    return row_put(t, mbx, delegate, folder, &r, e);
}

enum rc acl_slots(struct tx *t, uint64_t mbx, struct span was, struct span slots, struct err *e)
{
    struct buf keys = BUF_INIT;
    enum rc rc = rows_of(t, mbx, 0, 0, &keys, e);

    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12) {
        uint64_t delegate = be64(keys.p + i), grant = grant_of(slots, delegate);

        if (grant == 0)
            rc = drop(t, mbx, span_of(keys.p + i, 12), e);
        else if (grant != grant_of(was, delegate))
            rc = keep_within(t, mbx, delegate, be32(keys.p + i + 8), e);
    }
    buf_free(&keys);
    return rc;
}

/* ---- ACL, ACL_SET ---- */
enum rc do_acl(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_msg *rq = a->req;
    struct store_list_rep *rep = a->rep;
    struct buf keys = BUF_INIT;
    struct counters c;
    struct acl r;
    enum rc rc = counters_peek(t, a->s->mbx, rq->folder, &c, e);

    if (rc == RC_OK)
        rc = rows_of(t, a->s->mbx, 0, rq->folder, &keys, e);
    for (size_t i = 0; rc == RC_OK && i < keys.n; i += 12) {
        struct store_acl row = {.folder = rq->folder, .delegate = be64(keys.p + i)};

        rc = row_get(t, a->s->mbx, row.delegate, rq->folder, &r, e);
        row.rights = r.rights | (r.has_rights == ACL_ROW_WITHIN ? STORE_ACL_WITHIN : 0);
        if (rc == RC_OK && r.has_rights)
            ipc_list_add(a->out, store_acl_f, &row);
    }
    buf_free(&keys);
    rep->list = buf_span(a->out);
    return rc;
}

/* A delegate is who has a key slot. */
static enum rc is_delegate(struct tx *t, uint64_t mbx, uint64_t delegate, struct err *e)
{
    struct span now = SPAN_NULL, former;
    struct buf mem = BUF_INIT;
    struct slot slot;
    enum rc rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);

    if (rc == RC_OK)
        rc = slots_read(t, mbx, &mem, &now, &former, e);
    if (rc == RC_OK && slot_delegate_find(now, delegate, &slot, e) != RC_OK)
        rc = err_cause(e, RC_NOTFOUND, CAUSE_ACL_WHO, "store: %llu is no delegate of mailbox %llu",
                       (unsigned long long)delegate, (unsigned long long)mbx);
    buf_free(&mem);
    return rc;
}

enum rc do_acl_set(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_acl_set_req *rq = a->req;
    struct counters c;
    struct acl r;
    struct box b;
    enum rc rc = box_get(t, a->s->mbx, true, &b, e);

    if (rc == RC_OK && (rq->how > STORE_ACL_TAKE || rq->rights & ~(uint32_t)ACL_ALL || rq->folder == STORE_REMOVED))
        rc = err_set(e, RC_SYNTAX, "store: no such rights");
    if (rc == RC_OK)
        rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);
    if (rc == RC_OK)
        rc = is_delegate(t, a->s->mbx, rq->delegate, e);
    if (rc == RC_OK)
        rc = row_get(t, a->s->mbx, rq->delegate, rq->folder, &r, e);
    if (rc != RC_OK)
        return rc;
    if (!r.has_rights)
        r.rights = rq->otherwise & ACL_ALL;
    if (r.has_rights == ACL_ROW_WITHIN)
        r.rights &= rq->otherwise;
    r.has_rights = ACL_ROW_IS;
    r.rights = rq->how == STORE_ACL_IS    ? rq->rights
               : rq->how == STORE_ACL_ADD ? r.rights | rq->rights
                                          : r.rights & ~rq->rights;
    tx_touch(t, a->s->mbx, 0, 0);
    return row_put(t, a->s->mbx, rq->delegate, rq->folder, &r, e);
}
