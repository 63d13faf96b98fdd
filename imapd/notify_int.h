/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/notify_int.h - what imapd/notify.c and imapd/notify_list.c share.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/folders.h"
#include "imapd/notify.h"

struct known_folder { /* a mailbox, as the client was told of it */
    uint32_t id, uidvalidity, uidnext, exists, unseen;
    uint64_t modseq;
    uint16_t flags;  /* FF_ */
    unsigned events; /* EV_ bits that are wanted of it */
    unsigned char tag[SEAL_NAME_TAG];
    size_t name_at, name_n; /* in .names */
};
struct known {
    struct known_folder *f; /* by id; ours */
    size_t n;
    struct buf names; /* open: secret */
};
struct notify {
    struct buf text; /* open: secret; the command's arguments, to which .what points */
    struct imap_arena mem;
    struct imap_notify what;
    const struct imap_event_group *selected; /* NULL: none */
    bool others, look;
    struct known known;
};
/* imapd/notify_list.c. known_begin: reads the list; writes STATUS of each mailbox, if asked to. known_look: reads it again and writes into .out how it differs.
 * RC_PERM, CAUSE_NOTIFY_OVERFLOW: too many. */
enum rc known_begin(struct imap_session *s, struct err *e);
enum rc known_look(struct imap_session *s, struct err *e);
unsigned known_events(const struct known *k, uint32_t folder); /* EV_ bits; 0: it is not known */
void known_free(struct known *k);
