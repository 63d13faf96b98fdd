/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/proxied.c - see flow/proxied.h. */
#include "flow/proxied.h"
#include "base/clock.h"
#include "base/log.h"
#include "proto/proxy/proxy.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

static enum rc read_exactly(int fd, unsigned char *p, size_t n, int64_t until, struct err *e)
{
    while (n > 0) {
        struct pollfd w = {fd, POLLIN, 0};
        ssize_t got = recv(fd, p, n, MSG_DONTWAIT);

        if (got == 0)
            return err_set(e, RC_CLOSED, "closed before its PROXY header was whole");
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return err_sys(e, RC_CLOSED, "recv");
        if (got < 0 && deadline_left_ms(until) == 0)
            return err_set(e, RC_TIMEOUT, "no whole PROXY header in time");
        if (got < 0)
            (void)poll(&w, 1, deadline_left_ms(until));
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        }
    }
    return RC_OK;
}

static enum rc read_header(int fd, struct proxy_client *c, struct err *e)
{
    unsigned char head[PROXY_HEAD], body[PROXY_BODY_MAX];
    int64_t until = deadline_in(PROXIED_MS);
    struct proxy_head h;
    enum rc rc = read_exactly(fd, head, sizeof head, until, e);

    if (rc == RC_OK)
        rc = proxy_head(head, &h, e);
    if (rc == RC_OK)
        rc = read_exactly(fd, body, h.body, until, e);
    return rc == RC_OK ? proxy_body(&h, span_of(body, h.body), c, e) : rc;
}

enum proxied proxied_client(int fd, struct listener_peer *peer)
{
    static const char *const full[] = {[DIALLER_ACCOUNT_RATE] = "rate",
                                       [DIALLER_ADDRESS_RATE] = "rate",
                                       [DIALLER_ADDRESS_SESSIONS] = "address-full",
                                       [DIALLER_GONE] = "no-dialler"};
    enum dialler_answer_to room;
    struct proxy_client c;
    char proxy[LISTENER_IP];
    struct err e = {0};

    if (read_header(fd, &c, &e) != RC_OK) {
        log_ev(LOG_WARN_, "proxy-refused", "peer=%s cause=%s", peer->ip, log_esc(span_str(e.log)));
        return PROXIED_BAD;
    }
    if (c.ip[0] == 0)
        return PROXIED_FINE;
    snprintf(proxy, sizeof proxy, "%s", peer->ip);
    snprintf(peer->ip, sizeof peer->ip, "%s", c.ip);
    peer->port = c.port;
    room = dialler_client(peer->ip);
    if (room != DIALLER_YES)
        log_ev(LOG_WARN_, "session-refused", "peer=%s proxy=%s why=%s", peer->ip, proxy, full[room]);
    return room == DIALLER_YES ? PROXIED_FINE : PROXIED_FULL;
}
