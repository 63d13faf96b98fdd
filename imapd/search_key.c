/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search_key.c - a SEARCH program made ready: see imapd/search.h. Keys are walked by recursion that the parser bounded (IMAP_DEPTH). */
#include "base/ascii.h"
#include "base/clock.h"
#include "imapd/search.h"
#include "mime/charset.h"

static bool is_known(struct span charset)
{
    static const char *const names[] = {"UTF-8", "US-ASCII", "ISO-8859-1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_ieq_str(charset, names[i]))
            return true;
    return charset.n == 0;
}

static bool keep(struct imap_session *s, const struct buf *b, struct span *out)
{
    unsigned char *p = imap_arena_get(&s->mem, b->n);

    if (p && b->n > 0)
        memcpy(p, b->p, b->n);
    *out = span_of(p, p ? b->n : 0);
    return p != NULL;
}

/* The needle in UTF-8, folded, in the arena. Folding takes octets that are not UTF-8 for Latin-1. */
static enum rc fold(struct imap_session *s, bool latin1, struct span *text, struct err *e)
{
    struct buf utf8 = BUF_SECRET_INIT, folded = BUF_SECRET_INIT;
    enum rc rc = latin1 ? charset_to_utf8("ISO-8859-1", *text, &utf8, e) : RC_OK;

    if (rc == RC_OK)
        text_fold(latin1 ? buf_span(&utf8) : *text, &folded);
    if (rc == RC_OK && !keep(s, &folded, text))
        rc = reply_bad(s, e, CAUSE_TOO_COMPLEX);
    buf_free(&utf8);
    buf_free(&folded);
    return rc;
}

/* Field names are compared in lower case. */
static enum rc lower_field(struct imap_session *s, struct imap_key *k, struct err *e)
{
    unsigned char *p = imap_arena_get(&s->mem, k->field.n + 1); /* text_has() takes a C string */

    if (p == NULL)
        return reply_bad(s, e, CAUSE_TOO_COMPLEX);
    ascii_lower_all(k->field, p);
    k->field = span_of(p, k->field.n);
    return RC_OK;
}

static enum rc prepare_one(struct imap_session *s, struct imap_key *k, bool latin1, struct err *e)
{
    const struct view *v = s->view;
    enum rc rc = RC_OK;

    if ((k->op == SK_SEQ || k->op == SK_UID) && k->set.saved) {
        k->op = SK_UID;
        k->set = s->saved;
        return RC_OK;
    }
    if (k->op == SK_SEQ && (s->opened.responses & RESP_UIDONLY))
        return reply_bad(s, e, CAUSE_UID_REQUIRED);
    if (k->op == SK_SEQ) {
        if (!imap_set_max_is(&k->set, v->told) || v->told == 0)
            return reply_bad(s, e, CAUSE_NO_SUCH_MESSAGE);
        imap_set_settle(&k->set, v->told);
    }
    if (k->op == SK_UID)
        imap_set_settle(&k->set, v->told ? v->uid[v->told - 1] : 1);
    if (k->op == SK_OLDER || k->op == SK_YOUNGER)
        k->num = clock_utc() - k->num;
    if (k->op == SK_KEYWORD)
        k->flag = keywords_bit(&s->keywords, k->text);
    if (k->op == SK_HEADER && (rc = lower_field(s, k, e)) != RC_OK)
        return rc;
    if (k->op == SK_HEADER || k->op == SK_BODY || k->op == SK_TEXT)
        rc = fold(s, latin1, &k->text, e);
    return rc;
}

static enum rc prepare(struct imap_session *s, struct imap_key *k, bool latin1, struct err *e)
{
    enum rc rc = prepare_one(s, k, latin1, e);

    for (struct imap_key *c = k->child; c && rc == RC_OK; c = c->next)
        rc = prepare(s, c, latin1, e);
    return rc;
}

enum rc search_prepare(struct imap_session *s, struct imap_search *what, struct err *e)
{
    if (!is_known(what->charset))
        return reply_no(e, CAUSE_BAD_CHARSET);
    return prepare(s, what->top, span_ieq_str(what->charset, "ISO-8859-1"), e);
}

bool search_has_sent(const struct imap_key *k)
{
    return imap_search_has(k, IMAP_KEY(SK_THREADID) | IMAP_KEY(SK_SENTBEFORE) | IMAP_KEY(SK_SENTON) |
                                  IMAP_KEY(SK_SENTSINCE));
}
