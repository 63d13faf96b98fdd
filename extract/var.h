/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/var.h - numbers and strings of a summary, short when they are small.
 *
 * Form     a number is LEB128, unsigned: seven bits an octet, the lowest first, bit 7 set in all but the last; at most ten octets. A string is its
 *          length as such a number and that many octets. Most lengths and offsets of a summary take one or two octets, where a u64 took eight.
 * Errors   a reader gets bad (struct rd) at a number that is cut or has more than 64 bits, or a string that is cut.
 * Process  smtpd and imapd sessions.   Source DWARF 5, 7.6.
 */
#pragma once
#include "base/buf.h"
void var_u64(struct buf *b, uint64_t v);
void var_bytes(struct buf *b, struct span s);
uint64_t rd_var(struct rd *r);
struct span rd_var_bytes(struct rd *r); /* borrowed */
