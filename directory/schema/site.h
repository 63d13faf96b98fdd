/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/site.h - what a directory server of the site's own needs to serve Pli's tree, as LDIF: from the very files of the embedded one, so
 * the two never differ.
 *
 * Schema   pli.schema as an entry of cn=schema,cn=config. It wants core, cosine, inetorgperson and misc.
 * Config   a change of the database's entry below cn=config: access rules, limits, indexes. In place of "over ldapi only" it says "over ldapi or TLS only".
 *          The overlays (ppolicy, syncprov) and modules are named in INSTALL: they depend on what the server has already.
 * Tree     the entries above the accounts, with the two daemons'. Its hashes stand for secrets of 256 random bits.
 * Base     every name below o=pli is written below the base that is asked for. The base's own entry is left out when it is another one: it is the site's.
 * Process  pli.   Source slapd-config(5), RFC 2849, RFC 4512 4.1.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

void site_schema(struct buf *out);
void site_config(struct buf *out, const char *database /* "olcDatabase={1}mdb,cn=config" */, const char *base);
/* secret: dird's. RC_NOTFOUND: slapd's tools are not installed. */
enum rc site_tree(struct buf *out, const char *base, const char *secret, const char *domain, struct err *e);
