/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded.h - the private slapd of an instance: its configuration, its tree, how it is started.
 *
 * Tree     suffix o=pli. ou=people, ou=structures, ou=mailboxes (mail=ADDRESS; inetOrgPerson + mssBox), ou=trust, ou=daemons.
 * Access   anonymous: bind only. A signed-in mailbox reads names, addresses, professions, structures, certificates of entries that are not red-listed,
 *          and its own entry; nobody reads userPassword, the daemons' entries or ou=trust. dird: reads all, writes people, structures, mailboxes, trust.
 * Listens  ldaps (own TLS key) and ldap+StartTLS on loopback or the configured address; ldapi in run/ for dird.
 * Process  pli (init, serve). No libldap here: files and a command line only.
 */
#pragma once
#include "base/err.h"
struct embedded_spec {
    const char *dir;          /* instance folder, absolute */
    const char *const *domains; /* local mail domains, NULL-ended */
    const char *ldap_addr;    /* "127.0.0.1" */
    int ldap_port, ldaps_port;
};
enum rc embedded_init(const struct embedded_spec *s, struct err *e);   /* DIR/ldap: configuration (slapd.d or slapd.conf), schema, base tree by slapadd; writes DIR/keys/dird.secret */
/* argv for exec of slapd in the foreground (free with embedded_argv_free); RC_NOTFOUND with what to install when slapd is missing */
enum rc embedded_argv(const struct embedded_spec *s, char ***argv_out, struct err *e);
void embedded_argv_free(char ***argv);
