/* SPDX-License-Identifier: EUPL-1.2 */
/* base/settings.c - the table of options, and values of each type from their text. See base/settings.h. */
#include "base/settings.h"
#include "base/nets.h"
#include <stdio.h>
#include <stdlib.h>

#define KB 1024LL
#define MB (1024 * KB)
#define GB (1024 * MB)
#define TB (1024 * GB)
#define DAY 86400LL

/* clang-format off */
/* name, type, default, least, most, when, help. Sorted by section; within one, in the order a reader would ask. */
const struct setting settings[] = {
    {"instance.domain", SET_STR, "", 0, 253, SET_AT_INIT, "the mail domain this instance serves"},
    {"instance.hostname", SET_STR, "", 0, 253, SET_AT_START, "the name in banners and trace fields; empty: mail. and the domain"},
    {"instance.operator", SET_STR, "", 0, 200, SET_AT_START, "the operator's name, as the trust space knows it"},
    {"instance.language", SET_WORD, "fr", 0, 0, SET_AT_START,
     "names of the folders that are made at an account's first sign-in: Brouillons, Envoyés ... (fr) or Drafts, Sent ... (en)"},
    {"instance.users", SET_STR, "_pli", 0, 24, SET_AT_START,
     "started as root: the prefix of the daemons' user names (_pli-smtpd ...); uids are allotted when the names do not exist"},
    {"instance.uid_base", SET_INT, "60900", 0, 2000000000, SET_AT_START,
     "started as root: the first of ten uids allotted to daemons without a user name; 0: every daemon runs as root"},
    {"instance.postmaster", SET_STR, "", 0, 320, SET_AT_START, "the account that takes mail to postmaster; empty: the first one made"},
    {"account.keep_closed", SET_SECS, "90d", 0, 3650 * DAY, SET_AT_START,
     "how long the mail and the keys of an account are kept, sealed, after pli account close; then they are destroyed"},
    {"account.code_life", SET_SECS, "30d", 0, 3650 * DAY, SET_AT_START,
     "how long a code on a sheet (pli account import, code) is good for choosing a password; 0, or without listen.https: the sheet has a password"},
    {"account.purge_every", SET_SECS, "1d", 0, 30 * DAY, SET_AT_START,
     "how often closed accounts whose time has passed are destroyed while the instance runs; 0: by pli account purge alone"},
    {"listen.smtp", SET_ADDR, "[::]:25", 0, 0, SET_AT_START, "where other operators deliver; empty: nowhere"},
    {"listen.submission", SET_ADDR, "[::]:587", 0, 0, SET_AT_START, "submission with STARTTLS; empty: nowhere"},
    {"listen.submissions", SET_ADDR, "[::]:465", 0, 0, SET_AT_START, "submission over TLS; empty: nowhere"},
    {"listen.imap", SET_ADDR, "[::]:143", 0, 0, SET_AT_START, "IMAP with STARTTLS; empty: nowhere"},
    {"listen.imaps", SET_ADDR, "[::]:993", 0, 0, SET_AT_START, "IMAP over TLS; empty: nowhere"},
    {"listen.ldap", SET_ADDR, "127.0.0.1:389", 0, 0, SET_AT_START, "the embedded directory with StartTLS; empty: nowhere"},
    {"listen.ldaps", SET_ADDR, "[::]:636", 0, 0, SET_AT_START, "the embedded directory over TLS; empty: nowhere"},
    {"listen.http", SET_ADDR, "", 0, 0, SET_AT_START, "where mail programs look for their settings first, without TLS (port 80); empty: nowhere"},
    {"listen.https", SET_ADDR, "", 0, 0, SET_AT_START, "the settings of mail programs, and the page for their users, over TLS (port 443); empty: nowhere"},
    {"smtpd.peer_anchors", SET_STR, "", 0, 500, SET_AT_START,
     "PEM file of the authorities of other operators' TLS certificates; empty: ca.pem, the trial authority"},
    {"smtpd.peer_usage", SET_WORD, "either", 0, 0, SET_AT_START,
     "extended key usage of other operators' certificates: clientAuth or serverAuth (either), one of them, or not looked at (off)"},
    {"smtpd.peer_policies", SET_STR, "", 0, 1000, SET_AT_START,
     "certificate policies (OIDs, with spaces or commas) of which another operator's certificate must have one; empty: any"},
    {"smtpd.mail_anchors", SET_STR, "", 0, 500, SET_AT_START,
     "PEM file of the authorities of S/MIME certificates, for verdicts alone; empty: ca.pem, the trial authority"},
    {"smtpd.from_domain", SET_WORD, "operator", 0, 0, SET_AT_START,
     "mail of another operator, domain of From and Sender: listed for the peer's DN (operator), the envelope's (domain), or not compared (off)"},
    {"smtpd.old_ciphers", SET_BOOL, "no", 0, 0, SET_AT_START, "take the two CBC suites of the MSSante text of 2021 from other operators, too"},
    {"smtpd.proxy_from", SET_NETS, "", 0, 1000, SET_AT_START,
     "addresses and networks (192.0.2.1, 2001:db8::/48, ...) that must begin with a PROXY protocol v2 header; empty: none may"},
    {"smtpd.max_message", SET_BYTES, "50M", 64 * KB, GB, SET_AT_START, "largest message taken, in bytes on the wire"},
    {"smtpd.max_memory", SET_BYTES, "1G", 64 * MB, 1024 * GB, SET_AT_START,
     "memory that messages on their way hold, sealed, in all; beyond it 452 4.3.1"},
    {"smtpd.max_memory_per_account", SET_BYTES, "256M", 4 * MB, 1024 * GB, SET_AT_START,
     "the same for one account or operator (signing a message takes three times its size); at least four times max_message"},
    {"smtpd.max_recipients", SET_INT, "500", 100, 500, SET_AT_START, "recipients of one message; fewer when their addresses are very long"},
    {"smtpd.max_sessions", SET_INT, "1000", 1, 20000, SET_AT_START, "sessions at once, in all"},
    {"smtpd.max_sessions_per_address", SET_INT, "200", 1, 20000, SET_AT_START, "sessions at once from one address"},
    {"smtpd.max_unproven", SET_INT, "250", 1, 20000, SET_AT_START,
     "sessions at once on one port that have not signed in, nor shown a listed operator's certificate; never more than a quarter of max_sessions"},
    {"smtpd.max_unproven_per_address", SET_INT, "50", 1, 20000, SET_AT_START, "the same from one address"},
    {"smtpd.max_rate_per_address", SET_INT, "3000", 1, 1000000, SET_AT_START, "new sessions a minute from one address (loopback apart)"},
    {"smtpd.max_unknown", SET_INT, "100", 10, 100000, SET_AT_START,
     "unknown recipients that one session of another operator may name before it is ended"},
    {"smtpd.max_errors", SET_INT, "10", 1, 1000, SET_AT_START, "refused commands before the session is ended"},
    {"smtpd.command_timeout", SET_SECS, "5m", 1, 3600, SET_AT_START, "wait for the next command (RFC 5321 4.5.3.2)"},
    {"smtpd.data_timeout", SET_SECS, "10m", 1, 7200, SET_AT_START, "wait for the next block of a message"},
    {"smtpd.login_timeout", SET_SECS, "1m", 1, 3600, SET_AT_START, "time to sign in, or on port 25 to show a listed operator's certificate and a sender"},
    {"smtpd.max_messages_per_account_hour", SET_INT, "20000", 1, 100000000, SET_AT_START, "messages that one account submits in an hour"},
    {"smtpd.max_recipients_per_account_hour", SET_INT, "50000", 1, 100000000, SET_AT_START, "recipients of these messages"},
    {"smtpd.max_messages_per_address_hour", SET_INT, "50000", 1, 100000000, SET_AT_START,
     "messages submitted in an hour from one address (an IPv6 /64; loopback apart)"},
    {"smtpd.max_recipients_per_address_hour", SET_INT, "100000", 1, 100000000, SET_AT_START, "recipients of these messages"},
    {"smtpd.duplicate_window", SET_SECS, "10m", 0, 3600, SET_AT_START,
     "a message submitted again within that time, the same with its Message-ID, recipients and account, is answered and not filed; 0: never"},
    {"smtpd.citizen_domain", SET_STR, "patient.mssante.fr", 0, 253, SET_AT_START, "the domain of patients' mailboxes; empty: none"},
    {"smtpd.citizen_max", SET_BYTES, "25M", 64 * KB, GB, SET_AT_START, "largest message submitted to a patient, signature and trace fields included"},
    {"smtpd.citizen_check", SET_WORD, "refuse", 0, 0, SET_AT_START,
     "a patient's address that is no matricule INS (15 characters, key modulo 97): refuse, warn (in the log) or off"},
    {"imapd.proxy_from", SET_NETS, "", 0, 1000, SET_AT_START,
     "addresses and networks that must begin with a PROXY protocol v2 header; empty: none may"},
    {"imapd.max_message", SET_BYTES, "50M", 64 * KB, GB, SET_AT_START, "largest message taken by APPEND"},
    {"imapd.max_memory", SET_BYTES, "1G", 64 * MB, 1024 * GB, SET_AT_START,
     "memory that messages on their way by APPEND hold, sealed, in all; beyond it NO"},
    {"imapd.max_memory_per_account", SET_BYTES, "256M", 4 * MB, 1024 * GB, SET_AT_START, "the same for one account; at least four times max_message"},
    {"imapd.max_sessions", SET_INT, "5000", 1, 50000, SET_AT_START, "sessions at once, in all"},
    {"imapd.max_sessions_per_address", SET_INT, "3000", 1, 50000, SET_AT_START, "sessions at once from one address"},
    {"imapd.max_unproven", SET_INT, "1000", 1, 50000, SET_AT_START,
     "sessions at once on one port that have not signed in; never more than a quarter of max_sessions"},
    {"imapd.max_unproven_per_address", SET_INT, "200", 1, 50000, SET_AT_START, "the same from one address"},
    {"imapd.max_sessions_per_account", SET_INT, "30", 1, 1000, SET_AT_START, "sessions at once for one account"},
    {"imapd.max_errors", SET_INT, "20", 1, 1000, SET_AT_START, "bad commands before the session is ended"},
    {"imapd.login_timeout", SET_SECS, "1m", 1, 3600, SET_AT_START, "time to finish TLS and sign in"},
    {"imapd.idle_timeout", SET_SECS, "30m", 1800, DAY, SET_AT_START, "silence after which a session is ended (RFC 3501 5.4)"},
    {"imapd.progress", SET_SECS, "10s", 0, DAY, SET_AT_START,
     "how often a long SEARCH, SORT, THREAD, COPY or MOVE tells how far it is (RFC 9585); 0, for tests: at each message"},
    {"httpd.proxy_from", SET_NETS, "", 0, 1000, SET_AT_START,
     "addresses and networks that must begin with a PROXY protocol v2 header; empty: none may"},
    {"httpd.max_sessions", SET_INT, "200", 1, 10000, SET_AT_START, "connections at once on one port; when all are taken, the address with most gives one up"},
    {"httpd.max_sessions_per_address", SET_INT, "50", 1, 10000, SET_AT_START, "connections at once from one address"},
    {"httpd.max_rate_per_address", SET_INT, "600", 1, 1000000, SET_AT_START, "new connections a minute from one address (loopback apart)"},
    {"httpd.request_timeout", SET_SECS, "10s", 1, 600, SET_AT_START, "wait for a client's next octets, and for it to take an answer"},
    {"httpd.session_timeout", SET_SECS, "1m", 1, 3600, SET_AT_START, "how long a connection lives, whatever comes over it"},
    {"relayd.port", SET_INT, "25", 1, 65535, SET_AT_START, "the port of other operators' servers; only tests need another"},
    {"relayd.bind_address", SET_STR, "", 0, 100, SET_AT_START,
     "the address that mail leaves from, or an IPv4 and an IPv6 one with a space between; empty: the kernel's choice"},
    {"relayd.resolver", SET_STR, "", 0, 200, SET_AT_START,
     "the DNS servers that are asked for MX, ADDRESS:PORT with commas between; empty: those of /etc/resolv.conf"},
    {"relayd.local_peers", SET_BOOL, "no", 0, 1, SET_AT_START, "whether mail may go to an address of this machine; only tests need it"},
    {"relayd.certificate", SET_STR, "auto", 2, 4, SET_AT_START,
     "which of our two certificates other operators are shown: rsa, ec, or auto, the one that they take"},
    {"relayd.check_name", SET_BOOL, "yes", 0, 1, SET_AT_START,
     "whether the server's certificate must bear the name of the MX host, besides the DN that the trust space lists"},
    {"relayd.connect_timeout", SET_SECS, "30s", 1, 600, SET_AT_START, "DNS and connection for one attempt, in all"},
    {"relayd.command_timeout", SET_SECS, "5m", 1, 3600, SET_AT_START, "wait for a server's greeting, handshake and replies (RFC 5321 4.5.3.2)"},
    {"relayd.data_timeout", SET_SECS, "3m", 1, 3600, SET_AT_START, "wait for a server to take 64 KB of a message"},
    {"relayd.final_timeout", SET_SECS, "10m", 1, 7200, SET_AT_START, "wait for the reply to a message"},
    {"relayd.max_age", SET_SECS, "2d", 5, 14 * DAY, SET_AT_START, "how long delivery is tried before the sender is told"},
    {"relayd.warn_after", SET_SECS, "4h", 0, 14 * DAY, SET_AT_START, "when the sender is told, once, that a message still waits; 0: never"},
    {"relayd.retry_first", SET_SECS, "1m", 1, DAY, SET_AT_START, "the first pause after a failure; then 2, 5, 10, 20, 30, 60 ... times that"},
    {"relayd.retry_max", SET_SECS, "1h", 1, DAY, SET_AT_START, "the longest pause between two tries"},
    {"relayd.max_sessions", SET_INT, "100", 1, 2000, SET_AT_START,
     "sessions with other operators' servers at once; a quarter more for hosts that failed before"},
    {"relayd.max_sessions_per_domain", SET_INT, "10", 1, 200, SET_AT_START, "the same with one domain, reached as letters are taken"},
    {"relayd.max_letters_per_session", SET_INT, "100", 1, 100000, SET_AT_START, "letters over one connection before another is made"},
    {"relayd.report_full_max", SET_BYTES, "1M", 0, 25 * 1024 * 1024, SET_AT_START,
     "largest message that a failure report sends back whole to a sender who asked for that (RET=FULL); of a larger one the header"},
    {"publish.backend", SET_WORD, "off", 0, 0, SET_AT_START,
     "what tells the national directory of our mailboxes: nothing (off), a program (command), files in the instance's publish/out (folder), or a request to publish.url (https)"},
    {"publish.command", SET_STR, "", 0, 500, SET_AT_START, "the program, by its whole path; what it is given and answers is in pli-pubd(8)"},
    {"publish.url", SET_STR, "", 0, 500, SET_AT_START, "of the FHIR server: https://NAME[:PORT][/PATH]; it is shown the outbox's certificate (pli cert import --outbox)"},
    {"publish.anchors", SET_STR, "", 0, 500, SET_AT_START, "PEM file of the authorities of that server; empty: the instance's trial authority, ca.pem"},
    {"publish.user", SET_STR, "", 0, 32, SET_AT_START, "started as root: the user that the program runs as; empty: pubd's own"},
    {"publish.timeout", SET_SECS, "1m", 1, 3600, SET_AT_START, "how long one event may take; then its program is killed, and the event is repeated later"},
    {"publish.types", SET_STR, "per org app cab", 3, 40, SET_AT_START, "kinds of mailboxes that are published"},
    {"publish.domains", SET_STR, "", 0, 4000, SET_AT_START, "domains whose mailboxes are published, with spaces or commas between; empty: every one of this instance"},
    {"publish.red_list", SET_WORD, "flag", 0, 0, SET_AT_START,
     "a mailbox on the red list: told as such (flag), or not told of at all (remove)"},
    {"publish.suspended", SET_WORD, "remove", 0, 0, SET_AT_START,
     "a suspended mailbox, or one whose domain is disabled: taken from the national directory (remove), or left there (keep)"},
    {"publish.pending", SET_WORD, "wait", 0, 0, SET_AT_START,
     "a mailbox that was made with a code and that nobody has opened yet: published once somebody has opened it (wait), or at once (publish)"},
    {"publish.max_deletes", SET_INT, "20", 0, 1000000, SET_AT_START, "deletions a day that go without pli publish confirm"},
    {"publish.max_loss", SET_INT, "1", 0, 100, SET_AT_START, "or so many per cent of the published mailboxes, when that is more"},
    {"publish.retry_first", SET_SECS, "1m", 1, DAY, SET_AT_START, "the first pause after a try without an answer; doubled each time"},
    {"publish.retry_max", SET_SECS, "6h", 1, 7 * DAY, SET_AT_START, "the longest pause between two tries of one event"},
    {"publish.compare_every", SET_SECS, "1d", 1, 30 * DAY, SET_AT_START, "how often all our mailboxes are compared with what is published; changes are seen at once"},
    {"trust.url", SET_STR, "", 0, 500, SET_AT_START, "address of the white list (https; over http its age counts from when a younger one came); empty: by pli trust update FILE alone"},
    {"trust.refresh", SET_SECS, "1h", 1, 7 * DAY, SET_AT_START, "how often trust.url is asked for another list"},
    {"trust.anchors", SET_STR, "", 0, 500, SET_AT_START, "PEM file of the authorities of the list's signer; empty: trust.signer_cert alone counts"},
    {"trust.signer", SET_STR, "alb.mssante.fr", 0, 253, SET_AT_START, "common name or mail address in the certificate of the list's signer"},
    {"trust.signer_cert", SET_STR, "", 0, 500, SET_AT_START, "PEM file of the one certificate that signs the list; empty: by trust.anchors and trust.signer"},
    {"trust.expired_signer", SET_WORD, "generation", 0, 0, SET_AT_START,
     "the signer's certificate must have been valid when the list was generated (generation), or must be valid today too (now)"},
    {"trust.https_anchors", SET_STR, "", 0, 500, SET_AT_START, "PEM file of the authorities of https addresses; empty: the machine's"},
    {"trust.max_loss", SET_INT, "20", 0, 100, SET_AT_START, "percent of its domains that a new list may lose unasked"},
    {"trust.alarm_age", SET_SECS, "3d", 60, 365 * DAY, SET_AT_START, "age of the list beyond which the log and pli doctor complain"},
    {"trust.max_age", SET_SECS, "30d", 0, 3650 * DAY, SET_AT_START,
     "time since the list was last shown to be the newest (by https, by hand, or by a younger list) beyond which nobody relies on it: mail waits; 0: never"},
    {"trust.max_list_age", SET_SECS, "90d", 0, 3650 * DAY, SET_AT_START,
     "age of a fetched list by its own date beyond which nobody relies on it, whoever says that none is newer: mail waits; 0: never"},
    {"trust.revocation", SET_WORD, "require", 0, 0, SET_AT_START,
     "another operator whose certificate's revocation cannot be checked: refused for now (require), taken (soft); off: revocation is not looked at"},
    {"trust.mail_revocation", SET_WORD, "soft", 0, 0, SET_AT_START,
     "an S/MIME signature whose revocation cannot be checked: said to be unchecked (soft), or not accepted (require); off: only lists in the message"},
    {"trust.revocation_order", SET_WORD, "crl", 0, 0, SET_AT_START, "what is asked first where a certificate names both: crl or ocsp"},
    {"trust.crl_grace", SET_SECS, "4h", 0, 7 * DAY, SET_AT_START, "how long revocation data serve beyond their nextUpdate while newer ones cannot be had"},
    {"trust.no_address", SET_WORD, "accept", 0, 0, SET_AT_START,
     "a certificate that names no CRL and no OCSP address, and whose authority has no list imported: accept, or unknown"},
    {"stored.threads", SET_INT, "16", 1, 64, SET_AT_START, "workers; each waits for the disk on its own, flushes are shared"},
    {"stored.cache", SET_BYTES, "256M", MB, 64 * GB, SET_AT_START, "memory for pages of the store"},
    {"stored.min_free", SET_BYTES, "64M", 0, 1024 * GB, SET_AT_START, "free disk space below which nothing more is taken in"},
    {"stored.timeout", SET_SECS, "20s", 1, 300, SET_AT_START, "what the store has not done by then it does not do; sessions wait three times as long"},
    {"stored.max_peers", SET_INT, "8000", 16, 100000, SET_AT_START,
     "connections at once; a kind of process has three quarters of them at most, one process 16"},
    {"stored.max_messages", SET_INT, "1000000", 1000, 100000000, SET_AT_START, "messages in a mailbox whose account names no number; beyond, nothing more is filed there"},
    {"stored.keep_expunged", SET_SECS, "14d", 0, 400 * DAY, SET_AT_START,
     "how long a message that was expunged, or deleted with its folder, stays sealed and can be given back; 0: not at all"},
    {"stored.keep_expunged_share", SET_INT, "50", 1, 1000, SET_AT_START,
     "per cent of a mailbox's quota that such messages may take, beside the quota; beyond, its oldest go early"},
    {"stored.full_for", SET_SECS, "1d", 0, 30 * DAY, SET_AT_START,
     "how long a full mailbox answers that senders may try again (452) before it answers no (552), of which they are told; 0: at once"},
    {"stored.quota", SET_BYTES, "2G", MB, 1024 * GB, SET_AT_INIT, "size of a mailbox whose account names none"},
    {"trustd.threads", SET_INT, "8", 1, 64, SET_AT_START, "workers"},
    {"trustd.max_peers", SET_INT, "8000", 16, 100000, SET_AT_START,
     "connections at once; a kind of process has three quarters of them at most, one process 16"},
    {"keyd.threads", SET_INT, "4", 1, 64, SET_AT_START, "workers"},
    {"keyd.max_peers", SET_INT, "8000", 16, 100000, SET_AT_START,
     "connections at once; a kind of process has three quarters of them at most, one process 16"},
    {"keyd.epoch_time", SET_SECS, "10m", 1, 600, SET_AT_START, "longest life of an epoch key"},
    {"keyd.epoch_messages", SET_INT, "1000", 1, 1000, SET_AT_START, "most messages under one epoch key"},
    {"keyd.signatures_per_minute", SET_INT, "6000", 1, 1000000, SET_AT_START, "most mails signed for one account"},
    {"keyd.opens_per_minute", SET_INT, "6000", 1, 1000000, SET_AT_START, "most times one mailbox is opened"},
    {"keyd.wraps_per_minute", SET_INT, "100000", 512, 100000000, SET_AT_START, "most recipients one session seals for"},
    {"keyd.epochs_per_minute", SET_INT, "20000", 512, 100000000, SET_AT_START, "most epoch keys made for one session"},
    {"dird.threads", SET_INT, "24", 4, 64, SET_AT_START, "workers; a sign-in holds one while slapd hashes its password"},
    {"dird.max_peers", SET_INT, "8000", 16, 100000, SET_AT_START,
     "connections at once; a kind of process has three quarters of them at most, one process 16"},
    {"dird.ticket_life", SET_SECS, "12h", 10, 7 * DAY, SET_AT_START, "how long a sign-in's ticket is good"},
    {"dird.password_cache", SET_SECS, "10m", 0, DAY, SET_AT_START, "how long a checked password is remembered, in locked memory"},
    {"dird.password_min", SET_INT, "8", 1, 64, SET_AT_START, "characters that a new password has at least (pli account add, passwd; over LDAP too)"},
    {"dird.max_failures", SET_INT, "10", 1, 1000, SET_AT_START, "wrong passwords for an account before pauses begin"},
    {"directory.uri", SET_STR, "", 0, 500, SET_AT_START, "ldaps:// or ldapi:// of the site's own directory; empty: the embedded one"},
    {"directory.ca", SET_STR, "", 0, 500, SET_AT_START, "PEM file of the authorities that an ldaps:// directory's certificate leads to; empty: those of this system"},
    {"directory.base", SET_STR, "", 0, 500, SET_AT_INIT, "where the tree hangs; empty: o=pli"},
    {"directory.max_loss", SET_INT, "10", 0, 100, SET_AT_START,
     "per cent: an import that would take away a larger share of the national copy, or refuse more of its lines, is refused"},
    {"log.level", SET_LEVEL, "info", 0, 3, SET_AT_START, "debug, info, warn or error"},
    {"log.max_size", SET_BYTES, "64M", 0, 1024 * GB, SET_AT_START,
     "log/pli.log becomes pli.log.1 beyond it, and at SIGHUP to pli serve; 0: at SIGHUP only"},
    {"log.keep", SET_INT, "4", 0, 99, SET_AT_START, "how many older logs are kept, pli.log.1 the youngest"},
    {NULL, SET_STR, NULL, 0, 0, SET_AT_START, NULL},
};
/* clang-format on */

