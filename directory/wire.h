/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire.h - what may be asked of pli-dird, the only program that speaks LDAP.
 *
 * Cache    accounts, aliases, local domains and trust entries stand in memory, kept by content sync (RFC 4533): LOOKUP and TRUST cost
 *          no LDAP round trip and go on while slapd is away; a password not checked lately then gets RC_TEMP.
 * Secrets  passwords are checked by an LDAP bind, in a small pool; a keyed MAC of what was checked is kept in locked memory for as long as
 *          dird.password_cache says, dropped at once when the account changes.
 * Again    a question may be asked again after a lost reply (IPC_AGAIN); a change may not: it may have been made, look before trying again.
 *          AUTH is IPC_LONG: when all that may wait for a password check do, dird answers CAUSE_BUSY.
 * Process  dird answers; smtpd, imapd, relayd look up and sign in; httpd asks about domains; pli administers. Each message is written once, below; the table of ops
 *          is in wire.c.
 */
#pragma once
#include "base/ipc.h"
#define DIRD_VERSION 17
/* RC_TEMP, CAUSE_WAIT_PASSWORD: too many wrong passwords, a pause is due; dir_auth() asks again for a while: a growing delay that costs dird nothing. */
extern const struct ipc_proto dird_proto;
enum dird_op {
    DIRD_LOOKUP = 16,    /* address -> what it is. smtpd imapd relayd admin */
    DIRD_AUTH,           /* login + password -> ticket, and what DIRD_STAY does with it. smtpd imapd admin (who is told nothing) */
    DIRD_MAY_SEND,       /* does this account hold that sender address? smtpd */
    DIRD_TRUST,          /* may this DN speak for that domain, or for none? smtpd relayd */
    DIRD_ACCOUNT_ADD, DIRD_ACCOUNT_GET, DIRD_ACCOUNT_LIST, DIRD_ACCOUNT_SET, DIRD_ACCOUNT_DELETE, DIRD_ACCOUNT_PASSWD, /* admin */
    DIRD_TRUST_ADD, DIRD_TRUST_LIST, DIRD_SEARCH, DIRD_CERTS,  /* admin */
    DIRD_STATUS,         /* admin super */
    DIRD_TRUST_REMOVE,   /* admin: dird_trust_entry; empty dn: the whole domain */
    DIRD_STAY,           /* a sign-in's ticket: does it still hold? a new one, and DIRD_EV_ENDED on this connection once it does not. smtpd imapd */
    DIRD_HOLDER,         /* mailbox number -> what LOOKUP says of its address. relayd */
    DIRD_DELEGATIONS,    /* ticket -> of which mailboxes is who signed in a delegate? imapd smtpd */
    DIRD_DELEGATE,       /* ticket + mailbox -> a ticket for that mailbox. imapd smtpd */
    DIRD_DELEGATES,      /* who are the delegates of a mailbox? imapd (of its ticket's), admin (of any) */
    DIRD_DELEGATE_SET,   /* admin: a delegate added, changed, removed */
    DIRD_SERVED,         /* is that a mail domain of this instance? Nothing of any address. httpd */
    DIRD_ACCOUNT_STATE,  /* admin: an account suspended, resumed, closed, reopened, erased (decision 0045) */
    DIRD_CLOSED,         /* admin: the closed accounts, as ACCOUNT_LIST */
    DIRD_DOMAIN_ADD, DIRD_DOMAIN_SET, DIRD_DOMAIN_REMOVE, DIRD_DOMAIN_GET, DIRD_DOMAIN_LIST, /* admin: the mail domains of this instance */
    DIRD_GROUP_ADD, DIRD_GROUP_SET, DIRD_GROUP_REMOVE, DIRD_GROUP_CHANGE, DIRD_GROUP_LIST, DIRD_GROUP_MEMBERS, /* admin: distribution lists */
    DIRD_EXPAND,         /* distribution list + who posts -> who gets it. smtpd admin */
    DIRD_CHOOSE,         /* a first-sign-in code -> a password of the holder's own (decision 0053). httpd */
    DIRD_BOXES, DIRD_BOX, /* what the national directory may be told of mailboxes: a page, one. pubd */
    DIRD_BOXES_CHANGED,  /* which of them changed since then. pubd */
    DIRD_ACT,            /* a delegated administrator's ticket: from now on this connection acts for her, within her scopes (decision 0050). acting */
    DIRD_MAY,            /* would this request be within her scopes? acting */
    DIRD_ADMIN_SET,      /* a scope given or taken. admin */
    DIRD_ADMIN_LIST,     /* who administers what. admin, acting (of the accounts in her scopes) */
    DIRD_DOMAIN_BOXES,   /* the numbers of a domain's mailboxes, a page. admin, acting (of the domains in her scopes) */
    DIRD_EV_BOXES = 199, /* pushed to pubd: ask DIRD_BOXES_CHANGED */
    DIRD_EV_ENDED = 200  /* pushed, never asked, within two seconds: the account is suspended, closed or gone, or has another password */
};
/* What a field may hold at most, in octets; the largest account (64 aliases, one certificate) fits a message with room to spare. */
enum { DIRD_ADDR = 320, DIRD_NAME = 256, DIRD_ID = 32, DIRD_PASSWORD = 1024, DIRD_CERT = 16384, DIRD_ALIASES = 16384, DIRD_PEER = 64,
       DIRD_TICKET = 720, DIRD_DN = 512, DIRD_LIST = 80 * 1024, DIRD_WORDS = 256, DIRD_PUB = 32 };
