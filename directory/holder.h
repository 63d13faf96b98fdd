/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/holder.h - who held a closed address, as its tombstone remembers it (decision 0045): enough to know the same holder again.
 *
 * Shape    SHA-256 of "pli holder 1", the type, the address and the holder's number, a line each. The number is the RPPS of a person, of one who has none the ADELI, and the
 *          structure of all other types.
 * Secrecy  none: there are few numbers, and the national directory published which one held the address. The digest keeps a name and a number out of a record
 *          that stays for ever; who has both can compare.
 * Process  dird; pli.   Source MSSante: an address is never given to another person.
 */
#pragma once
#include "directory/wire.h"

/* A professional's number: RPPS, else ADELI; borrowed. Empty: none. */
struct span holder_person(const struct dird_account *a);
/* address: the tombstone's own, in lower case. type: enum dird_type. person: as above. */
void holder_digest(struct span address, uint8_t type, struct span person, struct span structure, unsigned char out[DIRD_PUB]);
/* Is it that holder? a: of any address. Who has no number is nobody's. */
bool holder_same(const unsigned char digest[DIRD_PUB], struct span address, const struct dird_account *a);
