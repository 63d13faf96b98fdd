/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon.c - the canonical form of a message (mime/canon.h). The plan is a list of regions in the order of their
 * offsets: one for each header and one for each leaf's body. Delimiters, preambles and epilogues lie between the
 * regions and are cleaned.
 */
#include "mime/canon.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "mime/canon_int.h"
#include "mime/lex.h"
#include "mime/part.h"
#include <stdlib.h>

enum { AWKWARD = OCT_8BIT | OCT_NUL | OCT_LONG_LINE | OCT_BARE_CR | OCT_BARE_LF, HEADER_OCTETS = AWKWARD };
enum { SLICE = 32 * 1024 };
enum action { PASS, REWRITE, RECODE };

struct region {
    uint64_t off, len;
    enum action action;
    uint32_t part;
    const char *encoding; /* REWRITE: the new Content-Transfer-Encoding; NULL: as it was */
    enum codec_kind from, to;
    const char *charset; /* REWRITE: the charset that is true; NULL: as it was */
    bool as_text;        /* REWRITE: the whole Content-Type is text/plain in that charset */
};

struct canon {
    const struct scan *scan;
    struct canon_spec spec;
    mime_sink out;
    void *ctx;
    struct region *regions;
    size_t n, at; /* at: the region that is open or next */
    bool entered; /* regions[at] has begun */
    uint64_t off;
    struct decoder decoder;
    struct encoder encoder;
    struct cleaner cleaner;
    struct buf decoded, made;
};

/* ---- what is needed ---- */

static bool lacks(struct span header, const char *name)
{
    struct field f;

    return !field_find(header, name, &f);
}

static bool header_is_whole(const struct part *p)
{
    return p->header.n == p->header_len;
}

/* Does a container's Content-Transfer-Encoding say that it is encoded? That is untrue, because a container is never
 * encoded itself (RFC 2045 6.4) and every reader takes it as it stands. */
static bool wrong_container(const struct scan *s, const struct part *p)
{
    struct field f;
    bool known;

    return p->kind != PART_LEAF && !scan_flat(s) && field_find(p->header, "Content-Transfer-Encoding", &f) &&
           (part_encoding(p, &known) != CODEC_IDENTITY || !known);
}

bool canon_needed(const struct scan *s)
{
    const struct scan_facts *f = scan_facts(s);
    struct span header = scan_part(s, 0)->header;

    for (size_t i = 0; i < scan_parts(s); i++)
        if (wrong_container(s, scan_part(s, i)))
            return true;
    return f->has_8bit || f->has_nul || f->long_line || f->bare_cr || f->bare_lf || lacks(header, "Date") ||
           lacks(header, "Message-ID") || lacks(header, "MIME-Version");
}

/* ---- the plan ---- */

static const char *const encoding_names[] = {
    [CODEC_IDENTITY] = "7bit", [CODEC_BASE64] = "base64", [CODEC_QP] = "quoted-printable"};

/* A multipart whose body has none of its delimiters. Readers show all of its body as text (RFC 2045 5.2). */
static bool has_no_parts(const struct part *p)
{
    return p->kind == PART_MULTIPART && !p->first_child;
}

/* Is the charset that ct gives (or its absence) untrue for a text with octets beyond ASCII? Only us-ascii and utf-8 can
 * be found untrue: the octets of a text do not show whether another charset is right. */
static bool untrue(const struct content_type *ct, bool not_utf8)
{
    struct buf charset = BUF_SECRET_INIT;
    bool said = content_type_param(ct, "charset", &charset);
    struct span s = span_trim(buf_span(&charset));
    bool is = !said || s.n == 0 || span_ieq_str(s, "us-ascii") || span_ieq_str(s, "ascii") ||
              (not_utf8 && (span_ieq_str(s, "utf-8") || span_ieq_str(s, "utf8")));

    buf_free(&charset);
    return is;
}

/* A text beyond ASCII whose label is untrue or missing is labelled utf-8 when it is valid UTF-8. Otherwise it is
 * labelled windows-1252, because French senders that give no label write that. */
