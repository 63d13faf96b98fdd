/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/change.c - see change.h. */
#include "directory/import/change_int.h"
#include <lber.h>
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_S = 120 };

struct change {
    LDAP *ld;
    struct berval *txn; /* NULL: none is open */
};

/* What an entry may have beside its class and key. A change replaces all of it. */
static const char *const attrs[] = {"mail",
                                    "mssType",
                                    "cn",
                                    "cn;lang-x-find",
                                    "sn",
                                    "givenName",
                                    "rpps",
                                    "title",
                                    "title;lang-x-find",
                                    "mssProfession",
                                    "mssSpecialty",
                                    "mssService",
                                    "mssStructureId",
                                    "mssPaperless",
                                    "street",
                                    "o",
                                    "o;lang-x-find",
                                    "ou",
                                    "ou;lang-x-find",
                                    "l",
                                    "l;lang-x-find",
                                    "postalCode",
                                    "mssSearchName",
                                    NULL};
enum { ATTRS = sizeof attrs / sizeof *attrs - 1 + 2 /* class and key */ };

enum rc change_fail(struct change *c, int code, const char *doing, struct err *e)
{
    char *said = NULL;
    if (code == LDAP_SUCCESS)
        return RC_OK;
    enum rc rc = code == LDAP_NO_SUCH_OBJECT                                            ? RC_NOTFOUND
                 : code == LDAP_INSUFFICIENT_ACCESS || code == LDAP_INVALID_CREDENTIALS ? RC_DENIED
                                                                                        : RC_TEMP;
    if (c->ld)
        ldap_get_option(c->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
    rc = err_set(e, rc, "the directory did not %s: %s %.100s", doing, ldap_err2string(code), said ? said : "");
    ldap_memfree(said);
    return rc;
}

struct ldap *change_link(struct change *c)
{
    return c->ld;
}

enum rc change_open(struct change **out, struct err *e)
{
    struct change *c = calloc(1, sizeof *c);
    int version = LDAP_VERSION3;
    struct timeval wait = {WAIT_S, 0};
    struct berval nobody = {0, (char *)""};
    if (!c)
        die("out of memory");
    int code = ldap_initialize(&c->ld, "ldapi://ldapi/");
    if (code == LDAP_SUCCESS) {
        ldap_set_option(c->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
        ldap_set_option(c->ld, LDAP_OPT_TIMEOUT, &wait);
        code = ldap_sasl_bind_s(c->ld, NULL, "EXTERNAL", &nobody, NULL, NULL, NULL);
    }
    enum rc rc = change_fail(c, code, "let pli in", e);
    if (rc == RC_OK)
        *out = c;
    else
        change_close(&c);
    return rc;
}

void change_close(struct change **c)
{
    if (!c || !*c)
        return;
    ber_bvfree((*c)->txn);
    if ((*c)->ld)
        ldap_unbind_ext_s((*c)->ld, NULL, NULL);
    free(*c);
    *c = NULL;
}

enum rc change_state(struct change *c, char out[65], struct err *e)
{
    char *want[] = {(char *)"pliNationalState", NULL};
    LDAPMessage *m = NULL;
    int code =
        ldap_search_ext_s(c->ld, NATIONAL_TOP, LDAP_SCOPE_BASE, "(objectClass=*)", want, 0, NULL, NULL, NULL, 1, &m);
    enum rc rc = change_fail(c, code, "tell its state", e);
    struct berval **v = rc == RC_OK ? ldap_get_values_len(c->ld, m, "pliNationalState") : NULL;
    if (rc == RC_OK && (!v || !v[0] || v[0]->bv_len != 64))
        rc = err_set(e, RC_NOTFOUND, "the national copy names no state");
    if (rc == RC_OK)
        snprintf(out, 65, "%.64s", v[0]->bv_val);
    ldap_value_free_len(v);
    ldap_msgfree(m);
    return rc;
}

enum rc change_begin(struct change *c, struct err *e)
{
    char *oid = NULL;
    int code = ldap_extended_operation_s(c->ld, LDAP_EXOP_TXN_START, NULL, NULL, NULL, &oid, &c->txn);
    ldap_memfree(oid);
    if (code == LDAP_SUCCESS && !c->txn)
        code = LDAP_OTHER;
    return change_fail(c, code, "begin a transaction", e);
}

/* ---- one change ---- */
struct mods {
    LDAPMod mod[ATTRS], *list[ATTRS + 1];
    struct berval val[NATIONAL_VALUES], *ptr[NATIONAL_VALUES + ATTRS];
    size_t n, vals, ptrs;
};

static void collect(struct mods *m, const struct national_entry *en, const char *attr, int op)
{
    size_t first = m->ptrs;
    for (size_t i = 0; i < en->n; i++)
        if (strcmp(en->v[i].attr, attr) == 0) {
            m->val[m->vals] = (struct berval){en->v[i].n, (char *)en->mem.p + en->v[i].at};
            m->ptr[m->ptrs++] = &m->val[m->vals++];
        }
    if (m->ptrs == first && op == LDAP_MOD_ADD)
        return;
    m->ptr[m->ptrs++] = NULL;
    m->mod[m->n] = (LDAPMod){.mod_op = op | LDAP_MOD_BVALUES,
                             .mod_type = (char *)attr,
                             .mod_bvalues = m->ptrs - first == 1 ? NULL : &m->ptr[first]};
    m->list[m->n] = &m->mod[m->n];
    m->list[++m->n] = NULL;
}

static void dn_of(const char *key, char out[96])
{
    snprintf(out, 96, "mssNationalKey=%s," NATIONAL_TOP, key);
}

static LDAPControl spec_of(const struct change *c)
{
    static char oid[] = LDAP_CONTROL_TXN_SPEC;
    return (LDAPControl){oid, *c->txn, 1};
}

enum rc change_add(struct change *c, const struct national_entry *en, struct err *e)
{
    struct mods m = {.n = 0};
    char dn[96];
    LDAPControl spec = spec_of(c), *ctrls[] = {&spec, NULL};
    dn_of(en->key, dn);
    collect(&m, en, "objectClass", LDAP_MOD_ADD);
    collect(&m, en, "mssNationalKey", LDAP_MOD_ADD);
    for (size_t i = 0; attrs[i]; i++)
        collect(&m, en, attrs[i], LDAP_MOD_ADD);
    return change_fail(c, ldap_add_ext_s(c->ld, dn, m.list, ctrls, NULL), "take a new entry", e);
}

enum rc change_replace(struct change *c, const struct national_entry *en, struct err *e)
{
    struct mods m = {.n = 0};
    char dn[96];
    LDAPControl spec = spec_of(c), *ctrls[] = {&spec, NULL};
    dn_of(en->key, dn);
    for (size_t i = 0; attrs[i]; i++)
        collect(&m, en, attrs[i], LDAP_MOD_REPLACE);
    return change_fail(c, ldap_modify_ext_s(c->ld, dn, m.list, ctrls, NULL), "change an entry", e);
}

enum rc change_remove(struct change *c, const unsigned char key[NATIONAL_KEY], struct err *e)
{
    char dn[96], hex[2 * NATIONAL_KEY + 1];
    LDAPControl spec = spec_of(c), *ctrls[] = {&spec, NULL};
    national_key_hex(key, hex);
    dn_of(hex, dn);
    return change_fail(c, ldap_delete_ext_s(c->ld, dn, ctrls, NULL), "remove an entry", e);
}

static enum rc put_state(struct change *c, const char *state, struct err *e)
{
    struct berval v = {strlen(state), (char *)state}, *vals[] = {&v, NULL};
    LDAPMod mod = {.mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES,
                   .mod_type = (char *)"pliNationalState",
                   .mod_bvalues = vals},
            *list[] = {&mod, NULL};
    LDAPControl spec = spec_of(c), *ctrls[] = {&spec, NULL};
    return change_fail(c, ldap_modify_ext_s(c->ld, NATIONAL_TOP, list, ctrls, NULL), "note the new state", e);
}

/* txnEndReq ::= SEQUENCE { commit BOOLEAN DEFAULT TRUE, identifier OCTET STRING }, RFC 5805 2.4 */
enum rc change_commit(struct change *c, const char *state, struct err *e)
{
    enum rc rc = put_state(c, state, e);
    if (rc != RC_OK)
        return rc;
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    struct berval req = {0, NULL}, *rep = NULL;
    char *oid = NULL;
    if (!ber || ber_printf(ber, "{O}", c->txn) < 0 || ber_flatten2(ber, &req, 0) < 0)
        die("out of memory");
    int code = ldap_extended_operation_s(c->ld, LDAP_EXOP_TXN_END, &req, NULL, NULL, &oid, &rep);
    ldap_memfree(oid);
    ber_bvfree(rep);
    ber_free(ber, 1);
    return change_fail(c, code, "commit the changes", e);
}
