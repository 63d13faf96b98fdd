/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/conf.c - see httpd/conf.h. Ports are those of the listen.* settings: what this instance listens on is what clients are told. */
#include "httpd/conf.h"
#include "base/service.h"
#include "base/service_listen.h"
#include "crypto/pki/pki.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

unsigned port_of_setting(const char *address)
{
    const char *colon = strrchr(address, ':');
    uint64_t port = 0;

    return colon && span_u64(span_str(colon + 1), 65535, &port) ? (unsigned)port : 0;
}

static void load_reach(struct reach *r, const struct boot *b)
{
    r->host = service_host(b);
    r->domain = boot_get(b, "instance.domain");
    if (!r->domain[0])
        die("setting instance.domain is missing");
    r->https = port_of_setting(boot_get(b, "listen.https"));
    r->imaps = port_of_setting(boot_get(b, "listen.imaps"));
    r->imap = port_of_setting(boot_get(b, "listen.imap"));
    r->submissions = port_of_setting(boot_get(b, "listen.submissions"));
    r->submission = port_of_setting(boot_get(b, "listen.submission"));
    book_of(boot_get(b, "directory.uri"), boot_get(b, "directory.base"), boot_get(b, "listen.ldaps"), r->host,
            &r->book);
}

/* RSA where there is one: every device that takes a settings file knows it. */
static bool load_chain(struct httpd *h, const char *instance, const char *name, enum keyd_tls_key key)
{
    char path[PATH_MAX];
    unsigned char part[4096];
    struct err e;
    size_t n;
    FILE *f;

    if (snprintf(path, sizeof path, "%s/tls/%s", instance, name) >= (int)sizeof path)
        die("path too long: %s", instance);
    f = fopen(path, "re");
    if (!f)
        return false;
    while ((n = fread(part, 1, sizeof part, f)) > 0 && h->chain.n < TLS_CHAIN_MAX)
        buf_add(&h->chain, part, n);
    (void)fclose(f);
    if (pki_unpem("CERTIFICATE", buf_span(&h->chain), &h->cert, &e) != RC_OK)
        die("%s: %s", path, e.log);
    h->key = key;
    return true;
}

static void load_tls(struct httpd *h, const struct boot *b)
{
    const char *instance = boot_given(b, "instance");
    struct tls_conf_spec spec = {.anchors_pem = NULL};
    struct err e;

    if (!instance)
        die("the boot list names no instance");
    if (tls_conf_of(instance, spec, &h->tls, &e) != RC_OK)
        die("TLS cannot start: %s", e.log);
    if (!load_chain(h, instance, "server.pem", KEYD_TLS_SERVER) &&
        !load_chain(h, instance, "server-ec.pem", KEYD_TLS_SERVER_EC))
        die("no certificate in %s/tls", instance);
}

/* Every peer of this service is a stranger, and the listener gives strangers a quarter of all places on each port. So it is told of four times as
 * many places as the setting has; the setting then is the number of sessions on one port. */
static void load_limits(struct httpd *h, const struct boot *b)
{
    static const char *const asked[] = {"keyd.sock", "dird.sock", NULL};
    struct listener *l = &h->listener;

    service_places(l, b, "httpd");
    l->max_unproven = l->max_sessions;
    l->max_sessions *= 4;
    l->max_unproven_per_address = l->max_per_address;
    h->request_ms = boot_num(b, "httpd.request_timeout") * 1000;
    h->session_ms = boot_num(b, "httpd.session_timeout") * 1000;
    l->unproven_ms = (int)h->session_ms;
    l->dialler.sockets = asked;
}

void httpd_conf_load(struct httpd *h, const struct boot *b)
{
    static const char *const names[] = {"listen.http", "listen.https", NULL};
    size_t which[LISTENER_FDS];

    load_reach(&h->reach, b);
    h->password_min = boot_num(b, "dird.password_min");
    load_limits(h, b);
    load_tls(h, b);
    service_sockets(&h->listener, b, names, which);
    for (size_t i = 0; i < h->listener.n_fds; i++)
        h->clear[i] = which[i] == 0;
}