enum { DIRD_ALIASES_MOST = 64 /* of an account */ };

/* ---- DIRD_LOOKUP ---- */
enum dird_kind { DK_UNKNOWN = 0 /* local domain, no such address */, DK_MAILBOX, DK_NOT_LOCAL, DK_DISABLED /* suspended */, DK_GROUP /* a distribution list */,
                 DK_CLOSED /* mbx 0: only its tombstone is left, and pub is its digest of the holder (directory/holder.h) */ };
enum dird_flag { DF_STRICT = 1, DF_SIGN = 2 /* sign what it submits */, DF_RED_LIST = 4, DF_DOMAIN_OFF = 8 /* LOOKUP: its domain is disabled */,
                 DF_PENDING = 64 /* BOX: nobody has opened it yet, in whatever state it is */,
                 DF_CATCH_ALL = 16 /* LOOKUP: nobody has that address, the domain's catch-all takes its mail */,
                 DF_POSTMASTER = 32 /* LOOKUP: nobody who takes mail is called postmaster there, this one stands in. With either of these two the
                                       answer says where mail goes, not whose the address is */ };
enum dird_type { DT_PER = 1, DT_ORG, DT_APP, DT_CAB };
#define FIELDS_dird_lookup_req(F, T)                                                                                        \
    F(T, BYTES, address, DIRD_ADDR)          /* as in RCPT: any case; a sub-address "+x" is tried without when not found */
IPC_MESSAGE(dird_lookup_req);

#define FIELDS_dird_lookup_rep(F, T)                                                                                 \
    F(T, U8, kind)                           /* enum dird_kind; the rest is filled for DK_MAILBOX, DK_DISABLED, DK_CLOSED */ \
    F(T, U8, type)                           /* enum dird_type */                                                    \
    F(T, U32, flags)                         /* DF_ bits; DF_DOMAIN_OFF for DK_UNKNOWN too */                        \
    F(T, U64, mbx)                                                                                                   \
    F(T, FIX, pub, DIRD_PUB)                 /* of the mailbox */                                                    \
    F(T, BYTES, address, DIRD_ADDR)          /* canonical */
IPC_MESSAGE(dird_lookup_rep);

/* ---- DIRD_HOLDER: asks the directory itself. RC_NOTFOUND: no account has that mailbox. DK_UNKNOWN: the directory has one, the cache has not read it yet. ---- */
#define FIELDS_dird_holder_req(F, T) \
    F(T, U64, mbx)
IPC_MESSAGE(dird_holder_req);

/* ---- DIRD_SERVED. RC_NOTFOUND: it is not. ---- */
#define FIELDS_dird_served_req(F, T)                                             \
    F(T, BYTES, domain, DIRD_ADDR)           /* any case, U-labels or A-labels */
IPC_MESSAGE(dird_served_req);

/* ---- DIRD_AUTH. RC_DENIED: wrong (nothing tells whether the account exists); RC_TEMP: directory away; RC_TEMP, CAUSE_WAIT_PASSWORD: too many wrong
 * passwords lately (directory/dird/guess.h), a pause is due; RC_PERM, CAUSE_AUTH_DISABLED: account disabled (right password only), CAUSE_CODE_FIRST, CAUSE_CODE_ENDED: it is a
 * code for choosing a password, which opens nothing ---- */
/* protocol decides what the ticket gives, and is the asker's own: DP_SUBMISSION is smtpd's, DP_IMAP imapd's; the administrator may ask for each;
 * RC_DENIED else. */
enum dird_protocol { DP_SUBMISSION = 1 /* submit */, DP_IMAP /* read, write */, DP_ADMIN /* read, write, slots */,
                     DP_ACTING /* opens no mailbox: DIRD_ACT alone takes it. Of a delegated administrator, and asked by that role alone */ };
