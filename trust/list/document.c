/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/document.c - the text as a tree, and the form of its signature.
 * DTD      A list has none. A text with "<!DOCTYPE" anywhere is refused before a parser sees it, so no entity can be declared: no bomb, no file, no
 *          address. The text must be UTF-8, whatever it declares, so the word cannot hide in another encoding.
 * Form     The form of Signature is looked at here, element by element, before libxmlsec1 computes anything: what it could also be asked to do (XPath,
 *          XSLT, other documents, parts of this one, manifests, several references) is not in that form. */
#include "base/base64.h"
#include "trust/list/list_int.h"
#include <libxml/parser.h>

#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define ENVELOPED LIST_DSIG "enveloped-signature"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"

static const char *const signature_methods[] = {MORE "rsa-sha256",
                                                MORE "rsa-sha384",
                                                MORE "rsa-sha512",
                                                MORE "ecdsa-sha256",
                                                MORE "ecdsa-sha384",
                                                MORE "ecdsa-sha512",
                                                NULL};
static const char *const digest_methods[] = {"http://www.w3.org/2001/04/xmlenc#sha256", MORE "sha384",
                                             "http://www.w3.org/2001/04/xmlenc#sha512", NULL};
static const char *const exclusive_only[] = {EXCLUSIVE, NULL};
static const char *const enveloped_only[] = {ENVELOPED, NULL};

static enum rc unreadable(struct err *e, const char *why)
{
    return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %s", why);
}

static enum rc wrong_form(struct err *e, const char *why)
{
    return err_cause(e, RC_DENIED, CAUSE_LIST_SIGNATURE, "list: signature: %s", why);
}

/* ---- the tree ---- */
static bool has(struct span s, const char *word)
{
    return span_find(s, span_str(word)) >= 0;
}

static bool looks_like_html(struct span xml)
{
    struct span head = span_head(xml, 1024);

    return has(head, "<html") || has(head, "<HTML") || has(head, "<!DOCTYPE html") || has(head, "<!doctype html");
}

static enum rc no_tree(const xmlError *why, struct err *e)
{
    if (why->code == XML_ERR_NO_MEMORY)
        return err_set(e, RC_TEMP, "list: no memory");
    return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: no XML (line %d, error %d)", why->line, why->code);
}

static enum rc may_be_list(struct span xml, struct err *e)
{
    if (xml.n == 0 || xml.n > LIST_XML_MAX)
        return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %zu octets, 1 to %d may be", xml.n, LIST_XML_MAX);
    if (looks_like_html(xml))
        return unreadable(e, "an HTML page");
    return has(xml, "<!DOCTYPE") ? unreadable(e, "it has a document type") : RC_OK;
}

enum rc list_parse(struct span xml, xmlDoc **doc_out, struct err *e)
{
    enum rc rc = may_be_list(xml, e);
    xmlParserCtxt *c = rc == RC_OK ? xmlNewParserCtxt() : NULL;
    xmlDoc *doc;

    if (!c)
        return rc == RC_OK ? err_set(e, RC_TEMP, "list: no memory") : rc;
    doc = xmlCtxtReadMemory(c, (const char *)xml.p, (int)xml.n, NULL, "UTF-8",
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc)
        rc = no_tree(&c->lastError, e);
    else if (doc->intSubset || doc->extSubset)
        rc = unreadable(e, "it has a document type");
    xmlFreeParserCtxt(c);
    if (rc == RC_OK)
        *doc_out = doc;
    else
        xmlFreeDoc(doc);
    return rc;
}

/* ---- elements of the signature ---- */
static bool is(const xmlNode *n, const char *name)
{
    return n && n->type == XML_ELEMENT_NODE && n->ns && strcmp((const char *)n->ns->href, LIST_DSIG) == 0 &&
           strcmp((const char *)n->name, name) == 0;
}

/* The child elements must be these, in this order. Text beside them must be white space. */
static bool children_are(xmlNode *parent, const char *const *names, xmlNode **out)
{
    size_t n = 0;

    for (xmlNode *c = parent->children; c; c = c->next) {
        if (xmlIsBlankNode(c))
            continue;
        if (!names[n] || !is(c, names[n]))
            return false;
        out[n++] = c;
    }
    return names[n] == NULL;
}

/* Its one attribute is Algorithm, one of these, and it holds nothing. */
static bool algorithm_is(xmlNode *n, const char *const *allowed)
{
    const xmlAttr *a = n->properties;
    bool ok = false;

    if (!a || a->next || a->ns || strcmp((const char *)a->name, "Algorithm") != 0 || !a->children || a->children->next)
        return false;
    for (; *allowed && !ok; allowed++)
        ok = strcmp((const char *)a->children->content, *allowed) == 0;
    for (const xmlNode *c = n->children; c; c = c->next)
        ok = ok && xmlIsBlankNode(c);
    return ok;
}

