/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/client.c - see proto/smtp/client.h. */
#include "proto/smtp/client.h"
#include "base/ascii.h"

/* ---- replies ---- */

static bool digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static uint16_t code_of(struct span line)
{
    uint64_t n;

    if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !span_u64(span_head(line, 3), 599, &n) ||
        (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-'))
        return 0;
    return (uint16_t)n;
}

struct span smtp_answer_rest(struct span line)
{
    return line.n > 4 ? span_from(line, 4) : SPAN_NULL;
}

/* class "." subject "." detail, the last two of one to three digits; how long, 0: there is none. */
static size_t esc_length(struct span text, unsigned char class)
{
    size_t at = 1;

    if (text.n < 5 || text.p[0] != class || text.p[0] == '3')
        return 0;
    for (int part = 0; part < 2; part++) {
        size_t from = at + 1;

        if (at >= text.n || text.p[at] != '.')
            return 0;
        for (at = from; at < text.n && at - from < 3 && ascii_is_digit(text.p[at]); at++)
            ;
        if (at == from)
            return 0;
    }
    return at == text.n || text.p[at] == ' ' ? at : 0;
}

static void add_text(struct smtp_answer *a, struct span text)
{
    static const char hex[] = "0123456789ABCDEF";

    if (a->n_text > 0 && text.n > 0 && a->n_text < SMTP_ANSWER_TEXT)
        a->text[a->n_text++] = ' ';
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        bool plain = c >= 0x20 && c < 0x7F && c != '\\';

        if (a->n_text + (plain ? 1 : 4) > SMTP_ANSWER_TEXT)
            break;
        if (plain) {
            a->text[a->n_text++] = (char)c;
            continue;
        }
        a->text[a->n_text++] = '\\';
        a->text[a->n_text++] = 'x';
        a->text[a->n_text++] = hex[c >> 4];
        a->text[a->n_text++] = hex[c & 15];
    }
    a->text[a->n_text] = '\0';
}

enum rc smtp_answer_line(struct smtp_answer *a, struct span line, struct err *e)
{
    uint16_t code = code_of(line);
    struct span text = smtp_answer_rest(line);
    size_t esc;

    if (code == 0)
        return err_set(e, RC_SYNTAX, "no SMTP reply");
    if (a->code != 0 && a->code != code)
        return err_set(e, RC_SYNTAX, "one reply with codes %u and %u", a->code, code);
    if (++a->lines > SMTP_ANSWER_LINES)
        return err_set(e, RC_SYNTAX, "a reply of more than %d lines", SMTP_ANSWER_LINES);
    a->code = code;
    esc = esc_length(text, line.p[0]);
    if (esc > 0 && a->lines == 1) {
        memcpy(a->esc, text.p, esc);
        a->esc[esc] = '\0';
    }
    /* the code of the first line stands again in front of each text (RFC 2034 4) */
    if (esc > 0 && span_eq_str(span_head(text, esc), a->esc))
        text = span_trim(span_from(text, esc));
    add_text(a, text);
    return line.n > 3 && line.p[3] == '-' ? RC_MORE : RC_OK;
}

/* ---- what EHLO offers ---- */

static struct span next_word(struct span *rest)
{
    struct span w;
    size_t n = 0;

    while (rest->n > 0 && rest->p[0] == ' ')
        *rest = span_from(*rest, 1);
    while (n < rest->n && rest->p[n] != ' ')
        n++;
    w = span_head(*rest, n);
    *rest = span_from(*rest, n);
    return w;
}

static const struct {
    const char *keyword;
    enum smtp_ext ext;
} keywords[] = {{"PIPELINING", SMTP_PIPELINING},   {"8BITMIME", SMTP_8BITMIME}, {"DSN", SMTP_DSN},
                {"SMTPUTF8", SMTP_UTF8},           {"CHUNKING", SMTP_CHUNKING}, {"REQUIRETLS", SMTP_REQUIRETLS},
                {"ENHANCEDSTATUSCODES", SMTP_ESC}, {"STARTTLS", SMTP_STARTTLS}};

static void offer_size(struct smtp_offers *o, struct span rest)
{
    struct span n = next_word(&rest);

    if (n.n > 0 && (n.n > 20 || !digits(n) || !span_u64(n, UINT64_MAX, &o->size)))
        return;
    o->extensions |= SMTP_SIZE;
}

static void offer_limits(struct smtp_offers *o, struct span rest)
{
    for (struct span w = next_word(&rest); w.n > 0; w = next_word(&rest)) {
        ptrdiff_t eq = span_chr(w, '=');
        struct span name = span_head(w, eq < 0 ? 0 : (size_t)eq);
        uint64_t n;

        if (eq < 0 || !span_u64(span_from(w, (size_t)eq + 1), 999999, &n))
            continue;
        if (span_ieq_str(name, "RCPTMAX"))
            o->rcptmax = (uint32_t)n;
        if (span_ieq_str(name, "MAILMAX"))
            o->mailmax = (uint32_t)n;
    }
}