#define FIELDS_dird_auth_req(F, T)                                    \
    F(T, BYTES, login, DIRD_ADDR)                                     \
    F(T, BYTES, password, DIRD_PASSWORD)     /* secret */             \
    F(T, BYTES, peer, DIRD_PEER)             /* IP text */            \
    F(T, U8, protocol)                       /* enum dird_protocol */
IPC_MESSAGE(dird_auth_req);

#define FIELDS_dird_auth_rep(F, T)                                \
    F(T, BYTES, ticket, DIRD_TICKET)                              \
    F(T, BYTES, address, DIRD_ADDR)          /* canonical */      \
    F(T, BYTES, name, DIRD_NAME)             /* cn */             \
    F(T, U64, mbx)                                                \
    F(T, U8, type)                           /* enum dird_type */ \
    F(T, U32, flags)                         /* DF_ bits */       \
    F(T, U64, ask_in_s)                      /* as dird_stay_rep: a session need not ask DIRD_STAY before; 0: it must */
IPC_MESSAGE(dird_auth_rep);

/* ---- DIRD_STAY. RC_DENIED: it holds no longer. One ticket a connection: the last asked about. ---- */
#define FIELDS_dird_stay_req(F, T)   \
    F(T, BYTES, ticket, DIRD_TICKET)
IPC_MESSAGE(dird_stay_req);

#define FIELDS_dird_stay_rep(F, T)                                                                                  \
    F(T, BYTES, ticket, DIRD_TICKET)         /* a new one once half of the old one's life has passed, else empty */ \
    F(T, U64, ask_in_s)                      /* ask again after so many seconds */
IPC_MESSAGE(dird_stay_rep);

#define FIELDS_dird_ev_ended(F, T)                   \
    F(T, U8, why)                            /* 1 */
IPC_MESSAGE(dird_ev_ended); /* the event */

/* ---- DIRD_MAY_SEND: RC_OK, RC_DENIED. The answer is what the domains of both allow (decision 0056), the stricter of them. ---- */
#define FIELDS_dird_may_req(F, T)   \
    F(T, BYTES, account, DIRD_ADDR) \
    F(T, BYTES, sender, DIRD_ADDR)
IPC_MESSAGE(dird_may_req);

#define FIELDS_dird_may_rep(F, T)                                                                \
    F(T, U64, max_message)                   /* octets of the largest message; 0: as the instance */ \
    F(T, U8, inside)                         /* 1: to addresses of this instance alone */
IPC_MESSAGE(dird_may_rep);

/* ---- DIRD_TRUST. One of the two stands. DNs are compared as RDN sequences (policies/trust.h); no list of them travels. A domain served here is in
 * the trust space only as the list has it. ---- */
enum dird_trusted { DTR_YES = 1, DTR_UNKNOWN_DOMAIN, DTR_OTHER_DN };
#define FIELDS_dird_trust_req(F, T)                                                                                 \
    F(T, BYTES, domain, DIRD_ADDR)           /* empty (null reverse path): is the DN any operator's of the list? */ \
    F(T, BYTES, dn, DIRD_DN)                 /* empty: is the domain in the trust space at all? */
IPC_MESSAGE(dird_trust_req);

#define FIELDS_dird_trust_rep(F, T)                                  \
    F(T, U8, trusted)                        /* enum dird_trusted */
IPC_MESSAGE(dird_trust_rep);

/* ---- delegates: one person's rights on another's mailbox (decision 0034). From memory: slapd need not be there. ---- */
#define FIELDS_dird_delegation(F, T)                                                                             \
    F(T, U64, mbx)                           /* the mailbox, as the next three */                                \
    F(T, BYTES, address, DIRD_ADDR)                                                                              \
    F(T, BYTES, name, DIRD_NAME)             /* cn */                                                            \
    F(T, FIX, pub, DIRD_PUB)                                                                                     \
    F(T, U64, delegate)                      /* her mailbox */                                                   \
    F(T, BYTES, to, DIRD_ADDR)               /* her address */                                                   \
    F(T, U32, acl)                           /* base/rights.h; DELEGATE_SET: 0 removes her */                    \
    F(T, U64, grant)                         /* the number of the delegation: another one with each change */
IPC_MESSAGE(dird_delegation);

/* DIRD_DELEGATIONS, DIRD_DELEGATE: the ticket is of a sign-in, not one for another's mailbox. DIRD_DELEGATES: of either kind. An administrator names an
 * address instead: DELEGATIONS gives all that it has, in suspended and closed mailboxes too.
 * The lists are dird_list_rep of dird_delegation; there are no more than fit one. */
