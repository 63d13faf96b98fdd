/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/list.c - see imapd/list.h. */
#include "imapd/list.h"
#include "base/ascii.h"
#include "proto/imap/name.h"
#include "proto/imap/write.h"

enum rc status_put(struct imap_session *s, const struct folder *f, unsigned items, struct err *e)
{
    struct store_folder_msg rq = {f->id};
    struct store_status_rep st = {
        .uidvalidity = f->uidvalidity, .uidnext = f->uidnext, .exists = f->exists, .unseen = f->unseen};
    const struct {
        unsigned item;
        const char *name;
        uint32_t value;
    } * row, *rows;
    const char *comma = "";
    enum rc rc = RC_OK;

    if (items & ST_RECENT) /* the list does not have it */
        rc = store_call(s->store, STORE_FOLDER_STATUS, &rq, -1, &st, e);
    if (rc != RC_OK)
        return rc;
    rows = (const __typeof__(*rows)[]){
        {ST_MESSAGES, "MESSAGES", st.exists}, {ST_RECENT, "RECENT", st.recent},
        {ST_UIDNEXT, "UIDNEXT", st.uidnext},  {ST_UIDVALIDITY, "UIDVALIDITY", st.uidvalidity},
        {ST_UNSEEN, "UNSEEN", st.unseen},     {0, NULL, 0}};
    buf_addstr(&s->out, "* STATUS ");
    imap_put_mailbox(&s->out, f->name);
    buf_addstr(&s->out, " (");
    for (row = rows; row->name; row++) {
        if ((items & row->item) == 0)
            continue;
        buf_addf(&s->out, "%s%s %u", comma, row->name, row->value);
        comma = " ";
    }
    buf_addstr(&s->out, ")\r\n");
    return RC_OK;
}

void list_put(struct imap_session *s, const char *verb, const char *attributes, struct span name)
{
    buf_addf(&s->out, "* %s (%s) \"/\" ", verb, attributes);
    imap_put_mailbox(&s->out, name);
}

/* INBOX matches in any case: the pattern's letters are raised for it. */
static bool match_inbox(struct span pattern)
{
    unsigned char up[16];

    if (pattern.n > sizeof up)
        return imap_name_match(pattern, SPAN_LIT("INBOX"));
    ascii_upper_all(pattern, up);
    return imap_name_match(span_of(up, pattern.n), SPAN_LIT("INBOX"));
}

bool list_match(const struct imap_list_args *l, struct span name)
{
    for (size_t i = 0; i < l->n; i++)
        if (span_eq_str(name, "INBOX") ? match_inbox(l->patterns[i]) : imap_name_match(l->patterns[i], name))
            return true;
    return false;
}
