/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/login.c - LOGIN, over TLS only. RFC 3501 6.2.3 */
#include "imapd/commands.h"

enum rc cmd_login(struct imap_session *s, union imap_args *a, struct err *e)
{
    return signin(s, a->login.user, a->login.pass, e);
}
