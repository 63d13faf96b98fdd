/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/dird.h - the daemon's state, and its operations as handlers of base/ipc.h.
 * Process  dird. Handlers run on worker threads; what they share is in here and locked by its own module.
 */
#pragma once
#include "base/ipc.h"
#include "directory/dird/auth.h"
#include "directory/dird/boxes.h"
#include "directory/dird/cache.h"
#include "directory/dird/gate.h"
#include "directory/dird/link.h"
#include "directory/dird/passhash.h"
#include "directory/dird/stays.h"
#include "directory/dird/sync.h"
#include "directory/dird/white_list.h"
#include <pthread.h>
#include <stdatomic.h>

enum { DIRD_WAIT_MS = 1000, DIRD_LIST_BYTES = 79 * 1024 };

struct dird {
    struct cache *cache;
    struct links *links;      /* as cn=dird */
    struct sync *sync;
    struct auth *auth;
    struct stays *stays;
    struct boxes *boxes;
    struct gate *gate;        /* NULL: the directory is not our own slapd */
    struct white_list *white_list; /* NULL: none is asked for */
    const char *base;         /* "o=pli" */
    const char *postmaster;   /* instance.postmaster; "": none named */
    const char *own_domain;   /* instance.domain; "": not told */
    int64_t password_min;     /* characters */
    bool own_slapd;           /* it reads hashes made here (passhash.h) */
    pthread_mutex_t write;    /* one change at a time: what is checked stays true until it is written */
    _Atomic uint64_t lookups;
};
struct dird_how {
    const char *uri, *base, *secret, *postmaster /* or NULL */, *own_domain /* or NULL */;
    unsigned threads;         /* of the service: bounds how many may wait for a password check */
    unsigned max_failures;
    int64_t password_min;
    bool own_slapd; /* the embedded one, not a directory of the site's own */
    int64_t cache_s, ticket_s;
    const struct ticket_keys *ticket_keys; /* crypto/seal/ticket.h; copied */
};
struct dird *dird_open(const struct dird_how *how); /* nothing started yet: before the sandbox */
void dird_start(struct dird *d, int gate_fd /* listening socket, taken; -1: none */, uid_t slapd); /* its threads: after the sandbox */
void dird_close(struct dird **d);
void dird_joined(void *daemon, struct ipc_peer *p);  /* ipc_service.joined, .left */
void dird_left(void *daemon, struct ipc_peer *p);
extern const struct ipc_bind dird_handlers[];

/* postmaster.c: finds the account that takes the mail for a postmaster address that no account and no alias has. */
void postmaster_find(struct dird *d, struct span asked, struct cache_view *v);
/* catch_all.c: finds the mailbox that takes what is sent to an address that nobody has, where its domain has one. For mail alone: nobody may send
 * from such an address or sign in with it. */
void catch_all_find(struct dird *d, struct span asked, struct cache_view *v);
/* account_read.c */
/* The address of the account that has that mailbox, appended. RC_NOTFOUND: there is none. */
enum rc account_holder(struct dird *d, uint64_t mbx, struct buf *address_out, struct err *e);
enum rc account_read(struct dird *d, struct span address, bool with_cert, struct buf *mem, struct dird_account *out, struct err *e);
enum rc account_csn(struct dird *d, struct span address, uint64_t *csn_out, struct err *e);
enum account_pages { PAGE_ALL, PAGE_CERTS /* those that have one, with it; closed ones offer theirs no more */, PAGE_CLOSED };
struct acting; /* scope.h: whose page it is; what is not hers to see is left out */
enum rc account_page(struct dird *d, enum account_pages which, const struct acting *w, struct span after, struct buf *list, bool *more_out, struct err *e);
enum rc account_search(struct dird *d, const struct acting *w, struct span text, struct span after, struct buf *list, bool *more_out, struct err *e);
/* Does slapd itself have an entry of ou=mailboxes that the filter fits? */
enum rc mailboxes_any(struct dird *d, const char *filter, const char *doing, bool *found_out, struct err *e);
/* account_write.c */
/* .password is not looked at. names: who asks may say what its structure is called here, for later accounts of it. */
enum rc account_add(struct dird *d, const struct dird_account *a, const struct passhash *p, bool names, struct err *e);
enum rc account_set(struct dird *d, uint32_t what, const struct dird_account *a, bool names, struct err *e);
enum rc account_delete(struct dird *d, struct span address, struct err *e);
/* auth_sign_in(); of a mailbox that is pending the first one makes it active, where a session asks (opened.c). */
enum rc sign_in_and_open(struct dird *d, const struct ipc_peer *p, const struct dird_auth_req *q, struct buf *mem, struct dird_auth_rep *rep,
                         struct err *e);
