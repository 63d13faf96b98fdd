/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/live_test.h - a real pli-stored (live_daemon_test.h) and its clients: mailboxes, messages, what is asked of it, for the tests beside it.
 * Process  tests.
 */
#pragma once
#include "store/stored/live_daemon_test.h"
#include "store/client/client.h"

/* ---- clients ---- */
/* The tests look at an answer before they ask for the next few: memory for its spans, in turn. */
static _Thread_local struct buf live_mem[4];
static _Thread_local unsigned live_mem_at;

static inline enum rc live_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out,
                                struct err *e)
{
    return store_call_in(s, op, req, req_fd, rep_out, &live_mem[live_mem_at++ % 4], e);
}
#define store_call live_call

static inline void live_call_end(void) /* a thread's last */
{
    for (size_t i = 0; i < 4; i++)
        buf_free(&live_mem[i]);
}

static inline void live_ticket(struct live *l, uint64_t mbx, uint32_t rights, struct buf *wire_out)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = rights,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .address = "a@b",
                       .actor = "a@b"};

    ticket_make(&t, &l->tickets, wire_out);
}

static inline struct store *live_bound_as(struct live *l, enum ipc_role role, uint64_t mbx, uint32_t rights)
{
    struct store *s = store_new(role);
    struct store_box_rep rep;
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct err e;

    live_ticket(l, mbx, rights, &wire);
    if (store_bind(s, buf_span(&wire), &rep, &mem, &e) != RC_OK)
        fail_msg("bind: %s", e.log);
    buf_free(&mem);
    buf_free(&wire);
    return s;
}

static inline struct store *live_bound(struct live *l, uint64_t mbx)
{
    return live_bound_as(l, ROLE_IMAPD, mbx, RIGHT_READ | RIGHT_WRITE);
}

/* A list of key slots: one that opens, with that text in it. */
static inline struct span live_slots(const char *text)
{
    static struct buf b;
    struct slot s = {.type = SLOT_KEYD, .id = 1, .body = span_str(text)};

    buf_clear(&b);
    slot_add(&b, &s);
    return buf_span(&b);
}

static inline uint64_t live_box(uint64_t quota)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_mbx_msg m;
    struct store_box_create_req c = {.slots = live_slots("slots"), .quota = quota};
    struct err e;

    if (store_call(s, STORE_BOX_RESERVE, NULL, -1, &m, &e) != RC_OK)
        fail_msg("reserve: %s", e.log);
    c.mbx = m.mbx;
    memset(c.pub, 7, sizeof c.pub);
    if (store_call(s, STORE_BOX_CREATE, &c, -1, NULL, &e) != RC_OK)
        fail_msg("create: %s", e.log);
    store_free(&s);
    return m.mbx;
}

/* ---- a message ---- */
struct letter {
    struct store_deliver_req rq;
    struct buf objects, places, remotes;
};

/* Bytes that tell which message and where in it. */
static inline void letter_fill(struct buf *out, const unsigned char *oid, uint64_t n, unsigned char kind)
{
    struct err e;

    assert_int_equal(buf_reserve(out, n, &e), RC_OK);
    for (uint64_t i = 0; i < n; i++)
        out->p[out->n++] = (unsigned char)(oid[8 + i % 8] ^ (i >> 3) ^ (i >> 16) ^ kind);
}

/* Large ones come as smtpd sends them, with a lead; one size as imapd does, without. */
static inline uint16_t letter_lead(uint64_t size)
{
    return size > 256 * 1024 && size != 1 << 20 ? 700 : 0;
}

static inline void letter_new(struct letter *l, uint64_t size, uint64_t summary, uint64_t search)
{
    memset(l, 0, sizeof *l);
    seal_oid_new(l->rq.oid);
    l->rq.mid = SPAN_LIT("0123456789abcdef");
    l->rq.size = size;
    l->rq.received = (uint64_t)time(NULL);
    l->rq.lead = letter_lead(size);
    l->rq.skip = l->rq.lead ? SEAL_LEAD_MAX - l->rq.lead : 0;
    l->rq.len_message = seal_led_size(size, l->rq.lead);
    l->rq.len_summary = summary ? seal_size(summary) : 0;
    l->rq.len_search = search ? seal_size(search) : 0;
    letter_fill(&l->objects, l->rq.oid, l->rq.len_message, SEAL_MESSAGE);
    letter_fill(&l->objects, l->rq.oid, l->rq.len_summary, SEAL_SUMMARY);
    letter_fill(&l->objects, l->rq.oid, l->rq.len_search, SEAL_SEARCH);
}

static inline void letter_to(struct letter *l, uint64_t mbx, uint32_t folder, uint64_t flags)
{
    struct store_place p = {.mbx = mbx, .folder = folder, .flags = flags, .internaldate = 1700000000};

    memset(p.wrap, (int)mbx, sizeof p.wrap);
    memset(p.epoch_rec, 5, sizeof p.epoch_rec);
    p.epoch = seal_epoch_id(mbx, p.epoch_rec);
    ipc_list_add(&l->places, store_place_f, &p);
}

