/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded_int.h - the helpers of embedded.c and refresh.c: the texts of this folder, files, child processes.
 * Process  pli (init, serve).
 */
#pragma once
#include "base/buf.h"
#include "directory/schema/embedded.h"

/* The files pli.schema, slapd.conf.in, base.ldif.in, attributes.ldif.in and national.conf.in of this folder, as they stand. */
extern const char pli_schema_text[], slapd_conf_text[], base_ldif_text[], attributes_ldif_text[], national_conf_text[];
extern const char national_top_text[]; /* the top of an empty national copy */

struct embedded_var {
    const char *name; /* "DIR": put where the text says @DIR@ */
    const char *value;
};
/* Appends text with its @NAME@ replaced, "@@" by one; vars end with .name NULL; an unknown name is a bug. */
void embedded_fill(struct buf *out, const char *text, const struct embedded_var *vars);

/* Where this machine keeps OpenLDAP's program, modules and standard schema; RC_NOTFOUND names what to install. */
struct embedded_where {
    const char *slapd, *modules, *schema;
};
enum rc embedded_where(struct embedded_where *out, struct err *e);

/* The entries above the accounts and the daemons', with hashes of dird's secret and of one that is forgotten at once. Of s only .domains is looked at. */
enum rc embedded_tree(const struct embedded_spec *s, const struct embedded_where *w, const char *secret, struct buf *ldif, struct err *e);
enum rc embedded_check_dir(const char *dir, struct err *e); /* may the folder have this name? */
/* slapd.conf for that folder. national false: without the national copy, whose folder an older instance has not. */
void embedded_conf(const struct embedded_spec *s, const struct embedded_where *w, bool national, struct buf *out);
/* The section of the national copy's database, in that folder; glued: below o=pli, as slapd serves it. */
void embedded_national(const char *folder, bool glued, struct buf *out);
/* The file dir/name has this text, mode and owner: written anew and put in place whole where it has not. */
enum rc embedded_stand(int dir, const char *name, const struct embedded_spec *s, struct span text, mode_t mode, struct err *e);
/* Has it already? */
bool embedded_stands(int dir, const char *name, struct span text, mode_t mode, uid_t uid);
/* Writes the entries that slapd cannot be without into the databases in dir (DIR/ldap), unless that was done (first.c). slapd must not run. */
enum rc embedded_first(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e);
/* ---- indexes.c ---- */
/* The lines about lengths of keys, which are slapd's and not a database's: appended, for a configuration of one database alone. */
void embedded_lengths(struct buf *out);
enum embedded_base { EB_OURS, EB_NATIONAL };
/* What DIR/ldap/db/indexes, or national/indexes, says of a database whose indexes are those of today: appended. */
void embedded_indexed(enum embedded_base b, struct buf *out);
/* Makes anew the indexes of each database in dir (DIR/ldap) that was filled under other lines. slapd must not run. */
enum rc embedded_index(const struct embedded_spec *s, const struct embedded_where *w, int dir, struct err *e);
#define EMBEDDED_MAPSIZE "8589934592" /* of address space, not of disk: a million entries need about 4 GB */

/* A new file DIR/name: exclusive, mode and owner set, flushed. uid 0: owner stays. */
enum rc embedded_write(const char *path, struct span text, mode_t mode, uid_t uid, gid_t gid, struct err *e);
enum rc embedded_copy(const char *from, const char *to, uid_t uid, gid_t gid, struct err *e);
enum rc embedded_mkdir(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *e);

/* Runs argv with in on its standard input. out (may be NULL) gets at most 4096 octets of its standard output. Any exit but 0 is RC_TEMP, with the
 * last line of its standard error. When uid is not 0 the child runs as that user. */
enum rc embedded_run(const char *const argv[], struct span in, struct buf *out, uid_t uid, gid_t gid, struct err *e);
