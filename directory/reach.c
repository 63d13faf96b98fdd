/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/reach.c - see reach.h. */
#include "directory/reach.h"
#include <ldap.h>
#include <stdlib.h>

static enum rc failed(const char *step, int code, int seconds, struct err *e)
{
    if (code == LDAP_INVALID_CREDENTIALS)
        return err_set(e, RC_DENIED, "the directory refuses the secret");
    if (code == LDAP_TIMEOUT)
        return err_cause(e, RC_TEMP, CAUSE_DIR_TEMP,
                         "the directory takes the connection but does not answer within %d s (%s)", seconds, step);
    return err_set(e, RC_TEMP, "%s: %s (%d)", step, ldap_err2string(code), code);
}

static int sign_in(LDAP *ld, const char *dn, struct span secret)
{
    struct berval cred = {secret.n, (char *)secret.p};
    return ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

static int read_base(LDAP *ld, const char *base)
{
    static char none[] = LDAP_NO_ATTRS, *attrs[] = {none, NULL};
    LDAPMessage *result = NULL;
    int code = ldap_search_ext_s(ld, base, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL, NULL, NULL, 1, &result);
    ldap_msgfree(result);
    return code;
}

static void trust_only(LDAP *ld, const char *ca)
{
    int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
    ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca[0] ? ca : DIRECTORY_SYSTEM_CA);
    ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

enum rc directory_reach(const char *uri, const char *ca, const char *dn, struct span secret, const char *base,
                        int seconds, struct err *e)
{
    LDAP *ld = NULL;
    int version = LDAP_VERSION3, code;
    struct timeval most = {seconds, 0};
    const char *step = "connect";
    setenv("LDAPNOINIT", "1", 1); /* the machine's own settings are not ours */
    code = ldap_initialize(&ld, uri);
    if (code == LDAP_SUCCESS) {
        ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
        ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &most);
        ldap_set_option(ld, LDAP_OPT_TIMEOUT, &most);
        trust_only(ld, ca);
        step = "sign in";
        code = sign_in(ld, dn, secret);
    }
    if (code == LDAP_SUCCESS) {
        step = "read";
        code = read_base(ld, base);
    }
    if (ld)
        ldap_unbind_ext(ld, NULL, NULL);
    return code == LDAP_SUCCESS ? RC_OK : failed(step, code, seconds, e);
}
