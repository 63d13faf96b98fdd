/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/fhir.h - an event as a FHIR Patch: a Parameters resource for PATCH [base]/RESOURCE?QUERY (conditional patch).
 *
 * Draft    The write interface is announced and not open: forms, systems and address may change. So a back end gets the facts beside the body
 *          (publish/pubd/runner.h) and may build another one.
 * Once     A plain insert that arrives twice makes two entries. Where the other side may have the entry already (again: a try without an answer came before,
 *          or what is published is not known) the patch deletes first and inserts then, in one request: R4 deletes "if found".
 * Process  pubd. Pure.   Source ansforge/interop-ig-fhir-api-messagerie-securisee-sante, spec-technique-flux-alimentation (draft, July 2026); FHIR R4 fhirpatch.html.
 */
#pragma once
#include "base/buf.h"
#include "publish/wire.h"

struct fhir_event {
    enum pub_kind kind;
    struct span published, target; /* encoded pub_facts */
    bool again;
};
struct fhir_request {
    const char *resource; /* "Practitioner", "Organization" */
    struct buf query;     /* "identifier=SYSTEM|VALUE", not percent-encoded */
    struct buf body;      /* JSON */
};
/* RC_PERM: the facts do not read. The caller frees with fhir_free(), whatever the answer. */
enum rc fhir_build(const struct fhir_event *ev, struct fhir_request *out, struct err *e);
void fhir_free(struct fhir_request *r);
const char *fhir_type(uint8_t type); /* "PER" */