/* Its one attribute is URI, and that is empty: the whole document. */
static bool whole_document(const xmlNode *reference)
{
    const xmlAttr *a = reference->properties;

    return a && !a->next && !a->ns && strcmp((const char *)a->name, "URI") == 0 &&
           (!a->children || a->children->content[0] == 0);
}

static enum rc reference_form(xmlNode *reference, struct err *e)
{
    static const char *const parts[] = {"Transforms", "DigestMethod", "DigestValue", NULL};
    static const char *const transforms[] = {"Transform", "Transform", NULL};
    xmlNode *part[3], *transform[2];

    if (!whole_document(reference))
        return wrong_form(e, "it is not over the whole document");
    if (!children_are(reference, parts, part) || part[0]->properties || !children_are(part[0], transforms, transform))
        return wrong_form(e, "its reference has another form");
    if (!algorithm_is(transform[0], enveloped_only) || !algorithm_is(transform[1], exclusive_only))
        return wrong_form(e, "transforms that are not taken");
    return algorithm_is(part[1], digest_methods) ? RC_OK : wrong_form(e, "a digest that is not taken");
}

static enum rc signed_info_form(xmlNode *info, struct err *e)
{
    static const char *const parts[] = {"CanonicalizationMethod", "SignatureMethod", "Reference", NULL};
    xmlNode *part[3];

    if (!children_are(info, parts, part))
        return wrong_form(e, "not one reference");
    if (!algorithm_is(part[0], exclusive_only))
        return wrong_form(e, "a canonical form that is not taken");
    if (!algorithm_is(part[1], signature_methods))
        return wrong_form(e, "a method that is not taken");
    return reference_form(part[2], e);
}

/* ---- the certificate ---- */
static void count_certificates(xmlNode *n, xmlNode **found, size_t *count)
{
    for (xmlNode *c = n->children; c; c = c->next) {
        if (is(c, "X509Certificate")) {
            *found = c;
            ++*count;
        } else if (is(c, "X509Data")) {
            count_certificates(c, found, count);
        }
    }
}

/* Base 64 with white space between, as the writer breaks lines. */
static enum rc certificate_of(xmlNode *info, struct buf *out, struct err *e)
{
    struct buf packed = BUF_INIT;
    xmlNode *found = NULL;
    size_t count = 0;
    xmlChar *text;
    enum rc rc;

    count_certificates(info, &found, &count);
    if (count != 1)
        return wrong_form(e, "not one certificate");
    if ((text = xmlNodeGetContent(found)) == NULL)
        return err_set(e, RC_TEMP, "list: no memory");
    for (const xmlChar *p = text; *p; p++)
        if (!strchr(" \t\r\n", *p))
            buf_addc(&packed, *p);
    xmlFree(text);
    rc = base64_decode(buf_span(&packed), out, e);
    buf_free(&packed);
    return rc == RC_OK && out->n > 0 ? RC_OK : wrong_form(e, "its certificate cannot be read");
}

/* ---- the one signature ---- */
static size_t count_signatures(const xmlDoc *doc)
{
    size_t count = 0;

    for (xmlNode *n = xmlDocGetRootElement(doc); n;) {
        count += is(n, "Signature");
        if (n->children && n->type == XML_ELEMENT_NODE) {
            n = n->children;
            continue;
        }
        while (n && !n->next)
            n = n->parent && n->parent->type == XML_ELEMENT_NODE ? n->parent : NULL;
        n = n ? n->next : NULL;
    }
    return count;
}

static bool is_root(const xmlNode *root)
{
    return root && root->ns && strcmp((const char *)root->ns->href, LIST_NS) == 0 &&
           strcmp((const char *)root->name, LIST_ROOT) == 0;
}

enum rc list_signature_of(xmlDoc *doc, xmlNode **signature_out, struct buf *cert_der_out, struct err *e)
{
    static const char *const parts[] = {"SignedInfo", "SignatureValue", "KeyInfo", NULL};
    xmlNode *root = xmlDocGetRootElement(doc), *part[3], *s = root ? xmlLastElementChild(root) : NULL;
    enum rc rc;

    if (!is_root(root))
        return unreadable(e, "no white list: another root or namespace");
    if (!is(s, "Signature"))
        return wrong_form(e, "it is not signed");
    if (count_signatures(doc) != 1)
        return wrong_form(e, "signed more than once");
    if (!children_are(s, parts, part))
        return wrong_form(e, "it has another form");
    rc = signed_info_form(part[0], e);
    if (rc == RC_OK)
        rc = certificate_of(part[2], cert_der_out, e);
    if (rc == RC_OK)
        *signature_out = s;
    return rc;
}
