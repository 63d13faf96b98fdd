/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/dird.c - makes and starts the parts of the daemon, and ends them.
 * Process  dird.
 */
#include "directory/dird/dird.h"
#include <stdlib.h>

enum { ADMIN_LINKS = 8, WORKERS_FOR_LOOKUPS = 2 };

struct dird *dird_open(const struct dird_how *how)
{
    struct dird *d = calloc(1, sizeof *d);
    struct buf dn = BUF_INIT;
    if (!d)
        die("out of memory");
    buf_addf(&dn, "cn=dird,ou=daemons,%s", how->base);
    struct links_how links = {how->uri, buf_cstr(&dn), how->secret, ADMIN_LINKS};
    d->base = how->base;
    d->password_min = how->password_min;
    d->own_slapd = how->own_slapd;
    d->cache = cache_new();
    d->links = links_new(&links);
    struct auth_how auth = {.cache = d->cache,
                            .uri = how->uri,
                            .base = how->base,
                            .cheap_codes = how->own_slapd,
                            .max_failures = how->max_failures,
                            .waiting = how->threads > WORKERS_FOR_LOOKUPS ? how->threads - WORKERS_FOR_LOOKUPS : 1,
                            .cache_ms = how->cache_s * 1000,
                            .ticket_s = how->ticket_s,
                            .ticket_keys = how->ticket_keys};
    d->auth = auth_new(&auth);
    d->postmaster = how->postmaster ? how->postmaster : ""; /* the settings' own, which stay */
    d->own_domain = how->own_domain ? how->own_domain : "";
    d->stays = stays_new(d->cache, how->ticket_keys);
    d->boxes = boxes_new(d->cache);
    pthread_mutex_init(&d->write, NULL);
    buf_free(&dn);
    return d;
}

void dird_start(struct dird *d, int gate_fd, uid_t slapd)
{
    if (gate_fd >= 0)
        d->gate = gate_start(d->auth, d->base, gate_fd, slapd, d->password_min);
    stays_start(d->stays);
    boxes_start(d->boxes);
    d->sync = sync_start(d->cache, d->links, d->base);
}

void dird_close(struct dird **d)
{
    if (!d || !*d)
        return;
    white_list_stop(&(*d)->white_list);
    sync_stop(&(*d)->sync);
    gate_stop(&(*d)->gate);
    stays_free(&(*d)->stays);
    boxes_free(&(*d)->boxes);
    auth_free(&(*d)->auth);
    links_free(&(*d)->links);
    cache_free(&(*d)->cache);
    pthread_mutex_destroy(&(*d)->write);
    free(*d);
    *d = NULL;
}
