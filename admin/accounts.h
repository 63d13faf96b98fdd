/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/accounts.h - an account: made, changed, given another password, looked at. Its life after that is admin/life.h. An account is an entry of the directory, a mailbox
 * of the store, a key pair that opens it and, when it signs, a signing key with its certificate.
 *
 * Crash    what each act leaves when it is cut off behind a step: docs/internals/admin.md has the table of each. In short: no message and no key of an
 *          account is lost, and doing it again mends it; what making and deleting can leave is a mailbox that no account names, which pli doctor names.
 * Errors   RC_SYNTAX: the wish itself is wrong, and nothing was asked of anybody. RC_DENIED: not for this caller. RC_TEMP: a daemon stays away.
 * Units    quota and used: octets; 0: no quota.
 * Source   DESIGN 4, 7, 8; check digits of RPPS and FINESS are verified here and again by dird.
 * Process  pli; later the imports and the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"
#include "admin/names.h"

/* ---- looked at ---- */
/* As the directory has it. is: enum dird_type, DF_ flags, no password; its spans point into mem. */
struct account {
    struct dird_account is;
    struct buf mem;
};
/* By its address, in any case and width. RC_SYNTAX: no address of a mailbox; RC_NOTFOUND: no such account; RC_EXISTS: it is another address of an
 * account, which e->log names: what changes an account wants its own address, for an alias may move. *out is to be freed after a failure too. */
enum rc account_get(struct admin *ad, struct span address, struct account *out, struct err *e);
void account_free(struct account *a); /* a zeroed one too */
/* What changes more than the directory asks first: dird would refuse its part of a closed account when the others are done. RC_PERM, CAUSE_ADDRESS_CLOSED. */
enum rc account_not_closed(const struct dird_account *a, struct err *e);
/* The account's own address, whichever of its addresses is named; an address that nobody has stays as it is. RC_SYNTAX as above. */
enum rc account_address(struct admin *ad, struct span any, char out[ADDRESS_ROOM], struct err *e);

/* Called for each account; *a and its spans live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*account_see)(const struct dird_account *a, void *ctx, struct err *e);
/* In address order, page by page: one that is made meanwhile may be left out. Without certificates. */
enum rc account_each(struct admin *ad, account_see see, void *ctx, struct err *e);
enum rc account_each_closed(struct admin *ad, account_see see, void *ctx, struct err *e); /* those that are closed */
enum rc account_each_certificate(struct admin *ad, account_see see, void *ctx, struct err *e); /* with cert_der; DIRD_CERTS */
/* Those that fit all words: of names, services, structures, numbers, as the directory folds them (directory/wire.h, DIRD_SEARCH). */
enum rc account_search(struct admin *ad, struct span words, account_see see, void *ctx, struct err *e);

struct account_mailbox {
    uint64_t messages, used, quota;
    uint64_t most;                /* messages that it may have; 0: no limit */
    bool own_most;                /* .most was set for this account; else it is the setting stored.max_messages */
    bool can_sign; /* a signing key is in its slots */
    bool seen_each; /* each delegate has a \Seen of her own */
};
enum rc account_mailbox(struct admin *ad, uint64_t mbx, struct account_mailbox *out, struct err *e);

/* ---- made ---- */
struct account_wish {
    struct span address;
    uint8_t type;                 /* enum dird_type */
    struct span name;             /* displayed name; of a person the given name, then the family name in capitals */
    struct span given, sn;        /* .p NULL: taken from name (name_split) */
    struct span rpps, structure;  /* type PER needs the first (or adeli), the others the second; numbers as people write them (admin/numbers.h) */
    struct span profession, specialty, service, responsible;
    struct span civility, description;
    struct span town;
    struct span structure_name;   /* empty: as the account's structure is called here, when that is known */
    struct span adeli;            /* type PER: instead of rpps, or beside it */
    struct span telephone;        /* of the mailbox */
    uint32_t rank;                /* 1 to RANK_MOST among the mailboxes of one holder; 0: not told */
    uint8_t paperless;            /* enum dird_said: its holder takes documents without paper */
    const struct span *aliases;   /* further addresses */
    size_t n_aliases;
    struct span password;
    int64_t password_min;         /* characters: the setting dird.password_min */
    uint64_t code_until;          /* UTC s: the password is a code with which its holder chooses one, until then; 0: it is none. Not of a strict one */
    uint64_t quota;
    bool quota_default;           /* .quota is stored.quota, and gives way to what the account's domain says of new mailboxes (admin/domains.h) */
    uint64_t most;                /* messages; 0: as the setting stored.max_messages says */
    bool strict;                  /* its password alone opens the mailbox */
    bool sign;                    /* what it submits is signed: it gets a certificate of the trial authority */
    bool red_list;
    bool sign_default, red_list_default; /* nobody said so: what the account's domain says of new accounts comes before the two above (decision 0056) */
    bool suspended;               /* from the beginning */
    bool pending;                 /* nobody has opened it yet, whatever its password is (decision 0058); with .code_until it is so anyway */
    uint8_t algorithm;            /* of the certificate: PKI_RSA_2048 or PKI_P256 (crypto/pki/pki.h) */
};
/* What is wrong with a wish or a change, before anybody is asked: the first that holds. */
enum account_fault {
    ACCOUNT_RIGHT = 0, ACCOUNT_ADDRESS, ACCOUNT_TYPE, ACCOUNT_NAME, ACCOUNT_RPPS, ACCOUNT_STRUCTURE, ACCOUNT_NEEDS_RPPS,
    ACCOUNT_NEEDS_STRUCTURE, ACCOUNT_ALIAS, ACCOUNT_ADELI, ACCOUNT_TELEPHONE, ACCOUNT_RANK, ACCOUNT_NO_PERSON,
    ACCOUNT_ROUNDED, ACCOUNT_ZERO_LOST, /* what a spreadsheet made of a number (admin/numbers.h) */
    ACCOUNT_FAULTS_
};
/* The same as a line, with what would be right. RC_SYNTAX. */
enum rc account_refuse(enum account_fault fault, struct span about, struct err *e);
/* about_out: the text that is wrong, borrowed from the wish. Pure. */
enum account_fault account_wish_fault(const struct account_wish *w, struct span *about_out);
/* How far it came, after a failure too. */
struct account_made {
    struct account account;       /* as it was sent to the directory, prepared; without password */
    uint64_t mbx;                 /* 0: no mailbox number was reserved: nothing was done */
};
/* RC_PERM: the domain is not served here (nothing was done), or dird refuses the entry. RC_EXISTS: the address or an alias is taken; the address itself
 * when mbx is 0; CAUSE_ADDRESS_CLOSED: it is a closed account's. RC_TEMP after mbx is set: the entry may be there yet; ask account_get() before trying again. */
