/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry.h - an LDAP entry as an account, and an account as LDAP attributes; names and filters of the tree.
 *
 * Bounds   what comes from the directory may have been written by anyone who may write there. So texts are cut (between characters) to what the
 *          wire takes, and a value that is not a number counts as 0. An entry without address, mailbox number or key is not a mailbox.
 * Memory   spans of an account read from an entry lie in the buf given, which must be empty and is reserved once.
 * Process  dird.
 */
#pragma once
#include "base/rights.h"
#include "directory/dird/cache.h"
#include "directory/dird/link.h"

/* ---- reading ---- */
extern const char *const entry_sync_attrs[];    /* what the cache needs; NULL-ended */
extern const char *const entry_account_attrs[]; /* everything of an account but its password */
bool entry_text(struct ldap *ld, struct ldapmsg *m, const char *attr, struct buf *out); /* first value; false: none */
uint64_t entry_csn(struct ldap *ld, struct ldapmsg *m); /* as an ordered number; 0: none */
uint64_t csn_number(struct span csn);           /* "20261121233642.123456Z#000000#000#000000" */
bool entry_facts(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_facts *out); /* false: not a mailbox */
bool entry_grant(struct span value, struct cache_grant *out); /* a value of pliDelegate; false: it is none */
size_t entry_grants(struct ldap *ld, struct ldapmsg *m, struct cache_grant out[CACHE_GRANTS]); /* how many; each delegate once */
void entry_scopes(struct ldap *ld, struct ldapmsg *m, struct cache_scopes *out); /* what a mailbox's holder administers */
bool entry_tombstone(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_facts *out); /* false: it has no address */
/* A domain served here; spans lie in mem. False: it has no name. */
bool entry_domain(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_domain_facts *out);
/* A distribution list; spans lie in mem. False: it has no address. */
bool entry_group(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_group_facts *out);
const char *entry_post_word(uint8_t post); /* enum dird_post as the directory has it; "": none such */
bool entry_trust(struct ldap *ld, struct ldapmsg *m, struct buf *domain, struct buf *note, struct buf *packed_dns);
/* When the password was set, to the microsecond where that is known (cache.h): YYMMDDhhmmss of pwdChangedTime, YYMMDDhhmmss and microseconds of
 * entryCSN. slapd notes the first when it begins a change and the second when it makes it, which on a busy machine may be the next second. An
 * entryCSN later than that belongs to another change. Another change of the account within that second counts as another password: its
 * sessions end, which is the safe side. */
uint64_t entry_secret_at(uint64_t pwd_second, uint64_t csn_second, uint64_t csn_us);
bool entry_has_class(struct ldap *ld, struct ldapmsg *m, const char *name);
enum rc entry_account(struct ldap *ld, struct ldapmsg *m, bool with_cert, struct buf *mem, struct dird_account *out, struct err *e);

/* ---- names ---- */
void dn_mailbox(struct buf *out, const char *base, struct span address);
void dn_below(struct buf *out, const char *attr, struct span value, const char *ou, const char *base); /* attr=value,ou=ou,base */
void filter_value(struct buf *out, struct span value); /* RFC 4515 escapes */
