/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/entries.c - the entries, read from the canonical octets that the signature covers. spec/mssante.md 1.3. */
#include "base/ascii.h"
#include "base/idn.h"
#include "policies/identifiers.h"
#include "policies/trust.h"
#include "trust/list/list_int.h"
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <time.h>

enum field { NOM, DESCRIPTION, DN, RESPONSIBLE, SUPPORT, UPDATED, FIELDS };
static const char *const field_names[FIELDS] = {
    "Nom", "Description", "DNCertificatOperateur", "ResponsableContact", "SupportContact", "DateMAJ"};
struct run {
    size_t at, n;
    bool there;
};
struct reading {
    xmlTextReader *r;
    struct list_entries *out;
    struct err *e;
    bool dated, listed;
};

static enum rc bad(struct reading *d, const char *why)
{
    return err_cause(d->e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: line %d: %s",
                     xmlTextReaderGetParserLineNumber(d->r), why);
}

/* ---- times ---- */
static bool number(struct span *s, size_t digits, int *out)
{
    uint64_t v;

    if (s->n < digits || !span_u64(span_head(*s, digits), 9999, &v))
        return false;
    *out = (int)v;
    *s = span_from(*s, digits);
    return true;
}

static bool skip(struct span *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = span_from(*s, 1);
    return true;
}

/* Z, or +hh:mm: seconds to take away. */
static bool offset(struct span s, int64_t *out)
{
    int hours, minutes, sign = s.n > 0 && s.p[0] == '-' ? -1 : 1;

    *out = 0;
    if (s.n == 1 && s.p[0] == 'Z')
        return true;
    if (!skip(&s, sign < 0 ? '-' : '+') || !number(&s, 2, &hours) || !skip(&s, ':') || !number(&s, 2, &minutes) ||
        s.n > 0 || hours > 14 || minutes > 59)
        return false;
    *out = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool list_time(struct span s, uint64_t *utc_out)
{
    struct tm tm = {0}, back;
    int64_t away, utc;

    if (!number(&s, 4, &tm.tm_year) || !skip(&s, '-') || !number(&s, 2, &tm.tm_mon) || !skip(&s, '-') ||
        !number(&s, 2, &tm.tm_mday) || !skip(&s, 'T') || !number(&s, 2, &tm.tm_hour) || !skip(&s, ':') ||
        !number(&s, 2, &tm.tm_min) || !skip(&s, ':') || !number(&s, 2, &tm.tm_sec))
        return false;
    if (skip(&s, '.'))
        while (s.n > 0 && ascii_is_digit(s.p[0]))
            s = span_from(s, 1);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    back = tm;
    utc = (int64_t)timegm(&back);
    if (back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
        back.tm_sec != tm.tm_sec || back.tm_mon != tm.tm_mon || !offset(s, &away) || utc < away)
        return false;
    *utc_out = (uint64_t)(utc - away);
    return true;
}

/* ---- the reader ---- */
static bool named(const struct reading *d, const char *name)
{
    const xmlChar *ns = xmlTextReaderConstNamespaceUri(d->r);

    return ns && strcmp((const char *)ns, LIST_NS) == 0 &&
           strcmp((const char *)xmlTextReaderConstLocalName(d->r), name) == 0;
}

static bool is_text(int type)
{
    return type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_WHITESPACE ||
           type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
}

/* Moves on to the next child element of the element at that depth, past what is inside the one at hand when it was not entered. RC_NOTFOUND:
 * there is none; the reader then stands at the element's end. */
static enum rc next_child(struct reading *d, int depth, bool enter)
{
    int got = enter ? xmlTextReaderRead(d->r) : xmlTextReaderNext(d->r);

    for (; got == 1; got = xmlTextReaderNext(d->r)) {
        int type = xmlTextReaderNodeType(d->r), at = xmlTextReaderDepth(d->r);
        if (type == XML_READER_TYPE_ELEMENT && at == depth + 1)
            return RC_OK;
        if (at <= depth)
            return RC_NOTFOUND;
    }
    return got == 0 ? RC_NOTFOUND : bad(d, "no XML");
}

static bool is_empty(const struct reading *d)
{
    return xmlTextReaderIsEmptyElement(d->r) == 1;
}

/* The text of the element at hand, which holds nothing else, without white space around it. The reader then stands at its end. */
static enum rc take_text(struct reading *d, struct run *out)
{
    struct buf *text = &d->out->text;
    size_t start = text->n;
    struct span kept;

    if (out->there)
        return bad(d, "an element that stands there already");
    for (int got = 1; !is_empty(d);) {
        if ((got = xmlTextReaderRead(d->r)) != 1)
            return bad(d, "no XML");
        if (xmlTextReaderNodeType(d->r) == XML_READER_TYPE_END_ELEMENT)
            break;
        if (!is_text(xmlTextReaderNodeType(d->r)))
            return bad(d, "more than text where text belongs");
        buf_addstr(text, (const char *)xmlTextReaderConstValue(d->r));
        if (text->n - start > 2 * INDEX_TEXT_MAX)
            return bad(d, "a value that is too long");
    }
    kept = span_trim(span_of(text->p + start, text->n - start));
    if (kept.n > INDEX_TEXT_MAX)
        return bad(d, "a value that is too long");
    *out = (struct run){kept.n ? (size_t)(kept.p - text->p) : start, kept.n, true};
    return RC_OK;
}

/* ---- one Domaine ---- */
static struct span run_span(const struct list_entries *l, const struct run *r)
{
    return span_of(l->text.p + r->at, r->n);
}

/* Until all are read, .p of a span is its offset in the text, which moves as it grows. */
static struct span as_offset(const struct run *r)
{
    return (struct span){(const unsigned char *)(uintptr_t)r->at, r->n};
}

static enum rc keep(struct reading *d, const struct run f[FIELDS])
{
    struct list_entries *l = d->out;
    struct buf key = BUF_INIT;
    char domain[IDN_ROOM];
    bool good = idn_domain(run_span(l, &f[NOM]), domain) && mail_domain_ok(span_str(domain)) &&
                dn_key(run_span(l, &f[DN]), &key);
    uint64_t updated = 0;

    buf_free(&key);
    if (!good) {
        l->skipped++;
        return RC_OK;
    }
    if (l->n == LIST_ENTRIES_MAX)
        return bad(d, "too many entries");
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 1024;
        l->entry = realloc(l->entry, l->room * sizeof *l->entry);
        if (!l->entry)
            die("out of memory");
    }
    list_time(run_span(l, &f[UPDATED]), &updated);
    l->entry[l->n++] =
        (struct index_entry){as_offset(&f[NOM]),         as_offset(&f[DN]),      as_offset(&f[DESCRIPTION]),
                             as_offset(&f[RESPONSIBLE]), as_offset(&f[SUPPORT]), updated};
    return RC_OK;
}

