/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/link.h - connections to slapd. They are made and bound when needed, kept, and thrown away when slapd went away.
 *
 * Threads  a handle of libldap may be used by one thread at a time. links_take() lends one and links_give() takes it back. When none is free,
 *          links_take() waits.
 * Errors   RC_TEMP: slapd is away, or no connection became free in time. link_fail() maps LDAP's result codes to the other errors.

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

/* Opens a connection outside the pool, for the caller alone (content sync). */
enum rc link_open(const struct links *l, struct ldap **ld_out, struct err *e);
void link_close(struct ldap **ld);
bool link_broken(int code); /* the connection is of no more use */

/* Maps an LDAP result code to a code of ours, and puts the server's text into *e for the operator. RC_OK for success. */
enum rc link_fail(struct ldap *ld, int code, const char *doing, struct err *e);

/* Runs fn with a link. When the link had died and again is true, fn runs once more with a fresh link. again must be false
 * for work that must not be done twice. */
typedef int (*link_fn)(struct ldap *ld, void *ctx); /* gives an LDAP result code */
enum rc links_run(struct links *l, bool again, link_fn fn, void *ctx, const char *doing, struct err *e);