#define FIELDS_dird_delegations_req(F, T)                                                                \
    F(T, BYTES, ticket, DIRD_TICKET)         /* of an administrator: empty */                            \
    F(T, BYTES, address, DIRD_ADDR)          /* of an administrator: the mailbox, the delegate; else empty */
IPC_MESSAGE(dird_delegations_req);

/* RC_DENIED, CAUSE_DELEGATION_ENDED: she is no delegate of that mailbox, or it is disabled. */
#define FIELDS_dird_delegate_req(F, T)   \
    F(T, BYTES, ticket, DIRD_TICKET)     \
    F(T, U64, mbx)
IPC_MESSAGE(dird_delegate_req);

#define FIELDS_dird_delegate_rep(F, T)                                                            \
    F(T, BYTES, ticket, DIRD_TICKET)         /* of the mailbox; it ends with her own, at the latest */ \
    F(T, BYTES, address, DIRD_ADDR)          /* of the mailbox */                                 \
    F(T, FIX, pub, DIRD_PUB)                                                                      \
    F(T, U64, delegate)                      /* her own mailbox */                                \
    F(T, U32, acl)                                                                                \
    F(T, U64, grant)                                                                              \
    F(T, U32, flags)                         /* DF_ bits of the mailbox */
IPC_MESSAGE(dird_delegate_rep);

/* ---- accounts: also a list record ---- */
/* DA_PENDING: made with a code, and nobody has opened it yet (decision 0058); it takes mail as an active one. DA_ERASING: closed, and its keys and mail are being
 * destroyed: there is no way back. */
enum dird_said { SAID_NOTHING = 0, SAID_YES, SAID_NO };
enum { RANK_MOST = 99 };
enum dird_state { DA_ACTIVE = 0, DA_PENDING, DA_SUSPENDED, DA_CLOSED, DA_ERASING }; /* up to DA_PENDING it may be used */
#define FIELDS_dird_account(F, T)                                                       \
    F(T, BYTES, address, DIRD_ADDR)                                                     \
    F(T, BYTES, name, DIRD_NAME)             /* cn */                                   \
    F(T, BYTES, given, DIRD_NAME)                                                       \
    F(T, BYTES, sn, DIRD_NAME)                                                          \
    F(T, BYTES, rpps, DIRD_ID)                                                          \
    F(T, BYTES, structure, DIRD_ID)          /* FINESS or SIRET */                      \
    F(T, BYTES, profession, DIRD_NAME)                                                  \
    F(T, BYTES, specialty, DIRD_NAME)                                                   \
    F(T, BYTES, service, DIRD_NAME)                                                     \
    F(T, BYTES, responsible, DIRD_NAME)                                                 \
    F(T, BYTES, password, DIRD_PASSWORD)     /* secret; never answered */               \
    F(T, BYTES, cert_der, DIRD_CERT)                                                    \
    F(T, BYTES, aliases, DIRD_ALIASES)       /* newline separated */                    \
    F(T, U64, mbx)                                                                      \
    F(T, U64, quota)                         /* octets */                               \
    F(T, U64, most)                          /* messages; 0: as all mailboxes */        \
    F(T, FIX, pub, DIRD_PUB)                 /* of the mailbox */                       \
    F(T, U8, type)                           /* enum dird_type */                       \
    F(T, U8, state)                          /* enum dird_state; ADD: active, pending or suspended; with .code_until pending as well */ \
    F(T, BYTES, reason, DIRD_NAME)           /* why it is suspended or closed, for the administrator */ \
    F(T, BYTES, by, DIRD_NAME)               /* and by whom: a delegated administrator's address; empty: the operator */ \
    F(T, U64, since)                         /* UTC s: suspended or closed since then; 0: not known */ \
    F(T, U64, keep_until)                    /* UTC s, of a closed one: its mail and keys are kept until then */ \
    F(T, U64, code_until)                    /* UTC s: its password is a code for choosing one (DIRD_CHOOSE), until then; 0: it is none */ \
    F(T, U32, flags)                         /* DF_ bits */                             \
    F(T, BYTES, civility, DIRD_NAME)                                                    \
    F(T, BYTES, adeli, DIRD_ID)              /* of a professional who has no RPPS number, or had none */ \
    F(T, BYTES, telephone, DIRD_ID)                                                     \
    F(T, BYTES, description, DIRD_NAME)      /* what the mailbox is for */              \
    F(T, U32, rank)                          /* among the mailboxes of one holder, 1 first; 0: not told */ \
    F(T, U8, paperless)                      /* enum dird_said */                       \
    F(T, BYTES, town, DIRD_NAME)             /* l */                                    \
    F(T, BYTES, structure_name, DIRD_NAME)   /* o; of ADD, empty: as its structure is called here, if it is known */
