/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/places.c - see pli/places.h. */
#include "pli/places.h"
#include "base/ascii.h"
#include "base/nets.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/step_down.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char system_anchors[] = "/etc/ssl/certs/ca-certificates.crt";

enum place_kind place_kind_of(const char *word)
{
    struct span s = span_str(word);

    if (span_istarts(s, "imap://") || span_istarts(s, "imaps://"))
        return PLACE_IMAP;
    return strchr(word, '@') != NULL && strchr(word, '/') == NULL ? PLACE_OWN : PLACE_FILES;
}

/* ---- passwords ---- */
int places_passwords(struct cmd *c, const char *const *words, struct passwords *out)
{
    const char *prompts[3] = {NULL, NULL, NULL};
    char text[2][200];
    unsigned n = 0;
    int answer;

    for (; *words && n < 2; words++) {
        if (place_kind_of(*words) == PLACE_FILES)
            continue;
        snprintf(text[n], sizeof text[n], "Password of %.150s: ", *words);
        prompts[n] = text[n];
        n++;
    }
    if (n == 0) {
        *out = passwords_new();
        return PLI_OK;
    }
    answer = opt_get(c, "--password-stdin") ? passwords_read(c, n, out) : passwords_ask_for(c, prompts, out);
    if (answer == PLI_OK && out->n < n)
        return cmd_usage(c, "%u passwords are needed, one a line: the holder's, then that of the other server", n);
    return answer;
}

/* ---- a mailbox here ---- */
/* "[::]:993", "0.0.0.0:993": every address of this machine, its loopback among them. */
static bool local_address(const char *text, char host[64], char port[16])
{
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;

    if (n == 0 || n >= 64)
        return false;
    if (text[0] == '[')
        snprintf(host, 64, "%.*s", (int)(n - 2), text + 1);
    else
        snprintf(host, 64, "%.*s", (int)n, text);
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        snprintf(host, 64, "%s", "127.0.0.1");
    snprintf(port, 16, "%s", colon + 1);
    return true;
}

static bool is_proxy(const struct conf *conf, const char *host)
{
    const char *from = conf_get(conf, "imapd.proxy_from");
    struct nets list;

    return from[0] && nets_parse(span_str(from), &list) && nets_has(&list, host);
}

static int own(struct cmd *c, const char *address, struct span password, struct place **out)
{
    char host[64], port[16], pins[2][4096];
    struct account a = {.mem = BUF_INIT};
    struct imap_at at = {.host = host, .port = port, .password = password};
    const char *text;
    struct conf *conf;
    struct err e;
    int answer = account_of(c, address, &a);

    if (answer == PLI_OK)
        answer = inst_conf(c, &conf);
    if (answer != PLI_OK) {
        account_free(&a);
        return answer;
    }
    text = conf_get(conf, "listen.imaps");
    at.tls_first = text[0] != '\0';
    if (!at.tls_first)
        text = conf_get(conf, "listen.imap");
    at.user = a.is.address;
    at.pins[0] = inst_path(c->root, "tls/server-ec.pem", pins[0]);
    at.pins[1] = inst_path(c->root, "tls/server.pem", pins[1]);
    if (access(at.pins[0], R_OK) != 0)
        at.pins[0] = NULL;
    if (!local_address(text, host, port))
        answer =
            cmd_fail(c, "no IMAP listener is set (listen.imaps, listen.imap), and a mailbox is opened through one");
    else {
        at.proxied = is_proxy(conf, host);
        if (place_imap(&at, out, &e) != RC_OK)
            answer = cmd_err(c, &e);
    }
    conf_free(&conf);
    account_free(&a);
    return answer;
}

/* ---- a mailbox elsewhere ---- */
struct url {
    char user[256], host[256], port[16];
    bool tls_first;
};

static bool unescape(struct span s, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n && n + 1 < room; i++) {
        bool escaped = s.p[i] == '%' && i + 2 < s.n && ascii_hex(s.p[i + 1]) >= 0 && ascii_hex(s.p[i + 2]) >= 0;
        out[n++] = escaped ? (char)(ascii_hex(s.p[i + 1]) * 16 + ascii_hex(s.p[i + 2])) : (char)s.p[i];
        i += escaped ? 2 : 0;
    }
    out[n] = '\0';
    return n > 0 && n == strlen(out);
}

/* imaps://USER@HOST[:PORT][/]; an @ of USER may be written as it is or as %40. RFC 5092. */
static bool url_parse(const char *text, struct url *u)
{
    const char *at = strstr(text, "://") + 3, *end = at + strcspn(at, "/"), *host = NULL, *colon = NULL;

    u->tls_first = span_istarts(span_str(text), "imaps");
    for (const char *x = at; x < end; x++)
        host = *x == '@' ? x + 1 : host;
    if (host == NULL || host == end || end - host >= (int)sizeof u->host || (end[0] == '/' && end[1] != '\0'))
        return false;
    for (const char *x = host; x < end; x++)
        colon = *x == ':' ? x : *x == ']' ? NULL : colon;
    snprintf(u->host, sizeof u->host, "%.*s", (int)((colon ? colon : end) - host), host);
    if (u->host[0] == '[' && strlen(u->host) > 2) { /* an IPv6 address */
        memmove(u->host, u->host + 1, strlen(u->host));
        u->host[strlen(u->host) - 1] = '\0';
    }
    snprintf(u->port, sizeof u->port, "%.*s", colon ? (int)(end - colon - 1) : 3,
             colon          ? colon + 1
             : u->tls_first ? "993"
                            : "143");
    return unescape(span_of(at, (size_t)(host - 1 - at)), u->user, sizeof u->user);
}

static int elsewhere(struct cmd *c, const char *word, struct span password, struct place **out)
{
    const char *ca = opt_get(c, "--ca");
    struct url u;
    struct imap_at at = {.anchors_pem = ca ? ca : system_anchors, .password = password};
    struct err e;
    int answer = PLI_OK;

    if (!url_parse(word, &u))
        answer = cmd_usage(c, "\"%.200s\" is not of the form imaps://USER@HOST[:PORT]", word);
    else {
        at.host = u.host;
        at.port = u.port;
        at.tls_first = u.tls_first;
        at.user = span_str(u.user);
        if (place_imap(&at, out, &e) != RC_OK)
            answer = cmd_err(c, &e);
    }
    return answer;
}

static int files(struct cmd *c, const char *word, bool make, struct place **out)
{
    const char *into = opt_get(c, "--into");
    struct err e;
    enum rc rc = make ? place_maildir(word, true, out, &e) : place_files(word, span_str(into ? into : ""), out, &e);

    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}

int places_step_down(struct cmd *c, const char *word, bool make)
{
    switch (place_kind_of(word)) {
    case PLACE_OWN:
        return PLI_OK;
    case PLACE_IMAP:
        return step_down_to_nobody(c);
    default:
        return step_down_to_owner(c, word, make);
    }
}

int place_of(struct cmd *c, const char *word, struct span password, bool make, struct place **out)
{
    switch (place_kind_of(word)) {
    case PLACE_OWN:
        return own(c, word, password, out);
    case PLACE_IMAP:
        return elsewhere(c, word, password, out);
    default:
        return files(c, word, make, out);
    }
}
