/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/tombstone.c - what stays for ever of a closed address: an entry below ou=closed with the address, its aliases, its type, two dates and a digest
 * of the holder (directory/holder.h). It stays when the same holder has the address again.
 * Process  dird, under d->write.   Source decision 0045.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "directory/holder.h"
#include <ldap.h>
#include <stdio.h>

struct stone {
    const char *dn, *above;
    struct mods *add, *set, *folder;   /* set: of one that is there */
    struct mods *alias[CACHE_ALIASES]; /* one each: those that are there already are passed over */
    size_t n_aliases;
};

static int add_stone(struct ldap *ld, const struct stone *s)
{
    int code = ldap_add_ext_s(ld, s->dn, (LDAPMod **)mods_list(s->add), NULL, NULL);
    if (code != LDAP_NO_SUCH_OBJECT)
        return code;
    code = ldap_add_ext_s(ld, s->above, (LDAPMod **)mods_list(s->folder), NULL, NULL); /* a directory of before */
    return code == LDAP_SUCCESS ? ldap_add_ext_s(ld, s->dn, (LDAPMod **)mods_list(s->add), NULL, NULL) : code;
}

static int put_stone(struct ldap *ld, void *ctx)
{
    const struct stone *s = ctx;
    int code = add_stone(ld, s);
    if (code == LDAP_ALREADY_EXISTS)
        code = ldap_modify_ext_s(ld, s->dn, (LDAPMod **)mods_list(s->set), NULL, NULL);
    for (size_t i = 0; code == LDAP_SUCCESS && i < s->n_aliases; i++) {
        code = ldap_modify_ext_s(ld, s->dn, (LDAPMod **)mods_list(s->alias[i]), NULL, NULL);
        code = code == LDAP_TYPE_OR_VALUE_EXISTS ? LDAP_SUCCESS : code;
    }
    return code;
}

static void holder(struct mods *m, const struct dird_account *a)
{
    unsigned char sum[DIRD_PUB];
    char hex[2 * DIRD_PUB + 1];
    holder_digest(a->address, a->type, holder_person(a), a->structure, sum);
    for (size_t i = 0; i < DIRD_PUB; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    mods_str(m, "pliHolder", hex);
}

static void facts(struct mods *m, const struct dird_account *a)
{
    holder(m, a);
    mods_time(m, "pliStateSince", a->since ? a->since : (uint64_t)clock_utc());
    mods_time(m, "pliErasedAt", (uint64_t)clock_utc());
}

static void lay(struct stone *s, const struct dird_account *a)
{
    struct span list = a->aliases, one;
    mods_str(s->add, "objectClass", "pliTombstone");
    mods_text(s->add, "mail", a->address);
    mods_str(s->add, "mssType", type_text(a->type));
    facts(s->add, a);
    facts(s->set, a);
    mods_str(s->folder, "objectClass", "organizationalUnit");
    mods_str(s->folder, "ou", "closed");
    while (list.n > 0 && s->n_aliases < CACHE_ALIASES) {
        one = span_cut(&list, '\n');
        s->alias[s->n_aliases] = mods_new(false);
        mods_text(s->alias[s->n_aliases++], "mailLocalAddress", one);
    }
}

enum rc tombstone_put(struct dird *d, const struct dird_account *a, struct err *e)
{
    struct buf dn = BUF_INIT, above = BUF_INIT;
    struct stone s = {.add = mods_new(false), .set = mods_new(true), .folder = mods_new(false)};
    dn_below(&dn, "mail", a->address, "closed", d->base);
    buf_addf(&above, "ou=closed,%s", d->base);
    s.dn = buf_cstr(&dn);
    s.above = buf_cstr(&above);
    lay(&s, a);
    enum rc rc = links_run(d->links, false, put_stone, &s, "put a tombstone", e);
    if (rc == RC_OK && !cache_wait_tombstone(d->cache, a->address, deadline_in(DIRD_WAIT_MS)))
        rc = err_set(e, RC_TEMP, "the directory did not show the tombstone of %s in time: try again",
                     log_esc(a->address));
    mods_free(&s.add);
    mods_free(&s.set);
    mods_free(&s.folder);
    for (size_t i = 0; i < s.n_aliases; i++)
        mods_free(&s.alias[i]);
    buf_free(&dn);
    buf_free(&above);
    return rc;
}