static enum rc take_field(struct reading *d, struct run f[FIELDS])
{
    for (int i = 0; i < FIELDS; i++)
        if (named(d, field_names[i]))
            return take_text(d, &f[i]);
    return RC_OK; /* passed over */
}

static enum rc take_domain(struct reading *d)
{
    struct run f[FIELDS] = {0};
    int depth = xmlTextReaderDepth(d->r);
    enum rc rc = is_empty(d) ? RC_NOTFOUND : next_child(d, depth, true);

    while (rc == RC_OK && (rc = take_field(d, f)) == RC_OK)
        rc = next_child(d, depth, false);
    if (rc != RC_NOTFOUND)
        return rc;
    if (f[NOM].n == 0 || f[DN].n == 0)
        return bad(d, "Domaine without Nom or DNCertificatOperateur");
    return keep(d, f);
}

static enum rc take_domains(struct reading *d)
{
    int depth = xmlTextReaderDepth(d->r);
    enum rc rc = is_empty(d) ? RC_NOTFOUND : next_child(d, depth, true);

    if (d->listed)
        return bad(d, "ListeDomaines twice");
    d->listed = true;
    while (rc == RC_OK && (!named(d, "Domaine") || (rc = take_domain(d)) == RC_OK))
        rc = next_child(d, depth, false);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- the whole ---- */
static enum rc take_date(struct reading *d)
{
    struct run text = {.there = d->dated};
    enum rc rc = take_text(d, &text);

    d->dated = true;
    if (rc == RC_OK && !list_time(run_span(d->out, &text), &d->out->generated))
        rc = bad(d, "DateDeGeneration is no time");
    return rc;
}

static enum rc take_root(struct reading *d)
{
    enum rc rc = next_child(d, -1, true);

    if (rc != RC_OK || !named(d, LIST_ROOT))
        return bad(d, "another root or namespace");
    for (rc = is_empty(d) ? RC_NOTFOUND : next_child(d, 0, true); rc == RC_OK; rc = next_child(d, 0, false)) {
        if (named(d, "DateDeGeneration"))
            rc = take_date(d);
        else if (named(d, "ListeDomaines"))
            rc = take_domains(d);
        if (rc != RC_OK)
            break;
    }
    if (rc != RC_NOTFOUND)
        return rc;
    if (!d->dated)
        return bad(d, "no DateDeGeneration");
    return d->out->n > 0 ? RC_OK : bad(d, "no entry");
}

static void settle(struct list_entries *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct index_entry *e = &l->entry[i];
        struct span *all[] = {&e->domain, &e->dn, &e->description, &e->responsible, &e->support};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            all[k]->p = l->text.p + (uintptr_t)all[k]->p;
    }
}

enum rc list_entries_read(struct span octets, struct list_entries *out, struct err *e)
{
    struct reading d = {.out = out, .e = e};
    enum rc rc;

    *out = (struct list_entries){0};
    if (octets.n > LIST_XML_MAX)
        return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %zu octets in canonical form", octets.n);
    d.r = xmlReaderForMemory((const char *)octets.p, (int)octets.n, NULL, "UTF-8",
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!d.r)
        return err_set(e, RC_TEMP, "list: no memory");
    rc = take_root(&d);
    xmlFreeTextReader(d.r);
    if (rc == RC_OK)
        settle(out);
    return rc;
}

void list_entries_free(struct list_entries *l)
{
    free(l->entry);
    buf_free(&l->text);
    *l = (struct list_entries){0};
}
