/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rights.h - what one account may do in the folders of another's mailbox: the letters of RFC 4314 as bits.
 *
 * Letters  l the folder is listed, r read, s \Seen, w other flags and keywords, i messages are put in, p mail is sent in the mailbox's name, k folders are
 *          made below, x deleted and renamed, t \Deleted, e expunged, a the rights themselves are changed.
 * Obsolete c and d (RFC 2086): c stands for k and x, d for t and e (RFC 4314 2.1.1).
 * Owns     nothing.
 * Process  all that hold, carry or show rights.   Source RFC 4314 2.1.
 */
#pragma once
#include "base/buf.h"

enum acl_right {
    ACL_L = 1, ACL_R = 2, ACL_S = 4, ACL_W = 8, ACL_I = 16, ACL_P = 32, ACL_K = 64, ACL_X = 128, ACL_T = 256, ACL_E = 512, ACL_A = 1024,
    ACL_ALL = 2047,
    ACL_CHANGES = ACL_S | ACL_W | ACL_I | ACL_K | ACL_X | ACL_T | ACL_E | ACL_A /* what changes a mailbox */
};
bool rights_parse(struct span letters, uint32_t *rights_out); /* in lower case; false: there is no such right */
/* Appends the letters in the order of RFC 4314. obsolete: with c and d, where all is there that they stand for (RFC 4314 2.1.1). */
void rights_put(uint32_t rights, bool obsolete, struct buf *out);
