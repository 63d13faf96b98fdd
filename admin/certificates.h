/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificates.h - certificates: seen, issued by the instance's trial authority, renewed, taken in from another authority.
 *
 * Kinds    an account's mail certificate is in the directory, its key sealed in the mailbox's slots; the listeners' are files below DIR/tls, their keys in
 *          keyd's keyring; a domain's of its own are files below DIR/tls/domains, their keys sealed below DIR/keys/domains; the outbox's likewise in tls/publish and keys/publish; slapd's is a file with its key beside it.
 * Files    functions with root work on the instance's folder (absolute), and need its owner or root; whoever calls them tells the running supervisor
 *          afterwards (SIGUSR2, pli/super/renew.c).
 * Crash    docs/internals/admin.md: an account has its old certificate and key, or the new ones; for a moment the new key and the old certificate, which
 *          issuing again mends.
 * Units    UTC seconds; days left are whole ones, negative when it is past.
 * Process  pli; later the HTTP daemon.   Source RFC 5280, RFC 8550 3.
 */
#pragma once
#include "admin/admin.h"
#include "crypto/pki/bundle.h"
#include "crypto/pki/cert_info.h"

/* ---- seen ---- */
struct certificate_seen {
    const char *what; /* "account", "server", "domain", "publication" */
    char name[256];   /* address, or file below the instance */
    struct cert_info info;
    int64_t days_left;
};
/* Not RC_OK: the walk ends with that. */
typedef enum rc (*certificate_see)(const struct certificate_seen *s, void *ctx, struct err *e);
/* ca.pem and those of tls/ that are there. No server is asked. RC_NOTFOUND: a file holds no certificate. */
enum rc certificates_of_server(const char *root, certificate_see see, void *ctx, struct err *e);
enum rc certificates_of_accounts(struct admin *ad, certificate_see see, void *ctx, struct err *e); /* in address order */

/* ---- issued ---- */
/* A new trial certificate and key for the account and its aliases, in the place of what it has. algorithm: PKI_RSA_2048 or PKI_P256, and the account signs
 * from now on; CERTIFICATE_AS_IT_WAS: the algorithm of the certificate that it has, and whether the account signs stays too. Errors as account_get(), and
 * RC_EXISTS when somebody else changes this mailbox's keys at this moment. */
enum { CERTIFICATE_AS_IT_WAS = 0 };
enum rc certificate_issue(struct admin *ad, struct span address, uint8_t algorithm, struct cert_info *out, struct err *e);
/* For an operator elsewhere, to try with: a server's certificate of the trial authority with its key, both given out. pem_out: secret; the key, then the
 * certificate. RC_SYNTAX: no mail domain. */
enum rc certificate_issue_operator(struct admin *ad, struct span domain, uint8_t algorithm, struct buf *pem_out, struct cert_info *info_out,
                                   struct err *e);

/* ---- renewed, taken in ---- */
struct renewal {
    const char *root, *domain, *host; /* the instance: folder, instance.domain, host name */
    int64_t within;                   /* those that end in so many days; INT64_MAX: all */
    bool server, accounts;            /* accounts need the running server */
    bool domains, outbox;             /* those of domains that have their own; the outbox's */
    const char *of_domain;            /* with .domains: of that one alone, in lower case and A-labels. NULL: of all */
};
struct renewed {
    unsigned server, accounts, domains, outbox; /* how many were made anew, after a failure too */
    bool listeners, directory;        /* the running server must read these anew */
};
/* What the trial authority issued, and nothing else; accounts first, for the directory starts again with a certificate of its own. Those of domains and of the
 * outbox keep their key, names and usages. RC_NOTFOUND: .of_domain has none. */
enum rc certificates_renew(struct admin *ad, const struct renewal *r, struct renewed *out, struct err *e);
/* Another authority's, as pki_bundle_read() gave it. ldap: slapd's, else the listeners'. RC_SYNTAX: it does not fit (key, chain, dates, name), and nothing
 * was changed. */
enum rc certificate_import(const char *root, const struct pki_bundle *b, const char *host, bool ldap, struct err *e);

/* ---- of a domain of its own (decision 0055) ---- */
/* domain: in lower case and A-labels. RC_SYNTAX: it does not fit, has no name, or one that another domain's certificate has; nothing was changed. */
enum rc certificate_import_domain(const char *root, const struct pki_bundle *b, const char *domain, struct err *e);
enum rc certificate_remove_domain(const char *root, const char *domain, struct err *e); /* and its key. RC_NOTFOUND: it has none */
enum rc certificates_of_domains(const char *root, certificate_see see, void *ctx, struct err *e); /* .what "domain"; in order */
enum rc certificates_of_domain(const char *root, const char *domain, certificate_see see, void *ctx, struct err *e); /* none is no error */

/* ---- of the outbox (decision 0059): what pubd shows the national directory with publish.backend = https. Errors as above ---- */
enum rc certificate_import_outbox(const char *root, const struct pki_bundle *b, struct err *e); /* for clientAuth; it needs no name */
enum rc certificate_remove_outbox(const char *root, struct err *e);
enum rc certificates_of_outbox(const char *root, certificate_see see, void *ctx, struct err *e); /* none is no error */
