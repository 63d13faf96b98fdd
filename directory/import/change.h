/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/change.h - changes the national copy while it is served: one LDAP transaction (RFC 5805), all or nothing.
 *
 * Who      the instance's owner, by the uid that the kernel names on run/ldapi (SASL EXTERNAL); slapd.conf.in lets him change ou=national and nothing
 *          else.
 * Owns     struct change: change_close(). What was not committed by then never happens.
 * Errors   RC_TEMP: slapd is away, busy or full; nothing was changed, unless change_commit() said it: then it may be either, and
 *          change_state() tells which. RC_DENIED: not the owner. RC_NOTFOUND: there is no national copy, or it names no state.
 * Process  pli (directory import); the working folder is DIR/run.
 */
#pragma once
#include "directory/import/entry.h"

struct change;
enum rc change_open(struct change **out, struct err *e);
void change_close(struct change **c);
enum rc change_state(struct change *c, char out[65], struct err *e); /* pliNationalState of ou=national */
enum rc change_begin(struct change *c, struct err *e);
enum rc change_add(struct change *c, const struct national_entry *en, struct err *e);
enum rc change_replace(struct change *c, const struct national_entry *en, struct err *e); /* all values of the entry of that key */
enum rc change_remove(struct change *c, const unsigned char key[NATIONAL_KEY], struct err *e);
enum rc change_commit(struct change *c, const char *state, struct err *e); /* with pliNationalState, in the same transaction */
