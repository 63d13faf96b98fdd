/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/keywords.c - see imapd/keywords.h. */
#include "imapd/keywords.h"
#include "imapd/view.h"
#include <stdlib.h>

_Static_assert((int)MF_SEEN == IMAP_SEEN && (int)MF_ANSWERED == IMAP_ANSWERED && (int)MF_FLAGGED == IMAP_FLAGGED &&
                   (int)MF_DELETED == IMAP_DELETED && (int)MF_DRAFT == IMAP_DRAFT,
               "flags on the wire are the store's");
enum { ALL_SYSTEM = MF_SEEN | MF_ANSWERED | MF_FLAGGED | MF_DELETED | MF_DRAFT };

static bool is_atom(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!imap_is_atom_char(s.p[i]))
            return false;
    return s.n <= IMAP_KEYWORD_MAX;
}

static enum rc keyword_in(struct imap_session *s, const struct store_keyword *kw, struct err *e)
{
    struct keywords *k = &s->keywords;
    struct buf name = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    if (kw->index >= STORE_KEYWORDS_MAX || k->name[kw->index])
        return RC_OK;
    rc = mailbox_open_name(s->box, kw->tag, kw->name, &name, e);
    if (rc == RC_OK && !is_atom(buf_span(&name))) /* another session made it: it goes into this one's stream as it is */
        buf_cut(&name, 0);
    if (rc == RC_OK && name.n > 0) {
        k->name[kw->index] = span_dup(buf_span(&name));
        k->known |= 1ull << (kw->index + MF_KEYWORDS);
    }
    buf_free(&name);
    return rc;
}

enum rc keywords_load(struct imap_session *s, struct err *e)
{
    struct store_cursor_req rq = {0};
    struct store_list_rep rep;
    struct store_keyword kw;
    struct buf mem = BUF_INIT; /* open: sealed names */
    struct err end;
    enum rc rc;

    do {
        rc = store_call_in(s->store, STORE_KEYWORDS, &rq, -1, &rep, &mem, e);
        while (rc == RC_OK && ipc_list_next(&rep.list, store_keyword_f, &kw, &end) == RC_OK)
            rc = keyword_in(s, &kw, e);
        rq.from = rep.next;
    } while (rc == RC_OK && rq.from != 0);
    buf_free(&mem);
    return rc;
}

void keywords_free(struct keywords *k)
{
    for (size_t i = 0; i < STORE_KEYWORDS_MAX; i++)
        free(k->name[i]);
    memset(k, 0, sizeof *k);
}

uint64_t keywords_bit(const struct keywords *k, struct span name)
{
    for (size_t i = 0; i < STORE_KEYWORDS_MAX; i++)
        if (k->name[i] && span_ieq_str(name, k->name[i]))
            return 1ull << (i + MF_KEYWORDS);
    return 0;
}

static enum rc keyword_add(struct imap_session *s, struct span name, uint64_t *bit_out, struct err *e)
{
    struct store_keyword_add_req rq = {0};
    struct store_keyword_add_rep rep;
    struct buf sealed = BUF_INIT; /* open: a sealed name */
    enum rc rc = mailbox_seal_name(s->box, name, rq.tag, &sealed, e);

    rq.name = buf_span(&sealed);
    if (rc == RC_OK)
        rc = store_call(s->store, STORE_KEYWORD_ADD, &rq, -1, &rep, e);
    buf_free(&sealed);
    if (rc == RC_PERM || (rc == RC_OK && rep.index >= STORE_KEYWORDS_MAX))
        return reply_no(e, CAUSE_TOO_MANY_KEYWORDS);
    if (rc != RC_OK)
        return rc;
    free(s->keywords.name[rep.index]);
    s->keywords.name[rep.index] = span_dup(name);
    *bit_out = 1ull << (rep.index + MF_KEYWORDS);
    s->keywords.known |= *bit_out;
    return RC_OK;
}

enum rc keywords_resolve(struct imap_session *s, const struct imap_flags *f, uint64_t *bits_out, struct err *e)
{
    uint64_t bits = f->system;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < f->n && rc == RC_OK; i++) {
        uint64_t bit = keywords_bit(&s->keywords, f->keywords[i]);

        if (bit == 0)
            rc = keyword_add(s, f->keywords[i], &bit, e);
        bits |= bit;
    }
    if (s->view && s->view_home == s->at && (s->keywords.known & ~s->keywords.announced))
        keywords_announce(s, s->view->read_only);
    if (rc == RC_OK)
        *bits_out = bits;
    return rc;
}

void keywords_put(const struct keywords *k, uint64_t flags, bool recent, struct buf *out)
{
    bool any = false;

    imap_put_system_flags(out, flags, &any);
    flags &= k->known;
    for (size_t i = 0; flags >> MF_KEYWORDS && i < STORE_KEYWORDS_MAX; i++) {
        if ((flags >> (i + MF_KEYWORDS) & 1) == 0)
            continue;
        if (any)
            buf_addc(out, ' ');
        buf_addstr(out, k->name[i]);
        any = true;
    }
    if (recent)
        buf_addstr(out, any ? " \\Recent" : "\\Recent");
}

/* The flags that the session's rights let it change (RFC 4314 5.2). */
static void put_permanent(struct imap_session *s)
{
    uint32_t rights = s->view ? s->view->rights : ACL_ALL;
    uint64_t others = (ALL_SYSTEM & ~(uint64_t)(MF_SEEN | MF_DELETED)) | s->keywords.known;
    uint64_t may = (rights & ACL_S ? MF_SEEN : 0) | (rights & ACL_T ? MF_DELETED : 0) | (rights & ACL_W ? others : 0);
    struct buf flags = BUF_SECRET_INIT;

    keywords_put(&s->keywords, may, false, &flags);
    reply_put(s, "* OK [PERMANENTFLAGS (%s%s)] Flags kept", buf_cstr(&flags), rights & ACL_W ? " \\*" : "");
    buf_free(&flags);
}

void keywords_announce(struct imap_session *s, bool read_only)
{
    struct buf all = BUF_SECRET_INIT;

    s->keywords.announced = s->keywords.known;
    keywords_put(&s->keywords, ALL_SYSTEM | s->keywords.known, false, &all);
    reply_put(s, "* FLAGS (%s)", buf_cstr(&all));
    if (read_only)
        reply_put(s, "* OK [PERMANENTFLAGS ()] Read-only mailbox");
    else
        put_permanent(s);
    buf_free(&all);
}