void smtp_offer(struct smtp_offers *o, struct span text)
{
    struct span rest = text, word = next_word(&rest);

    if (span_ieq_str(word, "SIZE"))
        offer_size(o, rest);
    else if (span_ieq_str(word, "LIMITS"))
        offer_limits(o, rest);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (span_ieq_str(word, keywords[i].keyword))
            o->extensions |= keywords[i].ext;
}

/* ---- commands ---- */

static bool put_path(struct buf *out, struct span address, enum smtp_path_rule rule)
{
    size_t at, used, start = out->n;
    struct smtp_path p;
    struct err e;

    if (address.n > SMTP_PATH_MAX)
        return false;
    buf_addc(out, '<');
    at = out->n;
    buf_addspan(out, address);
    buf_addc(out, '>');
    return smtp_path(span_from(buf_span(out), start), rule, &p, &used, &e) == RC_OK && used == out->n - start &&
           span_eq(p.address, span_head(span_from(buf_span(out), at), address.n));
}

bool smtp_write_mail(struct buf *out, const struct smtp_mail_words *w)
{
    static const char *const rets[] = {[RET_FULL] = " RET=FULL", [RET_HDRS] = " RET=HDRS"};
    size_t start = out->n;

    buf_addstr(out, "MAIL FROM:");
    if (!put_path(out, w->sender, PATH_REVERSE) || w->envid.n > SMTP_ENVID_MAX || !xtext_ok(w->envid)) {
        buf_cut(out, start);
        return false;
    }
    if (w->size > 0)
        buf_addf(out, " SIZE=%llu", (unsigned long long)w->size);
    if (w->eight_bit)
        buf_addstr(out, " BODY=8BITMIME");
    if (w->utf8)
        buf_addstr(out, " SMTPUTF8");
    if (w->require_tls)
        buf_addstr(out, " REQUIRETLS");
    if (w->ret != RET_NONE)
        buf_addstr(out, rets[w->ret]);
    if (w->envid.n > 0) {
        buf_addstr(out, " ENVID=");
        buf_addspan(out, w->envid);
    }
    buf_addstr(out, "\r\n");
    return true;
}

static void put_notify(struct buf *out, uint16_t notify)
{
    static const struct {
        uint16_t bit;
        const char *word;
    } words[] = {
        {NOTIFY_NEVER, "NEVER"}, {NOTIFY_SUCCESS, "SUCCESS"}, {NOTIFY_FAILURE, "FAILURE"}, {NOTIFY_DELAY, "DELAY"}};
    const char *before = " NOTIFY=";

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (notify & words[i].bit) {
            buf_addstr(out, before);
            buf_addstr(out, words[i].word);
            before = ",";
        }
}

/* address-type ";" xtext. What came with a queued letter was checked when it came; it is checked again before it leaves. */
static bool orcpt_ok(struct span s)
{
    ptrdiff_t at = span_chr(s, ';');

    if (s.n == 0)
        return true;
    if (s.n > SMTP_ORCPT_MAX || at <= 0 || !xtext_ok(span_from(s, (size_t)at + 1)))
        return false;
    for (ptrdiff_t i = 0; i < at; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return true;
}

bool smtp_write_rcpt(struct buf *out, const struct smtp_rcpt_words *w)
{
    size_t start = out->n;

    buf_addstr(out, "RCPT TO:");
    if (!put_path(out, w->address, PATH_FORWARD) || !orcpt_ok(w->orcpt)) {
        buf_cut(out, start);
        return false;
    }
    put_notify(out, w->notify);
    if (w->orcpt.n > 0) {
        buf_addstr(out, " ORCPT=");
        buf_addspan(out, w->orcpt);
    }
    buf_addstr(out, "\r\n");
    return true;
}

/* ---- a message ---- */

void smtp_dots_write(struct smtp_dots *d, struct span in, struct buf *out)
{
    while (in.n > 0) {
        ptrdiff_t lf = span_chr(in, '\n');
        size_t n = lf < 0 ? in.n : (size_t)lf + 1;

        if (!d->text && in.p[0] == '.')
            buf_addc(out, '.');
        buf_add(out, in.p, n);
        d->text = lf < 0;
        in = span_from(in, n);
    }
}

void smtp_dots_end(struct smtp_dots *d, struct buf *out)
{
    if (d->text)
        buf_addstr(out, "\r\n");
    buf_addstr(out, ".\r\n");
    *d = (struct smtp_dots){0};
}
