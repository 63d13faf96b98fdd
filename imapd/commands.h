/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/commands.h - the one list of commands: name, states, what each does to others in flight, parser, function.
 *
 * Names    as they are sent, in any case; of two words for the UID commands, each a row of its own.
 * Flags    C_SEQ      works on sequence numbers: no EXPUNGE is sent from its start until after its tagged answer (RFC 3501 7.4.1)
 *          C_SELECTS  another mailbox, or none, is selected afterwards
 *          C_WRITES   changes the mailbox: refused under EXAMINE
 *          C_SYNC     asks the store for what changed before it ends; others do so once a second at most
 *          C_SECRET   its arguments are never logged: what a parser says of them is left out
 *          C_UID      a UID command: its numbers are UIDs, and what it answers carries them
 *          C_STREAMS  takes its last literal off the stream itself, however long
 *          C_NO_TLS   lawful only before TLS; C_TLS: only with it
 * From it  the loop, "pli-imapd --commands" (JSON: the protocol test tries every command in every state), the fuzzer's words.
 * Process  pli-imapd.   Source RFC 3501 6, 5.5.
 */
#pragma once
#include "imapd/session.h"

enum {
    C_SEQ = 1,
    C_SELECTS = 2,
    C_WRITES = 4,
    C_SYNC = 8,
    C_SECRET = 16,
    C_UID = 32,
    C_STREAMS = 64,
    C_NO_TLS = 128,
    C_TLS = 256
};
typedef enum rc command_fn(struct imap_session *s, union imap_args *a, struct err *e);
struct command {
    const char *name;
    unsigned states, flags;
    const char *extension; /* of imapd/extensions.c, which must have it; NULL: RFC 3501's own */
    enum rc (*parse)(struct imap_in *in, union imap_args *out, struct err *e);
    command_fn *run;
    const char *example; /* arguments that are well formed: for the test and the fuzzer */
};
extern const struct command commands[];
extern const size_t n_commands;
/* text: tag, command, arguments. Sets .tag, .cmd, .uid, and *rest_out behind the name. RC_SYNTAX: no such command. */
enum rc command_find(struct imap_session *s, struct span text, struct span *rest_out, struct err *e);
/* in: as command_find() left it behind the name. A malformed secret leaves no word of its own in e->log. */
enum rc command_parse(const struct command *c, struct imap_in *in, union imap_args *args, struct err *e);
/* The text ends by announcing a literal that its command would take off the stream. */
bool command_streams(struct imap_session *s, struct span text);
void commands_print(void); /* JSON on standard output */

command_fn cmd_append, cmd_authenticate, cmd_capability, cmd_check, cmd_close, cmd_copy, cmd_create, cmd_delete,
    cmd_enable, cmd_examine, cmd_expunge, cmd_fetch, cmd_id, cmd_idle, cmd_list, cmd_login, cmd_logout, cmd_lsub,
    cmd_move, cmd_namespace, cmd_noop, cmd_rename, cmd_search, cmd_select, cmd_starttls, cmd_status, cmd_store,
    cmd_subscribe, cmd_uid_expunge, cmd_unselect, cmd_unsubscribe;
