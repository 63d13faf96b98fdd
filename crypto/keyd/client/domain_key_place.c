/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_place.c - see domain_key_place.h. */
#include "crypto/keyd/client/domain_key_place.h"
#include <stdio.h>
#include <string.h>

const char *const domain_cert_kinds[DC_KINDS] = {[DC_RSA] = "rsa", [DC_EC] = "ec"};
static const char *const key_ends[DC_KINDS] = {[DC_RSA] = ".rsa", [DC_EC] = ".ec"};
static const char *const cert_ends[DC_KINDS] = {[DC_RSA] = ".rsa.pem", [DC_EC] = ".ec.pem"};

bool domain_key_is_outbox(const char *owner)
{
    return strcmp(owner, OUTBOX_KEY) == 0;
}

const char *domain_key_below(const char *owner)
{
    return domain_key_is_outbox(owner) ? OUTBOX_BELOW : DOMAINS_BELOW;
}

/* ---- by the owner, by a file ---- */
bool domain_key_place_of(const char *below, const char *file, struct domain_key_place *out)
{
    const char *prefix = strcmp(below, DOMAINS_BELOW) == 0 ? "" : OUTBOX_BELOW "/";

    snprintf(out->key, sizeof out->key, "keys/%s/%s", below, file);
    snprintf(out->certificate, sizeof out->certificate, "tls/%s/%s.pem", below, file);
    return (size_t)snprintf(out->name, sizeof out->name, "%s%s", prefix, file) < sizeof out->name;
}

bool domain_key_place(const char *owner, enum domain_cert_kind kind, struct domain_key_place *out)
{
    const char *stem = domain_key_is_outbox(owner) ? owner + strlen(OUTBOX_BELOW "/") : owner;
    char file[DOMAIN_KEY_NAME];

    return (size_t)snprintf(file, sizeof file, "%s%s", stem, key_ends[kind]) < sizeof file &&
           domain_key_place_of(domain_key_below(owner), file, out);
}

/* ---- names of files ---- */
static bool ends_as(const char *file, const char *const ends[DC_KINDS], enum domain_cert_kind *kind_out,
                    size_t *n_owner_out)
{
    size_t n = strlen(file);

    for (int k = 0; file[0] != '.' && k < DC_KINDS; k++) {
        size_t end = strlen(ends[k]);

        if (n > end && strcmp(file + n - end, ends[k]) == 0) {
            *kind_out = (enum domain_cert_kind)k;
            *n_owner_out = n - end;
            return true;
        }
    }
    return false;
}

bool domain_key_file(const char *file, enum domain_cert_kind *kind_out, size_t *n_owner_out)
{
    return ends_as(file, key_ends, kind_out, n_owner_out);
}

bool domain_cert_file(const char *file, enum domain_cert_kind *kind_out, size_t *n_owner_out)
{
    return ends_as(file, cert_ends, kind_out, n_owner_out);
}

enum rc domain_key_none(const char *owner, struct err *e)
{
    return err_set(e, RC_NOTFOUND, "%s has no certificate of its own",
                   domain_key_is_outbox(owner) ? "the publication" : owner);
}
