/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/passhash.h - a password on its way into the directory: as a sign-in prepares it, and hashed as slapd would hash it.
 *
 * Why      slapd hashes one password at a time, under a lock: 5,000 accounts from a file waited for one core. It is done here before any lock is
 *          taken, by as many threads as ask; libsodium needs two thirds of the time of the library that slapd has.
 * Form     "{ARGON2}$argon2id$v=19$m=7168,t=5,p=1$salt$hash", what OpenLDAP's module argon2 reads. The cost is that of slapd.conf.in: a wrong sign-in
 *          takes the same time whoever made the hash.
 * Site     a directory of the site's own may know other hashes only: there the operation of RFC 3062 is used, and .hash is empty.
 * Code     one that a machine drew (directory/drawn.h) has so many random bits that a cheap hash keeps it as well; 5,000 accounts from a file would cost 40 s of
 *          CPU for nothing. auth.c sees to it that a wrong try takes the time of a slow one. A code that has not the form of a drawn one gets the slow hash.
 * None     an account without a password gets a random one, so that a wrong sign-in takes the same time for every account.
 * Time     slapd refuses at once what it has no hash for; passhash_take_time() takes the time of its hash, by the library that it has (libsodium needs half
 *          of it).
 * Owns     the caller: passhash_free() wipes it.
 * Errors   RC_SYNTAX: it cannot be a password here (newpass_fits()). RC_TEMP: no memory for the hash, 7 MiB.
 * Process  dird.   Source RFC 9106 (Argon2), RFC 8265 (preparation).
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum { PASSHASH_MIB = 7, PASSHASH_PASSES = 5, PASSHASH_SIZE = 160 };
enum passhash_kind { PASSHASH_SITE /* the site's directory hashes it */, PASSHASH_PASSWORD, PASSHASH_CODE };
struct passhash {
    struct buf text;          /* prepared, in clear */
    char hash[PASSHASH_SIZE]; /* NUL-ended */
};
/* Before the sandbox, and before any thread. */
void passhash_warm(void);
/* password: empty for a random one. *out must be freed whatever is returned. */
enum rc passhash_make(struct span password, enum passhash_kind kind, struct passhash *out, struct err *e);
void passhash_free(struct passhash *p);
void passhash_take_time(struct span password);
