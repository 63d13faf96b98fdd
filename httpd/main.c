/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/main.c - pli-httpd: listens on 80 and 443 and forks one session per peer. */
#include "base/service.h"
#include "base/service_listen.h"
#include "httpd/autodiscover.h"
#include "httpd/conf.h"

enum { ROTATE_TICKS = 60 /* a new session ticket key every hour */, GRACE_MS = 2 * 1000 };

static void tick(void *ctx)
{
    static unsigned ticks;
    struct httpd *h = ctx;

    if (++ticks % ROTATE_TICKS == 0)
        tls_conf_rotate(h->tls);
}

static void *load(const struct boot *b)
{
    static struct httpd conf;

    httpd_conf_load(&conf, b);
    conf.listener.ready = http_ready;
    conf.listener.session = http_session;
    conf.listener.tick = tick;
    conf.listener.grace_ms = GRACE_MS;
    conf.listener.ctx = &conf;
    autodiscover_warm();
    return &conf.listener;
}

static void run(void *listener)
{
    service_listen(listener);
}

int main(int argc, char **argv)
{
    static const struct service httpd = {.name = "httpd", .sandbox = SB_HTTPD_LISTENER, .load = load, .run = run};

    return service_main(&httpd, argc, argv);
}
