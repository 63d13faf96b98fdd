/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/autodiscover.c - see httpd/autodiscover.h. */
#include "httpd/autodiscover.h"
#include "base/clock.h"
#include "httpd/facts.h"
#include "httpd/texts.h"
#include <libxml/parser.h>
#include <libxml/tree.h>

enum { ADDRESS_MOST = 1024 };
static const char outlook[] = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

void autodiscover_warm(void)
{
    xmlInitParser();
}

static bool is(const xmlNode *n, const char *name)
{
    return n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, (const xmlChar *)name);
}

static xmlNode *child(xmlNode *of, const char *name)
{
    for (xmlNode *n = of ? of->children : NULL; n; n = n->next)
        if (is(n, name))
            return n;
    return NULL;
}

/* The text of an element that has nothing but text. NULL: none, or too long. */
static const char *text_of(const xmlNode *n)
{
    const xmlNode *t = n ? n->children : NULL;

    if (!t || t->next || t->type != XML_TEXT_NODE || xmlStrlen(t->content) > ADDRESS_MOST)
        return NULL;
    return (const char *)t->content;
}

static enum autodiscover read_doc(xmlDoc *doc, struct buf *address_out)
{
    xmlNode *root = xmlDocGetRootElement(doc), *request;
    const char *address, *schema;

    if (doc->intSubset || doc->extSubset || !root || !is(root, "Autodiscover"))
        return AUTODISCOVER_INVALID;
    request = child(root, "Request");
    address = text_of(child(request, "EMailAddress"));
    schema = text_of(child(request, "AcceptableResponseSchema"));
    if (!address)
        return AUTODISCOVER_INVALID;
    if (schema && !span_eq_str(span_trim(span_str(schema)), outlook))
        return AUTODISCOVER_SCHEMA;
    buf_addstr(address_out, address);
    return AUTODISCOVER_OK;
}

/* A DOCTYPE is where entities come from. The parser stops before it reads one. */
static void stop(void *parser, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name;
    (void)public_id;
    (void)system_id;
    ((xmlParserCtxt *)parser)->_private = parser;
    xmlStopParser(parser);
}

static xmlDoc *parse(struct span xml)
{
    xmlParserCtxt *p = xmlNewParserCtxt();
    xmlDoc *doc;

    if (!p)
        die("out of memory");
    p->sax->internalSubset = stop;
    doc = xmlCtxtReadMemory(p, (const char *)xml.p, (int)xml.n, NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    if (p->_private) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(p);
    return doc;
}

enum autodiscover autodiscover_read(struct span xml, struct buf *address_out)
{
    enum autodiscover got;
    xmlDoc *doc;

    if (xml.n == 0 || xml.n > AUTODISCOVER_MAX)
        return AUTODISCOVER_INVALID;
    doc = parse(xml);
    if (!doc)
        return AUTODISCOVER_INVALID;
    got = read_doc(doc, address_out);
    xmlFreeDoc(doc);
    return got;
}

void autodiscover_write(const struct reach *r, const struct asked_of *a, struct buf *out)
{
    struct facts f;

    facts_of(&f, r, a->domain, a->address);
    fill(out, text_autodiscover, f.v, f.n);
}

void autodiscover_refuse(enum autodiscover why, struct buf *out)
{
    char now[32];
    const struct fill v[] = {
        {"time", now, false},
        {"code",
         why == AUTODISCOVER_UNKNOWN  ? "500"
         : why == AUTODISCOVER_SCHEMA ? "601"
                                      : "600",
         false},
        {"message",
         why == AUTODISCOVER_UNKNOWN  ? "The domain of that address is not served here"
         : why == AUTODISCOVER_SCHEMA ? "Provider is not available"
                                      : "Invalid Request",
         false},
    };

    clock_iso(clock_utc_ms(), now);
    fill(out, text_autodiscover_error, v, sizeof v / sizeof *v);
}
