/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/verify.c - the verdict on a CMS SignedData, its content beside it or inside. RFC 5652 5.6, RFC 8551, RFC
 * 7281 3.1.
 *
 * Three questions are asked in this order, each with the words that a "no" gives:
 *   can it be read                      neutral, permerror
 *   do signature and content agree      fail
 *   is it good enough for us            policy
 * Signers are judged in signer.c, chains in chain.c.
 */
#include "base/log.h"
#include "crypto/cms/reader_int.h"
#include "crypto/cms/verify_int.h"
#include "crypto/pki/pki_int.h"
#include <openssl/err.h>
#include <stdio.h>

const char *cms_word_name(enum cms_word w)
{
    static const char *const names[CMS_WORDS_] = {
        [CMS_NONE] = "none",       [CMS_PASS] = "pass",           [CMS_POLICY] = "policy",
        [CMS_NEUTRAL] = "neutral", [CMS_PERMERROR] = "permerror", [CMS_FAIL] = "fail"};

    return names[w];
}

void verdict_worsen(struct cms_verdict *v, enum cms_word w, const char *why)
{
    for (size_t i = 0; i < v->n_reasons; i++)
        if (strcmp(v->reasons[i], why) == 0 && w <= v->word)
            return;
    if (w > v->word || v->reason[0] == '\0') {
        v->word = w;
        snprintf(v->reason, sizeof v->reason, "%s", why);
    }
    if (v->n_reasons < CMS_REASONS_MAX)
        snprintf(v->reasons[v->n_reasons++], sizeof v->reasons[0], "%s", why);
}

static bool no(struct cms_verdict *v, enum cms_word w, const char *why)
{
    verdict_worsen(v, w, why);
    return false;
}

/* ---- can it be read ---- */

static int certs_count(CMS_ContentInfo *cms)
{
    STACK_OF(X509) *all = CMS_get1_certs(cms);
    int n = all ? sk_X509_num(all) : 0;

    sk_X509_pop_free(all, X509_free);
    return n;
}

/* Is it a SignedData of data, within the bounds, with its content where the caller said (beside it or inside)? */
static bool form_good(CMS_ContentInfo *cms, bool inside, struct cms_verdict *v)
{
    enum cms_word unsigned_word = inside ? CMS_NONE : CMS_NEUTRAL;
    ASN1_OCTET_STRING **content;
    int signers;

    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
        return no(v, unsigned_word, "not a signature");
    signers = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms));
    if (signers < 1)
        return no(v, unsigned_word, "no signer");
    if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
        return no(v, CMS_NEUTRAL, "not a signature over data");
    content = CMS_get0_content(cms);
    if ((content != NULL && *content != NULL) != inside)
        return no(v, CMS_NEUTRAL, inside ? "no content in the signature" : "not a detached signature");
    if (signers > CMS_SIGNERS_MAX || certs_count(cms) > CMS_CERTS_MAX)
        return no(v, CMS_NEUTRAL, "too many signers or certificates");
    return true;
}

static bool digest_known(CMS_SignerInfo *si)
{
    X509_ALGOR *dig = NULL;
    const ASN1_OBJECT *oid = NULL;
    EVP_MD *md;

    CMS_SignerInfo_get0_algs(si, NULL, NULL, &dig, NULL);
    X509_ALGOR_get0(&oid, NULL, NULL, dig);
    md = OBJ_obj2nid(oid) != NID_undef ? EVP_MD_fetch(NULL, OBJ_nid2sn(OBJ_obj2nid(oid)), NULL) : NULL;
    EVP_MD_free(md);
    return md != NULL;
}

static X509 *signer_cert(CMS_SignerInfo *si)
{
    X509 *x = NULL;

    CMS_SignerInfo_get0_algs(si, NULL, &x, NULL, NULL);
    return x;
}

