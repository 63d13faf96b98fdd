/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/select.c - SELECT and EXAMINE. RFC 3501 6.3.1, 6.3.2, RFC 7162 3.1.2. A SELECT that fails leaves no mailbox selected. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/folders.h"
#include "imapd/view.h"

static void describe(struct imap_session *s)
{
    struct view *v = s->view;
    uint32_t unseen = view_first_unseen(v);

    v->told = v->n;
    v->dirty = false;
    s->keywords.announced = UINT64_MAX; /* all are told below */
    view_learn(s);                      /* one may have been made since they were loaded */
    keywords_announce(s, v->read_only);
    reply_put(s, "* %u EXISTS", v->n);
    reply_put(s, "* %u RECENT", view_recent(v));
    if (unseen)
        reply_put(s, "* OK [UNSEEN %u] First unseen", unseen);
    reply_put(s, "* OK [UIDVALIDITY %u] UIDs valid", v->uidvalidity);
    reply_put(s, "* OK [UIDNEXT %u] Predicted next UID", v->uidnext);
    if (s->opened.args & ARG_CONDSTORE)
        reply_put(s, "* OK [HIGHESTMODSEQ %llu] Highest", (unsigned long long)v->modseq);
}

static enum rc select_folder(struct imap_session *s, const struct imap_select_args *a, bool read_only, struct err *e)
{
    struct folder f;
    enum rc rc;

    if (a->condstore)
        extension_use(s, "CONDSTORE");
    view_free(&s->view);
    s->state = IS_AUTH;
    if ((rc = folder_get(s, a->name, false, &f, e)) != RC_OK || (rc = keywords_load(s, e)) != RC_OK ||
        (rc = view_open(s, f.id, read_only, &s->view, e)) != RC_OK)
        return rc;
    s->state = IS_SELECTED;
    describe(s);
    reply_code(s, read_only ? "READ-ONLY" : "READ-WRITE");
    return RC_OK;
}

enum rc cmd_select(struct imap_session *s, union imap_args *a, struct err *e)
{
    return select_folder(s, &a->select, false, e);
}

enum rc cmd_examine(struct imap_session *s, union imap_args *a, struct err *e)
{
    return select_folder(s, &a->select, true, e);
}
