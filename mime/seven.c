/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/seven.c - a header field of a signed entity in seven bits (mime/canon_int.h). RFC 2047, 2231, 3987 3.1, 6857.
 * A run of bytes beyond 127 is read as UTF-8 when it is valid, else as windows-1252 (charset_make_utf8). The result has
 * seven bits only, so a second pass leaves it alone.
 */
#include "base/ascii.h"
#include "mime/canon_int.h"
#include "mime/charset.h"
#include "mime/fields.h"

enum { WORD_LINE = 76, WORD_FRAME = 12 /* =?utf-8?q? and ?= */, WORD_LEAST = 20 };

bool has_8bit(struct span s)
{
    return charset_ascii_run(s) < s.n;
}

/* ---- encoded words ---- */

struct line {
    struct buf *out;
    size_t column;
};

static void put(struct line *l, struct span s)
{
    if (l->column > 1 && l->column + 1 + s.n > WORD_LINE) {
        buf_addstr(l->out, "\r\n");
        l->column = 0;
    }
    buf_addc(l->out, ' ');
    buf_addspan(l->out, s);
    l->column += 1 + s.n;
}

bool seven_plain(unsigned char c)
{
    return ascii_is_alnum(c);
}

static size_t add_q(struct span character, struct buf *out)
{
    size_t before = out->n;

    for (size_t i = 0; i < character.n; i++) {
        unsigned char c = character.p[i];

        if (seven_plain(c))
            buf_addc(out, c);
        else if (c == ' ')
            buf_addc(out, '_');
        else
            buf_addf(out, "=%02X", c);
    }
    return out->n - before;
}

/* Writes words of at most 75 characters. No character is cut in two (RFC 2047 2, 5). */
static void encoded_words(struct line *l, struct span utf8)
{
    while (utf8.n > 0) {
        struct buf word = BUF_SECRET_INIT;
        size_t room = WORD_LINE - 1 - WORD_FRAME;

        if (l->column + 1 + WORD_FRAME + WORD_LEAST < WORD_LINE)
            room = WORD_LINE - 1 - WORD_FRAME - l->column;
        buf_addstr(&word, "=?utf-8?q?");
        while (utf8.n > 0) {
            size_t n = charset_utf8_next(utf8), before = word.n, made;

            made = add_q(span_head(utf8, n > 0 ? n : 1), &word);
            if (made > room) {
                buf_cut(&word, before);
                break;
            }
            room -= made;
            utf8 = span_from(utf8, n > 0 ? n : 1);
        }
        buf_addstr(&word, "?=");
        put(l, buf_span(&word));
        buf_free(&word);
    }
}

/* Must this word of a text be encoded? Yes when it is not plain ASCII, or when readers would take it for an encoded
 * word. */
static bool must_encode(struct span word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < ' ' || word.p[i] >= 127)
            return true;
    return span_find(word, SPAN_LIT("=?")) >= 0 || word.n > WORD_LINE - 2;
}

static struct span next_word(struct span *rest)
{
    size_t n = 0;
    struct span word;

    while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = span_from(*rest, 1);
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    word = span_head(*rest, n);
    *rest = span_from(*rest, n);
    return word;
}

/* Writes a text. The words from the first to the last that must be encoded become one run of encoded words, which keeps
 * all blanks between them. The words before and behind that run stay plain. */
static void text_words(struct line *l, struct span utf8)
{
    struct span rest = utf8, run = SPAN_NULL, word;

    while ((word = next_word(&rest)).n > 0)
        if (must_encode(word))
            run = run.p ? span_of(run.p, (size_t)(word.p + word.n - run.p)) : word;
    for (rest = utf8; (word = next_word(&rest)).n > 0;) {
        if (run.p && word.p == run.p) {
            encoded_words(l, run);
            rest = span_from(utf8, (size_t)(run.p + run.n - utf8.p));
        } else {
            put(l, word);
        }
    }
}

