/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/fetch.c - see proto/imap/fetch.h: FETCH items and body sections, read and named. RFC 3501 6.4.5, 9. */
#include "proto/imap/fetch.h"
#include "proto/imap/write.h"

static const struct {
    const char *name;
    unsigned items;
} plain_items[] = {
    {"UID", FI_UID},           {"FLAGS", FI_FLAGS},     {"INTERNALDATE", FI_INTERNALDATE},   {"RFC822.SIZE", FI_SIZE},
    {"ENVELOPE", FI_ENVELOPE}, {"BODY", FI_BODY},       {"BODYSTRUCTURE", FI_BODYSTRUCTURE}, {"EMAILID", FI_EMAILID},
    {"THREADID", FI_THREADID}, {"PREVIEW", FI_PREVIEW}, {"SAVEDATE", FI_SAVEDATE},           {"MODSEQ", FI_MODSEQ},
};
static const struct {
    const char *name;
    unsigned items;
} macros[] = {
    {"ALL", FI_FLAGS | FI_INTERNALDATE | FI_SIZE | FI_ENVELOPE},
    {"FAST", FI_FLAGS | FI_INTERNALDATE | FI_SIZE},
    {"FULL", FI_FLAGS | FI_INTERNALDATE | FI_SIZE | FI_ENVELOPE | FI_BODY},
};
static const struct {
    const char *name;
    struct imap_section section;
} rfc822_items[] = {
    {"RFC822", {.kind = SEC_ALL, .form = FORM_RFC822}},
    {"RFC822.HEADER", {.kind = SEC_HEADER, .form = FORM_RFC822_HEADER, .peek = true}},
    {"RFC822.TEXT", {.kind = SEC_TEXT, .form = FORM_RFC822_TEXT}},
};
/* What stands before "[". */
static const struct {
    const char *name;
    enum imap_section_form form;
    bool peek, partial; /* sets no \Seen; may be followed by "<0.100>" */
    unsigned opened;    /* FI_ */
} bracketed[] = {
    {"BODY", FORM_BODY, false, true, FI_BODY},
    {"BODY.PEEK", FORM_BODY, true, true, FI_BODY},
    {"BINARY", FORM_BINARY, false, true, FI_BINARY},
    {"BINARY.PEEK", FORM_BINARY, true, true, FI_BINARY},
    {"BINARY.SIZE", FORM_BINARY_SIZE, true, false, FI_BINARY},
};
static const struct {
    const char *name;
    enum imap_section_kind kind;
} section_texts[] = {
    /* as found: the longer names first */
    {"HEADER.FIELDS.NOT", SEC_FIELDS_NOT},
    {"HEADER.FIELDS", SEC_FIELDS},
    {"HEADER", SEC_HEADER},
    {"TEXT", SEC_TEXT},
    {"MIME", SEC_MIME},
};
#define N(t) (sizeof(t) / sizeof *(t))

static bool add_section(struct imap_in *in, struct imap_fetch *f, const struct imap_section *s)
{
    if (f->n_sections == IMAP_SECTIONS)
        return false;
    f->sections = imap_arena_grow(in->mem, f->sections, f->n_sections, sizeof *f->sections);
    if (f->sections == NULL)
        return false;
    f->sections[f->n_sections++] = *s;
    return true;
}

/* Takes "1.2", and the dot behind it when a word follows. */
static bool take_part(struct imap_in *in, struct span *part, bool *text_follows)
{
    size_t from = in->at, end = from;
    uint64_t v;

    *text_follows = true;
    while (imap_peek(in) >= '0' && imap_peek(in) <= '9') {
        if (!imap_take_number(in, UINT32_MAX, &v) || v == 0 || in->s.p[end == from ? from : end + 1] == '0')
            return false;
        end = in->at;
        if (!imap_is(in, '.')) {
            *text_follows = false;
            break;
        }
    }
    *part = span_of(in->s.p + from, end - from);
    return part->n <= IMAP_PART_MAX;
}