/* Is every signer's certificate there, and does Pli know the algorithms that it used? */
static bool signers_known(CMS_ContentInfo *cms, struct cms_verdict *v)
{
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
    bool known = true;

    (void)CMS_set1_signers_certs(cms, NULL, 0); /* which were found is seen signer by signer */
    for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++) {
        CMS_SignerInfo *si = sk_CMS_SignerInfo_value(all, i);
        X509 *x = signer_cert(si);

        if (x == NULL) {
            known = no(v, CMS_PERMERROR, "the signer's certificate is not there");
            continue;
        }
        signer_note(x, v);
        if (X509_get0_pubkey(x) == NULL || EVP_PKEY_missing_parameters(X509_get0_pubkey(x)))
            known = no(v, CMS_NEUTRAL, "the signer's key is not of a kind known here");
        if (!digest_known(si))
            known = no(v, CMS_NEUTRAL, "unknown digest algorithm");
    }
    return known && v->word < CMS_NEUTRAL;
}

/* ---- do they agree, and is it good enough ---- */

static void library_says(struct cms_verdict *v)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    no(v, CMS_FAIL, why ? why : "signature does not verify");
    ERR_clear_error();
}

static void judge_signers(CMS_ContentInfo *cms, const struct cms_trust *t, struct cms_verdict *v)
{
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
    struct revoked_look look = {t, NULL, CMS_get1_certs(cms), CMS_get1_crls(cms)};

    for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++) {
        CMS_SignerInfo *si = sk_CMS_SignerInfo_value(all, i);

        signer_judge(si, signer_cert(si), v);
        chain_judge(t->anchors, signer_cert(si), look.others, v, &look.path);
        revoked_judge(&look, v);
        sk_X509_pop_free(look.path, X509_free);
    }
    revoked_tell(v);
    sk_X509_pop_free(look.others, X509_free);
    sk_X509_CRL_pop_free(look.lists, X509_CRL_free);
}

static enum rc agree(CMS_ContentInfo *cms, struct reader *r, const struct cms_trust *t, struct cms_verdict *v,
                     struct err *e)
{
    BIO *content = r->read ? reader_bio(r) : NULL;

    if (r->read && content == NULL)
        return alg_err(e, RC_TEMP, "content reader");
    ERR_clear_error();
    v->valid = CMS_verify(cms, NULL, NULL, content, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) > 0;
    BIO_free(content);
    if (r->rc != RC_OK && r->rc != RC_NOTFOUND) { /* what the reader could not give, no verdict is about */
        *e = r->e;
        return r->rc;
    }
    if (v->valid)
        judge_signers(cms, t, v); /* no chain is built for what does not agree */
    else
        library_says(v);
    return RC_OK;
}

enum rc cms_verify(struct span cms_der, cms_read read, void *ctx, const struct cms_trust *t, struct cms_verdict *v_out,
                   struct err *e)
{
    const unsigned char *p = cms_der.p;
    static const struct cms_trust nobody = {.anchors = NULL};
    CMS_ContentInfo *cms = NULL;
    struct reader r = {.read = read, .ctx = ctx};
    struct cms_verdict v = {.word = CMS_NONE, .revocation = "not checked"};
    enum rc rc = RC_OK;

    if (cms_der.n == 0 || cms_der.n > CMS_DER_MAX)
        no(&v, CMS_NEUTRAL, cms_der.n ? "signature too large" : "no signature");
    else if ((cms = d2i_CMS_ContentInfo(NULL, &p, (long)cms_der.n)) == NULL)
        no(&v, CMS_NEUTRAL, "malformed signature");
    else if (form_good(cms, read == NULL, &v) && signers_known(cms, &v))
        rc = agree(cms, &r, t ? t : &nobody, &v, e);
    if (rc == RC_OK && v.valid && v.word == CMS_NONE)
        v.word = CMS_PASS;
    v.trusted = v.word == CMS_PASS;
    ERR_clear_error();
    CMS_ContentInfo_free(cms);
    if (rc == RC_OK)
        *v_out = v;
    return rc;
}
