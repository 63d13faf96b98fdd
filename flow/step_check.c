/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_check.c - is the message fit to be taken, and may this account say that it wrote it?
 * Source   RFC 5321 6.3 (loops), RFC 6409 6.1 and 8.1 (From), RFC 5322 3.6.2.
 */
#include "base/idn.h"
#include "flow/letter_int.h"
#include "mime/fields.h"
#include "policies/trust.h"
#include "proto/smtp/path.h"
#include <stdio.h>

enum { RECEIVED_MAX = 50, AUTHOR_MAX = 320 };

static size_t count_fields(struct span header, const char *name)
{
    struct field f;
    struct err e;
    size_t n = 0;

    while (field_next(&header, &f, &e) == RC_OK)
        n += span_ieq_str(f.name, name);
    return n;
}

static enum cause refuse(enum cause r, const char *why, struct err *e)
{
    (void)!err_set(e, RC_PERM, "%s", why);
    return r;
}

enum cause step_lawful(struct letter *l, struct err *e)
{
    const struct part *top = scan_part(l->scan, 0);
    const struct scan_facts *facts = scan_facts(l->scan);

    if (facts->has_nul)
        return refuse(CAUSE_NUL, "NUL octet", e);
    if (top->header.n < top->header_len)
        return refuse(CAUSE_HEADERS_TOO_BIG, "header block too long to be judged", e);
    if (count_fields(top->header, "Received") > RECEIVED_MAX)
        return refuse(CAUSE_LOOP, "too many Received fields", e);
    if (l->door == DOOR_SUBMISSION && facts->has_tnef)
        return refuse(CAUSE_TNEF, "winmail.dat", e);
    return CAUSE_NONE;
}

/* ---- who wrote it ---- */
static enum cause see_list(const struct address_list *list, enum cause (*see)(void *, struct span, struct err *),
                           void *ctx, size_t *n, struct err *e)
{
    enum cause r = CAUSE_NONE;

    for (size_t i = 0; r == CAUSE_NONE && i < list->n; i++) {
        char text[AUTHOR_MAX], one[AUTHOR_MAX];
        struct span address;
        int len;

        if (!list->a[i].domain.p) /* the edge of a group */
            continue;
        if (list->a[i].local.n == 0 || list->a[i].domain.n == 0)
            return refuse(CAUSE_FROM_MISMATCH, "author without a whole address", e);
        len = snprintf(text, sizeof text, "%.*s@%.*s", SPAN_ARG(list->a[i].local), SPAN_ARG(list->a[i].domain));
        ++*n;
        if (len <= 0 || (size_t)len >= sizeof text)
            return refuse(CAUSE_FROM_MISMATCH, "author's address too long", e);
        address = span_of(text, (size_t)len); /* with a domain that is none: as it is, and nobody's */
        r = see(ctx, idn_address(address, one, sizeof one) ? span_str(one) : address, e);
    }
    return r;
}

enum cause letter_authors(struct span header, const char *field, enum cause (*see)(void *, struct span, struct err *),
                          void *ctx, size_t *n_out, struct err *e)
{
    enum cause r = CAUSE_NONE;
    struct field f;
    size_t n = 0;

    while (r == CAUSE_NONE && field_next(&header, &f, e) == RC_OK) {
        struct address_list list;

        if (!span_ieq_str(f.name, field))
            continue;
        if (addresses_parse(f.body, &list, e) != RC_OK)
            r = refuse(CAUSE_FROM_MISMATCH, "author field can not be read", e);
        else if (list.odd) /* a reader may show another address than the one we read */
            r = refuse(CAUSE_FROM_MISMATCH, "author field is no list of addresses", e);
        else
            r = see_list(&list, see, ctx, &n, e);
        addresses_free(&list);
    }
    *n_out = n;
    return r;
}