static void plan_charset(const struct part *p, const struct content_type *ct, struct region *r)
{
    struct content_type declared;
    struct field f = {.body = SPAN_NULL};

    bool not_utf8 = p->body_octets & OCT_NOT_UTF8;

    if (!(p->body_octets & OCT_8BIT) || !untrue(ct, not_utf8 && r->from == CODEC_IDENTITY))
        return;
    r->charset = not_utf8 ? "windows-1252" : "utf-8";
    r->as_text =
        has_no_parts(p) || !field_find(p->header, "Content-Type", &f) || !content_type_parse(f.body, &declared);
    if (!r->as_text) {
        r->as_text = content_type_is(&declared, "multipart", NULL); /* without a usable boundary */
        content_type_free(&declared);
    }
}

/* Decides how the body of a leaf is written when it breaks the canonical form. */
static void plan_body(const struct canon *c, const struct part *p, struct region *r)
{
    struct content_type ct;
    bool known, text;

    if ((p->kind != PART_LEAF && !has_no_parts(p)) || !(p->body_octets & AWKWARD) || scan_flat(c->scan))
        return;
    part_type(p, false, &ct);
    text = content_type_is(&ct, "text", NULL) || has_no_parts(p);
    r->from = part_encoding(p, &known);
    if (has_no_parts(p)) { /* nobody decodes a multipart */
        r->from = CODEC_IDENTITY;
        known = true;
    }
    if (text && known)
        plan_charset(p, &ct, r);
    content_type_free(&ct);
    if (has_no_parts(p) && !r->charset) { /* no byte beyond 127, or a charset that was given to a multipart */
        r->charset = !(p->body_octets & OCT_8BIT)    ? "us-ascii"
                     : p->body_octets & OCT_NOT_UTF8 ? "windows-1252"
                                                     : "utf-8";
        r->as_text = true;
    }
    r->to = r->from != CODEC_IDENTITY ? r->from : text && known ? CODEC_QP : CODEC_BASE64;
    r->action = RECODE;
}

/* True when part i holds, at any depth, a part that is re-encoded. Parts are in order: a child comes after its
 * parent. */
static void mark_holders(struct canon *c, bool *holds)
{
    for (size_t i = scan_parts(c->scan); i-- > 1;) {
        if (c->regions[2 * i + 1].action == RECODE || holds[i])
            holds[scan_part(c->scan, i)->parent] = true;
    }
}

static bool says_8bit(const struct part *p)
{
    struct field f;

    if (!field_find(p->header, "Content-Transfer-Encoding", &f))
        return false;
    f.body = lex_trim(f.body);
    return span_istarts(f.body, "8bit") || span_istarts(f.body, "binary");
}

static void plan_header(struct canon *c, size_t i, bool holds)
{
    const struct part *p = scan_part(c->scan, i);
    struct region *r = &c->regions[2 * i], *body = &c->regions[2 * i + 1];

    if (!header_is_whole(p))
        return;
    if (body->action == RECODE)
        r->encoding = encoding_names[body->to];
    else if ((holds && says_8bit(p)) || wrong_container(c->scan, p))
        r->encoding = encoding_names[CODEC_IDENTITY];
    r->charset = body->charset;
    r->as_text = body->as_text;
    if (i == 0 || r->encoding || (p->header_octets & HEADER_OCTETS))
        r->action = REWRITE;
}

static void plan(struct canon *c)
{
    size_t parts = scan_parts(c->scan);
    bool *holds = calloc(parts, sizeof *holds);

    c->n = 2 * parts;
    c->regions = calloc(c->n, sizeof *c->regions);
    if (!holds || !c->regions)
        die("no memory to plan %zu message parts", parts);
    for (size_t i = 0; i < parts; i++) {
        const struct part *p = scan_part(c->scan, i);

        c->regions[2 * i] = (struct region){.off = p->header_off, .len = p->header_len, .part = (uint32_t)i};
        c->regions[2 * i + 1] = (struct region){
            .off = p->body_off, .len = p->kind == PART_LEAF || has_no_parts(p) ? p->body_len : 0, .part = (uint32_t)i};
        plan_body(c, p, &c->regions[2 * i + 1]);
    }
    mark_holders(c, holds);
    for (size_t i = 0; i < parts; i++)
        plan_header(c, i, holds[i]);
    free(holds);
}

