/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/verbs.h - the only list of SMTP verbs. A row says in which phases the verb may come, what it needs, which function parses its argument and
 * which one runs it. Dispatch, HELP, redaction (V_SECRET) and the test that tries every verb in every phase (pli-smtpd --verbs) come from it.
 * Process  smtpd sessions.   Source RFC 5321 4.1, and the extensions of smtpd/session.h.
 */
#pragma once
#include "smtpd/session.h"

enum {
    V_TLS = 1,         /* asks for TLS: 530, not 503, before */
    V_AUTH = 2,        /* on submission asks for a signed-in account: 530, not 503, before */
    V_SECRET = 4,      /* its argument is never logged: what a parser says of it is left out, and one that is refused is wiped */
    V_ENDS_GROUP = 8,  /* last of a pipelined group: its reply leaves at once, with those gathered before it (RFC 2920 3.2 (3)) */
    V_SUBMISSION = 16, /* unknown on port 25 */
    V_CHUNK = 32       /* octets follow the line, also when it is refused */
};
struct verb {
    const char *name;
    unsigned phases;
    unsigned flags;
    enum rc (*parse)(struct span arg, union smtp_args *out, struct err *e);
    void (*run)(struct smtp_session *s, const union smtp_args *a);
    const char *help;
};
extern const struct verb smtp_verbs[]; /* ends with .name NULL */
const struct verb *verb_find(struct span name);
enum cause verb_cause(const struct verb *v, const struct smtp_session *s); /* may it come now? CAUSE_NONE: yes */
void verbs_print(void);                                                        /* JSON to standard output */

void cmd_ehlo(struct smtp_session *s, const union smtp_args *a);
void cmd_helo(struct smtp_session *s, const union smtp_args *a);
void cmd_starttls(struct smtp_session *s, const union smtp_args *a);
void cmd_auth(struct smtp_session *s, const union smtp_args *a);
void cmd_mail(struct smtp_session *s, const union smtp_args *a);
void cmd_rcpt(struct smtp_session *s, const union smtp_args *a);
/* cmd_rcpt.c: CAUSE_NONE: the mailbox takes the message as far as MAIL told its size */
enum cause rcpt_room(struct smtp_session *s, uint64_t mbx, struct err *e);
/* rcpt_list.c: all members of a distribution list become recipients, or none. list: as RCPT named it */
enum cause rcpt_list(struct smtp_session *s, const char *list, const struct smtp_rcpt_params *p, struct err *e);
void cmd_data(struct smtp_session *s, const union smtp_args *a);
void cmd_bdat(struct smtp_session *s, const union smtp_args *a);
void cmd_burl(struct smtp_session *s, const union smtp_args *a);
void cmd_rset(struct smtp_session *s, const union smtp_args *a);
void cmd_noop(struct smtp_session *s, const union smtp_args *a);
void cmd_vrfy(struct smtp_session *s, const union smtp_args *a);
void cmd_expn(struct smtp_session *s, const union smtp_args *a);
void cmd_help(struct smtp_session *s, const union smtp_args *a);
void cmd_quit(struct smtp_session *s, const union smtp_args *a);