static bool unstructured(const struct field *f, struct line *l)
{
    struct buf text = BUF_SECRET_INIT;

    field_decode(f->body, &text);
    text_words(l, buf_span(&text));
    buf_free(&text);
    return true;
}

/* ---- addresses ---- */

/* Bytes beyond 127 may stand in an atom (RFC 6532 3.2). */
bool seven_atom(struct span s, const char *also)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 128 && !seven_plain(s.p[i]) && (s.p[i] == 0 || !strchr("!#$%&'*+-/=?^_`{|}~", s.p[i])) &&
            (s.p[i] == 0 || !strchr(also, s.p[i])))
            return false;
    return s.n > 0;
}

void seven_quoted(struct span s, struct buf *out)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_addc(out, '\\');
        if (s.p[i] >= ' ' || s.p[i] == '\t')
            buf_addc(out, s.p[i]);
    }
    buf_addc(out, '"');
}

static void add_phrase(struct line *l, struct span name)
{
    struct buf text = BUF_SECRET_INIT, quoted = BUF_SECRET_INIT;

    if (has_8bit(name)) {
        field_decode(name, &text);
        encoded_words(l, buf_span(&text));
    } else if (seven_atom(name, " ")) {
        put(l, name);
    } else {
        seven_quoted(name, &quoted);
        put(l, buf_span(&quoted));
    }
    buf_free(&text);
    buf_free(&quoted);
}

static void add_spec(const struct address *a, bool angled, struct buf *out)
{
    buf_addstr(out, angled ? "<" : "");
    if (seven_atom(a->local, "."))
        buf_addspan(out, a->local);
    else
        seven_quoted(a->local, out);
    if (a->domain.n > 0)
        buf_addc(out, '@');
    buf_addspan(out, a->domain);
    buf_addstr(out, angled ? ">" : "");
}

/* An address with bytes beyond 127 has no form in seven bits. It becomes the name of an empty group (RFC 6857 3.1.8):
 * people can read it there, and no program can write to a wrong address. */
static void add_mailbox(struct line *l, const struct address *a, bool in_group)
{
    struct buf spec = BUF_SECRET_INIT, text = BUF_SECRET_INIT;
    bool encode = has_8bit(a->local) || has_8bit(a->domain);

    if (a->name.n > 0 && !(encode && in_group))
        add_phrase(l, a->name);
    add_spec(a, a->name.n > 0 || encode, &spec);
    if (encode) {
        charset_make_utf8(buf_span(&spec), &text);
        encoded_words(l, buf_span(&text));
        buf_addstr(l->out, in_group ? "" : " :;");
    } else {
        put(l, buf_span(&spec));
    }
    buf_free(&spec);
    buf_free(&text);
}

static bool addresses(const struct field *f, struct line *l)
{
    struct address_list list;
    struct err e;
    bool first = true, in_group = false, ok;

    ok = addresses_parse(f->body, &list, &e) == RC_OK && list.n > 0 && list.n < ADDRESSES_MAX;
    for (size_t i = 0; ok && i < list.n; i++) {
        const struct address *a = &list.a[i];

        if (!a->domain.p && !a->name.p) { /* a group's end */
            buf_addc(l->out, ';');
            in_group = first = false;
            continue;
        }
        if (!first)
            buf_addc(l->out, ',');
        first = !a->domain.p; /* behind a group's colon */
        if (a->domain.p) {
            add_mailbox(l, a, in_group);
        } else {
            add_phrase(l, a->name.n > 0 ? a->name : SPAN_LIT("-"));
            buf_addc(l->out, ':');
            in_group = true;
        }
    }
    if (ok && in_group)
        buf_addc(l->out, ';');
    addresses_free(&list);
    return ok;
}

/* ---- parameters (mime/seven_param.c) ---- */

