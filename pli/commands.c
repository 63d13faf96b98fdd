/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/commands.c - the one table of commands and options. See pli/cmd.h. A test compares pli(1) with it. */
#include "pli/cmds.h"
#include "pli/queue_filter.h"

const struct cmd_opt common_opts[] = {
    {"--root", "DIR", "the instance's folder (or PLI_ROOT); default /var/lib/pli with /etc/pli/pli.conf"},
    {"--json", NULL, "answer with one JSON value"},
    {"--as", "ADDRESS", "act for a delegated administrator, within what she administers; asks for her password"},
    {"--as-password", "FILE", "her password is the first line of that file, such as /dev/fd/3; -: of standard input"},
    {"--help", NULL, "how to call this command"},
    {"--version", NULL, "the version of this program"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt init_opts[] = {
    {"--domain", "DOMAIN", "the mail domain of this instance"},
    {"--host", "NAME", "its host name, in banners and certificates; default mail.DOMAIN"},
    {"--port-base", "N", "trial on 127.0.0.1 with ports N+25, N+587, N+465, N+143, N+993, N+389, N+636, N+80, N+443"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt serve_opts[] = {
    {"-n", NULL, "check pli.conf and leave"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt publish_list_opts[] = {
    {"--refused", NULL, "only what was refused"},
    {"--all", NULL, "what is published, too"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt publish_retry_opts[] = {
    {"--all", NULL, "all that was refused or waits"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt publish_begin_opts[] = {
    {"--nothing", NULL, "it has none of our mailboxes, or nobody knows which: all are sent"},
    {"--everything", NULL, "it has all of them as they are here now: only changes are sent"},
    {"--here", NULL, "this is the only outbox of these mailboxes from now on: the state of the other place counts"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt doctor_opts[] = {
    {"--dns", NULL, "prints the DNS records that lead mail and mail programs of a domain here, and checks nothing"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt add_opts[] = {
    {"--type", "per|org|app|cab", "a person, an organisation, an application, a practice"},
    {"--name", "NAME", "as colleagues look for it: given name, then family name in capitals"},
    {"--given", "NAME", "the given name, when --name does not tell"},
    {"--sn", "NAME", "the family name, when --name does not tell"},
    {"--rpps", "NUMBER", "the professional's national number (per)"},
    {"--structure", "NUMBER", "FINESS, SIREN or SIRET of the structure (org, app, cab)"},
    {"--profession", "TEXT", "profession, as the directory shows it"},
    {"--specialty", "TEXT", "specialty, as the directory shows it"},
    {"--service", "TEXT", "ward or department"},
    {"--responsible", "TEXT", "who answers for the mailbox"},
    {"--civility", "TEXT", "Mme, M., Dr, Pr"},
    {"--adeli", "NUMBER", "of a professional who has no RPPS number: 9 characters (per, cab)"},
    {"--telephone", "NUMBER", "of the mailbox, as +33123456789"},
    {"--description", "TEXT", "what the mailbox is for"},
    {"--town", "TEXT", "where it is"},
    {"--structure-name", "TEXT", "as the structure is called; default: as other accounts of it here"},
    {"--rank", "1-99", "among the mailboxes of one holder: which correspondents are to prefer"},
    {"--paperless", "yes|no", "its holder takes documents without paper, or does not; default: not told"},
    {"--alias", "ADDRESS", "another address of the mailbox; may be repeated"},
    {"--password-stdin", NULL, "read the password from standard input; else one is made and shown once"},
    {"--sign", "always|never", "sign what the account submits; default that of the domain, else always"},
    {"--algorithm", "rsa|ecdsa", "of the signing key; default ecdsa"},
    {"--strict", NULL, "nobody but the holder's password opens the mailbox, the server's keys neither"},
    {"--quota", "SIZE", "such as 5G; 0 is no bound; default that of the domain, else stored.quota"},
    {"--red-list", NULL, "not shown to who looks in the directory; default that of the domain, else no"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt set_opts[] = {
    {"--name", "NAME", "as colleagues look for it"},
    {"--rpps", "NUMBER", "the professional's national number (per, cab)"},
    {"--profession", "TEXT", "profession, as the directory shows it"},
    {"--specialty", "TEXT", "specialty, as the directory shows it"},
    {"--service", "TEXT", "ward or department"},
    {"--responsible", "TEXT", "who answers for the mailbox"},
    {"--civility", "TEXT", "Mme, M., Dr, Pr"},
    {"--adeli", "NUMBER", "of a professional who has no RPPS number: 9 characters (per, cab)"},
    {"--telephone", "NUMBER", "of the mailbox, as +33123456789"},
    {"--description", "TEXT", "what the mailbox is for"},
    {"--town", "TEXT", "where it is"},
    {"--structure-name", "TEXT", "as the structure is called"},
    {"--rank", "0-99", "among the mailboxes of one holder; 0: not told"},
    {"--paperless", "yes|no|unknown", "its holder takes documents without paper"},
    {"--alias", "ADDRESS", "replaces the other addresses; may be repeated; empty: none"},
    {"--sign", "always|never", "sign what the account submits"},
    {"--quota", "SIZE", "such as 5G; 0 is no bound"},
    {"--red-list", "yes|no", "not shown to who looks in the directory"},
    {"--seen", "each|shared", "each delegate has a \\Seen of her own, or it exists once"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt account_list_opts[] = {
    {"--state", "active|pending|suspended|closed", "only those in that state"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt account_import_opts[] = {
    {"--dry-run", NULL, "say what would become of each row; write nothing"},
    {"--encoding", "NAME", "of a table that is not UTF-8: windows-1252, iso-8859-15, macintosh, cp850, utf-16"},
    {"--sheets", "FILE.html", "a new file: a page to print for each new account, with a code for choosing a password"},
    {"--code-days", "N", "how long the codes are good; 0: passwords instead of codes; default account.code_life"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt code_opts[] = {
    {"--sheets", "FILE.html", "a new file: a page to print for each account, with its code"},
    {"--code-days", "N", "how long the codes are good; 0: passwords instead of codes; default account.code_life"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt quota_opts[] = {
    {"--storage", "SIZE", "such as 5G; 0 is no bound"},
    {"--messages", "NUMBER", "how many messages; 0 is the number of stored.max_messages"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt delegate_add_opts[] = {
    {"--to", "ADDRESS", "the delegate"},
    {"--rights", "read|work|send|all|LETTERS", "what she may do; letters of RFC 4314: lrswipkxtea"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt delegate_remove_opts[] = {
    {"--to", "ADDRESS", "the delegate"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt suspend_opts[] = {
    {"--reason", "TEXT", "why, for who looks at the account"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt close_opts[] = {
    {"--keep", "DAYS", "how long its mail and its keys are kept; default account.keep_closed"},
    {"--reason", "TEXT", "why, for who looks at the account"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt purge_opts[] = {
    {"--dry-run", NULL, "say what would become of each closed account; destroy nothing"},
    {"--at", "DAY", "with --dry-run: as if it were that day, such as 2027-03-01"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt delete_opts[] = {
    {"--yes", NULL, "do not ask, even on a terminal"},
    {"--never-used", NULL, "it was made by mistake and nobody used it: the address may be anybody's"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt passwd_opts[] = {
    {"--password-stdin", NULL,
     "the old password, then the new, one a line; one line: the new alone (not for a strict mailbox)"},
    {"--generate", NULL,
     "a new password is made and shown once; of a strict mailbox the old one is asked for (or read: one line)"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt directory_import_opts[] = {
    {"--dry-run", NULL, "tell what would change, and change nothing"},
    {"--accept-loss", NULL, "even if more would go, or more lines are refused, than directory.max_loss allows"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt ldif_config_opts[] = {
    {"--database", "DN", "the entry of the database that holds the tree; default olcDatabase={1}mdb,cn=config"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt mailbox_show_opts[] = {
    {"--names", NULL, "the folders' names too, which the holder's password opens"},
    {"--password-stdin", NULL, "with --names: read the holder's password from standard input"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt mailbox_copy_opts[] = {
    {"--password-stdin", NULL,
     "the holder's password, then that of the other server when there is one, one a line; else they are asked for"},
    {"--ca", "FILE.pem", "authorities that the other server's certificate leads to; default those of this system"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt mailbox_import_opts[] = {
    {"--password-stdin", NULL,
     "the holder's password, then that of the other server when there is one, one a line; else they are asked for"},
    {"--ca", "FILE.pem", "authorities that the other server's certificate leads to; default those of this system"},
    {"--into", "FOLDER", "of a single mbox file: the folder it becomes; default INBOX"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt domain_opts[] = {
    {"--description", "TEXT", "for who reads the list"},
    {"--quota", "SIZE|none", "of a new mailbox, such as 5G; none: stored.quota"},
    {"--max-accounts", "N", "how many accounts it may have at most; 0: any number"},
    {"--postmaster", "ADDRESS|none", "the account that takes mail to its postmaster; none: instance.postmaster"},
    {"--catch-all", "ADDRESS|none", "the account that takes mail to addresses that nobody has; default none"},
    {"--inside", "yes|no", "yes: its accounts send to addresses of this instance alone; default no"},
    {"--max-message", "SIZE|none", "of the largest message that its accounts send; none: smtpd.max_message"},
    {"--sign", "always|never|none", "whether new accounts sign what they submit; none: as pli account add says"},
    {"--red-list", "yes|no", "yes: new accounts are on the red list; default no"},
    {"--publish", "yes|no", "no: the national directory is told of none of its mailboxes; default yes"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt domain_import_opts[] = {
    {"--dry-run", NULL, "say what would become of each row; write nothing"},
    {"--encoding", "NAME", "of a table that is not UTF-8: windows-1252, iso-8859-15, macintosh, cp850, utf-16"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt list_opts[] = {
    {"--name", "NAME", "as colleagues look for it"},
    {"--post", "members|domain|anyone-signed-in|trust-space", "who may send to it; default members"},
    {"--description", "TEXT", "what it is for"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt admin_opts[] = {
    {"--structure", "NUMBER", "the accounts that bear this FINESS, SIREN or SIRET number"},
    {"--domain", "DOMAIN", "the accounts and the lists of this mail domain"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt trust_add_opts[] = {
    {"--dn", "DN", "subject of the operator's certificate (RFC 4514)"},
    {"--note", "TEXT", "why, for who reads the list"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt trust_remove_opts[] = {
    {"--dn", "DN", "this one alone; default every entry of the domain"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt trust_verify_opts[] = {
    {"--signer", "CERT.pem", "the one certificate that must have signed it"},
    {"--anchors", "FILE.pem", "or: authorities to which the signer's certificate must lead"},
    {"--name", "NAME", "with --anchors: the CN or mail address of that certificate"},
    {"--never-expired", NULL, "that certificate must be valid now too, and not only when the list was generated"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt explain_opts[] = {
    {"--from", "ADDRESS", "the sender; '<>' is the null sender of reports"},
    {"--to", "ADDRESS", "the recipient"},
    {"--message", "FILE", "a message: its size, and the addresses in From and Sender, are looked at too"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt issue_opts[] = {
    {"--operator", "DOMAIN", "a certificate of an operator that delivers here, instead of an account's"},
    {"--out", "FILE.pem", "where the operator's certificate and key go; a file that is not there yet"},
    {"--algorithm", "rsa|ecdsa", "of the key; default rsa for an operator, ecdsa for an account"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt trust_update_opts[] = {
    {"--signer", "CERT.pem", "the one certificate that must have signed it; default: as pli.conf says"},
    {"--accept-loss", NULL, "a list that loses many domains, or is older than the one in use, is meant"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt trust_diff_opts[] = {
    {"--signer", "CERT.pem", "the one certificate that must have signed it; default: as pli.conf says"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt verify_opts[] = {
    {"--anchors", "FILE.pem", "trust anchors; default those of the instance, smtpd.mail_anchors"},
    {"--crls", "FILE|DIR", "revocation lists at hand (DER), besides those in the mail"},
    {"--require-revocation", NULL, "a signature whose revocation cannot be checked is not accepted"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt queue_list_opts[] = {QUEUE_FILTER_OPTS, {NULL, NULL, NULL}};
static const struct cmd_opt queue_change_opts[] = {
    QUEUE_FILTER_OPTS,
    {"--all", NULL, "everything that can be"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt queue_drop_opts[] = {
    QUEUE_FILTER_OPTS,
    {"--all", NULL, "everything"},
    {"--silent", NULL, "their senders are not told"},
    {"--yes", NULL, "more than one message is meant"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt trace_opts[] = {
    {"--recipient", "ADDRESS", "what concerns this recipient alone"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt expiring_opts[] = {
    {"--days", "N", "that end within so many days; default 30"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt import_opts[] = {
    {"--ldap", NULL, "for the directory's port instead of SMTP and IMAP"},
    {"--domain", "DOMAIN", "of a mail domain that has its own: for its hosts' names, and for the mail that it sends"},
    {"--outbox", NULL, "for the outbox: what the national directory is shown (publish.backend = https)"},
    {"--password-stdin", NULL, "read the file's password from standard input"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt cert_remove_opts[] = {
    {"--domain", "DOMAIN", "whose certificate and key go"},
    {"--outbox", NULL, "or the outbox's"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt renew_opts[] = {
    {"--server", NULL, "the server's alone (listeners and directory)"},
    {"--accounts", NULL, "the accounts' alone"},
    {"--domains", NULL, "those of domains that have their own"},
    {"--domain", "DOMAIN", "of one domain"},
    {"--outbox", NULL, "the outbox's"},
    {"--days", "N", "those that end within so many days; default 30"},
    {"--all", NULL, "whenever they end"},
    {NULL, NULL, NULL},
};

static const struct cmd_opt undelete_opts[] = {
    {"--since", "TIME", "removed since then: a date (2026-11-28, 2026-11-28T14:30; UTC) or an age (2d)"},
    {"--until", "TIME", "removed before then"},
    {"--folder", "ROLE|NUMBER", "that they were in: INBOX, sent, drafts, trash, junk, archive, or a number of --list"},
    {"--list", NULL, "only say what can be given back, and until when"},
    {NULL, NULL, NULL},
};
static const struct cmd_opt hold_opts[] = {
    {"--reason", "TEXT", "why; it stays on the record, and the holder reads it"},
    {"--by", "NAME", "who decided it; default the login of who runs the command"},
    {NULL, NULL, NULL},
};

const struct command commands[] = {
    {"init", "", 0, 0, NEED_NOTHING, cmd_init, init_opts,
     "makes a new instance: configuration, private CA for trials, keys, directory, store"},
    {"serve", "", 0, 0, NEED_START, cmd_serve, serve_opts,
     "runs everything in the foreground; prints \"ready\" when every listener answers"},
    {"account add", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_add, add_opts,
     "adds a mailbox, with its keys, its certificate and its directory entry"},
    {"account show", "ADDRESS|RPPS", 1, 1, NEED_SERVER, cmd_account_show, NULL,
     "what the directory and the store know of an account"},
    {"account list", "", 0, 0, NEED_SERVER, cmd_account_list, account_list_opts, "every account, one a line"},
    {"account set", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_set, set_opts, "changes what its options name"},
    {"account alias", "add|remove|list ADDRESS [ALIAS]...", 2, CMD_POS_MAX, NEED_SERVER, cmd_account_alias, NULL,
     "the other addresses of a mailbox, in any domain of this instance"},
    {"account quota", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_quota, quota_opts,
     "what a mailbox takes and what it may take; sets it"},
    {"account disable", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_disable, NULL, "the same as account suspend"},
    {"account enable", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_enable, NULL, "the same as account resume"},
    {"account suspend", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_suspend, suspend_opts,
     "no sign-in and no delivery from now on; nothing is deleted"},
    {"account resume", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_resume, NULL, "takes a suspended account up again"},
    {"account close", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_close, close_opts,
     "for good: mail and keys are kept for a time, then destroyed; nobody else gets the address"},
    {"account reopen", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_reopen, NULL,
     "takes a closed account up again, with all its mail, while it is kept"},
    {"account purge", "", 0, 0, NEED_SERVER, cmd_account_purge, purge_opts,
     "destroys the keys and the mail of closed accounts whose time has passed; happens once a day by itself"},
    {"account delete", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_delete, delete_opts,
     "closes the account and destroys its keys and its mail at once; nobody else gets the address"},
    {"account passwd", "ADDRESS", 1, 1, NEED_SERVER, cmd_account_passwd, passwd_opts,
     "a new password; no mail is lost by it"},
    {"account import", "FILE.csv|FILE.ldif|-", 1, 1, NEED_SERVER, cmd_account_import, account_import_opts,
     "makes the accounts agree with a table or LDIF: adds what is not there, changes what differs; may be run again"},
    {"account export", "", 0, 0, NEED_SERVER, cmd_account_export, NULL,
     "every account as a row of a table that account import takes; no secrets"},
    {"account code", "ADDRESS...", 1, CMD_POS_MAX, NEED_SERVER, cmd_account_code, code_opts,
     "for each a code on a sheet to print, with which its holder chooses a password"},
    {"mailbox list", "", 0, 0, NEED_SERVER, cmd_mailbox_list, NULL,
     "every mailbox with its folders, messages and size, one a line; opens none"},
    {"mailbox show", "ADDRESS", 1, 1, NEED_SERVER, cmd_mailbox_show, mailbox_show_opts,
     "the folders of a mailbox: role, messages, unseen, size; opens no mail"},
    {"mailbox import", "ADDRESS MAILDIR|MBOX|imaps://USER@HOST", 2, 2, NEED_SERVER, cmd_mailbox_import,
     mailbox_import_opts,
     "brings mail in, with folders, dates, flags and keywords; what is there already is not doubled"},
    {"mailbox export", "ADDRESS DIR|imaps://USER@HOST", 2, 2, NEED_SERVER, cmd_mailbox_export, mailbox_copy_opts,
     "copies a mailbox into a Maildir or to another server; what is there already is not doubled"},
    {"mailbox statement", "ADDRESS|MAILDIR|MBOX|imaps://USER@HOST", 1, 1, NEED_SERVER, cmd_mailbox_statement,
     mailbox_copy_opts, "what lies in each folder: messages, octets and digests that do not depend on their order"},
    {"cert issue-trial", "[ADDRESS]", 0, 1, NEED_SERVER, cmd_cert_issue, issue_opts,
     "a certificate of the trial CA: an account's, or an operator's with its key"},
    {"cert list", "", 0, 0, NEED_SERVER, cmd_cert_list, NULL,
     "the server's and the accounts' certificates, and the days they have left"},
    {"cert expiring", "", 0, 0, NEED_SERVER, cmd_cert_expiring, expiring_opts,
     "those of the server and the accounts that end soon"},
    {"cert import", "FILE", 1, 1, NEED_INSTANCE, cmd_cert_import, import_opts,
     "certificate, chain and key of an authority (PEM or PKCS#12), for the listeners; nobody is disconnected"},
    {"cert remove", "", 0, 0, NEED_INSTANCE, cmd_cert_remove, cert_remove_opts,
     "takes a domain's own certificate and its key away, the instance's is shown for it; or the outbox's"},
    {"cert renew", "", 0, 0, NEED_INSTANCE, cmd_cert_renew, renew_opts,
     "new certificates of the trial CA in place of those that end soon: the server's, accounts', domains', outbox's"},
    {"cert verify", "FILE.eml", 1, 1, NEED_NOTHING, cmd_cert_verify, verify_opts,
     "the verdict on a mail's S/MIME signature, and each reason; exit 0 for pass only"},
    {"domain add", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_add, domain_opts,
     "a mail domain that this instance serves from now on"},
    {"domain set", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_set, domain_opts, "changes what its options name"},
    {"domain import", "FILE.csv|-", 1, 1, NEED_SERVER, cmd_domain_import, domain_import_opts,
     "makes the domains agree with a table: adds what is not there, changes what differs, removes none; may be run "
     "again"},
    {"domain list", "", 0, 0, NEED_SERVER, cmd_domain_list, NULL, "every domain of this instance, one a line"},
    {"domain show", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_show, NULL, "settings and figures of a domain"},
    {"domain disable", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_disable, NULL,
     "no mail to it, no sign-in and nothing sent by its accounts from now on; nothing is deleted"},
    {"domain enable", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_enable, NULL, "takes a disabled domain up again"},
    {"domain remove", "DOMAIN", 1, 1, NEED_SERVER, cmd_domain_remove, NULL,
     "serves a domain no more; it must have no addresses"},
    {"list add", "ADDRESS", 1, 1, NEED_SERVER, cmd_list_add, list_opts, "a distribution list, without members yet"},
    {"list set", "ADDRESS", 1, 1, NEED_SERVER, cmd_list_set, list_opts, "changes what its options name"},
    {"list member", "add|remove LIST ADDRESS...|-", 3, CMD_POS_MAX, NEED_SERVER, cmd_list_member, NULL,
     "who gets what is sent to a list; -: addresses of standard input, one a line"},
    {"list list", "", 0, 0, NEED_SERVER, cmd_list_list, NULL, "every distribution list, one a line"},
    {"list show", "ADDRESS", 1, 1, NEED_SERVER, cmd_list_show, NULL, "the members of a list, and what each is"},
    {"list delete", "ADDRESS", 1, 1, NEED_SERVER, cmd_list_delete, NULL, "deletes a list; no mail is lost by it"},
    {"admin grant", "ADDRESS", 1, 1, NEED_SERVER, cmd_admin_grant, admin_opts,
     "lets an account's holder administer the accounts of a structure, or of a domain"},
    {"admin revoke", "ADDRESS", 1, 1, NEED_SERVER, cmd_admin_revoke, admin_opts, "takes that away, at once"},
    {"admin list", "", 0, 0, NEED_SERVER, cmd_admin_list, NULL, "who administers what, one scope a line"},
    {"admin show", "ADDRESS", 1, 1, NEED_SERVER, cmd_admin_show, NULL, "what an account's holder administers"},
    {"trust add", "DOMAIN", 1, 1, NEED_SERVER, cmd_trust_add, trust_add_opts,
     "takes a domain's operator into the trust space"},
    {"trust show", "[DOMAIN]", 0, 1, NEED_SERVER, cmd_trust_show, NULL,
     "the white list in use and the local entries, or what both say of one domain"},
    {"trust update", "[FILE|URL|-]", 0, 1, NEED_SERVER, cmd_trust_update, trust_update_opts,
     "takes another white list into use; alone: fetches trust.url now"},
    {"trust diff", "FILE|URL|-", 1, 1, NEED_SERVER, cmd_trust_diff, trust_diff_opts,
     "what a white list would change, domain by domain; takes nothing into use"},
    {"trust remove", "DOMAIN", 1, 1, NEED_SERVER, cmd_trust_remove, trust_remove_opts, "takes a local entry out again"},
    {"trust verify", "FILE", 1, 1, NEED_NOTHING, cmd_trust_verify, trust_verify_opts,
     "verifies a white list: signature, signer, date, entries; takes nothing into use"},
    {"policy explain", "", 0, 0, NEED_SERVER, cmd_policy_explain, explain_opts,
     "what would happen to a message from A to B, and why, without sending it"},
    {"trust crl", "FILE", 1, 1, NEED_SERVER, cmd_trust_crl, NULL,
     "takes a revocation list (DER), for an authority whose certificates name no address"},
    {"trust sources", "", 0, 0, NEED_SERVER, cmd_trust_sources, NULL,
     "each address of revocation lists and responders: age, next download, failures"},
    {"directory import", "FILE", 1, 1, NEED_INSTANCE, cmd_directory_import, directory_import_opts,
     "brings the national copy of the directory to what the file says"},
    {"directory ldif-schema", "", 0, 0, NEED_NOTHING, cmd_directory_ldif_schema, NULL,
     "LDIF for cn=config of a directory of the site's own: the schema"},
    {"directory ldif-config", "", 0, 0, NEED_INSTANCE, cmd_directory_ldif_config, ldif_config_opts,
     "LDIF for cn=config: access rules, limits and indexes of the database with Pli's tree"},
    {"directory ldif-tree", "", 0, 0, NEED_INSTANCE, cmd_directory_ldif_tree, NULL,
     "LDIF of the tree's first entries, with the hash of pli-dird's secret"},
    {"directory stats", "", 0, 0, NEED_INSTANCE, cmd_directory_stats, NULL,
     "how many entries the national copy has, and since when"},
    {"directory search", "TEXT", 1, CMD_POS_MAX, NEED_SERVER, cmd_directory_search, NULL,
     "looks for names, addresses, services and structures"},
    {"publish status", "", 0, 0, NEED_SERVER, cmd_publish_status, NULL,
     "how much the national directory was told, what waits, and why"},
    {"publish list", "", 0, 0, NEED_SERVER, cmd_publish_list, publish_list_opts,
     "mailboxes whose publication waits or was refused, with the last report"},
    {"publish show", "ADDRESS", 1, 1, NEED_SERVER, cmd_publish_show, NULL,
     "one mailbox: what is published, what is to be, the last report, the request"},
    {"publish diff", "", 0, 0, NEED_SERVER, cmd_publish_diff, NULL,
     "compares every mailbox with what is published, and sends nothing"},
    {"publish run", "", 0, 0, NEED_SERVER, cmd_publish_run, NULL,
     "compares every mailbox, sends what may be sent, and waits for it"},
    {"publish retry", "[ADDRESS]", 0, 1, NEED_SERVER, cmd_publish_retry, publish_retry_opts,
     "what was refused or waits is tried now"},
    {"publish confirm", "", 0, 0, NEED_SERVER, cmd_publish_confirm, NULL,
     "lets the deletions go that are more than a day may bring"},
    {"publish begin", "", 0, 0, NEED_SERVER, cmd_publish_begin, publish_begin_opts,
     "the first time, on another machine, or after the state was lost: says what the national directory has"},
    {"queue list", "", 0, 0, NEED_SERVER, cmd_queue_list, queue_list_opts,
     "messages that wait for recipients elsewhere"},
    {"queue show", "NUMBER", 1, 1, NEED_SERVER, cmd_queue_show, NULL,
     "one message of the queue, recipient by recipient"},
    {"queue retry", "[NUMBER[.RECIPIENT]]...", 0, CMD_POS_MAX, NEED_SERVER, cmd_queue_retry, queue_change_opts,
     "what waits is tried now"},
    {"queue hold", "[NUMBER[.RECIPIENT]]...", 0, CMD_POS_MAX, NEED_SERVER, cmd_queue_hold, queue_change_opts,
     "what waits is not tried until it is released"},
    {"queue release", "[NUMBER[.RECIPIENT]]...", 0, CMD_POS_MAX, NEED_SERVER, cmd_queue_release, queue_change_opts,
     "what is held waits again, and is tried now"},
    {"queue drop", "[NUMBER[.RECIPIENT]]...", 0, CMD_POS_MAX, NEED_SERVER, cmd_queue_drop, queue_drop_opts,
     "what waits or is held is not sent; its senders are told"},
    {"queue stats", "", 0, 0, NEED_SERVER, cmd_queue_stats, NULL, "how much waits, for which destinations, and why"},
    {"mailbox undelete", "ADDRESS", 1, 1, NEED_SERVER, cmd_mailbox_undelete, undelete_opts,
     "gives back what was expunged, or deleted with its folder, while it is kept (stored.keep_expunged)"},
    {"mailbox hold", "set|clear|show ADDRESS", 2, 2, NEED_SERVER, cmd_mailbox_hold, hold_opts,
     "legal hold: while it is set nothing that is expunged is destroyed, and the account is not deleted"},
    {"delegate add", "MAILBOX", 1, 1, NEED_SERVER, cmd_delegate_add, delegate_add_opts,
     "lets somebody open a mailbox with her own sign-in; again, with other rights: changes them"},
    {"delegate remove", "MAILBOX", 1, 1, NEED_SERVER, cmd_delegate_remove, delegate_remove_opts,
     "takes that away; her open sessions end at their next command"},
    {"delegate list", "MAILBOX", 1, 1, NEED_SERVER, cmd_delegate_list, NULL, "who opens a mailbox beside its holder"},
    {"trace", "MESSAGE-ID", 1, 1, NEED_INSTANCE, cmd_trace, trace_opts,
     "the story of one message, from every process: the header's Message-ID, or our id of the log and of Received"},
    {"log find", "ADDRESS", 1, 1, NEED_INSTANCE, cmd_log_find, NULL,
     "the lines of the logs that name an account's addresses, or another envelope address; a patient's is a hash "
     "there"},
    {"store check", "", 0, 0, NEED_SERVER, cmd_store_check, NULL, "verifies every stored byte"},
    {"store salvage", "", 0, 0, NEED_INSTANCE, cmd_store_salvage, NULL,
     "keeps all that can be read of a damaged store; pli serve must be stopped"},
    {"store stats", "", 0, 0, NEED_SERVER, cmd_store_stats, NULL, "counts of the store"},
    {"doctor", "[DOMAIN]", 0, 1, NEED_INSTANCE, cmd_doctor, doctor_opts,
     "checks ports, certificates, permissions, sandboxes and more, and says what to do"},
    {"version", "", 0, 0, NEED_NOTHING, cmd_version, NULL, "the version of this program"},
    {"help", "[COMMAND]", 0, 2, NEED_NOTHING, cmd_help, NULL, "lists the commands, or tells the options of one"},
    {NULL, NULL, 0, 0, NEED_NOTHING, NULL, NULL, NULL},
};