/* code_until 0: a password; else a code for choosing one. */
enum rc account_passwd(struct dird *d, struct span address, const struct passhash *p, uint64_t code_until, struct err *e);
/* choose.c: DIRD_CHOOSE; peer: who asks. */
enum rc account_choose(struct dird *d, const struct dird_choose_req *q, struct ipc_peer *peer, struct err *e);
struct mods;
enum rc account_modify(struct dird *d, struct span address, struct mods *m, struct err *e); /* and waits until the cache has it */
void account_wait_seen(struct dird *d, struct span address); /* until the cache has the entry as it is now; a second at most */
void account_wait_seen_for(struct dird *d, struct span address, int ms); /* the same, so long at most */
/* account_life.c: account_step() is one step of directory/wire.h, enum dird_step. by: the delegated administrator who acts, or "" */
enum rc account_step(struct dird *d, const struct dird_state_req *q, const char *by, struct err *e);
const char *account_step_name(uint8_t step); /* of the log's event */
enum rc account_is_closed(struct span address, struct err *e); /* RC_PERM: what is refused because it is */
/* tombstone.c: puts it, or brings one that is there up to date */
enum rc tombstone_put(struct dird *d, const struct dird_account *a, struct err *e);
/* delegates.c */
enum rc delegates_of(struct dird *d, const struct acting *w, struct span address, struct buf *list, struct err *e); /* of a mailbox: records of dird_delegation */
enum rc delegations_of(struct dird *d, struct span ticket, struct buf *list, struct err *e); /* of who signed in */
enum rc delegations_all(struct dird *d, const struct acting *w, struct span address, struct buf *list, struct err *e); /* the same, for an administrator */
void delegate_opens(struct dird *d, struct span address); /* a delegate opens it: it is pending no longer (opened.c) */
enum rc delegate_ticket(struct dird *d, const struct dird_delegate_req *q, struct buf *mem, struct dird_delegate_rep *out, struct err *e);
/* A delegate's ticket: is its delegation there today? Of another ticket there is nothing to say. RC_DENIED, CAUSE_DELEGATION_ENDED. */
enum rc delegation_stands(struct dird *d, const struct ticket *t, struct err *e);
bool delegate_may_send(struct dird *d, const struct cache_view *account, const struct cache_view *sender);
enum rc delegate_set(struct dird *d, const struct dird_delegation *q, struct err *e);
/* account_check.c: pure but for the cache */
enum rc account_check_new(struct cache *c, const struct dird_account *a, struct err *e);
enum rc account_check_address(struct cache *c, const struct dird_account *a, struct err *e); /* free, of a domain served here; and a name */
enum rc account_check_aliases(struct cache *c, const struct dird_account *a, struct err *e);
enum rc account_check_numbers(const struct dird_account *a, struct err *e);
/* relations.c: the person and the structure behind a mailbox */
enum rc person_put(struct dird *d, const struct dird_account *a, struct err *e);
void person_drop_if_alone(struct dird *d, struct span rpps);
/* name: as it is called, empty: nobody says. name_out: as it was called before; empty when only the number was known. */
enum rc structure_put(struct dird *d, struct span id, struct span name, struct buf *name_out, struct err *e);
/* domain_write.c */
enum rc domain_add(struct dird *d, const struct dird_domain *q, struct err *e);    /* RC_EXISTS: it is served already */
enum rc domain_set(struct dird *d, const struct dird_domain *q, struct err *e);
enum rc domain_remove(struct dird *d, const struct dird_domain *q, struct err *e); /* RC_PERM: it has addresses, or is the instance's own */
/* domain_read.c: from memory */
enum rc domain_read(struct dird *d, struct span domain, struct buf *mem, struct dird_domain *out, struct err *e);
enum rc domain_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out, struct err *e);
/* groups.c: distribution lists, from memory */
enum rc group_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out, struct err *e);
enum rc group_members(struct dird *d, const struct dird_group_members_req *q, struct buf *list, bool *more_out, struct err *e);
/* account: whose mail it is, "": mail from elsewhere. */
enum rc group_expand(struct dird *d, const struct dird_expand_req *q, const char *account, struct buf *list, bool *more_out, struct err *e);
/* group_write.c */
enum rc group_add(struct dird *d, const struct dird_group *q, struct err *e);
enum rc group_set(struct dird *d, const struct dird_group *q, struct err *e);
enum rc group_remove(struct dird *d, struct span address, struct err *e);
enum rc group_change(struct dird *d, const struct dird_group_change_req *q, struct dird_group_change_rep *out, struct err *e);
/* address_free.c: asks slapd. RC_EXISTS: an entry has that address or alias, but for the mailbox or list whose own address is but_of. */
enum rc address_free(struct dird *d, struct span address, struct span but_of, struct err *e);
/* aliases.c */
enum rc aliases_free(struct dird *d, const struct dird_account *a, struct err *e); /* the same for each of them, but of the account itself */
/* Into out: the aliases of an account after DS_ALIAS_ADD or DS_ALIAS_REMOVE; RC_NOTFOUND: one that is to go is none of them. */
enum rc aliases_merge(const struct dird_account *is, const struct dird_account *change, uint32_t what, struct buf *out, struct err *e);
/* trust_ask.c */
enum rc trust_asked(struct dird *d, const struct dird_trust_req *q, enum dird_trusted *out, struct err *e);
/* trust_write.c */
enum rc trust_add(struct dird *d, const struct dird_trust_entry *t, struct err *e);
enum rc trust_remove(struct dird *d, const struct dird_trust_entry *t, struct err *e);
enum rc trust_page(struct dird *d, struct span after, struct buf *list, bool *more_out, struct err *e);
