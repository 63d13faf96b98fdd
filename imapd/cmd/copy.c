/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/copy.c - COPY and MOVE, with UID forms. RFC 3501 6.4.7, RFC 4315 (COPYUID), RFC 6851. After the untagged
 * COPYUID of a MOVE, and before the tagged answer, the loop tells the moved messages as EXPUNGE. Messages that are
 * moved to the mailbox where they are already get new UIDs there, as COPY would give them (RFC 6851 3.3). */
#include "imapd/across.h"
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/move.h"
#include "imapd/rows.h"

static void tell(struct imap_session *s, const struct copying *c, bool untagged)
{
    if (c->done == 0 || (s->opened.responses & RESP_COPYUID) == 0)
        return;
    buf_clear(&s->code);
    buf_addf(&s->code, "COPYUID %u ", c->uidvalidity);
    buf_addspan(&s->code, buf_span(&c->from));
    buf_addc(&s->code, ' ');
    buf_addspan(&s->code, buf_span(&c->to));
    if (!untagged)
        return;
    reply_put(s, "* OK [%s] Moved", buf_cstr(&s->code));
    buf_clear(&s->code);
}

/* The folder, in whichever mailbox it is; that of the selected folder is at hand again afterwards. */
static enum rc find_dest(struct imap_session *s, struct span name, struct home **dest_out, uint32_t *folder_out,
                         struct err *e)
{
    struct folder f;
    enum rc rc = homes_named(s, &name, e);

    if (rc == RC_OK)
        rc = folder_get(s, name, true, &f, e);
    if (rc == RC_OK && !(f.rights & ACL_I))
        rc = reply_no(e, CAUSE_NO_RIGHT);
    *dest_out = s->at;
    *folder_out = rc == RC_OK ? f.id : 0;
    homes_enter(s, s->view_home);
    return rc;
}

static enum rc transfer(struct imap_session *s, union imap_args *a, bool move, struct err *e)
{
    struct copying c = {.move = move};
    struct home *dest = NULL;
    enum rc rc = view_rows(s, &a->copy.set, e);

    if (rc == RC_OK)
        rc = find_dest(s, a->copy.name, &dest, &c.dest, e);
    if (rc != RC_OK)
        return rc;
    rc = dest == s->view_home ? copying_run(s, &a->copy.set, &c, e) : across_run(s, &a->copy.set, dest, &c, e);
    if (rc == RC_OK || move)
        tell(s, &c, move);
    if (rc == RC_OK && move && c.done > 0)
        view_reply_modseq(s);
    if (!s->uid && c.done < rows_count(&a->copy.set)) {
        buf_clear(&s->code); /* COPYUID and HIGHESTMODSEQ stand in an OK */
        rc = rc == RC_OK ? reply_no(e, CAUSE_EXPUNGED) : rc;
    }
    copying_free(&c);
    return rc;
}

enum rc cmd_copy(struct imap_session *s, union imap_args *a, struct err *e)
{
    return transfer(s, a, false, e);
}

enum rc cmd_move(struct imap_session *s, union imap_args *a, struct err *e)
{
    return transfer(s, a, true, e);
}
