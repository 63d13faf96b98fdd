/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/routes.h - the one table of what may be asked for, and the answers. HTTP itself is httpd/server.c's: here is no socket and no header line.
 *
 * Clear    on port 80 the files of Mozilla's autoconfig are given (clients ask for http://autoconfig.DOMAIN/ first); any other known path is sent on to
 *          the same path over https, without what followed its "?".
 * Process  pli-httpd sessions.
 */
#pragma once
#include "httpd/httpd.h"

enum asked_from { FROM_HERE, FROM_ELSEWHERE /* the browser says that another site's page sent it */ };
enum method { ASK_GET, ASK_POST, ASK_OTHER }; /* HEAD is GET: the caller leaves the body out */
struct question {
    const struct httpd *h;
    struct keyd *keyd;
    struct dir *dir;
    bool clear;           /* not over TLS */
    enum method method;
    const char *path;     /* decoded, without what follows "?" */
    struct span host;     /* the header Host; empty: none. Only which domain's file is meant is read of it */
    struct span address;  /* the argument "adresse" or "emailaddress"; empty: none */
    struct span body;     /* ASK_POST; may hold a code and a password: the caller wipes it */
    const char *peer;     /* IP text */
    enum asked_from from;
};
struct answer {
    unsigned status;          /* HTTP's */
    const char *route;        /* for the log: a name of the table; "-": none. Never what the client sent */
    const char *type;
    const char *file;         /* NULL, or the name to save it under */
    const char *location;     /* NULL, or where to go; points into .where */
    const char *allow;        /* NULL, or the methods that there are */
    bool keep;                /* it is the same for all: may be kept for an hour */
    char where[400];
    struct buf body;
};
enum { BODY_MAX = 16 * 1024 };
void answer_to(const struct question *q, struct answer *a); /* a->body: the caller frees */
