/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/summary.c - see extract/summary.h: the sections put together, and read back. */
#include "extract/summary.h"
#include "extract/imaptext.h"
#include "extract/pack.h"
#include "extract/text.h"
#include "extract/var.h"

enum { VERSION = 2, SECTIONS_MAX = SUMMARY_MAX - 4096 /* packing may add a two-hundredth */ };
enum tag { S_ENVELOPE = 1, S_BODY, S_BODYSTRUCTURE, S_PARTS, S_HEADER, S_FACTS, S_SORT, S_THREAD, S_PREVIEW };

/* Appends a section; one is empty again. */
static void add(struct buf *out, enum tag t, struct buf *one)
{
    buf_u8(out, (uint8_t)t);
    var_bytes(out, buf_span(one));
    buf_clear(one);
}

static void add_structure(const struct body_view *v, struct buf *one, struct buf *out)
{
    body_write(v, false, one);
    add(out, S_BODY, one);
    body_write(v, true, one);
    add(out, S_BODYSTRUCTURE, one);
    parts_write(v, one);
    add(out, S_PARTS, one);
}

static void add_facts(const struct scan *s, bool flat, struct buf *one, struct buf *out)
{
    int64_t date = 0, day = 0;
    struct field f;
    bool has = field_find(scan_part(s, 0)->header, "Date", &f) && date_parse(f.body, &date, &day);

    var_u64(one, scan_size(s));
    var_u64(one, scan_lines(s));
    buf_u64(one, (uint64_t)date); /* they may be below 0 */
    buf_u64(one, (uint64_t)day);
    buf_u8(one, flat);
    buf_u8(one, has);
    add(out, S_FACTS, one);
}

static void add_header(const struct scan *s, struct buf *one, struct buf *out)
{
    struct span header = scan_part(s, 0)->header;

    if (header.n > SUMMARY_HEADER || header.n != scan_part(s, 0)->header_len)
        return;
    buf_addspan(one, header);
    add(out, S_HEADER, one);
}

static void sections(const struct scan *s, const struct text_extract *t, struct buf *one, struct buf *out)
{
    struct span header = scan_part(s, 0)->header;
    struct body_view v = body_view_of(s);
    size_t before_structure;

    add_header(s, one, out);
    envelope_write(header, one);
    add(out, S_ENVELOPE, one);
    sort_keys_write(header, one);
    add(out, S_SORT, one);
    thread_ids_write(header, one);
    add(out, S_THREAD, one);
    if (t) {
        text_preview(t, one);
        add(out, S_PREVIEW, one);
    }
    before_structure = out->n;
    add_structure(&v, one, out);
    if (out->n > SECTIONS_MAX - 100) {
        buf_cut(out, before_structure);
        body_view_flatten(&v);
        add_structure(&v, one, out);
    }
    add_facts(s, v.flat, one, out);
}

void summary_build(const struct scan *s, const struct text_extract *t, struct buf *out)
{
    struct buf plain = BUF_SECRET_INIT, one = BUF_SECRET_INIT;

    sections(s, t, &one, &plain);
    buf_u8(out, VERSION);
    pack_to(PACK_SUMMARY, buf_span(&plain), out);
    buf_free(&plain);
    buf_free(&one);
}

/* ---- reading ---- */

static void read_facts(struct rd r, struct summary *out)
{
    out->size = rd_var(&r);
    out->lines = rd_var(&r);
    out->date = (int64_t)rd_u64(&r);
    out->local_day = (int64_t)rd_u64(&r);
    out->flat = rd_u8(&r) != 0;
    out->has_date = rd_u8(&r) != 0;
}

/* Takes the sections apart. A tag that is not known is stepped over. */
static enum rc read_sections(struct span bytes, struct summary *out, struct err *e)
{
    struct summary v = {.size = 0};
    struct span *const places[] = {
        [S_ENVELOPE] = &v.envelope, [S_BODY] = &v.body,       [S_BODYSTRUCTURE] = &v.bodystructure,
        [S_PARTS] = &v.parts,       [S_HEADER] = &v.header,   [S_SORT] = &v.sort,
        [S_THREAD] = &v.thread,     [S_PREVIEW] = &v.preview,
    };
    struct rd r = rd_of(bytes);

    while (r.s.n > 0 && rd_ok(&r)) {
        uint8_t tag = rd_u8(&r);
        struct span d = rd_var_bytes(&r);

        if (!rd_ok(&r))
            break;
        if (tag == S_FACTS)
            read_facts(rd_of(d), &v);
        else if (tag < sizeof places / sizeof *places && places[tag])
            *places[tag] = d;
        v.has_header |= tag == S_HEADER;
    }
    if (!rd_ok(&r) || v.envelope.n == 0 || v.body.n == 0 || v.bodystructure.n == 0)
        return err_set(e, RC_CORRUPT, "a summary of %zu bytes is cut or lacks a section", bytes.n);
    *out = v;
    return RC_OK;
}

enum rc summary_read(struct span packed, struct buf *mem, struct summary *out, struct err *e)
{
    struct rd r = rd_of(packed);

    buf_clear(mem);
    if (rd_u8(&r) != VERSION)
        return err_set(e, RC_CORRUPT, "not a summary of version %d", VERSION);
    if (pack_open(PACK_SUMMARY, r.s, SUMMARY_MAX, mem, e) != RC_OK)
        return e->rc;
    return read_sections(buf_span(mem), out, e);
}

static void copy(char *to, size_t room, struct span s)
{
    s = span_head(s, room - 1);
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    to[s.n] = 0;
}

/* Takes one record off the table, as parts_write() wrote it. Returns the section's name as the record has it. */
static struct span read_record(struct rd *r, struct summary_part *p)
{
    struct span name = rd_var_bytes(r);

    copy(p->section, sizeof p->section, name);
    p->kind = (enum part_kind)rd_u8(r);
    p->header_off = rd_var(r);
    p->header_len = rd_var(r);
    p->body_off = rd_var(r);
    p->body_len = rd_var(r);
    p->has_message = rd_u8(r) != 0;
    p->msg_header_off = rd_var(r);
    p->msg_header_len = rd_var(r);
    p->msg_body_off = rd_var(r);
    p->msg_body_len = rd_var(r);
    copy(p->encoding, sizeof p->encoding, rd_var_bytes(r));
    return name;
}

static bool inside(uint64_t off, uint64_t len, uint64_t size)
{
    return off <= size && len <= size - off;
}

static bool lies_inside(const struct summary_part *p, uint64_t size)
{
    return inside(p->header_off, p->header_len, size) && inside(p->body_off, p->body_len, size) &&
           inside(p->msg_header_off, p->msg_header_len, size) && inside(p->msg_body_off, p->msg_body_len, size);
}

enum rc summary_part(const struct summary *s, struct span section, struct summary_part *out, struct err *e)
{
    struct rd r = rd_of(s->parts);

    while (r.s.n > 0) {
        struct summary_part p = {.kind = PART_LEAF};
        struct span name = read_record(&r, &p);

        if (!rd_ok(&r) || p.kind > PART_MESSAGE)
            return err_set(e, RC_CORRUPT, "the part table of a summary is damaged");
        if (span_eq(name, section)) {
            if (!lies_inside(&p, s->size))
                return err_set(e, RC_CORRUPT, "a part of a summary lies outside its message");
            *out = p;
            return RC_OK;
        }
    }
    return err_set(e, RC_NOTFOUND, "no such part");
}
