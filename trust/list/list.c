/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list.c - the steps in their order: form, signer's name, signature, signed text, signer's dates and chain, index. The certificate's chain is
 * asked about at the time the list was generated, which is known once the signed text is read. */
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/vouch.h"
#include "trust/list/list_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static enum rc refused(struct err *e, enum cause cause, const char *what, const struct err *why)
{
    return err_cause(e, RC_DENIED, cause, "list: %s%s%s", what, why ? ": " : "", why ? why->log : "");
}

/* ---- who signed ---- */
static enum rc is_pinned(struct span der, struct span pem, struct err *e)
{
    struct buf pinned = BUF_INIT;
    struct err why;
    enum rc rc;

    if (pki_unpem("CERTIFICATE", pem, &pinned, &why) != RC_OK)
        rc = err_set(e, RC_SYNTAX, "list: the signer's certificate to compare with cannot be read");
    else if (!span_eq(buf_span(&pinned), der))
        rc = refused(e, CAUSE_LIST_SIGNER, "signed by another certificate than the one given", NULL);
    else
        rc = RC_OK;
    buf_free(&pinned);
    return rc;
}

static enum rc is_expected(struct span der, const struct list_how *how, struct err *e)
{
    struct err why;

    if (how->signer_pem.n > 0)
        return is_pinned(der, how->signer_pem, e);
    if (how->anchors_pem.n == 0 || how->signer_name.n == 0)
        return refused(e, CAUSE_LIST_SIGNER, "no signer is configured", NULL);
    if (vouch_name(der, how->signer_name, &why) != RC_OK)
        return refused(e, CAUSE_LIST_SIGNER, "the certificate that signed it", &why);
    return RC_OK;
}

static enum rc may_sign(struct span der, const struct list_how *how, struct err *e)
{
    struct err why;
    enum rc rc = is_expected(der, how, e);

    if (rc == RC_OK && vouch_use(der, &why) != RC_OK)
        rc = refused(e, CAUSE_LIST_SIGNER, "the certificate that signed it", &why);
    return rc;
}

/* ---- when ---- */
static void day(uint64_t utc, char out[32])
{
    time_t t = (time_t)utc;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%d", &tm) == 0)
        snprintf(out, 32, "?");
}

static enum rc dates(const struct list_how *how, const struct list_result *r, struct err *e)
{
    char from[32], until[32], made[32];

    day(r->signer_from, from);
    day(r->signer_until, until);
    day(r->generated, made);
    if (r->generated > how->now + LIST_SKEW)
        return err_cause(e, RC_DENIED, CAUSE_LIST_FUTURE, "list: generated on %s, which is in the future", made);
    if (r->generated < r->signer_from || r->generated > r->signer_until)
        return err_cause(e, RC_DENIED, CAUSE_LIST_EXPIRED_SIGNER,
                         "list: signer's certificate is valid from %s to %s, the list was generated on %s", from, until,
                         made);
    if (how->expired_signer == LIST_EXPIRED_NEVER && r->signer_expired)
        return err_cause(e, RC_DENIED, CAUSE_LIST_EXPIRED_SIGNER, "list: signer's certificate expired on %s", until);
    return RC_OK;
}

static enum rc chain(struct span der, const struct list_how *how, const struct list_result *r, struct err *e)
{
    struct err why;
    enum rc rc;

    if (how->signer_pem.n > 0)
        return RC_OK;
    rc = vouch_chain(der, how->anchors_pem, (int64_t)r->generated, &why);
    if (rc == RC_OK && how->expired_signer == LIST_EXPIRED_NEVER)
        rc = vouch_chain(der, how->anchors_pem, (int64_t)how->now, &why);
    return rc == RC_OK ? RC_OK : refused(e, CAUSE_LIST_SIGNER, "the chain of the certificate that signed it", &why);
}

static enum rc signer_info(struct span der, uint64_t now, struct list_result *r, struct err *e)
{
    struct cert_info c;
    struct err why;

    if (cert_info_der(der, &c, &why) != RC_OK || c.not_before < 0 || c.not_after < 0)
        return refused(e, CAUSE_LIST_SIGNATURE, "its certificate cannot be read", NULL);
    r->signer_from = (uint64_t)c.not_before;
    r->signer_until = (uint64_t)c.not_after;
    r->signer_expired = now > r->signer_until;
    snprintf(r->signer, sizeof r->signer, "%s", c.subject);
    snprintf(r->issuer, sizeof r->issuer, "%s", c.issuer);
    return RC_OK;
}

/* ---- the index ---- */
/* By what reads it: a block that could not be opened is not handed out. */
static enum rc counted(struct list_result *r, size_t *kept_out, struct err *e)
{
    struct index_counts c = {0};
    enum rc rc = index_check(buf_span(&r->index), &c, e);

    r->domains = c.domains;
    r->operators = c.operators;
    *kept_out = c.entries;
    return rc;
}

static enum rc make_index(const struct list_entries *l, struct list_result *r, struct err *e)
{
    size_t kept = 0;
    enum rc rc = index_write(l->entry, l->n, l->generated, &r->index, e);

    if (rc != RC_OK)
        return err_cause(e, RC_DENIED, CAUSE_LIST_UNREADABLE, "list: %s", e->log);
    rc = counted(r, &kept, e);
    r->duplicates = l->n - kept;
    r->skipped = l->skipped;
    r->entries = l->n + l->skipped;
    return rc;
}

static enum rc read_signed(struct span octets, struct span der, const struct list_how *how, struct list_result *r,
                           struct err *e)
{
    struct list_entries l;
    enum rc rc = list_entries_read(octets, &l, e);

    r->generated = l.generated;
    if (rc == RC_OK)
        rc = dates(how, r, e);
    if (rc == RC_OK)
        rc = chain(der, how, r, e);
    if (rc == RC_OK)
        rc = make_index(&l, r, e);
    list_entries_free(&l);
    return rc;
}

enum rc list_read(struct span xml, const struct list_how *how, struct list_result *out, struct err *e)
{
    struct buf der = BUF_INIT, octets = BUF_INIT;
    struct list_result r = {0};
    xmlNode *signature = NULL;
    xmlDoc *doc = NULL;
    enum rc rc;

    list_warm();
    rc = list_parse(xml, &doc, e);
    if (rc == RC_OK)
        rc = list_signature_of(doc, &signature, &der, e);
    if (rc == RC_OK)
        rc = signer_info(buf_span(&der), how->now, &r, e);
    if (rc == RC_OK)
        rc = may_sign(buf_span(&der), how, e);
    if (rc == RC_OK)
        rc = list_verify(signature, buf_span(&der), &octets, e);
    xmlFreeDoc(doc);
    if (rc == RC_OK)
        rc = read_signed(buf_span(&octets), buf_span(&der), how, &r, e);
    if (rc == RC_OK)
        *out = r;
    else
        list_result_free(&r);
    buf_free(&octets);
    buf_free(&der);
    return rc;
}

void list_result_free(struct list_result *r)
{
    buf_free(&r->index);
}