IPC_MESSAGE(dird_account);

enum { DS_NAME = 1, DS_FLAGS = 2, DS_STATE = 4 /* of ADD alone: DIRD_ACCOUNT_STATE changes it */, DS_QUOTA = 8, DS_CERT = 16, DS_SERVICE = 32, DS_RESPONSIBLE = 64, DS_PROFESSION = 128,
       DS_ALIASES = 256, DS_SPECIALTY = 512, DS_RPPS = 1024 /* per and cab */, DS_MOST = 2048,
       DS_CIVILITY = 4096, DS_ADELI = 8192 /* per and cab */, DS_TELEPHONE = 1 << 14, DS_DESCRIPTION = 1 << 15, DS_RANK = 1 << 16, DS_PAPERLESS = 1 << 17,
       DS_TOWN = 1 << 18, DS_STRUCTURE_NAME = 1 << 19,
       DS_ALIAS_ADD = 1 << 28, DS_ALIAS_REMOVE = 1 << 29 /* .aliases come to those that are there, or go from them: two who do so at once lose none */ };
#define FIELDS_dird_set_req(F, T)                                                                                                            \
    F(T, U32, what)                                       /* DS_ bits: only the fields named are changed */                                  \
    F(T, BYTES, account, DIRD_CERT + DIRD_ALIASES + 8192) /* one dird_account record as ipc_list_add() writes it; address names the entry */
IPC_MESSAGE(dird_set_req);

/* ---- DIRD_ACCOUNT_STATE. Each step is one change of the directory. RC_PERM: not from the state that it is in; CAUSE_ADDRESS_CLOSED: it is closed. ---- */
enum dird_step {
    DL_SUSPEND = 1, /* again: with another reason */
    DL_RESUME,      /* an active one stays so */
    DL_CLOSE,       /* again: only .keep_until, when it is another */
    DL_REOPEN,
    DL_ERASE,       /* a closed one whose time has passed; from now on it cannot be reopened */
    DL_KEEP,        /* ERASE taken back: nothing was destroyed yet */
    DL_BURY         /* after ERASE: its tombstone is put, and the entry goes */
};
#define FIELDS_dird_state_req(F, T)                                                                                 \
    F(T, BYTES, address, DIRD_ADDR)                                                                                 \
    F(T, U8, step)                           /* enum dird_step */                                                   \
    F(T, BYTES, reason, DIRD_NAME)           /* SUSPEND, CLOSE */                                                   \
    F(T, U64, keep_until)                    /* CLOSE: UTC s; 0: of one that is closed already, as it stands */     \
    F(T, U64, mbx)                           /* of the account that is meant; another has the address: RC_NOTFOUND */
IPC_MESSAGE(dird_state_req);

#define FIELDS_dird_address_req(F, T) \
    F(T, BYTES, address, DIRD_ADDR)
IPC_MESSAGE(dird_address_req);

#define FIELDS_dird_list_req(F, T)                                                                    \
    F(T, BYTES, after, DIRD_ADDR)            /* the page behind this address; empty: the first one */ \
    F(T, BYTES, text, DIRD_WORDS)            /* SEARCH: words */
IPC_MESSAGE(dird_list_req);

/* list: dird_account in address order, without password, and (but for CERTS) without certificate; TRUST_LIST: dird_trust_entry in domain order,
 * whole domains, one record a DN. */
#define FIELDS_dird_list_rep(F, T)                                                                               \
    F(T, BYTES, list, DIRD_LIST)             /* records */                                                       \
    F(T, U8, more)                           /* 1: ask again with the last record's address (domain) as after */
IPC_MESSAGE(dird_list_rep);

#define FIELDS_dird_passwd_req(F, T)                                   \
    F(T, BYTES, address, DIRD_ADDR)                                    \
    F(T, BYTES, password, DIRD_PASSWORD)     /* the new one; secret */ \
    F(T, U64, code_until)                    /* as in dird_account; whatever was before ends */
IPC_MESSAGE(dird_passwd_req);

/* ---- DIRD_CHOOSE. A try is one as DIRD_AUTH's, counted with them. RC_PERM: CAUSE_PASSWORD_RULE it cannot be a password; to who knows the code alone
 * CAUSE_CODE_ENDED, CAUSE_CODE_NONE a password is chosen already, and as DIRD_AUTH. After RC_TEMP it may be either: chosen, or as it was;
 * after anything else but RC_OK the code is as it was. ---- */
