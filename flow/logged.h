/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged.h - how the log names an envelope address. The log must answer "did Dr X get it?", so addresses of professionals stand in it as they
 * are. A patient's address holds the national identifier (matricule INS), so the log has a keyed hash in its place. One address always has the same
 * name under one key, and `pli log find ADDRESS` finds it.
 *
 * Form     the address in lower case. For a patient: "ins-", 16 hexadecimal digits of HMAC-SHA256(key, address in lower case), "@" and the domain.
 *          The domain is left out when it holds a matricule, too.
 * Patient  an address is a patient's when its domain is patient.mssante.fr, or when any part of it holds a matricule: 15 characters or more in a
 *          row, digits with A or B for Corsica. Quotes or a sub-address ("dr+MATRICULE@...") around the matricule change nothing.
 *          Source spec/mssante.md, citizens.
 * Message-ID  a header's Message-ID is a part of the message, so the log has a keyed hash of it: `pli trace` finds a message by it, and whoever has
 *          the log alone can not tell which message it was. Form: 16 hexadecimal digits of HMAC-SHA256(key, "Message-ID ", the id without its
 *          brackets and the space around them; its case counts, RFC 5322 3.6.4).
 * Owns     nothing; the key is copied once. Without a key a random one is drawn. Then nobody can find such names again, and nobody can undo them.
 * Process  smtpd, relayd; pli.
 */
#pragma once
#include "base/span.h"

enum { LOGGED_KEY = 32, LOGGED_MAX = 400, LOGGED_ID = 17, LOGGED_QUEUE_KEYS = 40 };
void logged_key(const unsigned char key[LOGGED_KEY]);
/* The domain of patients, setting smtpd.citizen_domain; borrowed. patient.mssante.fr stays one, too. */
void logged_patients(const char *domain);
const char *logged_address(struct span address, char out[LOGGED_MAX]); /* out */
/* id: a Message-ID field's body, unfolded, or what a person typed; with its brackets or without. "-" for an empty one. Gives out. */
const char *logged_message_id(struct span id, char out[LOGGED_ID]);
/* What a recipient that waits in the queue is found by (store/wire/queue.h has the form): the recipient's domain, the sender and the recipient, each in
 * lower case, under the same key. An empty address has a key too. out: STORE_QUEUE_KEYS octets. */
void logged_queue_keys(struct span sender, struct span recipient, unsigned char out[LOGGED_QUEUE_KEYS]);
