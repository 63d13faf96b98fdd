/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/change_int.h - what change.c and find.c share: the owner's connection to slapd.
 * Process  pli.
 */
#pragma once
#include "directory/import/change.h"

#define NATIONAL_TOP "ou=national,o=pli"
struct ldap;
struct ldap *change_link(struct change *c); /* borrowed */
enum rc change_fail(struct change *c, int code, const char *doing, struct err *e); /* RC_OK for LDAP's success */
