/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/list.c - see imapd/list.h. */
#include "imapd/list.h"
#include "base/ascii.h"
#include "proto/imap/name.h"
#include "proto/imap/write.h"

void list_put(struct imap_session *s, const char *verb, const char *attributes, struct span name)
{
    buf_addf(&s->out, "* %s (%s) \"/\" ", verb, attributes);
    homes_put_name(s, &s->out, name);
}

static const char *const special_names[] = {
    [SU_SENT] = "\\Sent", [SU_DRAFTS] = "\\Drafts",   [SU_TRASH] = "\\Trash",
    [SU_JUNK] = "\\Junk", [SU_ARCHIVE] = "\\Archive",
};
enum { N_SPECIAL = sizeof special_names / sizeof *special_names };

const char *special_name(uint8_t special)
{
    return special < N_SPECIAL && special_names[special] ? special_names[special] : "";
}

bool special_of(struct span attribute, uint8_t *special_out)
{
    for (uint8_t i = 0; i < N_SPECIAL; i++)
        if (special_names[i] && span_ieq_str(attribute, special_names[i])) {
            *special_out = i;
            return true;
        }
    return false;
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

static void attribute(struct buf *out, bool has, const char *name)
{
    if (has)
        buf_addf(out, "%s%s", out->n > 0 ? " " : "", name);
}

void list_attributes(const struct imap_session *s, const struct imap_list_args *l, const struct folders *all,
                     const struct folder *f, struct buf *out)
{
    bool below = folders_has_below(all, f->name), gone = (f->flags & FF_GONE) != 0,
         told = s->opened.responses & RESP_CHILDREN;

    attribute(out, told && below, "\\HasChildren");
    attribute(out, told && !below, "\\HasNoChildren");
    attribute(out, gone, "\\NonExistent");
    attribute(out, !gone && (f->flags & FF_NOSELECT), "\\Noselect");
    attribute(out, (f->flags & FF_SUBSCRIBED) && ((l->select & LS_SUBSCRIBED) || (l->ret & LR_SUBSCRIBED)),
              "\\Subscribed");
    attribute(out, f->id == STORE_REMOVED, "\\" IMAP_LIST_REMOVED);
    attribute(out, special_name(f->special)[0] && (s->opened.responses & RESP_SPECIAL_USE), special_name(f->special));
}

void list_told(struct imap_session *s, const struct folders *all, const struct folder *f, struct span old)
{
    static const struct imap_list_args how = {.ret = LR_SUBSCRIBED};
    struct buf attr = BUF_INIT; /* open: attributes */

    list_attributes(s, &how, all, f, &attr);
    list_put(s, "LIST", buf_cstr(&attr), f->name);
    if (old.n > 0) {
        buf_addstr(&s->out, " (\"OLDNAME\" (");
        imap_put_mailbox(&s->out, old, s->opened.responses & RESP_UTF8);
        buf_addstr(&s->out, "))");
    }
    buf_addstr(&s->out, "\r\n");
    buf_free(&attr);
}

/* The name is told beside what it was sent as, when the two differ (RFC 9051 6.3.9.7). */
static void put_named(struct imap_session *s, const struct folders *all, const struct folder *f, struct span sent)
{
    static const struct imap_list_args plain;
    struct buf attr = BUF_INIT; /* open: attributes */

    list_attributes(s, &plain, all, f, &attr);
    list_put(s, "LIST", buf_cstr(&attr), f->name);
    if (!span_eq(sent, f->name)) {
        buf_addstr(&s->out, " (\"OLDNAME\" (");
        imap_put_mailbox(&s->out, sent, true);
        buf_addstr(&s->out, "))");
    }
    buf_addstr(&s->out, "\r\n");
    buf_free(&attr);
}

void list_named(struct imap_session *s, const struct folders *all, uint32_t folder, struct span sent)
{
    buf_clear(&s->out);
    for (size_t i = 0; i < all->n; i++)
        if (all->f[i].id == folder)
            put_named(s, all, &all->f[i], sent);
    reply_out(s);
}
