/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/fhir.c - see publish/pubd/fhir.h. JSON is written by jansson. */
#include "publish/pubd/fhir.h"
#include "publish/pubd/want.h"
#include <jansson.h>
#include <stdlib.h>

#define METADATA "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
#define PERSONS                                                                                                        \
    "urn:oid:1.2.250.1.71.4.2.1" /* ASIP-SANTE-PS: IDNPS, "8" and the RPPS number, "0" and the ADELI number */
#define STRUCTURES "urn:oid:1.2.250.1.71.4.2.2" /* ASIP-SANTE-ST: "3" and the SIRET */
#define FINESS "https://finess.esante.gouv.fr"

enum { FINESS_DIGITS = 9 };
static const char *const names[] = {[PT_PER] = "PER", [PT_ORG] = "ORG", [PT_APP] = "APP", [PT_CAB] = "CAB"};

const char *fhir_type(uint8_t type)
{
    return type < sizeof names / sizeof *names && names[type] ? names[type] : "";
}

static json_t *text(struct span s)
{
    return json_stringn_nocheck((const char *)s.p, s.n);
}

/* ---- where ---- */
static void place(const struct pub_facts *f, struct fhir_request *out)
{
    out->resource = f->person.n > 0 ? "Practitioner" : "Organization";
    if (f->person.n > 0)
        buf_addf(&out->query, "identifier=" PERSONS "|%c%.*s", pub_rpps(f).n > 0 ? '8' : '0', SPAN_ARG(f->person));
    else if (f->structure.n == FINESS_DIGITS) /* a SIREN has as many; the guide knows FINESS alone */
        buf_addf(&out->query, "identifier=" FINESS "|%.*s", SPAN_ARG(f->structure));
    else
        buf_addf(&out->query, "identifier=" STRUCTURES "|3%.*s", SPAN_ARG(f->structure));
}

/* "Practitioner.telecom.where(value = 'a@b')": a quote or backslash in the address is escaped as FHIRPath has it. */
static void path_to(const char *resource, struct span address, struct buf *out)
{
    buf_addf(out, "%s.telecom.where(value = '", resource);
    for (size_t i = 0; i < address.n; i++) {
        if (address.p[i] == '\'' || address.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, address.p[i]);
    }
    buf_addstr(out, "')");
}

/* ---- what ---- */
static void add_text(json_t *list, const char *url, struct span value)
{
    if (value.n > 0)
        json_array_append_new(list, json_pack("{s:s,s:o}", "url", url, "valueString", text(value)));
}

/* The rank has no place in the guide's metadata; a ContactPoint of FHIR R4 has one of its own (1 is the first). */
static json_t *contact_point(const struct pub_facts *f)
{
    json_t *data = json_array(), *point;

    json_array_append_new(data, json_pack("{s:s,s:s}", "url", "type", "valueCode", fhir_type(f->type)));
    if (f->paperless != SAID_NOTHING)
        json_array_append_new(data,
                              json_pack("{s:s,s:b}", "url", "digitization", "valueBoolean", f->paperless == SAID_YES));
    json_array_append_new(data, json_pack("{s:s,s:b}", "url", "listeRouge", "valueBoolean", f->red_list));
    add_text(data, "description", f->description);
    add_text(data, "service", f->service);
    add_text(data, "responsible", f->responsible);
    add_text(data, "phone", f->telephone);
    point = json_pack("{s:s,s:o,s:[{s:s,s:o}]}", "system", "email", "value", text(f->address), "extension", "url",
                      METADATA, "extension", data);
    if (f->rank > 0)
        json_object_set_new(point, "rank", json_integer(f->rank));
    return point;
}

static json_t *part(const char *name, const char *kind, json_t *value)
{
    return json_pack("{s:s,s:o}", "name", name, kind, value);
}

/* One operation of the Parameters resource; value NULL: it has none. */
static void add(json_t *ops, const char *type, const char *path, const char *kind, json_t *value)
{
    json_t *parts = json_array();

    json_array_append_new(parts, part("type", "valueCode", json_string(type)));
    json_array_append_new(parts, part("path", "valueString", text(span_str(path))));
    if (strcmp(type, "insert") == 0)
        json_array_append_new(parts, part("index", "valueInteger", json_integer(0)));
    if (value)
        json_array_append_new(parts, part("value", kind, value));
    json_array_append_new(ops, json_pack("{s:s,s:o}", "name", "operation", "part", parts));
}

static void add_delete(json_t *ops, const char *resource, struct span address)
{
    struct buf path = BUF_INIT;

    path_to(resource, address, &path);
    add(ops, "delete", buf_cstr(&path), NULL, NULL);
    buf_free(&path);
}

