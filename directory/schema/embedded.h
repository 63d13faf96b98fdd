/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded.h - the private slapd of an instance: its configuration, its tree, how it is started.
 *
 * Tree     suffix o=pli. ou=people, ou=structures, ou=mailboxes (mail=ADDRESS; inetOrgPerson + mssBox), ou=domains (served here), ou=trust,
 *          ou=daemons. Attributes: pli.schema; who may read what: slapd.conf.in; both explained in docs/internals/directory.md.
 * Access   Anonymous clients may bind and nothing else. A signed-in mailbox reads names, addresses, professions, structures and certificates of
 *          entries that are neither red-listed nor disabled, and its own entry. It may change its own password, unless it is strict, because only
 *          "pli account passwd" changes the key of a strict mailbox too. Clients cannot read userPassword, the daemons' entries, ou=people,
 *          ou=domains or ou=trust. dird reads all but passwords, and writes people, structures, mailboxes, domains, trust.
 * Listens  ldaps (own TLS key: DIR/tls/slapd.pem, slapd.key, DIR/ca.pem) and ldap+StartTLS on loopback or the configured address;
 *          ldapi in run/slapd/ (run/ldapi names it) for dird: wrong passwords are not counted there, so the folder keeps everybody else out (pli/owner.h).
 * Start    slapd starts in the working folder DIR/run, because the name of the ldapi socket is relative (sun_path is short). It stays in the
 *          foreground, ends on SIGTERM, logs to standard error only and never reads /etc/ldap. slapd has no option for a uid that is not in
 *          passwd. So the supervisor takes the uid before exec (and, for ports below 1024, leaves it CAP_NET_BIND_SERVICE as ambient capability).
 *          Under that uid it needs: DIR/ldap as owner (spec.uid), DIR/tls/slapd.key and ca.pem readable, DIR/run writable for its socket.
 * Follows  slapd.conf has absolute names. So it is made for the folder at each start, and a copied or moved instance is whole.
 * Process  pli (init, serve). No libldap here: files and a command line only.
 */
#pragma once
#include "base/buf.h"
#include <sys/types.h>
struct embedded_spec {
    const char *dir;            /* instance folder, absolute */
    const char *const *domains; /* local mail domains, NULL-ended */
    const char *ldap_addr;      /* "127.0.0.1", "[::]"; "*": every address */
    const char *ldaps_addr;     /* the same for TLS from the first byte; NULL: as ldap_addr */
    int ldap_port, ldaps_port;
    uid_t uid;                  /* who slapd will run as, and so who owns DIR/ldap; 0: who calls */
    gid_t gid;
};
/* DIR/ldap (configuration, schema, base tree by slapadd) and DIR/keys/dird.secret (64 hexadecimal digits, mode 0600). The ports and the
 * address are not stored: they are arguments at each start. RC_EXISTS: DIR/ldap is there and is not touched. RC_NOTFOUND: slapd or its
 * parts are not installed, e->log says which package. */
enum rc embedded_init(const struct embedded_spec *s, struct err *e);
/* Writes slapd.conf and pli.schema for this very folder, wherever the instance was copied from. Called before each start. It writes nothing when the
 * files are right already. RC_NOTFOUND: there is no DIR/ldap, or slapd is not installed. */
enum rc embedded_refresh(const struct embedded_spec *s, struct err *e);
/* The mail domains in the tree, one per line, read without asking slapd, which may be running. RC_TEMP: the database does not open. */
enum rc embedded_domains(const struct embedded_spec *s, struct buf *out, struct err *e);
/* The argv for exec of slapd in the foreground, freed by embedded_argv_free(). RC_NOTFOUND: slapd is missing; e->log says what to install. */
enum rc embedded_argv(const struct embedded_spec *s, char ***argv_out, struct err *e);
void embedded_argv_free(char ***argv);