#define FIELDS_dird_choose_req(F, T)                                   \
    F(T, BYTES, login, DIRD_ADDR)                                      \
    F(T, BYTES, code, DIRD_PASSWORD)         /* secret */              \
    F(T, BYTES, password, DIRD_PASSWORD)     /* the new one; secret */ \
    F(T, BYTES, peer, DIRD_PEER)             /* IP text */
IPC_MESSAGE(dird_choose_req);

/* ---- the trust space: also a list record ---- */
#define FIELDS_dird_trust_entry(F, T)                                                      \
    F(T, BYTES, domain, DIRD_ADDR)                                                         \
    F(T, BYTES, dn, DIRD_DN)                 /* of the operator's certificate, RFC 4514 */ \
    F(T, BYTES, note, DIRD_NAME)             /* the administrator's own */
IPC_MESSAGE(dird_trust_entry);

#define FIELDS_dird_trust_list_req(F, T)                                                             \
    F(T, BYTES, after, DIRD_ADDR)            /* the page behind this domain; empty: the first one */
IPC_MESSAGE(dird_trust_list_req);

/* ---- the mail domains of this instance: also a list record, without .what (decision 0047) ---- */
enum { DW_NOTE = 1, DW_QUOTA = 2, DW_MOST = 4, DW_POSTMASTER = 8, DW_DISABLED = 16, DW_CATCH_ALL = 32,
       DW_INSIDE = 256, DW_MAX_MESSAGE = 512, DW_SIGN = 1024, DW_RED_LIST = 2048, DW_UNPUBLISHED = 4096 };
enum dird_sign { SIGN_UNSAID = 0, SIGN_ALWAYS, SIGN_NEVER }; /* new accounts of a domain */
#define FIELDS_dird_domain(F, T)                                                                                       \
    F(T, U32, what)                          /* DOMAIN_SET: DW_ bits: only the fields named are changed */              \
    F(T, BYTES, domain, DIRD_ADDR)           /* names the entry; DOMAIN_GET, _REMOVE: nothing else is looked at */     \
    F(T, BYTES, note, DIRD_NAME)             /* the administrator's own */                                             \
    F(T, BYTES, postmaster, DIRD_ADDR)       /* whose mailbox takes its postmaster's mail; empty: as instance.postmaster */ \
    F(T, BYTES, catch_all, DIRD_ADDR)        /* whose mailbox takes what nobody has an address for; empty: none */     \
    F(T, U64, quota)                         /* octets of a new mailbox */                                             \
    F(T, U8, own_quota)                      /* 1: .quota counts; 0: stored.quota */                                   \
    F(T, U64, most)                          /* accounts; 0: any number */                                             \
    F(T, U8, disabled)                       /* 1: no mail is taken, nobody signs in */                                \
    F(T, U64, max_message)                   /* octets of the largest message that its accounts send; 0: as the instance */ \
    F(T, U8, inside)                         /* 1: its accounts send to addresses of this instance alone */            \
    F(T, U8, sign)                           /* enum dird_sign: of a new account that is made without a word about it */ \
    F(T, U8, red_list)                       /* 1: a new account is on the red list */                                 \
    F(T, U8, unpublished)                    /* 1: the national directory is told of none of its mailboxes */          \
    F(T, U64, accounts)                      /* answered: how many addresses of it are mailboxes, of any state */        \
    F(T, U64, active)                        /* answered, as all that follow: accounts of that state */                \
    F(T, U64, pending)                       /* nobody has opened them yet */                                          \
    F(T, U64, suspended)                                                                                               \
    F(T, U64, closed)                                                                                                  \
    F(T, U64, per)                           /* accounts of that type */                                               \
    F(T, U64, org)                                                                                                     \
    F(T, U64, app)                                                                                                     \
    F(T, U64, cab)                                                                                                     \
    F(T, U64, aliases)                       /* addresses in it that are aliases, of mailboxes in any domain */        \
    F(T, U64, lists)                                                                                                   \
    F(T, U64, administrators)                /* accounts that administer it */
IPC_MESSAGE(dird_domain);

/* ---- DIRD_DOMAIN_BOXES ---- */
enum { DIRD_BOXES_MOST = 4096 };
#define FIELDS_dird_domain_boxes_req(F, T)                                                                             \
    F(T, BYTES, domain, DIRD_ADDR)                                                                                     \
    F(T, U64, after)                         /* those above this number; 0: from the first one */
IPC_MESSAGE(dird_domain_boxes_req);
#define FIELDS_dird_domain_boxes_rep(F, T)                                                                             \
    F(T, BYTES, boxes, 8 * DIRD_BOXES_MOST)  /* u64 each, in order */                                                  \
    F(T, U8, more)                           /* 1: ask again behind the last one */