/* What the domain of that author allows, whoever submits. */
static enum cause allowed(const struct letter *l, const struct dird_may_rep *may, struct err *e)
{
    if (may->max_message > 0 && spool_size(l->message) > may->max_message)
        return refuse(CAUSE_DOMAIN_SIZE, "larger than the author's domain allows", e);
    for (size_t i = 0; may->inside && i < l->env->to.n; i++)
        if (!l->env->to.a[i].local && l->env->to.a[i].verdict == CAUSE_NONE)
            return refuse(CAUSE_DOMAIN_INSIDE, "the author's domain writes to nobody elsewhere", e);
    return CAUSE_NONE;
}

static enum cause held(void *ctx, struct span address, struct err *e)
{
    struct letter *l = ctx;
    bool own = span_ieq(address, l->account->address);
    struct dird_may_rep may;
    enum cause r;
    enum rc rc;

    if (!l->author_known && !own) /* the first author signs */
        buf_addspan(&l->author, address);
    l->author_known = true;
    if (own)
        return CAUSE_NONE;
    rc = dir_may_send(l->dir, l->account->address, address, &may, e);
    if (rc == RC_OK)
        return (r = allowed(l, &may, e)) == CAUSE_NONE ? letter_named(l, address, e) : r;
    return rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_SYNTAX ? CAUSE_FROM_MISMATCH : CAUSE_DIR_TEMP;
}

/* Of the operator: the list gives that address's domain to the DN that the peer has shown. A domain that is served here
 * is no exception, because only the operators that share it may bring mail that says it comes from there. */
static enum cause of_operator(void *ctx, struct span address, struct err *e)
{
    struct letter *l = ctx;
    struct span domain = smtp_domain_of(address);
    enum dird_trusted answer;

    if (l->peer->dn.n == 0) /* dird would take it for the question whether the domain is listed at all */
        return refuse(CAUSE_FROM_OPERATOR, "the peer has no verified certificate", e);
    if (l->peer->vouched.n > 0 && span_ieq(domain, l->peer->vouched) && deadline_left_ms(l->peer->vouched_until) > 0)
        return CAUSE_NONE;
    if (dir_trust(l->dir, domain, l->peer->dn, &answer, e) != RC_OK)
        return trust_temp(e->cause);
    return answer == DTR_YES ? CAUSE_NONE : refuse(CAUSE_FROM_OPERATOR, "author of a domain that is not the peer's", e);
}

/* Of the domain that MAIL named. The list gave that one to the peer. */
static enum cause of_envelope(void *ctx, struct span address, struct err *e)
{
    struct letter *l = ctx;

    if (l->env->sender.n == 0)
        return of_operator(ctx, address, e);
    return span_ieq(smtp_domain_of(address), smtp_domain_of(l->env->sender))
               ? CAUSE_NONE
               : refuse(CAUSE_FROM_OPERATOR, "author of another domain than the envelope sender's", e);
}

static enum cause of_anybody(void *ctx, struct span address, struct err *e)
{
    (void)ctx;
    (void)address;
    (void)e;
    return CAUSE_NONE;
}

/* Every address of every From: and Sender: must be the account's (submission), or of the peer (port 25, see enum letter_from). So
 * a second From: cannot hide behind the first. */
enum cause step_author(struct letter *l, struct err *e)
{
    static enum cause (*const of_peer[])(void *, struct span, struct err *) = {
        [FROM_OPERATOR] = of_operator, [FROM_DOMAIN] = of_envelope, [FROM_OFF] = of_anybody};
    bool ours = l->door == DOOR_SUBMISSION;
    enum cause (*may)(void *, struct span, struct err *) = ours ? held : of_peer[l->conf->from];
    enum cause no = ours ? CAUSE_FROM_MISMATCH : CAUSE_FROM_OPERATOR;
    size_t n = 0, senders;
    enum cause r = letter_authors(letter_header(l), "From", may, l, &n, e);

    if (r == CAUSE_NONE && n == 0)
        r = refuse(no, "no From field with an address", e);
    if (r == CAUSE_NONE)
        r = letter_authors(letter_header(l), "Sender", may, l, &senders, e);
    return r == CAUSE_FROM_MISMATCH ? no : r; /* what cannot be read is nobody's */
}