const struct setting *setting_find(const char *name)
{
    for (const struct setting *s = settings; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

size_t name_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    size_t row[MOST + 1], na = strlen(a), nb = strlen(b);

    if (na > MOST || nb > MOST)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]), best = row[j] + 1;
            diagonal = row[j];
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[nb];
}

const char *setting_nearest(const char *name)
{
    size_t best = SIZE_MAX;
    const char *found = settings[0].name;

    for (const struct setting *s = settings; s->name; s++) {
        size_t d = name_distance(name, s->name);
        if (d < best) {
            best = d;
            found = s->name;
        }
    }
    return found;
}

/* ---- values ---- */
struct unit {
    const char *suffix;
    int64_t times;
};
/* 2G, 2GB, 2GiB, and as French writes it 2Go: powers of 1024 all */
static const struct unit sizes[] = {{"", 1},    {"k", KB},   {"kB", KB}, {"KiB", KB}, {"Ko", KB}, {"M", MB},
                                    {"MB", MB}, {"MiB", MB}, {"Mo", MB}, {"G", GB},   {"GB", GB}, {"GiB", GB},
                                    {"Go", GB}, {"T", TB},   {"TB", TB}, {"TiB", TB}, {"To", TB}, {NULL, 0}};
static const struct unit times[] = {{"s", 1}, {"", 1}, {"m", 60}, {"h", 3600}, {"d", DAY}, {"w", 7 * DAY}, {NULL, 0}};
static const struct unit plain[] = {{"", 1}, {NULL, 0}};
static const struct unit levels[] = {{"debug", 0}, {"info", 1}, {"warn", 2}, {"error", 3}, {NULL, 0}};
static const struct unit truth[] = {{"yes", 1},   {"true", 1}, {"on", 1}, {"1", 1}, {"no", 0},
                                    {"false", 0}, {"off", 0},  {"0", 0},  {NULL, 0}};

