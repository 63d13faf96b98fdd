/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/page.c - the page that a doctor reads: see httpd/autoconfig.h. It works without JavaScript and asks for nothing of another place. */
#include "httpd/autoconfig.h"
#include "httpd/facts.h"
#include "httpd/qr.h"
#include "httpd/texts.h"
#include <stdio.h>

static const struct {
    const char *fr, *en;
} errors[] = {
    [ASKED_NOTHING] = {"", ""},
    [ASKED_SERVED] = {"", ""},
    [ASKED_ELSEWHERE] = {"Ce serveur ne connaît pas le domaine de cette adresse : vérifiez ce qui suit le signe @.",
                         "This server does not serve the domain of that address: look at what follows the @."},
    [ASKED_UNKNOWN] = {"Réessayez dans une minute.", "Try again in a minute."},
    [ASKED_MALFORMED] = {"Ce n’est pas une adresse de messagerie : elle s’écrit prenom.nom@domaine.",
                         "That is not a mail address: it is written first.last@domain."},
};

void page_write(const struct reach *r, const struct asked_of *a, struct buf *out)
{
    const char *address = a->is == ASKED_SERVED ? a->address : "";
    char url[400 + ASKED_ADDRESS + 10];
    struct buf qr = BUF_INIT;
    struct facts f;

    facts_of(&f, r, a->is == ASKED_SERVED ? a->domain : r->domain, address);
    (void)snprintf(url, sizeof url, "%s%s%s", f.url, address[0] ? "?adresse=" : "", address);
    qr_svg(url, &qr);
    facts_add(&f, "qr", buf_cstr(&qr), true);
    facts_add(&f, "error", errors[a->is].fr, false);
    facts_add(&f, "error_en", errors[a->is].en, false);
    facts_add(&f, "other_out", r->submissions && r->submission ? "yes" : "", false);
    fill(out, text_page, f.v, f.n);
    buf_free(&qr);
}
