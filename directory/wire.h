/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire.h - what may be asked of pli-dird, the only program that speaks LDAP.
 *
 * Cache    accounts, aliases, local domains and trust entries stand in memory, kept by content sync (RFC 4533): LOOKUP and TRUST cost
 *          no LDAP round trip and go on while slapd is away; a password not checked lately then gets RC_TEMP.
 * Secrets  passwords are checked by an LDAP bind, in a small pool; a keyed MAC of what was checked is kept 5 minutes in locked memory, dropped
 *          at once when the account changes.
 * Process  dird answers; smtpd, imapd, relayd look up and sign in; pli administers. Tables in wire.c.
 */
#pragma once
#include "base/ipc.h"
#define DIRD_VERSION 2
/* Two causes of RC_TEMP are dir_auth()'s own, which asks again by itself. CAUSE_BUSY: all that may wait for a password check do.
 * CAUSE_WAIT_PASSWORD: too many wrong passwords, a pause is due; asking again for a while is a growing delay that costs dird nothing. */
extern const struct ipc_proto dird_proto;
enum dird_op {
    DIRD_LOOKUP = 16,    /* address -> what it is. smtpd imapd relayd admin */
    DIRD_AUTH,           /* login + password -> ticket. smtpd imapd admin */
    DIRD_MAY_SEND,       /* does this account hold that sender address? smtpd */
    DIRD_TRUST,          /* may this DN speak for that domain, or for none? smtpd relayd */
    DIRD_ACCOUNT_ADD, DIRD_ACCOUNT_GET, DIRD_ACCOUNT_LIST, DIRD_ACCOUNT_SET, DIRD_ACCOUNT_DELETE, DIRD_ACCOUNT_PASSWD, /* admin */
    DIRD_TRUST_ADD, DIRD_TRUST_LIST, DIRD_SEARCH, DIRD_CERTS,  /* admin */
    DIRD_STATUS,         /* admin super */
    DIRD_TRUST_REMOVE,   /* admin: dird_trust_entry; empty dn: the whole domain */
    DIRD_STAY,           /* a sign-in's ticket: does it still hold? a new one, and DIRD_EV_ENDED on this connection once it does not. smtpd imapd */
    DIRD_OP_END_,
    DIRD_EV_ENDED = 200  /* pushed, never asked, within two seconds: the account is disabled or gone, or has another password */
};
enum dird_kind { DK_UNKNOWN = 0 /* local domain, no such address */, DK_MAILBOX, DK_NOT_LOCAL, DK_DISABLED, DK_ALIAS /* later */ };
enum dird_flag { DF_STRICT = 1, DF_SIGN = 2 /* sign what it submits */, DF_RED_LIST = 4 };
enum dird_type { DT_PER = 1, DT_ORG, DT_APP, DT_CAB };
struct dird_lookup_req { struct span address; };              /* as in RCPT: any case; a sub-address "+x" is tried without when not found */
struct dird_lookup_rep { uint8_t kind, type; uint32_t flags; uint64_t mbx; unsigned char pub[32]; struct span address; }; /* address: canonical */
/* protocol decides what the ticket gives, and is the asker's own: DP_SUBMISSION is smtpd's, DP_IMAP imapd's; the administrator may ask for each; RC_DENIED else. */
enum dird_protocol { DP_SUBMISSION = 1 /* submit */, DP_IMAP /* read, write */, DP_ADMIN /* read, write, slots */ };
struct dird_auth_req { struct span login, password, peer /* IP text */; uint8_t protocol; };
/* RC_DENIED: wrong (nothing tells whether the account exists); RC_TEMP: directory away; RC_TEMP with CAUSE_WAIT_PASSWORD: too many wrong
 * passwords lately (directory/dird/guess.h), a pause is due; RC_PERM: account disabled (right password only) */
struct dird_auth_rep { struct span ticket, address, name; uint64_t mbx; uint8_t type; uint32_t flags; };
/* RC_DENIED: it holds no longer. ticket: a new one once half of the old one's life has passed, else empty; ask again after ask_in_s
 * seconds. One ticket a connection: the last asked about. */
struct dird_stay_req { struct span ticket; };
struct dird_stay_rep { struct span ticket; uint64_t ask_in_s; };
struct dird_ev_ended { uint8_t why; };                         /* 1 */
struct dird_may_req { struct span account, sender; };         /* RC_OK, RC_DENIED */
/* dn empty: is the domain in the trust space at all? domain empty (null reverse path): is the DN any operator's of the list? One of them stands.
 * DNs are compared as RDN sequences (policies/trust.h); no list of them travels. A domain served here is in the trust space only as the list has it. */
struct dird_trust_req { struct span domain, dn; };
enum dird_trusted { DTR_YES = 1, DTR_UNKNOWN_DOMAIN, DTR_OTHER_DN };
struct dird_trust_rep { uint8_t trusted; };
struct dird_account {                                        /* also a list record */
    struct span address, name /* cn */, given, sn, rpps, structure /* FINESS or SIRET */, profession, specialty, service, responsible, password, cert_der, aliases /* newline separated */;
    uint64_t mbx, quota; unsigned char pub[32]; uint8_t type, disabled; uint32_t flags;
};
extern const struct ipc_field dird_account_f[], dird_trust_entry_f[];
/* set: only the fields named in what are changed */
enum { DS_NAME = 1, DS_FLAGS = 2, DS_DISABLED = 4, DS_QUOTA = 8, DS_CERT = 16, DS_SERVICE = 32, DS_RESPONSIBLE = 64, DS_PROFESSION = 128, DS_ALIASES = 256, DS_SPECIALTY = 512, DS_RPPS = 1024 /* per and cab */ };
struct dird_set_req { uint32_t what; struct span account; };  /* one dird_account record as ipc_list_add() writes it; address names the entry */
struct dird_address_req { struct span address; };
struct dird_list_req { struct span after; struct span text; }; /* page behind this address; text: search words (SEARCH) */
/* list of dird_account in address order, without password, and (but for CERTS) without certificate; TRUST_LIST: of dird_trust_entry in
 * domain order, whole domains, one record a DN. more: ask again with the last record's address (domain) as after. */
struct dird_list_rep { struct span list; uint8_t more; };
struct dird_passwd_req { struct span address, password; };
struct dird_trust_entry { struct span domain, dn, note; };
struct dird_trust_list_req { struct span after; };
struct dird_status_rep { uint64_t accounts, trusted, syncs, lookups, binds, cached_binds; uint8_t in_sync; struct span csn; };
