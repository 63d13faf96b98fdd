/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/commands.h - the one list of commands. A row has a command's name, the states in which it is lawful, its flags, its parser, its function.
 *
 * Names    are compared without regard to case. A UID command has a name of two words ("UID FETCH") and a row of its own.
 * Flags    C_SEQ      works on sequence numbers: no EXPUNGE is sent from its start until after its tagged answer (RFC 3501 7.4.1)
 *          C_SELECTS  another mailbox, or none, is selected afterwards, or the answer has left already: no news of the mailbox behind it
 *          C_WRITES   changes the mailbox: refused under EXAMINE
 *          C_SYNC     asks the store what changed before the command ends; other commands ask once a second at most
 *          C_SECRET   its arguments are never logged, so what a parser says of them is left out
 *          C_UID      a UID command: the numbers in its arguments are UIDs, and its answers carry UIDs
 *          C_STREAMS  takes its last literal off the stream itself, however long the literal is
 *          C_NO_TLS   lawful only before TLS
 *          C_TLS      lawful only with TLS
 *          C_NUMBERS  its arguments or its answers are message numbers: refused when UIDONLY is enabled
 *          C_OWN      is about her own mailbox, whatever folder is selected (imapd/homes.h)
 *          C_QUIET    looks at nothing in a mailbox: a delegate's is not recorded
 * Folder   .folder_at says which argument is a folder's name, so that its mailbox is at hand when the command runs (homes_for()). BY_ITSELF: the command
 *          sees to the mailboxes of its names itself.
 * From it  come the dispatch loop, "pli-imapd --commands" (JSON, from which the protocol test tries every command in every state), and the
 *          fuzzer's words.
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
    C_TLS = 256,
    C_NUMBERS = 512,
    C_OWN = 1024,
    C_QUIET = 2048
};
enum { NO_NAME = 0xffff, BY_ITSELF = 0xfffe };
typedef enum rc command_fn(struct imap_session *s, union imap_args *a, struct err *e);
struct command {
    const char *name;
    unsigned states, flags;
    const char *extension; /* of imapd/extensions.c, which must have it; NULL: RFC 3501's own */
    enum rc (*parse)(struct imap_in *in, union imap_args *out, struct err *e);
    uint16_t folder_at; /* in union imap_args, where a struct span is; NO_NAME, BY_ITSELF */
    command_fn *run;
    const char *example; /* arguments that are well formed: for the test and the fuzzer */
};
extern const struct command commands[];
extern const size_t n_commands;
/* text: tag, command, arguments. Sets .tag, .cmd and .uid of the session, and *rest_out to what follows the name. RC_SYNTAX: no such command. */
enum rc command_find(struct imap_session *s, struct span text, struct span *rest_out, struct err *e);
/* in: what command_find() left after the name. When a secret is malformed, e->log holds no word of it. */
enum rc command_parse(const struct command *c, struct imap_in *in, union imap_args *args, struct err *e);
/* May s->cmd run in the session's state? It is not looked at what its arguments are. */
enum rc command_may_run(struct imap_session *s, struct err *e);
/* True: the text ends with the announcement of a literal, and its command takes that literal off the stream itself (C_STREAMS), and may run now. */
bool command_streams(struct imap_session *s, struct span text);
void commands_print(void); /* JSON on standard output */

command_fn cmd_append, cmd_authenticate, cmd_cancelupdate, cmd_capability, cmd_compress, cmd_check, cmd_close, cmd_copy, cmd_create, cmd_delete,
    cmd_getacl, cmd_setacl, cmd_deleteacl, cmd_listrights, cmd_myrights, cmd_enable, cmd_esearch, cmd_examine, cmd_expunge, cmd_fetch, cmd_genurlauth, cmd_urlfetch, cmd_resetkey, cmd_getmetadata, cmd_setmetadata, cmd_getquota, cmd_getquotaroot, cmd_id, cmd_idle, cmd_list, cmd_login, cmd_logout, cmd_lsub,
    cmd_move, cmd_namespace, cmd_noop, cmd_notify, cmd_rename, cmd_replace, cmd_search, cmd_select, cmd_sort, cmd_starttls, cmd_thread, cmd_status, cmd_store,
    cmd_subscribe, cmd_unauthenticate, cmd_uid_expunge, cmd_unselect, cmd_unsubscribe;
