/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare.h - brings what a person types into one form before it is compared, hashed or stored. The same word typed on two keyboards can
 * come as different octets (e + combining accent, full-width letters, another space). Here they become the same octets.
 *
 * password  OpaqueString (RFC 8265 4.2): Freeform class, spaces of any kind are U+0020, NFC. Case and width stay.
 * username  UsernameCaseMapped (RFC 8265 3.3): full and half width mapped, Identifier class, lower case, NFC, Bidi Rule (RFC 5893 2).
 * name      a folder's name, RFC 9051 5.1 and RFC 5198: NFC; spaces and case stay. Refused: controls, line and paragraph separators,
 *           direction marks and overrides, other characters that nobody sees (joiners and variation selectors belong to letters and
 *           emoji, and stay).
 * attribute RFC 4518 for caseIgnoreMatch: case folded and NFKC (all of Unicode), every kind of space is U+0020, runs of spaces are one, none at
 *           the ends; what nobody sees (soft hyphen, joiners, controls) is taken away. An accent is part of its letter: e and é differ.
 * words     What is searched for is not prepared here. extract/fold.c folds it in the same way as the text.
 * Out       Output is appended. out is untouched on failure. Preparing a prepared text changes nothing. The copies that are made here are
 *           wiped here. The owner of a buffer wipes that buffer.
 * Errors    RC_SYNTAX: the text is not UTF-8. RC_PERM: it is empty, longer than PREPARE_MAX octets, or has a character that is not allowed.
 *           The cause tells which of these. .log shows nothing of what was typed.
 * Process   all but stored and keyd. Pure: no file, no lock.   Source RFC 8264 8 and 9, RFC 8265, RFC 5892 2.6 and appendix A, RFC 4518.
 */
#pragma once
#include "base/buf.h"

enum { PREPARE_MAX = 1024 };
enum rc prepare_password(struct span typed, struct buf *out, struct err *e);
enum rc prepare_username(struct span typed, struct buf *out, struct err *e);
enum rc prepare_name(struct span typed, struct buf *out, struct err *e);
/* A value of a distinguished name, made ready to be compared octet by octet. */
enum rc prepare_attribute(struct span value, struct buf *out, struct err *e);
/* The form in which a stored name is shown and asked for. A name from the time before names were prepared may hold characters that are refused
 * above: these become U+FFFD. Never fails. */
void prepare_shown(struct span stored, struct buf *out);
/* Words from anywhere as one line of UTF-8 that a terminal may show, in place: a control of ASCII becomes a space; another character that is refused in a
 * name, and each octet that is no UTF-8, becomes "?". The rest stays as it was typed. */
size_t prepare_line(char *line, size_t n); /* of n octets; how many are left */
