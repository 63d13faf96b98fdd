/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/want.c - see publish/pubd/want.h. */
#include "publish/pubd/want.h"
#include "base/ascii.h"
#include "base/idn.h"
#include <stdio.h>

static const struct {
    const char *word;
    enum pub_type type;
    enum dird_type dird;
    bool person, describes,
        placed; /* it has a person's number (else a structure's); a description; a service, someone responsible and a telephone */
} types[] = {
    {"per", PT_PER, DT_PER, true, false, false},
    {"org", PT_ORG, DT_ORG, false, true, true},
    {"app", PT_APP, DT_APP, false, true, true},
    {"cab", PT_CAB, DT_CAB, true, true, false},
};
enum { TYPES = sizeof types / sizeof *types };

/* The next word of a list; empty: there is none. */
static struct span word_of(struct span *rest)
{
    size_t n = 0;
    struct span w;

    while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == ',' || rest->p[0] == '\t'))
        *rest = span_from(*rest, 1);
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != ',' && rest->p[n] != '\t')
        n++;
    w = span_head(*rest, n);
    *rest = span_from(*rest, n);
    return w;
}

bool want_types(const char *words, unsigned *bits_out)
{
    struct span rest = span_str(words), w;

    *bits_out = 0;
    while ((w = word_of(&rest)).n > 0) {
        size_t i = 0;
        while (i < TYPES && !span_ieq_str(w, types[i].word))
            i++;
        if (i == TYPES)
            return false;
        *bits_out |= 1u << types[i].type;
    }
    return *bits_out != 0;
}

static bool same_domain(struct span a, struct span b)
{
    char x[IDN_ROOM], y[IDN_ROOM];

    if (!idn_domain(a, x) || !idn_domain(b, y))
        return span_ieq(a, b);
    return span_ieq(span_str(x), span_str(y));
}

static bool of_domain(const struct want_rules *r, struct span address)
{
    ptrdiff_t at = span_chr(address, '@');
    struct span domain = at >= 0 ? span_from(address, (size_t)at + 1) : SPAN_NULL, rest = span_str(r->domains), w;

    if (domain.n == 0 || (r->citizens[0] && same_domain(domain, span_str(r->citizens))))
        return false;
    if (!r->domains[0])
        return true;
    while ((w = word_of(&rest)).n > 0)
        if (same_domain(domain, w))
            return true;
    return false;
}

static bool lives(const struct want_rules *r, const struct dird_box *b)
{
    if (b->state == DA_CLOSED || b->state == DA_ERASING)
        return false;
    if ((b->flags & DF_PENDING) && r->pending == PENDING_WAIT)
        return false;
    return r->suspended == SUSPENDED_KEEP || (b->state <= DA_PENDING && !(b->flags & DF_DOMAIN_OFF));
}

/* A functional description is what an administrator wrote as such, else the name that colleagues find the mailbox by. */
static struct span description_of(const struct dird_box *b)
{
    return b->description.n > 0 ? b->description : b->name;
}

enum want_is want(const struct want_rules *r, const struct dird_box *b, struct buf *out)
{
    struct pub_facts f = {
        .address = b->address, .red_list = (b->flags & DF_RED_LIST) != 0, .rank = b->rank, .paperless = b->paperless};
    size_t i = 0;

    while (i < TYPES && types[i].dird != b->type)
        i++;
    if (i == TYPES || !(r->types & 1u << types[i].type) || !lives(r, b) || !of_domain(r, b->address) ||
        (f.red_list && r->red == RED_REMOVE))
        return WANT_NO;
    f.type = (uint8_t)types[i].type;
    if (types[i].person)
        f.person = b->rpps.n > 0 ? b->rpps : b->adeli;
    else
        f.structure = b->structure;
    if (f.person.n == 0 && f.structure.n == 0)
        return WANT_NO_NUMBER;
    if (types[i].describes)
        f.description = description_of(b);
    if (types[i].placed) {
        f.service = b->service;
        f.responsible = b->responsible;
        f.telephone = b->telephone;
    }
    ipc_encode(out, pub_facts_f, &f);
    return WANT_YES;
}

/* The facts as version 1 of the state file has them: what was told then had none of the rest. */
#define FIELDS_facts_1(F, T)                                                                                           \
    F(T, BYTES, address, PUB_ADDR)                                                                                     \
    F(T, U8, type)                                                                                                     \
    F(T, U8, red_list)                                                                                                 \
    F(T, BYTES, person, PUB_ID)                                                                                        \
    F(T, BYTES, structure, PUB_ID)                                                                                     \
    F(T, BYTES, description, PUB_TEXT)                                                                                 \
    F(T, BYTES, service, PUB_TEXT)                                                                                     \
    F(T, BYTES, responsible, PUB_TEXT)
IPC_MESSAGE(facts_1);
IPC_TABLE(facts_1);

static bool read_1(struct span facts, struct pub_facts *out)
{
    struct facts_1 f;
    struct err e;

    if (ipc_decode(facts, facts_1_f, &f, &e) != RC_OK)
        return false;
    *out = (struct pub_facts){.address = f.address,
                              .type = f.type,
                              .red_list = f.red_list,
                              .person = f.person,
                              .structure = f.structure,
                              .description = f.description,
                              .service = f.service,
                              .responsible = f.responsible};
    return true;
}

bool want_read(struct span facts, struct pub_facts *out)
{
    struct err e;

    *out = (struct pub_facts){.type = 0};
    if (facts.n == 0)
        return false;
    return ipc_decode(facts, pub_facts_f, out, &e) == RC_OK || read_1(facts, out);
}

static bool same_data(const struct pub_facts *a, const struct pub_facts *b)
{
    return span_eq(a->description, b->description) && span_eq(a->service, b->service) &&
           span_eq(a->responsible, b->responsible) && span_eq(a->telephone, b->telephone) && a->rank == b->rank &&
           a->paperless == b->paperless;
}

enum pub_kind want_event(struct span published, struct span wanted, struct span *target_out)
{
    struct pub_facts is, to;
    bool there = want_read(published, &is), wish = want_read(wanted, &to);

    *target_out = wish ? wanted : SPAN_NULL;
    if (!there)
        return wish ? PK_CREATE : PK_NONE;
    if (!wish || is.type != to.type || !span_eq(is.person, to.person) || !span_eq(is.structure, to.structure)) {
        *target_out = SPAN_NULL;
        return PK_DELETE;
    }
    if (!same_data(&is, &to))
        return PK_UPDATE;
    return is.red_list != to.red_list ? PK_RED_LIST : PK_NONE;
}
