/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/causes.c - what Pli says when it refuses, one row a cause. French first, without accents: a reply is ASCII unless the client
 * asked for SMTPUTF8 (RFC 6531 3.7.4). A text says what happened and what the person who reads it can do.
 * Source   RFC 5321 4.2, RFC 3463, RFC 5248 registry, RFC 4954 6, RFC 3207 4; RFC 3501 7.1, RFC 5530.
 */
#include "policies/causes.h"
#include "base/err.h"
#include <stdio.h>

/* SMTP: told there only. IMAP: told there only; its code may be NULL: a BAD or a BYE has none. BOTH: told in both. */
#define SMTP(id, code, esc, fr, en) [id] = {code, esc, NULL, fr, en}
#define IMAP(id, imap, fr, en) [id] = {0, NULL, imap, fr, en}
#define BOTH(id, code, esc, imap, fr, en) [id] = {code, esc, imap, fr, en}
/* clang-format off */
static const struct cause_row table[CAUSES_] = {
    /* nothing happened */
    SMTP(CAUSE_NONE, 250, "2.0.0", "Accepte", "OK"),
    /* the plain cause of each kind of failure (base/err.c): what is told when nothing closer is known */
    IMAP(CAUSE_UNAVAILABLE, "UNAVAILABLE", "Indisponible, reessayez plus tard", "Unavailable, try again later"),
    IMAP(CAUSE_REFUSED, "CANNOT", "Demande refusee", "Request refused"),
    BOTH(CAUSE_SYNTAX, 501, "5.5.4", NULL, "Commande mal formee", "Syntax error in parameters"),
    IMAP(CAUSE_NOT_ALLOWED, "NOPERM", "Non autorise", "Not allowed"),
    IMAP(CAUSE_NOT_FOUND, "NONEXISTENT", "Inconnu", "No such thing"),
    IMAP(CAUSE_EXISTS, "ALREADYEXISTS", "Existe deja", "Already exists"),
    IMAP(CAUSE_MAILBOX_FULL, "OVERQUOTA", "Boite pleine", "Mailbox full"),
    IMAP(CAUSE_DAMAGED, "CORRUPTION", "Donnees abimees, administrateur prevenu", "Damaged data, administrator told"),
    IMAP(CAUSE_CLOSED, "UNAVAILABLE", "Connexion fermee", "Connection closed"),
    IMAP(CAUSE_TIMED_OUT, "UNAVAILABLE", "Delai depasse", "Timed out"),
    /* sign-in and the account's right to be here */
    BOTH(CAUSE_NEED_TLS, 530, "5.7.0", "PRIVACYREQUIRED", "Connexion chiffree obligatoire: commencez par STARTTLS",
        "Must issue a STARTTLS command first"),
    IMAP(CAUSE_TLS_ACTIVE, "CLIENTBUG", "TLS est deja actif", "TLS is active already"),
    BOTH(CAUSE_PIPELINED_TLS, 554, "5.5.1", NULL, "Donnees recues avant la fin de STARTTLS",
        "Bytes pipelined behind STARTTLS"),
    SMTP(CAUSE_NEED_AUTH, 530, "5.7.0", "Identifiez-vous d'abord avec votre compte", "Authentication required"),
    BOTH(CAUSE_AUTH_FAILED, 535, "5.7.8", "AUTHENTICATIONFAILED", "Adresse ou mot de passe incorrect",
        "Wrong address or password"),
    SMTP(CAUSE_AUTH_TEMP, 454, "4.7.0", "Verification du mot de passe momentanement impossible, reessayez",
        "Cannot check passwords right now, try again"),
    BOTH(CAUSE_AUTH_DISABLED, 535, "5.7.1", "AUTHORIZATIONFAILED", "Ce compte est desactive, contactez votre administrateur",
        "This account is disabled, ask your administrator"),
    BOTH(CAUSE_WAIT_PASSWORD, 454, "4.7.0", "UNAVAILABLE", "Trop d'essais de mot de passe, patientez une minute",
        "Too many wrong passwords, wait a minute"),
    BOTH(CAUSE_BAD_MECHANISM, 504, "5.5.4", "CANNOT", "Mecanisme d'authentification inconnu",
        "Unrecognized authentication type"),
    BOTH(CAUSE_BAD_RESPONSE, 501, "5.5.2", NULL, "Reponse d'authentification illisible",
        "Cannot decode the authentication response"),
    IMAP(CAUSE_AUTH_CANCELLED, NULL, "Authentification abandonnee", "AUTHENTICATE cancelled"),
    IMAP(CAUSE_OTHER_IDENTITY, "AUTHORIZATIONFAILED", "Identite non autorisee", "Not allowed to act for that identity"),
    IMAP(CAUSE_STRICT_PASSWORD, "CONTACTADMIN", "Boite stricte: mot de passe change ailleurs, voyez l'administrateur (pli account passwd)",
        "Strict mailbox: password changed elsewhere, see the administrator"),
    IMAP(CAUSE_BOX_NOT_OPENED, "CONTACTADMIN", "Boite non ouverte", "Mailbox could not be opened"),
    BOTH(CAUSE_ACCOUNT_CHANGED, 421, "4.7.0", "NOPERM", "Votre compte a change, reconnectez-vous",
        "Your account has changed, sign in again"),
    IMAP(CAUSE_SESSION_EXPIRED, "NOPERM", "Session expiree, reconnectez-vous", "Session expired, sign in again"),
    BOTH(CAUSE_TOO_MANY_SESSIONS, 421, "4.7.0", "UNAVAILABLE", "Trop de connexions, reessayez plus tard",
        "Too many connections, try again later"),
    IMAP(CAUSE_ACCOUNT_SESSIONS, "LIMIT", "Trop de sessions pour ce compte", "Too many sessions for this account"),
    SMTP(CAUSE_EARLY_TALKER, 554, "5.5.0", "Votre logiciel a parle avant le serveur",
        "Client spoke before the greeting"),
    /* who sends, to whom */
    SMTP(CAUSE_UNKNOWN_RCPT, 550, "5.1.1", "Cette adresse n'existe pas sur ce serveur, verifiez-la",
        "No such mailbox here"),
    SMTP(CAUSE_DISABLED_RCPT, 550, "5.2.1", "Cette boite aux lettres est desactivee", "This mailbox is disabled"),
    SMTP(CAUSE_NOT_LOCAL, 550, "5.7.1", "Ce serveur ne recoit pas le courrier de ce domaine",
        "Relay denied: not a domain of this server"),
    SMTP(CAUSE_QUOTA, 452, "4.2.2", "La boite du destinataire est pleine, reessayez plus tard",
        "Mailbox full, try again later"),
    SMTP(CAUSE_SENDER_NOT_HELD, 553, "5.7.1", "Votre compte ne peut pas ecrire depuis cette adresse d'expediteur",
        "Your account does not hold this sender address"),
    SMTP(CAUSE_FROM_MISMATCH, 550, "5.7.1", "L'adresse From: du message n'est pas une adresse de votre compte",
        "The From: address is not one that your account holds"),
    SMTP(CAUSE_FROM_OPERATOR, 550, "5.7.1", "L'adresse From: du message n'est pas d'un domaine declare pour votre certificat",
        "The From: address is not of a domain listed for your certificate"),
    SMTP(CAUSE_NO_CERT, 554, "5.7.0", "Votre serveur n'a pas presente de certificat IGC-Sante",
        "A client certificate is required"),
    SMTP(CAUSE_BAD_CERT, 554, "5.7.5", "Le certificat de votre serveur n'est pas valable ici",
        "Your certificate is not trusted here"),
    SMTP(CAUSE_UNKNOWN_DOMAIN, 550, "5.7.1", "Domaine hors de l'espace de confiance MSSante",
        "Domain is not in the MSSante trust space"),
    SMTP(CAUSE_WRONG_DN, 550, "5.7.1", "Votre certificat n'est pas celui declare pour ce domaine",
        "Your certificate is not the one listed for this domain"),
    SMTP(CAUSE_TOO_MANY_RCPT, 452, "4.5.3", "Trop de destinataires dans un seul envoi", "Too many recipients"),
    SMTP(CAUSE_BAD_ADDRESS, 501, "5.1.3", "Adresse mal formee", "Bad address syntax"),
    SMTP(CAUSE_NEED_UTF8, 553, "5.6.7", "Adresse accentuee: la commande doit demander SMTPUTF8",
        "Non-ASCII address without SMTPUTF8"),
    /* the message */
    BOTH(CAUSE_TOO_BIG, 552, "5.3.4", "TOOBIG", "Message trop volumineux pour ce serveur",
        "Message too big for this server"),
    SMTP(CAUSE_BARE_LF, 554, "5.6.0", "Fin de ligne irreguliere dans le message",
        "Bare CR or LF: lines must end in CRLF"),
    IMAP(CAUSE_HEADER_LINE_END, "CANNOT", "Fin de ligne irreguliere dans l'en-tete", "Bare CR or LF in the header"),
    SMTP(CAUSE_MESSAGE_LINE, 554, "5.6.0", "Une ligne du message est demesurement longue",
        "A line of the message is far too long"),
    BOTH(CAUSE_NUL, 554, "5.6.0", "CANNOT", "Octet nul dans le message", "NUL byte in message"),
    SMTP(CAUSE_HEADERS_TOO_BIG, 552, "5.6.0", "En-tete du message trop volumineux", "Message header too big"),
    IMAP(CAUSE_EMPTY_MESSAGE, "CANNOT", "Message vide", "Empty message"),
    SMTP(CAUSE_LOOP, 554, "5.4.6", "Le message tourne en rond entre serveurs", "Mail loop: too many Received fields"),
    SMTP(CAUSE_TNEF, 550, "5.6.1", "Piece jointe winmail.dat illisible: envoyez en texte ou en HTML",
        "winmail.dat refused: send as plain text or HTML"),
    /* the server's own trouble */
    IMAP(CAUSE_BUSY, "UNAVAILABLE", "Serveur occupe, reessayez plus tard", "Server is busy, try again later"),
    IMAP(CAUSE_TOO_MANY_OPERATIONS, "UNAVAILABLE", "Trop d'operations, reessayez dans une minute",
        "Too many operations, try again in a minute"),
    SMTP(CAUSE_STORE_TEMP, 451, "4.3.0", "Stockage momentanement indisponible, reessayez",
        "Storage unavailable, try again"),
    BOTH(CAUSE_DIR_TEMP, 451, "4.3.0", "UNAVAILABLE", "Annuaire momentanement indisponible, reessayez",
        "Directory unavailable, try again"),
    SMTP(CAUSE_KEY_TEMP, 451, "4.3.0", "Service de cles momentanement indisponible, reessayez",
        "Key service unavailable, try again"),
    BOTH(CAUSE_DISK_FULL, 452, "4.3.1", "UNAVAILABLE", "Espace disque insuffisant sur le serveur, reessayez plus tard",
        "Insufficient system storage"),
    IMAP(CAUSE_TOO_MANY_MESSAGES, "OVERQUOTA", "La boite contient le nombre maximal de messages",
        "The mailbox holds as many messages as it may"),
    IMAP(CAUSE_SERVER_BUG, "SERVERBUG", "Erreur interne", "Internal error"),
    BOTH(CAUSE_SHUTDOWN, 421, "4.3.2", NULL, "Le serveur s'arrete, reessayez dans un instant",
        "Server shutting down, try again shortly"),
    SMTP(CAUSE_TIMEOUT, 421, "4.4.2", "Delai d'attente depasse", "Timeout, closing connection"),
    BOTH(CAUSE_TOO_MANY_ERRORS, 421, "4.7.0", NULL, "Trop d'erreurs, fin de la connexion",
        "Too many errors, closing connection"),
    /* the form of a command */
    BOTH(CAUSE_UNKNOWN_VERB, 500, "5.5.1", NULL, "Commande inconnue", "Command not recognized"),
    BOTH(CAUSE_BAD_SEQUENCE, 503, "5.5.1", NULL, "Commande hors de propos a ce moment", "Bad sequence of commands"),
    SMTP(CAUSE_BAD_PARAM, 555, "5.5.4", "Parametre inconnu ou impossible",
        "Parameter not recognized or not implemented"),
    SMTP(CAUSE_NOT_PROVIDED, 502, "5.5.1", "Commande non proposee: utilisez l'annuaire",
        "Command not provided: ask the directory"),
    BOTH(CAUSE_LINE_TOO_LONG, 500, "5.5.2", NULL, "Ligne de commande trop longue", "Command line too long"),
    BOTH(CAUSE_BARE_LINE, 500, "5.5.2", NULL, "Fin de ligne irreguliere dans une commande",
        "Bare CR or LF in a command"),
    IMAP(CAUSE_LITERAL_TOO_LONG, "TOOBIG", "Donnees trop longues", "Literal too long"),
    IMAP(CAUSE_TOO_COMPLEX, NULL, "Commande trop complexe", "Command is too complex"),
    IMAP(CAUSE_SEARCH_TOO_COMPLEX, "UNAVAILABLE", "Recherche trop complexe", "SEARCH is too complex"),
    IMAP(CAUSE_BAD_CHARSET, "BADCHARSET (UTF-8 US-ASCII ISO-8859-1)", "Jeu de caracteres inconnu", "Unknown charset"),
    IMAP(CAUSE_NO_TAG, NULL, "Une commande commence par une etiquette", "A command begins with a tag"),
    IMAP(CAUSE_NO_COMMAND, NULL, "Il manque la commande", "Command is missing"),
    IMAP(CAUSE_BAD_ARGUMENTS, NULL, "Arguments incompris", "Arguments are not understood"),
    IMAP(CAUSE_EXTRA_ARGUMENTS, NULL, "Trop d'arguments pour cette commande",
        "Command has more arguments than it takes"),
    IMAP(CAUSE_NEED_MAILBOX, NULL, "Il manque le nom d'une boite", "A mailbox name is needed"),
    IMAP(CAUSE_NEED_SET, NULL, "Il manque un ensemble de messages", "A set of messages is needed"),
    IMAP(CAUSE_APPEND_FORM, NULL, "APPEND prend une boite, des drapeaux, une date et un litteral",
        "APPEND takes a mailbox, flags, a date and a literal"),
    IMAP(CAUSE_APPEND_LITERAL, NULL, "APPEND prend un litteral", "APPEND takes a literal"),
    IMAP(CAUSE_APPEND_ONE, NULL, "APPEND prend un seul message", "APPEND takes one message"),
    IMAP(CAUSE_STATUS_FORM, NULL, "STATUS prend une boite et une liste d'elements",
        "STATUS takes a mailbox and a list of items"),
    IMAP(CAUSE_LIST_FORM, NULL, "LIST prend une reference et des motifs", "LIST takes a reference and patterns"),
    IMAP(CAUSE_LSUB_FORM, NULL, "LSUB prend une reference et un motif", "LSUB takes a reference and a pattern"),
    IMAP(CAUSE_IDLE_DONE, NULL, "IDLE se termine par DONE", "IDLE ends with DONE"),
    IMAP(CAUSE_NO_SUCH_MESSAGE, NULL, "Aucun message de ce numero", "No such message number"),
    /* folders and what is in them */
    IMAP(CAUSE_NO_SUCH_MAILBOX, "NONEXISTENT", "Cette boite n'existe pas", "No such mailbox"),
    IMAP(CAUSE_TRY_CREATE, "TRYCREATE", "Cette boite n'existe pas, creez-la", "No such mailbox, create it first"),
    IMAP(CAUSE_MAILBOX_EXISTS, "ALREADYEXISTS", "Cette boite existe deja", "Mailbox exists already"),
    IMAP(CAUSE_MAILBOX_DELETED, NULL, "Boite supprimee par une autre session",
        "Mailbox was deleted by another session"),
    IMAP(CAUSE_FOLDERS_ONLY, "CANNOT", "Ce dossier ne contient pas de message", "Mailbox holds folders only"),
    IMAP(CAUSE_HAS_CHILDREN, "HASCHILDREN", "Ce dossier en contient d'autres", "Mailbox has others below it"),
    IMAP(CAUSE_INBOX_STAYS, "CANNOT", "INBOX ne peut pas etre supprimee", "INBOX cannot be deleted"),
    IMAP(CAUSE_BELOW_ITSELF, "CANNOT", "Un dossier ne peut aller sous lui-meme", "A mailbox cannot move below itself"),
    IMAP(CAUSE_TOO_MANY_FOLDERS, "LIMIT", "Trop de dossiers, ou noms trop longs",
        "Too many mailboxes, or names too long"),
    IMAP(CAUSE_TOO_MANY_RENAMES, "LIMIT", "Trop de dossiers a renommer", "Too many folders to rename at once"),
    IMAP(CAUSE_TOO_MANY_KEYWORDS, "LIMIT", "Plus de mots-cles possibles", "No more keywords can be made"),
    IMAP(CAUSE_READ_ONLY, "CANNOT", "Boite ouverte en lecture seule", "Mailbox is read-only"),
    IMAP(CAUSE_EXPUNGED, "EXPUNGEISSUED", "Des messages ont ete effaces entre-temps",
        "Some messages were expunged meanwhile"),
    /* what a person typed (base/prepare.h, proto/imap/name.c) */
    IMAP(CAUSE_TEXT_EMPTY, "CANNOT", "Texte vide", "Empty text"),
    IMAP(CAUSE_TEXT_TOO_LONG, "CANNOT", "Texte trop long", "Text is too long"),
    IMAP(CAUSE_TEXT_NOT_UTF8, NULL, "Texte non UTF-8", "Text is not UTF-8"),
    IMAP(CAUSE_PASSWORD_CHARACTER, "CANNOT", "Mot de passe : caractere non admis (invisible, controle)",
        "Password has a character that is not allowed (invisible, control)"),
    IMAP(CAUSE_LOGIN_CHARACTER, "CANNOT", "Identifiant : caractere non admis",
        "User name has a character that is not allowed"),
    IMAP(CAUSE_NAME_DIRECTION, "CANNOT", "Nom avec une marque de direction", "Name has a direction mark"),
    IMAP(CAUSE_NAME_CONTROL, "CANNOT", "Nom avec un caractere de controle", "Name has a control character"),
    IMAP(CAUSE_NAME_INVISIBLE, "CANNOT", "Nom avec un caractere invisible", "Name has an invisible character"),
    IMAP(CAUSE_NAME_EMPTY, "CANNOT", "Nom vide", "Mailbox name is empty"),
    IMAP(CAUSE_NAME_TOO_LONG, "CANNOT", "Nom trop long", "Mailbox name is too long"),
    IMAP(CAUSE_NAME_EMPTY_LEVEL, "CANNOT", "Nom avec un niveau vide", "Mailbox name has an empty level"),
    IMAP(CAUSE_NAME_LEVELS, "CANNOT", "Nom avec trop de niveaux", "Mailbox name has too many levels"),
    IMAP(CAUSE_NAME_UTF7, NULL, "Nom en UTF-7 modifie incorrect", "Mailbox name is not valid modified UTF-7"),
    /* the operating system, or a daemon for a role that is not its peer's, will not */
    IMAP(CAUSE_NOT_PERMITTED, "NOPERM", "Operation non permise", "Operation not permitted"),
    /* a password that its holder sets over LDAP (directory/dird/newpass.h) */
    IMAP(CAUSE_NEW_PASSWORD, "CANNOT", "Mot de passe refuse: trop court, avec un schema ou en double",
        "Password refused: too short, with a scheme, or a second one"),
    /* the white list: administrators see these; the last two are told on port 25 and at RCPT too */
    SMTP(CAUSE_LIST_UNREADABLE, 451, "4.3.0", "Liste blanche illisible", "The white list cannot be read"),
    SMTP(CAUSE_LIST_SIGNATURE, 451, "4.3.0", "La signature de la liste blanche n'est pas juste", "The signature of the white list is wrong"),
    SMTP(CAUSE_LIST_SIGNER, 451, "4.3.0", "La liste blanche est signee par quelqu'un d'autre", "The white list is signed by somebody else"),
    SMTP(CAUSE_LIST_EXPIRED_SIGNER, 451, "4.3.0", "Le certificat du signataire de la liste blanche n'etait pas valable",
        "The certificate of the white list's signer was not valid"),
    SMTP(CAUSE_LIST_FUTURE, 451, "4.3.0", "La liste blanche est datee du futur", "The white list is dated in the future"),
    SMTP(CAUSE_LIST_OLDER, 451, "4.3.0", "Cette liste blanche est plus ancienne que celle en usage", "This white list is older than the one in use"),
    SMTP(CAUSE_LIST_LOSS, 451, "4.3.0", "Cette liste blanche perd trop de domaines", "This white list loses too many domains"),
    SMTP(CAUSE_LIST_STALE, 451, "4.7.1", "La liste des domaines de confiance est trop ancienne, reessayez plus tard",
        "The list of trusted domains is too old, try again later"),
    SMTP(CAUSE_LIST_MISSING, 451, "4.7.1", "La liste des domaines de confiance n'est pas encore chargee, reessayez plus tard",
        "The list of trusted domains is not loaded yet, try again later"),
    /* A client certificate on port 25. 554 is RFC 3207 4.1's code for a peer whose authentication is not enough. The enhanced codes are those of the
     * registry (RFC 5248) that come nearest: .0 nothing was shown; .5 what is needed to verify it is not known here, or cannot be read; .6 algorithm not
     * supported; .8 credentials no longer valid, or not yet; .9 weaker than the policy permits; .13 disabled by its authority; .1 not authorized for this.
     * "Not yet" heals by itself, also where the wrong clock is ours: the sender is asked to wait, and no letter is bounced. */
    SMTP(CAUSE_CERT_EXPIRED, 554, "5.7.8", "Le certificat de votre serveur a expire", "Your certificate has expired"),
    SMTP(CAUSE_CERT_NOT_YET, 451, "4.7.8", "Le certificat de votre serveur n'est pas encore valable, verifiez sa date",
        "Your certificate is not valid yet, check its dates"),
    SMTP(CAUSE_CERT_CHAIN, 554, "5.7.5", "Le certificat de votre serveur ne vient pas d'une autorite admise ici",
        "Your certificate does not come from an authority trusted here"),
    SMTP(CAUSE_CERT_USAGE, 554, "5.7.1", "Le certificat de votre serveur n'est pas fait pour cet usage",
        "Your certificate is not meant for this use"),
    SMTP(CAUSE_CERT_POLICY, 554, "5.7.9", "Le certificat de votre serveur n'a pas la politique exigee ici",
        "Your certificate does not have the policy required here"),
    SMTP(CAUSE_CERT_WEAK, 554, "5.7.6", "Le certificat de votre serveur emploie une cle ou une empreinte trop faible",
        "Your certificate uses a weak key or digest"),
    SMTP(CAUSE_CERT_REVOKED, 554, "5.7.13", "Le certificat de votre serveur est revoque", "Your certificate has been revoked"),
    SMTP(CAUSE_CERT_UNCHECKED, 451, "4.7.5", "La revocation de votre certificat ne peut etre verifiee, reessayez plus tard",
        "The revocation of your certificate cannot be checked, try again later"),
    /* the way out: a report to the sender has these */
    SMTP(CAUSE_NO_SUCH_DOMAIN, 550, "5.1.2", "Le domaine de cette adresse n'existe pas", "The domain of this address does not exist"),
    SMTP(CAUSE_NULL_MX, 556, "5.1.10", "Ce domaine ne recoit pas de courrier", "This domain does not accept mail"),
    SMTP(CAUSE_NO_ADDRESS, 451, "4.4.4", "Le serveur du destinataire n'a pas d'adresse dans le DNS", "The recipient's server has no address in the DNS"),
    SMTP(CAUSE_DNS_TEMP, 451, "4.4.3", "Le DNS du domaine du destinataire ne repond pas", "The DNS of the recipient's domain does not answer"),
    SMTP(CAUSE_UNREACHABLE, 451, "4.4.1", "Le serveur du destinataire ne repond pas", "The recipient's server does not answer"),
    SMTP(CAUSE_PEER_GREETING, 451, "4.4.2", "Le serveur du destinataire refuse la connexion", "The recipient's server refuses the connection"),
    SMTP(CAUSE_PEER_NO_STARTTLS, 451, "4.7.4", "Le serveur du destinataire ne propose pas de connexion chiffree",
        "The recipient's server offers no STARTTLS"),
    SMTP(CAUSE_PEER_INJECTED, 451, "4.7.0", "Le serveur du destinataire a envoye des donnees avant la fin de STARTTLS",
        "The recipient's server sent bytes before the end of STARTTLS"),
    SMTP(CAUSE_PEER_TLS, 451, "4.7.5", "La connexion chiffree avec le serveur du destinataire a echoue",
        "The TLS handshake with the recipient's server failed"),
    SMTP(CAUSE_PEER_CERT, 451, "4.7.5", "Le certificat du serveur du destinataire n'est pas valable ici",
        "The certificate of the recipient's server is not trusted here"),
    SMTP(CAUSE_PEER_DN, 451, "4.7.5", "Le certificat du serveur du destinataire n'est pas celui declare pour ce domaine",
        "The certificate of the recipient's server is not the one listed for this domain"),
    SMTP(CAUSE_PEER_REVOKED, 451, "4.7.13", "Le certificat du serveur du destinataire est revoque", "The certificate of the recipient's server has been revoked"),
    SMTP(CAUSE_PEER_UNCHECKED, 451, "4.7.5", "La revocation du certificat du serveur du destinataire ne peut etre verifiee",
        "The revocation of the certificate of the recipient's server cannot be checked"),
    SMTP(CAUSE_PEER_PROTOCOL, 451, "4.5.0", "Le serveur du destinataire a repondu hors des regles", "The recipient's server broke the protocol"),
    SMTP(CAUSE_PEER_TIMEOUT, 451, "4.4.2", "Le serveur du destinataire a cesse de repondre", "The recipient's server stopped answering"),
    SMTP(CAUSE_PEER_LOST, 451, "4.4.2", "La connexion avec le serveur du destinataire a ete coupee", "The connection with the recipient's server was lost"),
    SMTP(CAUSE_PEER_NO_UTF8, 550, "5.6.7", "Le serveur du destinataire n'accepte pas les adresses accentuees",
        "The recipient's server does not take non-ASCII addresses"),
    SMTP(CAUSE_PEER_NO_8BIT, 554, "5.6.3", "Le serveur du destinataire n'accepte pas ce message signe sans le modifier",
        "The recipient's server cannot take this signed message unchanged, and it must not be changed"),
    SMTP(CAUSE_NOT_CONVERTIBLE, 554, "5.6.3", "Le serveur du destinataire ne prend que l'ASCII, et ce message ne peut etre converti",
        "The recipient's server takes ASCII only, and this message cannot be converted"),
    SMTP(CAUSE_PEER_NO_REQUIRETLS, 550, "5.7.30", "Le serveur du destinataire ne garantit pas TLS jusqu'au bout (REQUIRETLS)",
        "The recipient's server does not support REQUIRETLS"),
    SMTP(CAUSE_PEER_TOO_BIG, 552, "5.3.4", "Message trop volumineux pour le serveur du destinataire", "Message too big for the recipient's server"),
    /* the queue */
    SMTP(CAUSE_LEFT_TRUST_SPACE, 550, "5.7.1", "Le domaine du destinataire n'est plus dans l'espace de confiance MSSante",
        "The recipient's domain has left the MSSante trust space"),
    SMTP(CAUSE_QUEUE_EXPIRED, 550, "5.4.7", "Le message n'a pas pu etre remis dans le delai prevu", "The message could not be delivered in time"),
    SMTP(CAUSE_QUEUE_DROPPED, 550, "5.7.0", "Le message a ete retire de la file d'attente par l'administrateur",
        "The message was removed from the queue by the administrator"),
    SMTP(CAUSE_QUEUE_DELAYED, 451, "4.4.7", "Le message n'est pas encore remis, les essais continuent", "The message is not delivered yet, tries go on"),
    /* submission */
    SMTP(CAUSE_RATE_ACCOUNT, 450, "4.7.1", "Trop de messages envoyes en peu de temps par ce compte, patientez",
        "Too many messages from this account in a short time, wait"),
    SMTP(CAUSE_RATE_ADDRESS, 450, "4.7.1", "Trop de messages envoyes en peu de temps depuis ce poste, patientez",
        "Too many messages from this address in a short time, wait"),
    SMTP(CAUSE_CITIZEN_SIZE, 552, "5.3.4", "Message trop volumineux pour la messagerie citoyenne (25 Mo)",
        "Message too big for citizens' mailboxes (25 MB)"),
    SMTP(CAUSE_CITIZEN_ADDRESS, 550, "5.1.3", "L'adresse du patient n'est pas un matricule INS juste, verifiez-la",
        "The patient's address is not a valid INS number"),
};
/* clang-format on */

const struct cause_row *cause_row(enum cause c)
{
    return (unsigned)c < CAUSES_ ? &table[c] : NULL;
}

bool cause_alarms(enum cause c)
{
    static const bool alarms[CAUSES_] = {
        [CAUSE_PEER_NO_STARTTLS] = true, [CAUSE_PEER_INJECTED] = true, [CAUSE_PEER_TLS] = true,
        [CAUSE_PEER_CERT] = true,        [CAUSE_PEER_DN] = true,       [CAUSE_PEER_REVOKED] = true,
        [CAUSE_PEER_UNCHECKED] = true,   [CAUSE_LIST_STALE] = true,    [CAUSE_LIST_MISSING] = true};

    return (unsigned)c < CAUSES_ && alarms[c];
}

const char *cause_text(enum cause c, char *out)
{
    const struct cause_row *t = cause_row(c);

    if (!t)
        bug("no cause %d", (int)c);
    snprintf(out, CAUSE_TEXT, "%s / %s", t->fr, t->en);
    return out;
}
