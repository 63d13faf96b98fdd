/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/state.h - what the national copy holds, in 32 octets an entry: so that a file is compared with it without asking the directory.
 *
 * File     DIR/ldap/national/state: "PLINAT1\n", the number of entries (8 octets, little-endian), then key and digest of each, sorted by key. The SHA-256 of
 *          it all, in hexadecimal, is pliNationalState of ou=national: both are of one state, or the file is not believed for writing.
 * Owns     struct national_state: national_state_free().
 * Errors   RC_NOTFOUND: there is none. RC_CORRUPT: it is not such a file. RC_TEMP: it cannot be read or written.
 * Process  pli (directory import, stats).
 */
#pragma once
#include "directory/import/file.h"
#include "directory/schema/embedded.h"

struct national_mark {
    unsigned char key[NATIONAL_KEY], digest[NATIONAL_KEY];
};
struct national_state {
    struct national_mark *mark; /* sorted by key, none twice */
    size_t n;
    char name[65]; /* the SHA-256 */
};
/* Of f's entries, each with what persons tells of its person; persons NULL: of f alone. An entry of one line without a person's activities has the line's
 * digest, as before there were persons. */
void national_state_of(const struct national_file *f, const struct national_file *persons, struct national_state *out);
enum rc national_state_load(const char *dir, struct national_state *out, struct err *e);
enum rc national_state_load_from(const char *dir, const char *name, struct national_state *out,
                                 struct err *e); /* name: "state", "state.next" */
/* folder: "national", "national.new". The new file takes the place of the old one of that name whole. */
enum rc national_state_save(const struct embedded_spec *s, const char *folder, const char *name,
                            const struct national_state *st, struct err *e);
void national_state_free(struct national_state *st);

enum national_act { NA_ADD, NA_CHANGE, NA_REMOVE, NA_ACTS_ };
/* Calls act for each difference, in the order of keys, until it gives anything but RC_OK. key: of an NA_REMOVE; at: index in now's marks. act NULL: counted
 * only. counts may be NULL. */
typedef enum rc (*national_act_fn)(void *ctx, enum national_act a, const unsigned char *key, size_t at);
enum rc national_compare(const struct national_state *then, const struct national_state *now, national_act_fn act,
                         void *ctx, uint64_t counts[NA_ACTS_]);
