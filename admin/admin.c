/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admin.c - see admin/admin.h. */
#include "admin/admin.h"
#include <stdlib.h>

struct admin *admin_new(enum ipc_role role)
{
    struct admin *ad = calloc(1, sizeof *ad);

    if (!ad)
        die("out of memory");
    ad->store = store_new(role);
    ad->dir = dir_new(role);
    ad->keyd = keyd_new(role);
    ad->trust = trust_new(role);
    ad->pub = pub_new(role);
    return ad;
}

void admin_free(struct admin **ad)
{
    if (!ad || !*ad)
        return;
    store_free(&(*ad)->store);
    dir_free(&(*ad)->dir);
    keyd_free(&(*ad)->keyd);
    trust_free(&(*ad)->trust);
    pub_free(&(*ad)->pub);
    free(*ad);
    *ad = NULL;
}
