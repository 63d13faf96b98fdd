/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded.h - the private slapd of an instance: its configuration, its tree, how it is started.
 *
 * Tree     suffix o=pli. ou=people, ou=structures, ou=mailboxes (mail=ADDRESS; inetOrgPerson + mssBox), ou=domains (served here), ou=trust,
 *          ou=daemons. Attributes: pli.schema; who may read what: slapd.conf.in; both explained in docs/internals/directory.md.
 * Access   anonymous: bind only. A signed-in mailbox reads names, addresses, professions, structures, certificates of entries that are
 *          neither red-listed nor disabled, and its own entry, and may change its own password (a strict mailbox not: pli account
 *          passwd changes its key too); nobody reads userPassword, the daemons' entries, ou=people, ou=domains or ou=trust. dird: reads all but passwords, writes people, structures, mailboxes, domains, trust.
 * Listens  ldaps (own TLS key: DIR/tls/slapd.pem, slapd.key, DIR/ca.pem) and ldap+StartTLS on loopback or the configured address;
 *          ldapi in run/ for dird.
 * Start    with the working folder DIR/run (the ldapi socket's name is relative: sun_path is short). slapd stays in the foreground,
 *          answers SIGTERM, logs to standard error only and never reads /etc/ldap. It has no option for a uid that is not in passwd:
 *          the supervisor takes the uid before exec (and, for ports below 1024, leaves it CAP_NET_BIND_SERVICE as ambient capability).
 *          It then needs: DIR/ldap as owner (spec.uid), DIR/tls/slapd.key and ca.pem readable, DIR/run writable for its socket.
 * Follows  slapd.conf has absolute names: it is made for the folder at each start, so that a copied or moved instance is whole.
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
/* Before each start: slapd.conf and pli.schema as this program writes them for this very folder, wherever the instance was copied from.
 * Writes nothing when they stand so. RC_NOTFOUND: there is no DIR/ldap, or slapd is not installed. */
enum rc embedded_refresh(const struct embedded_spec *s, struct err *e);
/* The mail domains in the tree, one a line, read without a server (it may run beside). RC_TEMP: the database does not open. */
enum rc embedded_domains(const struct embedded_spec *s, struct buf *out, struct err *e);
/* argv for exec of slapd in the foreground (free with embedded_argv_free); RC_NOTFOUND with what to install when slapd is missing */
enum rc embedded_argv(const struct embedded_spec *s, char ***argv_out, struct err *e);
void embedded_argv_free(char ***argv);