static const struct unit *unit_of(const struct unit *u, struct span suffix)
{
    for (; u->suffix; u++)
        if (span_ieq_str(suffix, u->suffix))
            return u;
    return NULL;
}

static bool number(struct span v, const struct unit *units, int64_t *out)
{
    size_t digits = 0;
    const struct unit *u;
    uint64_t n;

    while (digits < v.n && v.p[digits] >= '0' && v.p[digits] <= '9')
        digits++;
    u = unit_of(units, span_trim(span_from(v, digits)));
    if (!u || !span_u64(span_head(v, digits), (uint64_t)(INT64_MAX / u->times), &n))
        return false;
    *out = (int64_t)n * u->times;
    return true;
}

/* "[v6]:port", "v4:port", "name:port", or nothing. */
static bool address(struct span v)
{
    uint64_t port;
    size_t colon = v.n;

    if (v.n == 0)
        return true;
    while (colon > 0 && v.p[colon - 1] != ':')
        colon--;
    if (colon < 2 || !span_u64(span_from(v, colon), 65535, &port) || port == 0)
        return false;
    v = span_head(v, colon - 1);
    if (v.p[0] == '[')
        return v.n > 2 && v.p[v.n - 1] == ']';
    return span_chr(v, ':') < 0 && span_chr(v, ' ') < 0;
}

