/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/body.c - BODY and BODYSTRUCTURE, and the table of parts (extract/imaptext.h). One walk follows the links of
 * the tree: it enters a part and goes down, or it leaves a part and goes on or up. Nothing recurses. RFC 3501 7.4.2,
 * 6.4.5.
 */
#include "extract/imaptext.h"
#include "extract/var.h"
#include "mime/lex.h"
#include "mime/part.h"
#include <stdio.h>
#include <stdlib.h>

struct body_view body_view_of(const struct scan *s)
{
    return (struct body_view){.scan = s, .flat = scan_flat(s)};
}

void body_view_flatten(struct body_view *v)
{
    v->flat_root = *scan_part(v->scan, 0);
    v->flat_root.kind = PART_LEAF;
    v->flat_root.first_child = 0;
    v->flat = v->bare = true;
}

const struct part *body_view_part(const struct body_view *v, size_t i)
{
    return v->bare ? &v->flat_root : scan_part(v->scan, i);
}

/* ---- fields of one part ---- */

static void params(struct buf *out, const struct content_type *ct)
{
    struct rd r = rd_of(buf_span(&ct->params));
    char sep = '(';

    if (r.s.n == 0) {
        imap_nil(out);
        return;
    }
    while (r.s.n > 0) {
        buf_addc(out, (unsigned char)sep);
        imap_string(out, rd_bytes(&r));
        buf_addc(out, ' ');
        imap_string(out, rd_bytes(&r));
        sep = ' ';
    }
    buf_addc(out, ')');
}

static void field_or_nil(struct buf *out, const struct body_view *v, struct span header, const char *name)
{
    struct field f = {.name = SPAN_NULL};

    if (v->bare || !field_find(header, name, &f))
        f.name = SPAN_NULL;
    imap_unfolded(out, &f);
}

/* The first word of Content-Transfer-Encoding, or the empty span. */
static struct span encoding_word(struct span header)
{
    struct field f;
    struct token t;
    struct lex l;

    if (!field_find(header, "Content-Transfer-Encoding", &f))
        return SPAN_LIT("");
    l = lex_of(span_head(f.body, FIELD_MAX), LEX_MIME);
    return lex_next(&l, &t) == TOK_WORD ? t.text : SPAN_LIT("");
}

static void disposition(struct buf *out, const struct body_view *v, struct span header)
{
    struct content_type d = {.params = BUF_SECRET_INIT};
    struct field f;

    if (!v->bare && field_find(header, "Content-Disposition", &f) && disposition_parse(f.body, &d)) {
        buf_addc(out, '(');
        imap_string(out, span_str(d.type));
        buf_addc(out, ' ');
        params(out, &d);
        buf_addc(out, ')');
    } else {
        imap_nil(out);
    }
    content_type_free(&d);
}

/* Content-Language: one tag is a string, several are a list. RFC 3282. */
static void language(struct buf *out, const struct body_view *v, struct span header)
{
    struct field f;
    struct token t;
    struct lex l;
    size_t n = 0, start;

    if (v->bare || !field_find(header, "Content-Language", &f)) {
        imap_nil(out);
        return;
    }
    start = out->n;
    l = lex_of(span_head(f.body, 1000), ",");
    buf_addc(out, '(');
    while (lex_next(&l, &t) != TOK_END) {
        if (t.kind != TOK_WORD)
            continue;
        if (n++ > 0)
            buf_addc(out, ' ');
        imap_string(out, t.text);
    }
    buf_addc(out, ')');
    if (n == 0) {
        buf_cut(out, start);
        imap_nil(out);
    }
}

/* Writes disposition, language and location, with which every extended form ends. */
static void common_extension(struct buf *out, const struct body_view *v, struct span header)
{
    buf_addc(out, ' ');
    disposition(out, v, header);
    buf_addc(out, ' ');
    language(out, v, header);
    buf_addc(out, ' ');
    field_or_nil(out, v, header, "Content-Location");
}

/* type subtype params id description encoding octets */
static void basic(struct buf *out, const struct body_view *v, const struct part *p, const struct content_type *ct)
{
    struct span enc = encoding_word(p->header);

    imap_string(out, span_str(ct->type));
    buf_addc(out, ' ');
    imap_string(out, span_str(ct->subtype));
    buf_addc(out, ' ');
    if (v->bare)
        imap_nil(out);
    else
        params(out, ct);
    buf_addc(out, ' ');
    field_or_nil(out, v, p->header, "Content-ID");
    buf_addc(out, ' ');
    field_or_nil(out, v, p->header, "Content-Description");
    buf_addc(out, ' ');
    imap_string(out, enc.n > 0 ? span_head(enc, 80) : SPAN_LIT("7BIT"));
    buf_addf(out, " %llu", (unsigned long long)p->body_len);
}

/* ---- the walk ---- */

struct walk {
    const struct body_view *v;
    bool extended;
    struct buf *out;
};

