/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/recipient.h - one recipient of a message, from RCPT (or APPEND) to its place: a mailbox here, or an item of the queue.
 *
 * Use      RCPT adds a recipient. Each step of flow/letter.c may change it: another folder or flags, another mailbox (redirection), or a verdict
 *          that refuses the message for it. Then flow/file.c files the message. It leaves out recipients with a verdict. Recipients that
 *          come to one place (the same mailbox and folder, or the same address elsewhere) get one copy.
 * Owns     struct recipients owns its array and the strings in it.
 * Errors   none, because the process ends when no memory is to be had.
 * Process  smtpd, imapd sessions.   Source RFC 5321 3.3, RFC 3461 4 (notify, orcpt).
 */
#pragma once
#include "base/span.h"
#include "crypto/seal/seal.h"
#include "policies/causes.h"

struct recipient {
    char *address;        /* as RCPT named it, in its one spelling; NULL for an APPEND */
    enum cause verdict;   /* CAUSE_NONE: gets the message; anything else: why not. Of a list's member it is told to the sender (flow/file.h), of another it refuses the message */
    char *via;            /* the distribution list that RCPT named, where this is a member of it; NULL: it was named itself */
    bool local;           /* a mailbox of this server: the next five; else the last two */
    uint64_t mbx;
    unsigned char pub[SEAL_PUB];
    uint32_t folder;
    uint64_t flags;
    int64_t internaldate; /* UTC s */
    char *orcpt;          /* RFC 3461 ORCPT; NULL: none */
    uint16_t notify;      /* RFC 3461 NOTIFY, enum smtp_notify */
};
struct recipients {
    struct recipient *a; /* room for a power of two */
    size_t n;
};
/* Adds a zeroed recipient at the end, with a copy of the address. The pointer is valid until the next recipient is added. */
struct recipient *recipients_add(struct recipients *r, const char *address);
void recipients_cut(struct recipients *r, size_t n); /* the first n stay */
void recipients_free(struct recipients *r); /* empty afterwards */
bool recipient_same_place(const struct recipient *a, const struct recipient *b);
/* Picks the recipients without a verdict whose .local is as asked, in order, one for each place. out gets pointers into a, at most n. Returns how
 * many there are. */
size_t recipients_pick(const struct recipient *a, size_t n, bool local, const struct recipient **out);
