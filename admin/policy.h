/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/policy.h - what would happen to a message from A to B, and why, without sending it. The daemons are asked what a session would ask them, in the
 * same order (smtpd/cmd_mail.c, cmd_rcpt.c, flow/step_check.c); the causes are those that the session would tell.
 *
 * Way      A sender whose domain is served here submits (587, 465); any other, and the null sender, comes from another operator's server (25). Of that
 *          one it is said which certificate it must show, because there is none to look at.
 * Limits   on how much one account or address sends in an hour are not looked at here: they live in the listeners.
 * Errors   RC_SYNTAX: A or B is no address. RC_TEMP: a daemon stays away. A list that is missing or too old is no error but an answer.
 * Owns     nothing. Spans given to see() live until it returns.
 * Process  pli; later the HTTP daemon.   Source spec/mssante.md 1.2, 1.5, 3.4, 6.
 */
#pragma once
#include "admin/names.h"
#include "admin/trust.h"

/* The settings that count, as the sessions have them. */
struct policy_settings {
    const char *citizens; /* smtpd.citizen_domain; "": none */
    uint64_t citizen_max, max_message;
    bool citizen_refuse;  /* a patient's address that is no matricule INS is refused (smtpd.citizen_check) */
    enum { POLICY_FROM_OPERATOR = 0, POLICY_FROM_DOMAIN, POLICY_FROM_OFF } from; /* smtpd.from_domain */
};
struct policy_ask {
    struct span from, to;         /* from empty: the null sender, <>. U-labels and A-labels of a domain are one (base/idn.h) */
    uint64_t size;                /* octets; 0: not known */
    const struct span *authors;   /* addresses in From and Sender of the message; none: not looked at */
    size_t n_authors;
};
enum policy_party {
    PARTY_NULL = 1, /* <> */
    PARTY_ACCOUNT, PARTY_DISABLED, PARTY_CLOSED, PARTY_NO_ACCOUNT, PARTY_LIST, /* of a domain served here; disabled: suspended */
    PARTY_LISTED, PARTY_UNLISTED, PARTY_UNSURE       /* elsewhere; unsure: the list cannot be relied on */
};
enum policy_end { POLICY_DELIVERED = 1, POLICY_QUEUED, POLICY_WAITS /* refused for now */, POLICY_REFUSED };
struct policy_side {
    enum policy_party party;
    uint8_t type;                 /* enum dird_type of an account */
    char account[ADDRESS_ROOM];   /* its own address */
    char domain[TRUST_DOMAIN_ROOM];
    enum cause cause;             /* CAUSE_NONE: nothing against it */
};
struct policy_told {
    bool submission;
    struct policy_side from, to;
    bool patient;                 /* the recipient is a citizen */
    uint64_t used, quota;         /* of the recipient's mailbox; quota 0: none */
    uint64_t max_message;         /* octets that the sender's domain lets its accounts send; 0: as the instance */
    enum cause size_cause, author_cause;
    size_t author;                /* which of them */
    enum policy_end end;
    enum cause cause;             /* the first that holds */
};
enum rc policy_explain(struct admin *ad, const struct policy_ask *a, const struct policy_settings *s, struct policy_told *out, struct err *e);
/* Every DN that may speak for a domain: the administrator's entries, then the signed list's, each written once for each entry. listed: which of the two. */
typedef enum rc (*policy_see)(struct span dn, bool listed, void *ctx, struct err *e);
enum rc policy_names(struct admin *ad, const char *domain, policy_see see, void *ctx, struct err *e);
