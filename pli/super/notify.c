/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/notify.c - tells the service manager "READY=1" and "STOPPING=1": the protocol of sd_notify(3), one datagram. */
#include "pli/super/super.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un manager;
static socklen_t manager_len;

void notify_open(void)
{
    const char *where = getenv("NOTIFY_SOCKET");
    size_t n = where ? strlen(where) : 0;

    if (n < 2 || n >= sizeof manager.sun_path || (where[0] != '/' && where[0] != '@'))
        return;
    manager.sun_family = AF_UNIX;
    memcpy(manager.sun_path, where, n);
    if (where[0] == '@') /* the abstract name space */
        manager.sun_path[0] = 0;
    manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void notify(const char *state)
{
    int fd;

    if (manager_len == 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&manager, manager_len);
    close(fd);
}
