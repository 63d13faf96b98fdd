/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/places.h - the places that pli mailbox names with a word: a mailbox here (ADDRESS), a Maildir or mbox (a path), a mailbox elsewhere (imaps:// or
 * imap:// with STARTTLS).
 *
 * Own      a mailbox here is opened as its holder opens it: over IMAP, by the holder's password, on this machine's own listener, whose certificate must be
 *          the instance's own (docs/decisions/0038).
 * Errors   PLI_OK, or an exit code after one line on standard error.   Process: pli.
 */
#pragma once
#include "admin/place.h"
#include "pli/people.h"

enum place_kind { PLACE_OWN, PLACE_FILES, PLACE_IMAP };
enum place_kind place_kind_of(const char *word);
/* The passwords of one or two places, of those that need one in that order: read (--password-stdin) or asked for. */
int places_passwords(struct cmd *c, const char *const *words, struct passwords *out);
/* Before a place that is not ours is opened: what it holds is read with the rights of its owner, another server's words with nobody's (pli/step_down.h), for the
 * rest of the command. A mailbox here is opened before that. */
int places_step_down(struct cmd *c, const char *word, bool make);
/* password: of the places that need one. make: a Maildir is made when it is missing and written to. */
int place_of(struct cmd *c, const char *word, struct span password, bool make, struct place **out);