static void add_create(json_t *ops, const char *resource, const struct pub_facts *f, bool again)
{
    struct buf path = BUF_INIT;

    if (again)
        add_delete(ops, resource, f->address);
    buf_addf(&path, "%s.telecom", resource);
    add(ops, "insert", buf_cstr(&path), "valueContactPoint", contact_point(f));
    buf_free(&path);
}

/* What the guide lets nobody replace by itself. */
static bool rest_differs(const struct pub_facts *a, const struct pub_facts *b)
{
    return a->red_list != b->red_list || a->rank != b->rank || !span_eq(a->telephone, b->telephone);
}

/* The guide's two forms: one attribute that is there is replaced alone; several, or one that comes or goes, with the whole ContactPoint. */
static const char *only_difference(const struct pub_facts *a, const struct pub_facts *b, struct span *value_out)
{
    const struct {
        const char *name;
        struct span was, is;
    } rows[] = {{"description", a->description, b->description},
                {"service", a->service, b->service},
                {"responsible", a->responsible, b->responsible}};
    const char *found = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (span_eq(rows[i].was, rows[i].is))
            continue;
        if (found || rows[i].was.n == 0 || rows[i].is.n == 0)
            return NULL;
        found = rows[i].name;
        *value_out = rows[i].is;
    }
    return rest_differs(a, b) || a->paperless != b->paperless ? NULL : found;
}

static bool only_paperless(const struct pub_facts *a, const struct pub_facts *b)
{
    return a->paperless != b->paperless && a->paperless != SAID_NOTHING && b->paperless != SAID_NOTHING &&
           !rest_differs(a, b) && span_eq(a->description, b->description) && span_eq(a->service, b->service) &&
           span_eq(a->responsible, b->responsible);
}

static void add_update(json_t *ops, const char *resource, const struct pub_facts *was, const struct pub_facts *is,
                       enum pub_kind kind, bool again)
{
    struct span value = SPAN_NULL;
    const char *one = again ? NULL : only_difference(was, is, &value);
    struct buf path = BUF_INIT;

    path_to(resource, is->address, &path);
    if (kind == PK_RED_LIST && !again) {
        buf_addstr(&path, ".extension('" METADATA "').extension('listeRouge').value");
        add(ops, "replace", buf_cstr(&path), "valueBoolean", json_boolean(is->red_list));
    } else if (!again && only_paperless(was, is)) {
        buf_addstr(&path, ".extension('" METADATA "').extension('digitization').value");
        add(ops, "replace", buf_cstr(&path), "valueBoolean", json_boolean(is->paperless == SAID_YES));
    } else if (one) {
        buf_addf(&path, ".extension('" METADATA "').extension('%s').value", one);
        add(ops, "replace", buf_cstr(&path), "valueString", text(value));
    } else
        add(ops, "replace", buf_cstr(&path), "valueContactPoint", contact_point(is));
    buf_free(&path);
}

static enum rc write_body(json_t *ops, struct buf *out, struct err *e)
{
    json_t *root = json_pack("{s:s,s:o}", "resourceType", "Parameters", "parameter", ops);
    char *octets = root ? json_dumps(root, JSON_COMPACT) : NULL;
    enum rc rc = octets ? RC_OK : err_set(e, RC_PERM, "no JSON can be made of it: a text that is not UTF-8?");

    if (octets)
        buf_addstr(out, octets);
    free(octets);
    json_decref(root);
    return rc;
}

enum rc fhir_build(const struct fhir_event *ev, struct fhir_request *out, struct err *e)
{
    struct pub_facts was, is;
    bool there = want_read(ev->published, &was), wish = want_read(ev->target, &is);
    json_t *ops;

    *out = (struct fhir_request){.resource = "", .query = BUF_INIT, .body = BUF_INIT};
    if (ev->kind == PK_NONE || (ev->kind == PK_DELETE ? !there : !wish) || (ev->kind != PK_CREATE && !there))
        return err_set(e, RC_PERM, "no event, or its facts do not read");
    place(ev->kind == PK_DELETE ? &was : &is, out);
    ops = json_array();
    if (ev->kind == PK_CREATE)
        add_create(ops, out->resource, &is, ev->again);
    else if (ev->kind == PK_DELETE)
        add_delete(ops, out->resource, was.address);
    else
        add_update(ops, out->resource, &was, &is, ev->kind, ev->again);
    return write_body(ops, &out->body, e);
}

void fhir_free(struct fhir_request *r)
{
    buf_free(&r->query);
    buf_free(&r->body);
}
