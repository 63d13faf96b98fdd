/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf_check.c - finds settings that have the right form and are wrong together: two listeners on one port, an
 * address that is not one, a domain that is not this instance's. pli serve and pli serve -n both find them before
 * anything starts, and name the line. */
#include "directory/schema/embedded.h"
#include "pli/instance.h"
#include "pli/super/super.h"
#include "policies/identifiers.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const addresses[] = {"listen.smtp",  "listen.submission", "listen.submissions",
                                        "listen.imap",  "listen.imaps",      "listen.ldap",
                                        "listen.ldaps", "listen.http",       "listen.https"};
enum { ADDRESSES = sizeof addresses / sizeof *addresses };
struct place {
    struct sockaddr_storage at;
    bool used;
};

static uint16_t port_of(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
                                    : ((const struct sockaddr_in *)a)->sin_port;
}

static bool any_address(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)a)->sin6_addr);
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
                                  &((const struct sockaddr_in6 *)b)->sin6_addr);
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/* [::] is every address of IPv4 too. */
static bool collide(const struct place *a, const struct place *b)
{
    return a->used && b->used && port_of(&a->at) == port_of(&b->at) &&
           (any_address(&a->at) || any_address(&b->at) || same_address(&a->at, &b->at));
}

static enum rc check_listeners(const struct conf *c, struct err *e)
{
    struct place places[ADDRESSES] = {0};
    bool embedded = !conf_get(c, "directory.uri")[0];
    unsigned len;
    struct err cause;

    for (size_t i = 0; i < ADDRESSES; i++) {
        const char *text = conf_get(c, addresses[i]);
        if (!text[0] || (!embedded && strncmp(addresses[i], "listen.ldap", 11) == 0))
            continue;
        if (address_of(text, &places[i].at, &len, &cause) != RC_OK)
            return conf_bad(c, addresses[i], e, "%s", cause.log);
        places[i].used = true;
        for (size_t k = 0; k < i; k++)
            if (collide(&places[k], &places[i]))
                return conf_bad(c, addresses[i], e,
                                "%s = \"%s\" has that port already: give each listener a port of its own", addresses[k],
                                conf_get(c, addresses[k]));
    }
    return RC_OK;
}

static enum rc check_names(const struct conf *c, struct err *e)
{
    const char *domain = conf_get(c, "instance.domain"), *host = conf_get(c, "instance.hostname");

    if (!domain[0])
        return conf_bad(c, "instance.domain", e, "the mail domain that pli init was given is missing");
    if (!mail_domain_ok(span_str(domain)))
        return conf_bad(c, "instance.domain", e, "not a mail domain: letters, digits, hyphens and at least one dot");
    if (host[0] && !mail_domain_ok(span_str(host)) && strcmp(host, "localhost") != 0)
        return conf_bad(c, "instance.hostname", e, "not a host name: letters, digits, hyphens and at least one dot");
    return RC_OK;
}

/* Since init the directory has the domains that are served. Another name in the settings would be in banners and trace
 * fields only. Every address with that name would be refused, and mail of senders that give up would be lost. */
static enum rc check_domain(const struct conf *c, const char *dir, struct err *e)
{
    char path[4096];
    struct stat st = {0}; /* read as who holds it: a copy that root made has not been given to slapd yet */
    const char *domain = conf_get(c, "instance.domain"), *served[] = {domain, NULL};
    struct embedded_spec spec = {.dir = dir, .domains = served, .ldap_addr = "127.0.0.1"};
    struct buf found = BUF_INIT;
    enum rc rc = RC_OK;
    bool there = false;

    if (conf_get(c, "directory.uri")[0])
        return RC_OK;
    if (lstat(inst_path(dir, "ldap/db", path), &st) != 0 && errno == ENOENT)
        return RC_OK; /* a start says what is missing there */
    if (geteuid() == 0) {
        spec.uid = st.st_uid;
        spec.gid = st.st_gid;
    }
    if ((rc = embedded_domains(&spec, &found, e)) == RC_OK) {
        for (struct span rest = buf_span(&found); rest.n > 0;) {
            ptrdiff_t nl = span_chr(rest, '\n');
            there = there || span_ieq_str(span_head(rest, (size_t)nl), domain);
            rest = span_from(rest, (size_t)nl + 1);
        }
        if (!there)
            rc = conf_bad(c, "instance.domain", e,
                          "this instance was made for %.*s: put that back, or make another instance with pli init",
                          (int)(found.n ? found.n - 1 : 0), found.n ? (const char *)found.p : "");
    }
    buf_free(&found);
    return rc;
}

/* A directory of the site's own: passwords go there, so the way to it is encrypted, and it must show who it is. */
static enum rc check_directory(const struct conf *c, struct err *e)
{
    const char *uri = conf_get(c, "directory.uri"), *ca = conf_get(c, "directory.ca");

    if (uri[0] && strncmp(uri, "ldaps://", 8) != 0 && strncmp(uri, "ldapi://", 8) != 0)
        return conf_bad(
            c, "directory.uri", e,
            "passwords would go to it in clear: an address that begins with ldaps:// or ldapi:// is needed");
    if (ca[0] && access(ca, R_OK) != 0)
        return conf_bad(c, "directory.ca", e, "%s cannot be read (%s)", ca, strerror(errno));
    return RC_OK;
}

enum rc conf_check(const struct conf *c, const char *dir, struct err *e)
{
    enum rc rc = check_names(c, e);

    if (rc == RC_OK)
        rc = check_listeners(c, e);
    if (rc == RC_OK)
        rc = check_directory(c, e);
    return rc == RC_OK ? check_domain(c, dir, e) : rc;
}