static bool with_params(const struct field *f, struct line *l, bool (*parse)(struct span, struct content_type *))
{
    struct content_type ct;
    struct buf made = BUF_SECRET_INIT;
    bool ok = parse(f->body, &ct);

    if (ok) {
        canon_type(&ct, NULL, &made);
        ok = made.n < FIELD_MAX - 100 && !has_8bit(buf_span(&made));
    }
    if (ok) {
        buf_addc(l->out, ' ');
        buf_addspan(l->out, buf_span(&made));
    }
    buf_free(&made);
    content_type_free(&ct);
    return ok;
}

static bool type(const struct field *f, struct line *l)
{
    return with_params(f, l, content_type_parse);
}

static bool disposition(const struct field *f, struct line *l)
{
    return with_params(f, l, disposition_parse);
}

/* ---- identifiers, URIs: the octets of their UTF-8 are written as %XX, so equal identifiers stay equal ---- */

static bool uri(const struct field *f, struct line *l)
{
    struct buf utf8 = BUF_SECRET_INIT;

    charset_make_utf8(f->body, &utf8);
    seven_percent(buf_span(&utf8), false, l->out);
    buf_free(&utf8);
    return true;
}

static bool nothing(const struct field *f, struct line *l)
{
    (void)f;
    (void)l;
    return false;
}

/* The fields that have a grammar. All other fields are text. */
static const struct {
    const char *name;
    bool (*write)(const struct field *f, struct line *l);
} grammars[] = {
    {"Content-Type", type},
    {"Content-Disposition", disposition},
    {"Content-Transfer-Encoding", nothing},
    {"MIME-Version", nothing},
    {"Date", nothing},
    {"Resent-Date", nothing},
    {"From", addresses},
    {"Sender", addresses},
    {"Reply-To", addresses},
    {"To", addresses},
    {"Cc", addresses},
    {"Bcc", addresses},
    {"Resent-From", addresses},
    {"Resent-Sender", addresses},
    {"Resent-To", addresses},
    {"Resent-Cc", addresses},
    {"Resent-Bcc", addresses},
    {"Disposition-Notification-To", addresses},
    {"Return-Path", uri},
    {"Received", uri},
    {"Message-ID", uri},
    {"Resent-Message-ID", uri},
    {"In-Reply-To", uri},
    {"References", uri},
    {"Content-ID", uri},
    {"Content-Location", uri},
    {"Content-Base", uri},
};

static bool write_body(const struct field *f, struct line *l)
{
    if (f->name.n == 0 || f->name.n > 60 || f->raw.n > FIELD_MAX)
        return false;
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++)
        if (span_ieq_str(f->name, grammars[i].name))
            return grammars[i].write(f, l);
    return unstructured(f, l);
}

/* A field that breaks its grammar: bytes beyond 127 become DEL, as a lone CR does (canon_int.h). */
static void neutral(struct span raw, struct buf *out)
{
    for (size_t i = 0; i < raw.n; i++)
        buf_addc(out, raw.p[i] > 127 ? 127 : raw.p[i]);
}

bool canon_too_long(struct span raw)
{
    struct buf folded = BUF_SECRET_INIT;
    size_t column = 0;

    if (raw.n > CANON_LINE)
        canon_field(raw, &folded);
    for (size_t i = 0; i < folded.n && column <= CANON_LINE + 2; i++)
        column = folded.p[i] == '\n' ? 0 : column + 1;
    buf_free(&folded);
    return column > CANON_LINE + 2;
}

void canon_field_7bit(const struct field *f, struct buf *out)
{
    struct buf made = BUF_SECRET_INIT;
    struct line l = {&made, f->name.n + 1};

    buf_addspan(&made, f->name);
    buf_addc(&made, ':');
    if (!write_body(f, &l)) {
        buf_clear(&made);
        neutral(f->raw, &made);
    } else if (f->raw.n >= 2 && f->raw.p[f->raw.n - 2] == '\r' && f->raw.p[f->raw.n - 1] == '\n' &&
               !(made.n >= 2 && made.p[made.n - 2] == '\r' && made.p[made.n - 1] == '\n')) {
        buf_addstr(&made, "\r\n");
    }
    canon_field(buf_span(&made), out);
    buf_free(&made);
}
