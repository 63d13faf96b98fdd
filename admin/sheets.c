/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/sheets.c - see admin/sheets.h. */
#include "admin/sheets.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Codes de première connexion : "
    "confidentiel</title>\n"
    "<style>\n"
    "@page{size:A4;margin:15mm 20mm}\n"
    "body{font:11pt/1.4 sans-serif;margin:2cm;color:#111}\n"
    "section{break-after:page;max-width:17cm;overflow-wrap:anywhere}section:last-child{break-after:auto}\n"
    "h1{font-size:17pt;margin:0 0 .4em}h2{font-size:12.5pt;margin:1em 0 .3em}p{margin:.4em 0}"
    "th{text-align:left;padding:.15em 1.5em .15em 0;font-weight:normal;color:#555;vertical-align:top;"
    "white-space:nowrap}\n"
    "td{padding:.15em 0}.code{font:bold 16pt monospace;letter-spacing:.05em}\n"
    ".warn{border:1px solid #a00;padding:.4em 1em;margin-top:1em}\n"
    "@media print{body{margin:0}}@media screen{section{margin-bottom:3cm}}\n"
    "</style></head><body>\n";

static void put_text(struct buf *out, struct span s)
{
    static const struct {
        unsigned char c;
        const char *as;
    } marks[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

    for (size_t i = 0; i < s.n; i++) {
        size_t k = 0;

        while (k < sizeof marks / sizeof *marks && marks[k].c != s.p[i])
            k++;
        if (k < sizeof marks / sizeof *marks)
            buf_addstr(out, marks[k].as);
        else
            buf_addc(out, (char)s.p[i]);
    }
}

static void put_row(struct buf *out, const char *what, struct span text, const char *class)
{
    buf_addf(out, "<tr><th>%s</th><td%s>", what, class);
    put_text(out, text);
    buf_addstr(out, "</td></tr>\n");
}

static void put_port(struct buf *out, const char *what, const char *host, int port, const char *how)
{
    if (port > 0)
        buf_addf(out, "<tr><th>%s</th><td>%s, port %d, %s</td></tr>\n", what, host, port, how);
}

void sheets_begin(struct buf *out)
{
    buf_addstr(out, head);
}

static void put_server(struct buf *out, const struct sheet_server *at)
{
    put_port(out, "Réception (IMAP)", at->host, at->imaps, "SSL/TLS");
    put_port(out, "Envoi (SMTP)", at->host, at->submissions, "SSL/TLS");
    put_port(out, "ou", at->host, at->submission, "STARTTLS");
}

/* A mail program finds the address book by these values alone; none finds them by itself. */
static void put_book(struct buf *out, const struct book *at, struct span address)
{
    if (at->port > 0) {
        put_port(out, "Annuaire (LDAP)", at->host, (int)at->port, "SSL/TLS");
        put_row(out, "sa base", span_str(at->base), "");
        buf_addstr(out, "<tr><th>son identifiant</th><td>mail=");
        put_text(out, address);
        buf_addstr(out, ",ou=mailboxes,");
        put_text(out, span_str(at->base));
        buf_addstr(out, "</td></tr>\n");
    }
    buf_addstr(out, "</table>\n");
}

/* First the password, then the mail program: with the code alone it would say that the password is wrong. */
static void put_choice(struct buf *out, const struct sheet_server *at, struct span address, struct span code)
{
    buf_addstr(out, "<h2>1. Choisissez votre mot de passe</h2>\n<p>Avec votre navigateur, sur ordinateur ou téléphone, "
                    "ouvrez la page ci-dessous, et donnez-y votre adresse et ce code.</p>\n<table>\n");
    buf_addf(out, "<tr><th>Page</th><td>%s</td></tr>\n", at->choose);
    put_row(out, "Adresse", address, "");
    put_row(out, "Code", code, " class=\"code\"");
    buf_addf(out,
             "<tr><th>Valable</th><td>une seule fois, jusqu’au %s</td></tr>\n</table>\n"
             "<h2>2. Réglez votre logiciel de messagerie</h2>\n"
             "<p>Choisissez « ajouter un compte », puis recopiez ces valeurs. Le mot de passe est celui que "
             "vous venez de choisir : le code n’ouvre pas la messagerie.</p>\n<table>\n",
             at->until);
    put_row(out, "Identifiant", address, "");
    put_server(out, at);
    put_book(out, &at->book, address);
    buf_addstr(
        out,
        "<p class=\"warn\">Cette feuille est confidentielle jusqu’à ce que votre mot de passe soit choisi. Ne la "
        "photographiez pas, ne l’envoyez pas par courriel. Si la page refuse ce code, bien recopié, alors "
        "que vous ne vous en êtes pas servi, prévenez aussitôt votre administrateur. Personne ne vous demandera ce "
        "code.</p>\n</section>\n");
}

static void put_password(struct buf *out, const struct sheet_server *at, struct span address, struct span code)
{
    buf_addstr(out, "<table>\n");
    put_row(out, "Adresse", address, "");
    put_row(out, "Identifiant", address, "");
    put_row(out, "Mot de passe", code, " class=\"code\"");
    put_server(out, at);
    put_book(out, &at->book, address);
    buf_addstr(out, "<p>Dans votre logiciel de messagerie, choisissez « ajouter un compte », puis recopiez "
                    "ces valeurs. Le mot de passe comporte "
                    "ses tirets.</p>\n<p class=\"warn\">Cette feuille est confidentielle : elle ouvre votre boîte aux "
                    "lettres. Ne la photographiez pas, ne "
                    "l’envoyez pas par courriel, et détruisez-la une fois votre compte réglé. Personne ne vous "
                    "demandera ce mot de passe.</p>\n</section>\n");
}

void sheets_add(struct buf *out, const struct sheet_server *at, struct span name, struct span address, struct span code)
{
    buf_addstr(out, "<section>\n<h1>Votre messagerie sécurisée de santé</h1>\n<p>");
    put_text(out, name);
    buf_addstr(out, "</p>\n");
    (at->choose ? put_choice : put_password)(out, at, address, code);
}

void sheets_end(struct buf *out)
{
    buf_addstr(out, "</body></html>\n");
}