struct canon *canon_new(const struct scan *s, const struct canon_spec *sp, mime_sink out, void *ctx)
{
    struct canon *c = calloc(1, sizeof *c);

    if (!c)
        die("no memory for a canonical message");
    *c = (struct canon){
        .scan = s, .spec = *sp, .out = out, .ctx = ctx, .decoded = BUF_SECRET_INIT, .made = BUF_SECRET_INIT};
    plan(c);
    return c;
}

void canon_free(struct canon **c)
{
    if (!c || !*c)
        return;
    buf_free(&(*c)->decoded);
    buf_free(&(*c)->made);
    free((*c)->regions);
    free(*c);
    *c = NULL;
}

/* ---- headers ---- */

void canon_missing(struct span header, const struct canon_spec *sp, struct buf *out)
{
    unsigned char id[16];
    char date[40];

    if (lacks(header, "Date")) {
        clock_rfc5322(sp->now, date);
        buf_addf(out, "Date: %s\r\n", date);
    }
    if (lacks(header, "Message-ID")) {
        random_bytes(id, sizeof id);
        buf_addstr(out, "Message-ID: <");
        for (size_t i = 0; i < sizeof id; i++)
            buf_addf(out, "%02x", id[i]);
        buf_addf(out, "@%s>\r\n", sp->message_id_domain);
    }
}

static void add_missing(const struct canon *c, struct span header, struct buf *out)
{
    if (c->spec.message_id_domain)
        canon_missing(header, &c->spec, out);
    if (lacks(header, "MIME-Version"))
        buf_addstr(out, "MIME-Version: 1.0\r\n");
}

static void end_last_line(struct buf *out)
{
    if (out->n >= 1 && !(out->n >= 2 && out->p[out->n - 2] == '\r' && out->p[out->n - 1] == '\n'))
        buf_addstr(out, "\r\n");
}

/* Writes the Content-Type with the true charset. */
static void write_type(const struct region *r, const struct field *f, struct buf *out)
{
    struct content_type ct = {.params = BUF_SECRET_INIT};
    struct buf made = BUF_SECRET_INIT;
    bool whole = !r->as_text && f && content_type_parse(f->body, &ct);

    if (whole)
        canon_type(&ct, r->charset, &made);
    if (whole && made.n < FIELD_MAX - 100 && !has_8bit(buf_span(&made))) {
        buf_addstr(out, "Content-Type: ");
        canon_field(buf_span(&made), out);
        buf_addstr(out, "\r\n");
    } else {
        buf_addf(out, "Content-Type: text/plain; charset=%s\r\n", r->charset);
    }
    content_type_free(&ct);
    buf_free(&made);
}

/* Writes one field that stays. The fields of the signed entity are written in seven bits and in lines that no relay
 * needs to break. These are all fields of a part, and those fields of the message that describe its body
 * (signed_form_make). */
static void write_field(const struct field *f, bool root, struct buf *out)
{
    if ((!root || span_istarts(f->name, "Content-")) && (has_8bit(f->raw) || canon_too_long(f->raw)))
        canon_field_7bit(f, out);
    else
        canon_field(f->raw, out);
}

static void rewrite_header(struct canon *c, const struct region *r, struct buf *out)
{
    struct span header = scan_part(c->scan, r->part)->header, rest = header;
    bool said = r->encoding == NULL, typed = r->charset == NULL, root = r->part == 0;
    struct field f;
    struct err e;

    while (field_next(&rest, &f, &e) == RC_OK) {
        bool encoding = r->encoding && span_ieq_str(f.name, "Content-Transfer-Encoding");

        bool kind = r->charset && span_ieq_str(f.name, "Content-Type");

        if (!encoding && !kind)
            write_field(&f, root, out);
        else if (kind && !typed)
            write_type(r, &f, out);
        else if (encoding && !said)
            buf_addf(out, "Content-Transfer-Encoding: %s\r\n", r->encoding);
        said |= encoding;
        typed |= kind;
    }
    if (!said || !typed || root)
        end_last_line(out);
    if (!said)
        buf_addf(out, "Content-Transfer-Encoding: %s\r\n", r->encoding);
    if (!typed)
        write_type(r, NULL, out);
    if (root)
        add_missing(c, header, out);
    if (root || rest.n > 0) /* rest: the empty line */
        buf_addstr(out, "\r\n");
}