static void leave_single(struct walk *w, const struct part *p)
{
    if (w->extended) {
        buf_addc(w->out, ' ');
        field_or_nil(w->out, w->v, p->header, "Content-MD5");
        common_extension(w->out, w->v, p->header);
    }
    buf_addc(w->out, ')');
}

static void enter(struct walk *w, const struct part *p)
{
    struct content_type ct;

    buf_addc(w->out, '(');
    if (part_shown(p) == PART_MULTIPART)
        return;
    part_type(p, w->v->flat, &ct);
    basic(w->out, w->v, p, &ct);
    if (part_shown(p) == PART_MESSAGE) {
        buf_addc(w->out, ' ');
        envelope_write(body_view_part(w->v, p->first_child)->header, w->out);
        buf_addc(w->out, ' ');
    } else {
        if (content_type_is(&ct, "text", NULL))
            buf_addf(w->out, " %llu", (unsigned long long)p->lines);
        leave_single(w, p);
    }
    content_type_free(&ct);
}

static void leave(struct walk *w, const struct part *p)
{
    struct content_type ct;

    if (p->kind == PART_MESSAGE) {
        buf_addf(w->out, " %llu", (unsigned long long)p->lines);
        leave_single(w, p);
        return;
    }
    part_type(p, w->v->flat, &ct);
    buf_addc(w->out, ' ');
    imap_string(w->out, span_str(ct.subtype));
    if (w->extended) {
        buf_addc(w->out, ' ');
        params(w->out, &ct);
        common_extension(w->out, w->v, p->header);
    }
    buf_addc(w->out, ')');
    content_type_free(&ct);
}

void body_write(const struct body_view *v, bool extended, struct buf *out)
{
    struct walk w = {v, extended, out};
    const struct part *root = body_view_part(v, 0), *p = root;

    for (;;) {
        enter(&w, p);
        if (part_shown(p) != PART_LEAF) { /* it has a child */
            p = body_view_part(v, p->first_child);
            continue;
        }
        while (p != root && !p->next_sibling) {
            p = body_view_part(v, p->parent);
            leave(&w, p);
        }
        if (p == root || out->n > 2 * 1024 * 1024) /* far beyond what a summary takes, so the caller will flatten it */
            return;
        p = body_view_part(v, p->next_sibling);
    }
}

/* ---- the table of parts ---- */

static void record(struct buf *out, const char *section, const struct part *p, const struct part *message)
{
    static const struct part none;
    const struct part *m = message ? message : &none;

    var_bytes(out, span_str(section));
    buf_u8(out, (uint8_t)p->kind);
    var_u64(out, p->header_off);
    var_u64(out, p->header_len);
    var_u64(out, p->body_off);
    var_u64(out, p->body_len);
    buf_u8(out, message != NULL);
    var_u64(out, m->header_off);
    var_u64(out, m->header_len);
    var_u64(out, m->body_off);
    var_u64(out, m->body_len);
    var_bytes(out, span_head(encoding_word(p->header), sizeof((struct summary_part *)0)->encoding - 1));
}

/* The section name of each part. It is "" for a part without one of its own: a multipart that is all of a message. */
struct section {
    char name[SECTION_MAX];
    bool hidden; /* the part lies inside one that is shown as a leaf */
};

/* Makes the section name of part i from its parent's. The parent has its name already, because parts stand in order. */
static void name_section(const struct body_view *v, size_t i, struct section *names)
{
    const struct part *p = body_view_part(v, i), *up = body_view_part(v, p->parent);
    const char *above = names[p->parent].name;

    names[i].hidden = names[p->parent].hidden || part_shown(up) == PART_LEAF;
    if (up->kind == PART_MESSAGE && part_shown(p) == PART_MULTIPART)
        snprintf(names[i].name, SECTION_MAX, "%s", above);
    else
        snprintf(names[i].name, SECTION_MAX, "%.250s%s%u", above, above[0] ? "." : "", p->number);
}

void parts_write(const struct body_view *v, struct buf *out)
{
    size_t n = v->bare ? 1 : scan_parts(v->scan);
    const struct part *root = body_view_part(v, 0);
    struct section *names = calloc(n, sizeof *names);

    if (!names)
        die("no memory for %zu section names", n);
    record(out, "", root, root);
    for (size_t i = 0; i < n; i++) {
        const struct part *p = body_view_part(v, i);
        bool multipart = part_shown(p) == PART_MULTIPART;
        bool own = i > 0 || !multipart; /* "1" of a message that is no multipart is its body */

        if (i > 0)
            name_section(v, i, names);
        else if (own)
            snprintf(names[0].name, SECTION_MAX, "1");
        if (i > 0 && multipart && body_view_part(v, p->parent)->kind == PART_MESSAGE)
            own = false; /* "2" names the message around it */
        if (own && !names[i].hidden)
            record(out, names[i].name, p, part_shown(p) == PART_MESSAGE ? body_view_part(v, p->first_child) : NULL);
    }
    free(names);
}