IPC_MESSAGE(dird_domain_boxes_rep);

/* ---- distribution lists (decision 0048) ---- */
enum dird_post { /* who may send mail to a list */
    GP_MEMBERS = 1,  /* who gets it: an account here that is one of them, or writes as one; an address elsewhere that is one */
    GP_DOMAIN,       /* accounts of the list's own domain */
    GP_ACCOUNTS,     /* every account of this instance */
    GP_TRUST_SPACE,  /* whoever may send mail to this server */
    GP_LAST_ = GP_TRUST_SPACE
};
enum { DIRD_MEMBERS_TEXT = 64 * 1024, DIRD_MEMBERS = 500 /* of a list, and of what it expands to */, DW_POST = 64, DW_NAME = 128 };
#define FIELDS_dird_group(F, T)                                                                        \
    F(T, U32, what)                          /* GROUP_SET: DW_NOTE, DW_POST, DW_NAME */                \
    F(T, BYTES, address, DIRD_ADDR)                                                                    \
    F(T, BYTES, name, DIRD_NAME)             /* as colleagues look for it */                           \
    F(T, BYTES, note, DIRD_NAME)                                                                       \
    F(T, U8, post)                           /* enum dird_post */                                      \
    F(T, U32, members)                       /* answered: how many stand in it */
IPC_MESSAGE(dird_group);

/* GROUP_CHANGE: one request, all or none; a member that is there already, or is to go and is not there, is passed over. RC_PERM: one of them cannot be a
 * member, or there are too many. */
#define FIELDS_dird_group_change_req(F, T)                                                             \
    F(T, BYTES, address, DIRD_ADDR)                                                                    \
    F(T, U8, add)                            /* 1: these come; 0: these go */                          \
    F(T, BYTES, members, DIRD_MEMBERS_TEXT)  /* newline separated */
IPC_MESSAGE(dird_group_change_req);
#define FIELDS_dird_group_change_rep(F, T)                                                             \
    F(T, U32, changed)                                                                                 \
    F(T, U32, members)                       /* from now on */
IPC_MESSAGE(dird_group_change_rep);

#define FIELDS_dird_group_members_req(F, T)                                                            \
    F(T, BYTES, address, DIRD_ADDR)                                                                    \
    F(T, BYTES, after, DIRD_ADDR)            /* the page behind this member; empty: the first one */
IPC_MESSAGE(dird_group_members_req);

/* A list record of GROUP_MEMBERS (as they stand in it, lists too) and of EXPAND (each mailbox and each address elsewhere once, no list). */
#define FIELDS_dird_member(F, T)                                                                       \
    F(T, U8, kind)                           /* enum dird_kind; DK_NOT_LOCAL: elsewhere */             \
    F(T, U32, flags)                         /* DF_DOMAIN_OFF */                                       \
    F(T, U64, mbx)                           /* this and the next: of a mailbox */                     \
    F(T, FIX, pub, DIRD_PUB)                                                                           \
    F(T, BYTES, address, DIRD_ADDR)          /* a mailbox's own */
IPC_MESSAGE(dird_member);

/* EXPAND. RC_NOTFOUND: no such list. RC_DENIED with CAUSE_LIST_POST: that one may not send to it. RC_PERM with CAUSE_LIST_PROBLEM: it has no member, more
 * than DIRD_MEMBERS, or lists in lists in lists. */
#define FIELDS_dird_expand_req(F, T)                                                                   \
    F(T, BYTES, address, DIRD_ADDR)          /* of the list */                                         \
    F(T, BYTES, ticket, DIRD_TICKET)         /* of who submits; empty: mail from elsewhere */          \
    F(T, BYTES, account, DIRD_ADDR)          /* administrator: the account, instead of a ticket */     \
    F(T, BYTES, sender, DIRD_ADDR)           /* as MAIL had it, and was found right; empty: <> */      \
    F(T, BYTES, after, DIRD_ADDR)            /* the page behind this address; empty: the first one */
IPC_MESSAGE(dird_expand_req);

/* ---- what may be published of a mailbox (decision 0051): also a list record. No name of a person, no certificate, no number of ours. ---- */
#define FIELDS_dird_box(F, T)                                                                          \
    F(T, BYTES, address, DIRD_ADDR)                                                                    \
    F(T, BYTES, name, DIRD_NAME)             /* of a mailbox that is no person's (org, app, cab); else empty */ \
    F(T, BYTES, description, DIRD_NAME)                                                                \
    F(T, BYTES, rpps, DIRD_ID)                                                                         \
    F(T, BYTES, structure, DIRD_ID)                                                                    \
    F(T, BYTES, service, DIRD_NAME)                                                                    \
    F(T, BYTES, responsible, DIRD_NAME)                                                                \
    F(T, U8, type)                           /* enum dird_type */                                      \
    F(T, U8, state)                          /* enum dird_state */                                     \
    F(T, U32, flags)                         /* DF_RED_LIST, DF_DOMAIN_OFF, DF_PENDING */              \
    F(T, BYTES, adeli, DIRD_ID)                                                                        \
    F(T, BYTES, telephone, DIRD_ID)                                                                    \
    F(T, U32, rank)                          /* as in dird_account */                                  \
    F(T, U8, paperless)                      /* enum dird_said */
