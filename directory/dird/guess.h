/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/guess.h - may this password be tried now? One count for every door: submission, IMAP, the command line, slapd's own ports.
 *
 * Counted  a try from a place where the account has signed in lately counts for (account, place) alone. Any other counts for the account whatever
 *          the place, for the place whatever the account, and for the process that asks.
 * So       wrong tries elsewhere, or for colleagues' accounts, never hold up a right password from a known place; and a session that lies
 *          about its peer is still held to the account's count and to its own. What a liar can claim to be (a known place of this account) has
 *          a count, too.
 * Place    an IPv4 address or an IPv6 /64 (RFC 6177: what one site has at least). Other text: as it is.
 * Wrong    a password that was wrong for this account as it stands is wrong again, at once and uncounted: a telephone that was not told the new
 *          password holds nobody up, and teaches nobody anything.
 * Memory   fixed tables, in memory alone: after a restart of dird no place is known until its next sign-in.
 * Process  dird, any thread.
 */
#pragma once
#include "base/span.h"

struct guesses;
struct guess_who {
    struct span login, peer; /* peer: text of an IP address */
    uint64_t process;        /* who asks: of the kernel, not of its word; 0: one that is trusted with its word */
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
/* What is to be done with it. GUESS_TRY does not count yet: guess_take() does. */
enum guess_answer guess_ask(struct guesses *g, const struct guess_who *who, struct span password, int64_t now_ms, struct guess *out);
void guess_take(struct guesses *g, const struct guess *t, int64_t now_ms);  /* before it is tried: tries at the same time all count */
void guess_right(struct guesses *g, const struct guess *t, bool taken, int64_t now_ms);
void guess_wrong(struct guesses *g, const struct guess *t, int64_t now_ms);
void guess_undecided(struct guesses *g, const struct guess *t, int64_t now_ms);
void guess_place(struct span peer, char out[64]); /* "192.0.2.1", "2001:db8:0:1::/64"; NUL-ended */
