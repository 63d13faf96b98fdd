/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/mods.h - the attributes to write, gathered for one add or modify; and an account turned into them.
 * Owns     copies of every value. mods_free() wipes them.
 * Process  dird.
 */
#pragma once
#include "directory/dird/entry.h"

struct mods;
struct ldapmod;
struct mods *mods_new(bool replace); /* false: for an entry to add, where an empty attribute is left out */
void mods_free(struct mods **m);
void mods_put(struct mods *m, const char *attr, const struct span *values, size_t n); /* n 0: removed when replacing */
void mods_text(struct mods *m, const char *attr, struct span value);                 /* empty: as n 0 */
void mods_str(struct mods *m, const char *attr, const char *value);
void mods_time(struct mods *m, const char *attr, uint64_t utc); /* as generalizedTime; UTC s */
struct ldapmod **mods_list(struct mods *m); /* for libldap; borrowed */

/* Puts the fields of the account that what names (DS_ bits), and all that is derived from them: sort names, folded names, search words. */
enum { DS_ALL = 0xfffffff }; /* but DS_ALIAS_ADD and _REMOVE, which say how */
void mods_account(struct mods *m, const struct dird_account *a, uint32_t what);
const char *type_text(uint8_t type); /* as mssType has it: "PER" */
/* Fills .given and .sn from .name when they are empty. Then the spans borrow from a->name. */
void account_split_name(struct dird_account *a);