/* The words of each SET_WORD, in the order of the enum that the reader has for them. */
static const struct {
    const char *name, *words;
} choices[] = {
    {"instance.language", "fr|en"},                   /* enum folder_language, imapd/folders.h */
    {"trust.revocation", "require|soft|off"},         /* enum smtp_revocation, smtpd/session.h */
    {"trust.mail_revocation", "soft|require|off"},    /* enum letter_revocation, flow/letter.h */
    {"trust.revocation_order", "crl|ocsp"},           /* trust/trustd/revocation.h: ocsp_first */
    {"trust.no_address", "accept|unknown"},           /* the same */
    {"trust.expired_signer", "generation|now"},       /* enum list_expired, trust/list/list.h */
    {"smtpd.from_domain", "operator|domain|off"},     /* enum letter_from, flow/letter.h */
    {"smtpd.peer_usage", "either|client|server|off"}, /* enum tls_usage, crypto/tls/tls.h */
    {"smtpd.citizen_check", "refuse|warn|off"},       /* enum citizen_check, smtpd/session.h */
    {"publish.backend", "off|command|folder|https"},
    {"publish.red_list", "flag|remove"},
    {"publish.suspended", "remove|keep"},
    {"publish.pending", "wait|publish"},
};

const char *setting_words(const char *name)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].name, name) == 0)
            return choices[i].words;
    return NULL;
}