enum rc account_add(struct admin *ad, const struct account_wish *w, struct account_made *out, struct err *e);
void account_made_free(struct account_made *m);
/* The same as far as nothing is written and no password counts: whether it would be refused. An alias that somebody has is found by the directory alone. */
enum rc account_add_would(struct admin *ad, const struct account_wish *w, struct err *e);

/* ---- changed ---- */
enum account_what {
    CHANGE_NAME = 1, CHANGE_SERVICE = 2, CHANGE_RESPONSIBLE = 4, CHANGE_PROFESSION = 8, CHANGE_SPECIALTY = 16, CHANGE_RPPS = 32, CHANGE_ALIASES = 64,
    CHANGE_SIGN = 128, CHANGE_RED_LIST = 256, CHANGE_QUOTA = 512, CHANGE_MOST = 1024, CHANGE_SEEN = 2048,
    CHANGE_CIVILITY = 4096, CHANGE_ADELI = 8192, CHANGE_TELEPHONE = 1 << 14, CHANGE_DESCRIPTION = 1 << 15, CHANGE_RANK = 1 << 16, CHANGE_PAPERLESS = 1 << 17,
    CHANGE_TOWN = 1 << 18, CHANGE_STRUCTURE_NAME = 1 << 19,
    CHANGE_ALIAS_ADD = 1 << 28, CHANGE_ALIAS_REMOVE = 1 << 29 /* instead of CHANGE_ALIASES: these come, or go; RC_NOTFOUND: one that is to go is none */
};
struct account_change {
    uint32_t what;                /* CHANGE_ bits: only these fields count */
    struct span name, service, responsible, profession, specialty, rpps;
    struct span civility, adeli, telephone, description, town, structure_name;
    uint32_t rank;                /* 0: not told any more */
    uint8_t paperless;            /* enum dird_said */
    const struct span *aliases;   /* all of them from now on; of CHANGE_ALIAS_ADD, _REMOVE those that come or go */
    size_t n_aliases;
    bool sign, red_list;
    bool seen_each;               /* of the mailbox: decision 0049 */
    uint64_t quota;
    uint64_t most;                /* messages; 0: as the setting stored.max_messages says */
};
enum account_fault account_change_fault(const struct account_change *ch, struct span *about_out);
/* a: as account_get() gave it, and it stays so: read it again to see the change. RC_PERM: it shall sign and has no certificate (nothing was done). New aliases give
 * an account with a signing key a new certificate that names them (RFC 8550 3). */
enum rc account_change(struct admin *ad, const struct account *a, const struct account_change *ch, struct err *e);
/* Whether it would be refused, as far as nothing is written. */
enum rc account_change_would(struct admin *ad, const struct account *a, const struct account_change *ch, struct err *e);

/* ---- another password ---- */
struct account_password {
    struct span old_password;     /* empty: not told. Of a strict mailbox it is the last one that opened it */
    struct span new_password;
    int64_t password_min;         /* characters: the setting dird.password_min */
    uint64_t code_until;          /* as in account_wish; a code of before ends, and so does the password */
};
/* A mailbox of the default kind keeps its keys, and only the directory's entry changes. A strict one needs the old password (RC_SYNTAX without): its key
 * is wrapped anew, and whenever this is cut off it opens with the password that the directory takes. RC_DENIED: the old one is not right, nothing was changed.
 * RC_TEMP: somebody else changes these keys, or a daemon stays away; doing it again mends it. */
enum rc account_passwd(struct admin *ad, const struct account *a, const struct account_password *asked, struct err *e);
/* Whether that would be refused whatever the password is: the account is closed, or none that who acts may give one. */
enum rc account_passwd_would(struct admin *ad, const struct account *a, struct err *e);