static inline void letter_state(struct letter *l, const char *who, uint64_t not_before, uint8_t state)
{
    struct store_remote r = {
        .notify = 1, .not_before = not_before, .keys = SPAN_LIT("0123456789abcdef"), .envelope = span_str(who), .state = state};

    memset(l->rq.queue_epoch_rec, 9, sizeof l->rq.queue_epoch_rec);
    l->rq.queue_epoch = seal_epoch_id(SEAL_QUEUE_BOX, l->rq.queue_epoch_rec);
    ipc_list_add(&l->remotes, store_remote_f, &r);
}

static inline void letter_out(struct letter *l, const char *who, uint64_t not_before)
{
    letter_state(l, who, not_before, 0);
}

static inline int letter_memfd(const struct letter *l)
{
    int fd = memfd_create("body", MFD_ALLOW_SEALING);

    assert_int_equal(pwrite(fd, l->objects.p, l->objects.n, (off_t)l->rq.skip), l->objects.n);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return fd;
}

/* Inline when it fits, else by descriptor. placed_out: the first place. */
static inline enum rc letter_send(struct letter *l, struct store *s, struct store_placed *placed_out,
                                  struct store_deliver_rep *rep, struct err *e)
{
    bool small = l->objects.n <= STORE_INLINE_MAX && l->objects.n + l->places.n + l->remotes.n < 90 * 1024;
    struct span rest;
    struct err later;
    int fd = -1;
    enum rc rc;

    l->rq.places = buf_span(&l->places);
    l->rq.remotes = buf_span(&l->remotes);
    l->rq.objects = small ? buf_span(&l->objects) : SPAN_NULL;
    if (!small)
        fd = letter_memfd(l);
    rc = store_call(s, small ? STORE_DELIVER : STORE_DELIVER_FD, &l->rq, fd, rep, e);
    if (fd >= 0)
        close(fd);
    if (rc != RC_OK)
        return rc;
    rest = rep->placed;
    if (placed_out && ipc_list_next(&rest, store_placed_f, placed_out, &later) != RC_OK)
        memset(placed_out, 0, sizeof *placed_out);
    return RC_OK;
}

static inline void letter_free(struct letter *l)
{
    buf_free(&l->objects);
    buf_free(&l->places);
    buf_free(&l->remotes);
}

/* One message to one folder; its UID. */
static inline uint32_t live_deliver(struct store *s, uint64_t mbx, uint32_t folder, uint64_t size, uint64_t flags)
{
    struct store_deliver_rep rep;
    struct store_placed p;
    struct letter l;
    struct err e;

    letter_new(&l, size, 700, 300);
    letter_to(&l, mbx, folder, flags);
    if (letter_send(&l, s, &p, &rep, &e) != RC_OK)
        fail_msg("deliver: %s", e.log);
    letter_free(&l);
    return p.uid;
}

static inline struct span live_range(uint32_t lo, uint32_t hi)
{
    static unsigned char b[8];

    for (int i = 0; i < 4; i++) {
        b[i] = (unsigned char)(lo >> (8 * i));
        b[4 + i] = (unsigned char)(hi >> (8 * i));
    }
    return span_of(b, 8);
}

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != RC_OK)                                                                                           \
            fail_msg("%s: %s: %s", #call, rc_name(e.rc), e.log);                                                       \
    } while (0)

/* ---- reading answers ---- */
struct brief { /* a packed store_brief */
    uint32_t uid;
    uint64_t flags, modseq;
};

static inline struct brief live_brief_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * STORE_BRIEF));
    struct brief b;

    b.uid = rd_u32(&r);
    b.flags = rd_u64(&r);
    b.modseq = rd_u64(&r);
    assert_true(rd_ok(&r));
    return b;
}

static inline uint32_t live_u32_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * 4));
    uint32_t v = rd_u32(&r);

    assert_true(rd_ok(&r));
    return v;
}

static inline struct store_status_rep live_status(struct store *s, uint32_t folder)
{
    struct store_status_rep st;
    struct err e;

    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){folder}, -1, &st, &e));
    return st;
}

/* An annotation of the holder's own, of that many octets. */
static inline void live_annotate(struct store *s, uint32_t folder, unsigned char tag, size_t n)
{
    static unsigned char value[STORE_ANNOTATION_MAX];
    struct store_annotation one = {.folder = folder, .tag = {tag}, .name = SPAN_LIT("sealed name"), .value = span_of(value, n)};
    struct buf list = BUF_INIT;
    struct store_metadata_set_req rq = {.folder = folder, .special = STORE_SPECIAL_KEEP};
    struct store_metadata_set_rep rep;
    struct err e;

    ipc_list_add(&list, store_annotation_f, &one);
    rq.list = buf_span(&list);
    OK(store_call(s, STORE_METADATA_SET, &rq, -1, &rep, &e));
    buf_free(&list);
}

static inline uint32_t live_folder(struct store *s, const char *name)
{
    struct store_folder_create_req rq = {.flags = FF_SUBSCRIBED, .name = span_str(name)};
    struct store_folder_msg rep;
    struct err e;

    memcpy(rq.tag, name, strlen(name));
    OK(store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, &e));
    return rep.folder;
}