static bool one_of(const char *words, struct span v, int64_t *num)
{
    struct span rest = span_str(words ? words : "");

    for (int64_t i = 0; rest.n > 0; i++) {
        ptrdiff_t bar = span_chr(rest, '|');
        struct span word = bar < 0 ? rest : span_head(rest, (size_t)bar);

        if (span_eq(word, v)) {
            *num = i;
            return true;
        }
        rest = bar < 0 ? SPAN_NULL : span_from(rest, (size_t)bar + 1);
    }
    return false;
}

static bool understood(const struct setting *s, struct span v, int64_t *num)
{
    const struct unit *word;

    switch (s->type) {
    case SET_STR:
        *num = (int64_t)v.n;
        return span_chr(v, '\n') < 0 && span_chr(v, 0) < 0;
    case SET_BYTES:
        return number(v, sizes, num);
    case SET_SECS:
        return number(v, times, num);
    case SET_INT:
        return number(v, plain, num);
    case SET_BOOL:
    case SET_LEVEL:
        word = unit_of(s->type == SET_BOOL ? truth : levels, v);
        if (word && s->type == SET_LEVEL &&
            !span_eq_str(v, word->suffix)) /* in small letters, as pli.conf(5) has them */
            word = NULL;
        *num = word ? word->times : 0;
        return word != NULL;
    case SET_ADDR:
        *num = 0;
        return address(v);
    case SET_WORD:
        return one_of(setting_words(s->name), v, num);
    case SET_NETS:
        *num = (int64_t)v.n;
        return nets_parse(v, &(struct nets){0});
    }
    return false;
}

