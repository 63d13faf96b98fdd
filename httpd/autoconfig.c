/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/autoconfig.c - Mozilla's file and Apple's: see httpd/autoconfig.h. */
#include "httpd/autoconfig.h"
#include "crypto/seal/digest.h"
#include "httpd/facts.h"
#include "httpd/texts.h"
#include <stdio.h>

void autoconfig_write(const struct reach *r, const char *domain, struct buf *out)
{
    struct facts f;

    facts_of(&f, r, domain, "");
    fill(out, text_autoconfig, f.v, f.n);
}

/* RFC 9562 5.8: a UUID of one's own making. */
static void uuid_of(const char *host, const char *address, const char *what, char out[37])
{
    struct digest *d = digest_new();
    unsigned char u[DIGEST_LEN];

    digest_add(d, span_of(host, strlen(host) + 1));
    digest_add(d, span_of(address, strlen(address) + 1));
    digest_add(d, span_str(what));
    digest_end(&d, u);
    u[6] = (unsigned char)((u[6] & 0x0f) | 0x80);
    u[8] = (unsigned char)((u[8] & 0x3f) | 0x80);
    (void)snprintf(out, 37, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", u[0], u[1], u[2],
                   u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

void mobileconfig_write(const struct reach *r, const struct asked_of *a, struct buf *out)
{
    static const char *const names[] = {"uuid", "uuid_mail", "uuid_ldap"};
    char uuid[3][37], port[16];
    struct facts f;

    facts_of(&f, r, a->domain, a->address);
    for (size_t i = 0; i < 3; i++) {
        uuid_of(r->host, a->address, names[i], uuid[i]);
        facts_add(&f, names[i], uuid[i], false);
    }
    (void)snprintf(port, sizeof port, ":%u", r->book.port);
    facts_add(&f, "ldap_port", r->book.port == 636 ? "" : port, false);
    facts_add(&f, "mail", f.mail_in[0] && f.mail_out[0] ? "yes" : "", false);
    fill(out, text_mobileconfig, f.v, f.n);
}
