/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/dns.c - pli doctor --dns [DOMAIN]: the records that let mail and mail programs find this instance, as lines of a zone file.
 *
 * A service that is not offered gets the record that says so, with the root as its target (RFC 2782). MX, RFC 6186 (IMAP,
 * submission), RFC 8314 (submissions), autoconfig (Mozilla), autodiscover (Outlook).
 */
#include "admin/trust.h"
#include "base/book.h"
#include "pli/cmds.h"
#include "pli/doctor/doctor.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct record {
    const char *name, *type; /* "": the domain itself */
    const char *listener;    /* the setting whose port it names */
    const char *note;
} records[] = {
    {"", "MX", "listen.smtp", "mail of other operators"},
    {"_imaps._tcp", "SRV", "listen.imaps", "RFC 8314"},
    {"_imap._tcp", "SRV", "listen.imap", "RFC 6186, with STARTTLS"},
    {"_submissions._tcp", "SRV", "listen.submissions", "RFC 8314"},
    {"_submission._tcp", "SRV", "listen.submission", "RFC 6186, with STARTTLS"},
    {"_ldaps._tcp", "SRV", "listen.ldaps", "address book"},
    {"_autodiscover._tcp", "SRV", "listen.https", "Outlook"},
    {"autoconfig", "CNAME", "listen.http", "Thunderbird"},
    {"autodiscover", "CNAME", "listen.https", "Outlook"},
};

/* Whose it is, and its port; 0: not offered. The address book may be the site's own directory, on another machine. */
static unsigned place_of(const struct conf *conf, const char *listener, struct book *at)
{
    bool book = strcmp(listener, "listen.ldaps") == 0;

    book_of(book ? conf_get(conf, "directory.uri") : "", "", conf_get(conf, listener), conf_hostname(conf), at);
    return at->port;
}

/* What stands behind the type. False: there is no such record. */
static bool data_of(const struct conf *conf, const struct record *r, char out[400])
{
    struct book at;
    unsigned port = place_of(conf, r->listener, &at);

    if (strcmp(r->type, "SRV") == 0 && port == 0)
        snprintf(out, 400, "0 0 0 .");
    else if (strcmp(r->type, "SRV") == 0)
        snprintf(out, 400, "0 1 %u %s.", port, at.host);
    else
        snprintf(out, 400, "%s%s.", strcmp(r->type, "MX") == 0 ? "10 " : "", conf_hostname(conf));
    return port != 0 || strcmp(r->type, "SRV") == 0;
}

static void print_one(const struct conf *conf, const char *domain, const struct record *r, json_t *rows)
{
    char name[300], data[400];

    if (!data_of(conf, r, data))
        return;
    snprintf(name, sizeof name, "%s%s%s.", r->name, r->name[0] ? "." : "", domain);
    if (rows)
        json_array_append_new(
            rows, json_pack("{s:s,s:s,s:s,s:s}", "name", name, "type", r->type, "data", data, "note", r->note));
    else
        printf("%-40s IN %-5s %-40s ; %s\n", name, r->type, data, r->note);
}

int doctor_dns(struct cmd *c, const struct conf *conf)
{
    const char *domain = conf_get(conf, "instance.domain"), *host = conf_hostname(conf);
    char another[TRUST_DOMAIN_ROOM];
    json_t *rows;

    if (c->n_pos > 0) { /* one of many that this instance serves: all have the same hosts */
        if (!trust_domain_normal(span_str(c->pos[0]), another))
            return cmd_usage(c, "\"%.100s\" is not a mail domain", c->pos[0]);
        domain = another;
    }
    rows = c->json ? json_array() : NULL;
    if (!rows)
        printf(
            "; %s: for its zone. %s needs an A or AAAA record. Clients that ask https://autoconfig.%s want that name,\n"
            "; and autodiscover.%s, in the certificate too (pli cert import).\n",
            domain, host, domain, domain);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        print_one(conf, domain, &records[i], rows);
    return rows ? out_json(json_pack("{s:s,s:s,s:o}", "domain", domain, "host", host, "records", rows)) : PLI_OK;
}
