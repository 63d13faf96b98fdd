/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/refusals.c - what Pli says when it refuses, one row a cause. French first, without accents: a reply is ASCII unless the client
 * asked for SMTPUTF8 (RFC 6531 3.7.4). A text says what happened and what the person who reads the bounce can do.
 * Source   RFC 5321 4.2, RFC 3463, RFC 5248 registry, RFC 4954 6, RFC 3207 4.
 */
#include "policies/refusals.h"
#include <stddef.h>

#define ROW(id, name, code, esc, fr, en) [id] = {id, name, code, esc, fr, en}
static const struct refusal_text table[REFUSALS_] = {
    ROW(REFUSE_NONE, "none", 250, "2.0.0", "Accepte", "OK"),
    ROW(REFUSE_NEED_TLS, "need-tls", 530, "5.7.0", "Connexion chiffree obligatoire: commencez par STARTTLS", "Must issue a STARTTLS command first"),
    ROW(REFUSE_NEED_AUTH, "need-auth", 530, "5.7.0", "Identifiez-vous d'abord avec votre compte", "Authentication required"),
    ROW(REFUSE_AUTH_FAILED, "auth-failed", 535, "5.7.8", "Adresse ou mot de passe incorrect", "Wrong address or password"),
    ROW(REFUSE_AUTH_TEMP, "auth-temp", 454, "4.7.0", "Verification du mot de passe momentanement impossible, reessayez",
        "Cannot check passwords right now, try again"),
    ROW(REFUSE_AUTH_DISABLED, "auth-disabled", 535, "5.7.1", "Ce compte est desactive, contactez votre administrateur",
        "This account is disabled, ask your administrator"),
    ROW(REFUSE_TOO_MANY_AUTH, "too-many-auth", 454, "4.7.0", "Trop d'essais de mot de passe, patientez une minute",
        "Too many wrong passwords, wait a minute"),
    ROW(REFUSE_UNKNOWN_RCPT, "unknown-recipient", 550, "5.1.1", "Cette adresse n'existe pas sur ce serveur, verifiez-la", "No such mailbox here"),
    ROW(REFUSE_DISABLED_RCPT, "disabled-recipient", 550, "5.2.1", "Cette boite aux lettres est desactivee", "This mailbox is disabled"),
    ROW(REFUSE_NOT_LOCAL, "not-local", 550, "5.7.1", "Ce serveur ne recoit pas le courrier de ce domaine", "Relay denied: not a domain of this server"),
    ROW(REFUSE_QUOTA, "quota", 452, "4.2.2", "La boite du destinataire est pleine, reessayez plus tard", "Mailbox full, try again later"),
    ROW(REFUSE_SENDER_NOT_HELD, "sender-not-held", 553, "5.7.1", "Votre compte ne peut pas ecrire depuis cette adresse d'expediteur",
        "Your account does not hold this sender address"),
    ROW(REFUSE_FROM_MISMATCH, "from-mismatch", 550, "5.7.1", "L'adresse From: du message n'est pas une adresse de votre compte",
        "The From: address is not one that your account holds"),
    ROW(REFUSE_NO_CERT, "no-certificate", 550, "5.7.1", "Votre serveur n'a pas presente de certificat IGC-Sante", "A client certificate is required"),
    ROW(REFUSE_BAD_CERT, "bad-certificate", 550, "5.7.1", "Le certificat de votre serveur n'est pas valable ici", "Your certificate is not trusted here"),
    ROW(REFUSE_UNKNOWN_DOMAIN, "unknown-domain", 550, "5.7.1", "Domaine hors de l'espace de confiance MSSante", "Domain is not in the MSSante trust space"),
    ROW(REFUSE_WRONG_DN, "wrong-dn", 550, "5.7.1", "Votre certificat n'est pas celui declare pour ce domaine", "Your certificate is not the one listed for this domain"),
    ROW(REFUSE_TOO_BIG, "too-big", 552, "5.3.4", "Message trop volumineux pour ce serveur", "Message too big for this server"),
    ROW(REFUSE_TOO_MANY_RCPT, "too-many-recipients", 452, "4.5.3", "Trop de destinataires dans un seul envoi", "Too many recipients"),
    ROW(REFUSE_BARE_LF, "bare-lf", 554, "5.6.0", "Fin de ligne irreguliere dans le message", "Bare CR or LF: lines must end in CRLF"),
    ROW(REFUSE_LINE_TOO_LONG, "line-too-long", 500, "5.5.2", "Ligne de commande trop longue", "Command line too long"),
    ROW(REFUSE_SYNTAX, "syntax", 501, "5.5.4", "Commande mal formee", "Syntax error in parameters"),
    ROW(REFUSE_UNKNOWN_VERB, "unknown-verb", 500, "5.5.1", "Commande inconnue", "Command not recognized"),
    ROW(REFUSE_BAD_SEQUENCE, "bad-sequence", 503, "5.5.1", "Commande hors de propos a ce moment", "Bad sequence of commands"),
    ROW(REFUSE_BAD_PARAM, "bad-parameter", 555, "5.5.4", "Parametre inconnu ou impossible", "Parameter not recognized or not implemented"),
    ROW(REFUSE_STORE_TEMP, "store-temp", 451, "4.3.0", "Stockage momentanement indisponible, reessayez", "Storage unavailable, try again"),
    ROW(REFUSE_DIR_TEMP, "directory-temp", 451, "4.3.0", "Annuaire momentanement indisponible, reessayez", "Directory unavailable, try again"),
    ROW(REFUSE_KEY_TEMP, "keys-temp", 451, "4.3.0", "Service de cles momentanement indisponible, reessayez", "Key service unavailable, try again"),
    ROW(REFUSE_DISK_FULL, "disk-full", 452, "4.3.1", "Espace disque insuffisant sur le serveur, reessayez plus tard", "Insufficient system storage"),
    ROW(REFUSE_PIPELINED_TLS, "pipelined-tls", 554, "5.5.1", "Donnees recues avant la fin de STARTTLS", "Bytes pipelined behind STARTTLS"),
    ROW(REFUSE_TIMEOUT, "timeout", 421, "4.4.2", "Delai d'attente depasse", "Timeout, closing connection"),
    ROW(REFUSE_ACCOUNT_CHANGED, "account-changed", 421, "4.7.0", "Votre compte a change, reconnectez-vous", "Your account has changed, sign in again"),
    ROW(REFUSE_TOO_MANY_SESSIONS, "too-many-sessions", 421, "4.7.0", "Trop de connexions, reessayez plus tard", "Too many connections, try again later"),
    ROW(REFUSE_TOO_MANY_ERRORS, "too-many-errors", 421, "4.7.0", "Trop d'erreurs, fin de la connexion", "Too many errors, closing connection"),
    ROW(REFUSE_BAD_ADDRESS, "bad-address", 501, "5.1.3", "Adresse mal formee", "Bad address syntax"),
    ROW(REFUSE_TNEF, "tnef", 550, "5.6.1", "Piece jointe winmail.dat illisible: envoyez en texte ou en HTML", "winmail.dat refused: send as plain text or HTML"),
    ROW(REFUSE_NUL, "nul", 554, "5.6.0", "Octet nul dans le message", "NUL byte in message"),
    ROW(REFUSE_LOOP, "loop", 554, "5.4.6", "Le message tourne en rond entre serveurs", "Mail loop: too many Received fields"),
    ROW(REFUSE_HEADERS_TOO_BIG, "headers-too-big", 552, "5.6.0", "En-tete du message trop volumineux", "Message header too big"),
    ROW(REFUSE_SHUTDOWN, "shutdown", 421, "4.3.2", "Le serveur s'arrete, reessayez dans un instant", "Server shutting down, try again shortly"),
    ROW(REFUSE_BAD_MECHANISM, "bad-mechanism", 504, "5.5.4", "Mecanisme d'authentification inconnu", "Unrecognized authentication type"),
    ROW(REFUSE_MESSAGE_LINE, "message-line", 554, "5.6.0", "Une ligne du message est demesurement longue", "A line of the message is far too long"),
    ROW(REFUSE_EARLY_TALKER, "early-talker", 554, "5.5.0", "Votre logiciel a parle avant le serveur", "Client spoke before the greeting"),
    ROW(REFUSE_NEED_UTF8, "need-smtputf8", 553, "5.6.7", "Adresse accentuee: la commande doit demander SMTPUTF8", "Non-ASCII address without SMTPUTF8"),
    ROW(REFUSE_BARE_LINE, "bare-line", 500, "5.5.2", "Fin de ligne irreguliere dans une commande", "Bare CR or LF in a command"),
    ROW(REFUSE_NOT_PROVIDED, "not-provided", 502, "5.5.1", "Commande non proposee: utilisez l'annuaire", "Command not provided: ask the directory"),
    ROW(REFUSE_BAD_RESPONSE, "bad-response", 501, "5.5.2", "Reponse d'authentification illisible", "Cannot decode the authentication response"),
};

const struct refusal_text *refusal_get(enum refusal r)
{
    return (unsigned)r < REFUSALS_ ? &table[r] : NULL;
}