static const char *const wanted[] = {
    [SET_STR] = "one line of text",
    [SET_BYTES] = "a size such as 512k, 25M or 2G",
    [SET_SECS] = "a time such as 30s, 5m, 12h or 2d",
    [SET_INT] = "a number",
    [SET_BOOL] = "yes or no",
    [SET_LEVEL] = "debug, info, warn or error",
    [SET_ADDR] = "an address and a port such as [::]:25 or 127.0.0.1:25",
    [SET_NETS] = "a list such as 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, with commas, at most 32",
};

enum rc setting_check(const struct setting *s, const char *value, int64_t *num_out, struct err *e)
{
    int64_t num = 0;

    if (!understood(s, span_str(value), &num))
        return s->type == SET_WORD
                   ? err_set(e, RC_SYNTAX, "%s = \"%s\": not one of %s", s->name, value, setting_words(s->name))
                   : err_set(e, RC_SYNTAX, "%s = \"%s\": not %s", s->name, value, wanted[s->type]);
    if (s->hi > 0 && (num < s->lo || num > s->hi))
        return err_set(e, RC_PERM, "%s = \"%s\": outside %lld to %lld%s", s->name, value, (long long)s->lo,
                       (long long)s->hi,
                       s->type == SET_SECS  ? " seconds"
                       : s->type == SET_INT ? ""
                                            : " bytes");
    *num_out = num;
    return RC_OK;
}