/* ---- the pass ---- */

static enum rc give(struct canon *c, struct span s, struct err *e)
{
    return s.n > 0 ? c->out(c->ctx, s, e) : RC_OK;
}

static enum rc give_made(struct canon *c, struct err *e)
{
    enum rc rc = give(c, buf_span(&c->made), e);

    buf_clear(&c->made);
    return rc;
}

static enum rc enter(struct canon *c, struct err *e)
{
    const struct region *r = &c->regions[c->at];

    c->entered = true;
    c->decoder = (struct decoder){.kind = r->from};
    c->encoder = (struct encoder){.kind = r->to};
    cleaner_end(&c->cleaner, &c->made);
    if (r->action == REWRITE)
        rewrite_header(c, r, &c->made);
    return give_made(c, e);
}

static enum rc leave(struct canon *c, struct err *e)
{
    if (c->regions[c->at].action == RECODE) {
        buf_clear(&c->decoded);
        decoder_end(&c->decoder, &c->decoded);
        encoder_feed(&c->encoder, buf_span(&c->decoded), &c->made);
        encoder_end(&c->encoder, &c->made);
    }
    c->entered = false;
    c->at++;
    return give_made(c, e);
}

static enum rc recode(struct canon *c, struct span s, struct err *e)
{
    buf_clear(&c->decoded);
    decoder_feed(&c->decoder, s, &c->decoded);
    encoder_feed(&c->encoder, buf_span(&c->decoded), &c->made);
    return give_made(c, e);
}

static enum rc take(struct canon *c, struct span s, struct err *e)
{
    if (!c->entered) {
        cleaner_feed(&c->cleaner, s, &c->made);
        return give_made(c, e);
    }
    switch (c->regions[c->at].action) {
    case PASS:
        return give(c, s, e);
    case REWRITE:
        return RC_OK; /* written when it was entered */
    case RECODE:
        return recode(c, s, e);
    }
    return RC_OK;
}

/* Enters and leaves what begins and ends at this offset. */
static enum rc cross_borders(struct canon *c, struct err *e)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && c->at < c->n) {
        const struct region *r = &c->regions[c->at];

        if (!c->entered && r->off <= c->off)
            rc = enter(c, e);
        else if (c->entered && r->off + r->len <= c->off)
            rc = leave(c, e);
        else
            break;
    }
    return rc;
}

enum rc canon_feed(struct canon *c, struct span piece, struct err *e)
{
    enum rc rc = cross_borders(c, e);

    while (rc == RC_OK && piece.n > 0) {
        const struct region *r = &c->regions[c->at];
        uint64_t border = c->at == c->n ? UINT64_MAX : c->entered ? r->off + r->len : r->off;
        size_t n = piece.n < SLICE ? piece.n : SLICE;

        if (border - c->off < n)
            n = (size_t)(border - c->off);
        rc = take(c, span_head(piece, n), e);
        c->off += n;
        piece = span_from(piece, n);
        if (rc == RC_OK)
            rc = cross_borders(c, e);
    }
    return rc;
}

enum rc canon_end(struct canon *c, struct err *e)
{
    enum rc rc = cross_borders(c, e);

    if (rc == RC_OK && c->at < c->n)
        return err_set(e, RC_TEMP, "the message ended before its own structure, at %llu", (unsigned long long)c->off);
    cleaner_end(&c->cleaner, &c->made);
    return rc == RC_OK ? give_made(c, e) : rc;
}
