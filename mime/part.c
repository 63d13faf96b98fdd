/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/part.c - see mime/part.h: a part's type, encoding and file name, with the defaults of RFC 2045 and 2046. */
#include "mime/part.h"
#include <stdio.h>

static void set_type(struct content_type *ct, const char *type, const char *subtype)
{
    content_type_free(ct);
    snprintf(ct->type, sizeof ct->type, "%s", type);
    snprintf(ct->subtype, sizeof ct->subtype, "%s", subtype);
}

static void set_plain(struct content_type *ct)
{
    set_type(ct, "text", "plain");
    buf_bytes(&ct->params, SPAN_LIT("charset"));
    buf_bytes(&ct->params, SPAN_LIT("us-ascii"));
}

void part_declared(struct span header, bool in_digest, struct content_type *out)
{
    struct field f;

    *out = (struct content_type){.type = ""};
    if (field_find(header, "Content-Type", &f)) {
        if (!content_type_parse(f.body, out))
            set_plain(out);
    } else if (in_digest) {
        set_type(out, "message", "rfc822");
    } else {
        set_plain(out);
    }
}

static bool has_no_part(const struct part *p)
{
    return p->kind == PART_MULTIPART && p->first_child == 0;
}

enum part_kind part_shown(const struct part *p)
{
    enum part_kind kind = has_no_part(p) ? PART_LEAF : p->kind;
    struct content_type ct;

    if (kind == PART_MESSAGE) {
        part_declared(p->header, p->in_digest, &ct);
        kind = content_type_is(&ct, "message", "global") ? PART_LEAF : kind;
        content_type_free(&ct);
    }
    return kind;
}

void part_type(const struct part *p, bool flat, struct content_type *out)
{
    bool container;

    part_declared(p->header, p->in_digest, out);
    if (p->kind != PART_LEAF && !has_no_part(p))
        return;
    container = content_type_is(out, "multipart", NULL) || content_type_is(out, "message", "rfc822");
    if (flat ? !content_type_is(out, "text", NULL) : container && !content_type_is(out, "multipart", NULL))
        set_type(out, "application", "octet-stream");
    else if (container)
        set_plain(out);
}

enum codec_kind part_encoding(const struct part *p, bool *known_out)
{
    struct field f = {.body = SPAN_NULL};

    if (!field_find(p->header, "Content-Transfer-Encoding", &f))
        f.body = SPAN_NULL;
    return codec_of(f.body, known_out);
}

void part_file_name(struct span header, const struct content_type *ct, struct buf *out)
{
    struct content_type disposition = {.params = BUF_SECRET_INIT};
    struct buf raw = BUF_SECRET_INIT;
    struct field f;
    bool found = false;

    if (field_find(header, "Content-Disposition", &f) && disposition_parse(f.body, &disposition))
        found = content_type_param(&disposition, "filename", &raw);
    if (!found)
        content_type_param(ct, "name", &raw);
    field_decode(buf_span(&raw), out); /* many senders put encoded words there */
    buf_free(&raw);
    content_type_free(&disposition);
}
