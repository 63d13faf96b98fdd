/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare.h - what a person types, made one form before it is compared, hashed or stored. The same word typed on two keyboards
 * comes as different octets (e + combining accent, full-width letters, another space): here both become one.
 *
 * password  OpaqueString (RFC 8265 4.2): Freeform class, spaces of any kind are U+0020, NFC. Case and width stay.
 * username  UsernameCaseMapped (RFC 8265 3.3): full and half width mapped, Identifier class, lower case, NFC, Bidi Rule (RFC 5893 2).
 * name      a folder's name, RFC 9051 5.1 and RFC 5198: NFC; spaces and case stay. Refused: controls, line and paragraph separators,
 *           direction marks and overrides, other characters that nobody sees (joiners and variation selectors belong to letters and
 *           emoji, and stay).
 * words     what is searched for is folded by extract/fold.c, as the text is: nothing to do here.
 * Out       appended; untouched on failure. Preparing what is prepared changes nothing. Secret buffers are wiped by their owner, the
 *           copies made here are wiped here.
 * Errors    RC_SYNTAX: no UTF-8. RC_PERM: empty, too long (PREPARE_MAX octets), or a character that is not allowed; the cause says
 *           which kind. .log shows nothing of what was typed.
 * Process   dird, imapd, pli. Pure: no file, no lock.   Source RFC 8264 8 and 9, RFC 8265, RFC 5892 2.6 and appendix A.
 */
#pragma once
#include "base/buf.h"

enum { PREPARE_MAX = 1024 };
enum rc prepare_password(struct span typed, struct buf *out, struct err *e);
enum rc prepare_username(struct span typed, struct buf *out, struct err *e);
enum rc prepare_name(struct span typed, struct buf *out, struct err *e);
/* A name stored before names were prepared, as it is shown and asked for: what is refused above is U+FFFD. Never fails. */
void prepare_shown(struct span stored, struct buf *out);
