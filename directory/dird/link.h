/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/link.h - connections to slapd: made and bound when needed, kept, thrown away when slapd went away.
 *
 * Threads  libldap's handles are for one thread at a time: links_take() lends one, links_give() takes it back; who finds none free waits.
 * Fails    RC_TEMP slapd away or none free in time; others as link_fail() maps LDAP's result codes.
 * Process  dird. The tree's names: base "o=pli" unless the settings say otherwise.
 */
#pragma once
#include "base/buf.h"

struct ldap;    /* libldap's handle */
struct ldapmsg; /* and its message */

struct links;
struct links_how {
    const char *uri;     /* "ldapi://ldapi/" */
    const char *dn;      /* who to bind as; NULL: nobody, the user of the link binds (password checks) */
    const char *secret;  /* kept in locked memory */
    unsigned most;       /* links at once */
};
struct links *links_new(const struct links_how *how);
void links_free(struct links **l);
enum rc links_take(struct links *l, struct ldap **ld_out, struct err *e);
void links_give(struct links *l, struct ldap *ld, bool broken);
void links_drop_idle(struct links *l); /* slapd restarted: those kept are dead */

/* A connection of one's own (content sync). */
enum rc link_open(const struct links *l, struct ldap **ld_out, struct err *e);
void link_close(struct ldap **ld);
bool link_broken(int code); /* the connection is of no more use */

/* LDAP result code -> rc, with the text of the server for the operator. RC_OK for success. */
enum rc link_fail(struct ldap *ld, int code, const char *doing, struct err *e);

/* Runs fn with a link, once more on a fresh one when the link had died and again is set (questions). */
typedef int (*link_fn)(struct ldap *ld, void *ctx); /* gives an LDAP result code */
enum rc links_run(struct links *l, bool again, link_fn fn, void *ctx, const char *doing, struct err *e);
