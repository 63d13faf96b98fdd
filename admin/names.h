/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/names.h - addresses, kinds of mailboxes, people's names and other texts, as an administrator gives them: made the one form that is kept.
 *
 * Errors   RC_SYNTAX: it cannot be that; e->log says why: of a text in words that go behind its name ("the name" "cannot be kept: it is not UTF-8").
 * Process  any. Pure.   Source base/prepare.h (RFC 8265), MSSante: PER, ORG, APP, CAB.
 */
#pragma once
#include "base/buf.h"

enum { ADDRESS_ROOM = 256, TEXT_MOST = 255 /* octets of a name or a note */, PASSWORD_MOST = 1000 /* octets of a password */,
       SIZE_LEAST = 1024 /* of a quota or a message, when it is bounded: a smaller number lacks its unit */ };

uint8_t type_of(struct span name);   /* "per", "PER" -> enum dird_type; 0: none such */
const char *type_name(uint8_t type); /* "PER"; "?" */
/* enum dird_state: "active", "pending", "suspended", "closed", "erasing"; in French: actif, en attente, suspendu, ferme (with its accent, too). False: none such. */
const char *state_name(uint8_t state);
bool state_of(struct span name, uint8_t *out);
/* "Hélène MARTIN-DURAND" -> given "Hélène", family "MARTIN-DURAND": the words in capitals at the end, else the last word. Both borrow from name. */
void name_split(struct span name, struct span *given_out, struct span *sn_out);
/* As a sign-in prepares it (lower case, full width mapped); false when it can be no mailbox of an instance. out is ended by NUL; *domain_out borrows
 * from it. */
bool address_normal(struct span typed, char out[ADDRESS_ROOM], struct span *domain_out);
/* A name, a ward, a note: NFC, no control character and no direction mark, most octets at most. A name with a line end breaks every list that shows
 * it, and one with a direction mark shows another name than it holds. Appended to *out; empty stays empty. */
enum rc text_normal(struct span typed, size_t most, struct buf *out, struct err *e);
/* As each sign-in will prepare it: a strict mailbox is sealed with this form. Appended to *out, which is secret. */
enum rc password_normal(struct span typed, struct buf *out, struct err *e);
/* May it be the new password of that account? least: the setting dird.password_min. Prepared or not. */
enum rc password_fits(struct span typed, struct span address, int64_t least, struct err *e);