static bool take_fields(struct imap_in *in, struct imap_section *s)
{
    if (!imap_sp(in) || !imap_is(in, '('))
        return false;
    do {
        s->fields = imap_arena_grow(in->mem, s->fields, s->n_fields, sizeof *s->fields);
        if (s->fields == NULL || s->n_fields == IMAP_FIELDS || !imap_take_astring(in, &s->fields[s->n_fields]))
            return false;
        s->n_fields++;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

static bool take_section_text(struct imap_in *in, struct imap_section *s)
{
    for (size_t i = 0; i < N(section_texts); i++) {
        if (!imap_word(in, section_texts[i].name))
            continue;
        s->kind = section_texts[i].kind;
        if (s->kind == SEC_MIME && s->part.n == 0)
            return false;
        return (s->kind != SEC_FIELDS && s->kind != SEC_FIELDS_NOT) || take_fields(in, s);
    }
    return false;
}

static bool take_partial(struct imap_in *in, struct imap_section *s)
{
    uint64_t off, len;

    if (!imap_is(in, '<'))
        return true;
    if (!imap_take_number(in, UINT32_MAX, &off) || !imap_is(in, '.') || !imap_take_number(in, UINT32_MAX, &len) ||
        len == 0 || !imap_is(in, '>'))
        return false;
    s->partial = true;
    s->off = (uint32_t)off;
    s->len = (uint32_t)len;
    return true;
}

/* behind "BODY[" */
static bool take_section(struct imap_in *in, size_t k, struct imap_fetch *f)
{
    struct imap_section s = {.kind = SEC_ALL, .form = bracketed[k].form, .peek = bracketed[k].peek};
    bool text;

    if (!take_part(in, &s.part, &text))
        return false;
    if (text && imap_peek(in) != ']' && (s.form != FORM_BODY || !take_section_text(in, &s)))
        return false;
    if (text && s.part.n > 0 && s.kind == SEC_ALL) /* "BODY[1.]" */
        return false;
    return imap_is(in, ']') && (!bracketed[k].partial || take_partial(in, &s)) && add_section(in, f, &s);
}

static bool take_bracketed(struct imap_in *in, struct span name, struct imap_fetch *f)
{
    for (size_t k = 0; k < N(bracketed); k++)
        if (span_ieq_str(name, bracketed[k].name))
            return (bracketed[k].opened & in->opened->fetch) && imap_is(in, '[') && take_section(in, k, f);
    return false;
}

static bool take_item(struct imap_in *in, struct imap_fetch *f)
{
    struct span name;

    if (!imap_take_name(in, &name))
        return false;
    if (imap_peek(in) == '[')
        return take_bracketed(in, name, f);
    for (size_t i = 0; i < N(plain_items); i++)
        if (span_ieq_str(name, plain_items[i].name)) {
            f->items |= plain_items[i].items;
            if (plain_items[i].items == FI_PREVIEW)
                f->lazy |= imap_word(in, " (LAZY)"); /* the one modifier there is (RFC 8970 3.1) */
            return (plain_items[i].items & in->opened->fetch) != 0;
        }
    for (size_t i = 0; i < N(rfc822_items); i++)
        if (span_ieq_str(name, rfc822_items[i].name))
            return add_section(in, f, &rfc822_items[i].section);
    return false;
}

static bool take_macro(struct imap_in *in, struct imap_fetch *f)
{
    size_t at = in->at;
    struct span name;

    if (imap_take_name(in, &name) && (imap_at_end(in) || imap_peek(in) == ' ')) /* modifiers may follow */
        for (size_t i = 0; i < N(macros); i++)
            if (span_ieq_str(name, macros[i].name)) {
                f->items = macros[i].items;
                return true;
            }
    in->at = at;
    return false;
}

bool imap_take_fetch(struct imap_in *in, struct imap_fetch *out)
{
    struct imap_fetch f = {0};

    if (!imap_is(in, '(')) {
        if (!take_macro(in, &f) && !take_item(in, &f))
            return false;
    } else {
        do {
            if (!take_item(in, &f))
                return false;
        } while (imap_sp(in));
        if (!imap_is(in, ')'))
            return false;
    }
    *out = f;
    return true;
}

static const char *text_of(enum imap_section_kind k)
{
    for (size_t i = 0; i < N(section_texts); i++)
        if (section_texts[i].kind == k)
            return section_texts[i].name;
    return "";
}

void imap_section_name(const struct imap_section *s, struct buf *out)
{
    static const char *const forms[] = {"BODY", "RFC822", "RFC822.HEADER", "RFC822.TEXT", "BINARY", "BINARY.SIZE"};

    buf_addstr(out, forms[s->form]);
    if (s->form >= FORM_RFC822 && s->form <= FORM_RFC822_TEXT)
        return;
    buf_addc(out, '[');
    buf_addspan(out, s->part);
    if (s->part.n > 0 && s->kind != SEC_ALL)
        buf_addc(out, '.');
    buf_addstr(out, text_of(s->kind));
    for (size_t i = 0; i < s->n_fields; i++) {
        buf_addstr(out, i == 0 ? " (" : " ");
        imap_put_astring(out, s->fields[i]);
    }
    buf_addstr(out, s->n_fields > 0 ? ")]" : "]");
    if (s->partial)
        buf_addf(out, "<%u>", s->off);
}