IPC_MESSAGE(dird_box);

/* DIRD_BOXES_CHANGED. .seen counts changes of this run of dird (.run). RC_OK with .whole 1: what changed is not known (another run, too long ago, a domain
 * switched on or off): compare everything, and ask with the new .run and .seen from then on. A mailbox that changed twice may be named twice. */
#define FIELDS_dird_changed_req(F, T)                                                                  \
    F(T, U64, run)                                                                                     \
    F(T, U64, seen)
IPC_MESSAGE(dird_changed_req);
#define FIELDS_dird_changed_rep(F, T)                                                                  \
    F(T, U64, run)                                                                                     \
    F(T, U64, seen)                                                                                    \
    F(T, U8, whole)                                                                                    \
    F(T, U8, more)                           /* 1: ask again at once */                                \
    F(T, BYTES, addresses, DIRD_LIST)        /* newline separated */
IPC_MESSAGE(dird_changed_rep);

#define FIELDS_dird_ev_boxes(F, T)                                                                     \
    F(T, U8, why)                            /* 1 */
IPC_MESSAGE(dird_ev_boxes); /* the event */

/* ---- delegated administrators (decision 0050) ----
 * A connection of ROLE_ACTING is answered nothing before DIRD_ACT. From then on every request is held against her scopes as they are at that moment, under
 * the lock of the change: RC_PERM, CAUSE_OUT_OF_SCOPE: not hers to do; RC_DENIED, CAUSE_ACTING_ENDED: she administers nothing any more, her account ended,
 * or has another password. Lists leave out what is not in her scopes. */
#define FIELDS_dird_act_req(F, T)                                                                            \
    F(T, BYTES, ticket, DIRD_TICKET)         /* of DIRD_AUTH with DP_ACTING */
IPC_MESSAGE(dird_act_req);

/* MAY: RC_OK, or what the operation would answer. For who must do something before it elsewhere. */
#define FIELDS_dird_may_do_req(F, T)                                                                         \
    F(T, U16, op)                            /* enum dird_op */                                              \
    F(T, BYTES, req, DIRD_LIST)         /* its request, as ipc_encode() writes it */
IPC_MESSAGE(dird_may_do_req);

enum dird_scope_kind { SCOPE_STRUCTURE = 1 /* accounts that bear this number */, SCOPE_DOMAIN /* accounts and lists whose own address is in it */ };
enum { DIRD_SCOPES = 16 /* of one administrator */ };
/* ADMIN_SET, and a list record of ADMIN_LIST, in address order. SET: RC_EXISTS: given already; RC_NOTFOUND: no such account, or not given. */
#define FIELDS_dird_scope(F, T)                                                                              \
    F(T, BYTES, address, DIRD_ADDR)          /* of the administrator: an account's own */                    \
    F(T, BYTES, name, DIRD_NAME)             /* answered: cn */                                              \
    F(T, U8, kind)                           /* enum dird_scope_kind */                                      \
    F(T, BYTES, id, DIRD_ADDR)               /* FINESS, SIREN or SIRET; domain */                            \
    F(T, U8, on)                             /* SET: 1 given, 0 taken. LIST: 1 she may act, 0 suspended or closed */
IPC_MESSAGE(dird_scope);

/* ---- DIRD_STATUS ---- */
#define FIELDS_dird_status_rep(F, T)                                                           \
    F(T, U64, accounts)                      /* in the cache */                                \
    F(T, U64, trusted)                       /* entries of the trust space */                  \
    F(T, U64, syncs)                         /* this and the next three: since the start */    \
    F(T, U64, lookups)                                                                         \
    F(T, U64, binds)                         /* passwords that slapd checked */                \
    F(T, U64, cached_binds)                  /* passwords that needed no slapd */              \
    F(T, U8, in_sync)                        /* 1: the cache follows the directory just now */ \
    F(T, U64, white_list)                    /* generation of the white list in use; 0: none */ \
    F(T, BYTES, csn, DIRD_NAME)              /* hexadecimal: how far it has followed */
IPC_MESSAGE(dird_status_rep);
