/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/guess.h - may this password be tried now? One count for every door: submission, IMAP, the command line, slapd's own ports.
 *
 * Counted  A try from a place where the account has signed in lately is known: it counts for the pair (account, place) alone. Any other try counts
 *          three times: for the account from every place, for the place with every account, and for the process that asks.
 * So       Wrong tries elsewhere, or for accounts of colleagues, never hold up a right password from a known place. A session that lies about its
 *          peer is still bound by the account's count and by its own. When it claims to be a known place of the account, that pair has a count, too.
 * Place    A place is an IPv4 address or an IPv6 /64, because one site has at least a /64 (RFC 6177). Any other text is a place as it stands.
 * Wrong    A password that was wrong for this account is wrong again, at once and uncounted, as long as the account's entry does not change. So a
 *          telephone that still has the old password holds nobody up, and such a try teaches nobody anything.
 * Memory   The tables have a fixed size and are in memory alone. After a restart of dird no place is known until its next sign-in.
 * Process  dird, any thread.
 */
#pragma once
#include "base/span.h"

struct guesses;
struct guess_who {
    struct span login, peer; /* peer: text of an IP address */
    uint64_t process;        /* pid of the process that asks, as the kernel tells it; 0: a process that is trusted with what it says */
    uint64_t csn;            /* of the account's entry; 0: there is none */
};
struct guess { /* one try in flight */
    uint64_t account, place, pair, process, csn;
    unsigned char mac[32];
    bool known, counted /* the process, too */;
};
enum guess_answer { GUESS_TRY = 0, GUESS_WAIT, GUESS_WRONG, GUESS_RIGHT /* of door_ask() alone: remembered */ };
struct guesses *guesses_new(unsigned max_failures);
void guesses_free(struct guesses **g);
/* Says what to do with a password. GUESS_TRY does not count the try; guess_take() does. */
enum guess_answer guess_ask(struct guesses *g, const struct guess_who *who, struct span password, int64_t now_ms, struct guess *out);
void guess_take(struct guesses *g, const struct guess *t, int64_t now_ms);  /* before it is tried: tries at the same time all count */
void guess_right(struct guesses *g, const struct guess *t, bool taken, int64_t now_ms);
void guess_wrong(struct guesses *g, const struct guess *t, int64_t now_ms);
void guess_undecided(struct guesses *g, const struct guess *t, int64_t now_ms);
void guess_place(struct span peer, char out[64]); /* "192.0.2.1", "2001:db8:0:1::/64"; NUL-ended */
