/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/signer.c - one signer: who it is, and whether its algorithms, key and attributes are good enough to be
 * believed. RFC 8550, RFC 5035, RFC 9598.
 */
#include "base/ascii.h"
#include "base/log.h"
#include "crypto/cms/verify_int.h"
#include "crypto/pki/revocation_int.h"
#include <gnutls/gnutls.h>
#include <openssl/bn.h>
#include <openssl/ess.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { SECURITY_BITS = 112 }; /* RSA 2048, P-224: NIST SP 800-57 */

/* ---- who ---- */

static void serial(const ASN1_INTEGER *a, char out[48])
{
    BIGNUM *bn = ASN1_INTEGER_to_BN(a, NULL);
    char *hex = bn ? BN_bn2hex(bn) : NULL;

    snprintf(out, 48, "%.47s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(bn);
}

static bool span_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 126)
            return false;
    return true;
}

/* An address with a control byte in it is dropped, because it could be taken for another address. */
static bool plain_text(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 127)
            return false;
    return s.n > 0 && memchr(s.p, '@', s.n) != NULL;
}

static void mail_put(struct span s, struct cms_verdict *v)
{
    char *to = v->mails[v->n_mails < CMS_MAILS_MAX ? v->n_mails : 0];

    if (!plain_text(s) || s.n >= sizeof v->mails[0])
        return;
    if (v->n_mails == CMS_MAILS_MAX) {
        verdict_worsen(v, CMS_NEUTRAL, "too many addresses in the certificates");
        return;
    }
    ascii_lower_all(s, to);
    to[s.n] = '\0';
    v->mail_of[v->n_mails++] = (uint8_t)v->n_signers;
}

/* Notes the same address with its domain in the other form (RFC 5890: A-labels, U-labels), because rfc822Name has one
 * form and From may have the other. */
static void other_form(struct span s, struct cms_verdict *v)
{
    const unsigned char *at = memchr(s.p, '@', s.n);
    struct span domain = at ? span_from(s, (size_t)(at - s.p) + 1) : SPAN_NULL;
    char text[256], address[512];
    gnutls_datum_t other = {NULL, 0};
    int code = GNUTLS_E_INVALID_REQUEST, n;

    if (domain.n == 0 || domain.n >= sizeof text)
        return;
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(domain));
    if (span_find(domain, SPAN_LIT("xn--")) >= 0)
        code = gnutls_idna_reverse_map(text, (unsigned)domain.n, &other, 0);
    else if (!span_ascii(domain))
        code = gnutls_idna_map(text, (unsigned)domain.n, &other, 0);
    if (code < 0)
        return;
    n = snprintf(address, sizeof address, "%.*s%.*s", (int)(s.n - domain.n), (const char *)s.p, (int)other.size,
                 (const char *)other.data);
    if (n > 0 && (size_t)n < sizeof address && !span_eq(span_str(address), s))
        mail_put(span_str(address), v);
    gnutls_free(other.data);
}

static void mail_add(const ASN1_STRING *a, struct cms_verdict *v)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, a);
    struct span s = span_of(utf8, n > 0 ? (size_t)n : 0);

    if (plain_text(s) && s.n < sizeof v->mails[0]) {
        mail_put(s, v);
        other_form(s, v);
    }
    OPENSSL_free(utf8);
}

static void alternative_mail(const GENERAL_NAME *g, struct cms_verdict *v)
{
    if (g->type == GEN_EMAIL)
        mail_add(g->d.rfc822Name, v);
    else if (g->type == GEN_OTHERNAME && OBJ_obj2nid(g->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox &&
             g->d.otherName->value->type == V_ASN1_UTF8STRING)
        mail_add(g->d.otherName->value->value.utf8string, v);
}

/* Notes the addresses of RFC 8550 3: every rfc822Name, every SmtpUTF8Mailbox (RFC 9598), and the emailAddress in the
 * subject, which older certificates have. */
static void mails(X509 *x, struct cms_verdict *v)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    const X509_NAME *subject = X509_get_subject_name(x);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        alternative_mail(sk_GENERAL_NAME_value(names, i), v);
    for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, i)) >= 0;)
        mail_add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)), v);
    GENERAL_NAMES_free(names);
}

void signer_note(X509 *x, struct cms_verdict *v)
{
    struct cms_signer_id *id = &v->signers[v->n_signers];

    pki_name_text(X509_get_subject_name(x), id->subject);
    pki_name_text(X509_get_issuer_name(x), id->issuer);
    serial(X509_get0_serialNumber(x), id->serial);
    mails(x, v);
    v->n_signers++;
}

/* ---- strength ---- */

static const int strong[] = {NID_sha256, NID_sha384, NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512};

static bool digest_strong(CMS_SignerInfo *si)
{
    X509_ALGOR *dig = NULL;
    const ASN1_OBJECT *oid = NULL;

    CMS_SignerInfo_get0_algs(si, NULL, NULL, &dig, NULL);
    X509_ALGOR_get0(&oid, NULL, NULL, dig);
    for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
        if (OBJ_obj2nid(oid) == strong[i])
            return true;
    return false;
}

static void key_judge(X509 *x, struct cms_verdict *v)
{
    EVP_PKEY *k = X509_get0_pubkey(x);

    if (k == NULL || EVP_PKEY_get_security_bits(k) < SECURITY_BITS)
        verdict_worsen(v, CMS_POLICY, "weak key (less than RSA 2048)");
    if (k != NULL && EVP_PKEY_get_base_id(k) == EVP_PKEY_DSA)
        verdict_worsen(v, CMS_POLICY, "DSA is not accepted");
}

/* ---- attributes ---- */

static struct span attribute(CMS_SignerInfo *si, int nid)
{
    int at = CMS_signed_get_attr_by_NID(si, nid, -1);
    ASN1_TYPE *t = at >= 0 ? X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(si, at), 0) : NULL;

    if (t == NULL || t->type != V_ASN1_SEQUENCE)
        return SPAN_NULL;
    return span_of(t->value.sequence->data, (size_t)t->value.sequence->length);
}

/* Is this the certificate that the signer meant? Its attribute may say which one that is (RFC 5035). Another
 * certificate with the same key is another person. Only the first identifier is looked at, because it is the signer's.
 * Those of the chain say nothing that the chain itself does not prove. */
static bool names_another(CMS_SignerInfo *si, X509 *x)
{
    struct span v1 = attribute(si, NID_id_smime_aa_signingCertificate),
                v2 = attribute(si, NID_id_smime_aa_signingCertificateV2);
    const unsigned char *p1 = v1.p, *p2 = v2.p;
    ESS_SIGNING_CERT *s1 = v1.n ? d2i_ESS_SIGNING_CERT(NULL, &p1, (long)v1.n) : NULL;
    ESS_SIGNING_CERT_V2 *s2 = v2.n ? d2i_ESS_SIGNING_CERT_V2(NULL, &p2, (long)v2.n) : NULL;
    STACK_OF(X509) *alone = sk_X509_new_null();
    bool unreadable = (v1.n && !s1) || (v2.n && !s2), other = alone == NULL || !sk_X509_push(alone, x) || unreadable;

    if (!other && (s1 || s2))
        other = OSSL_ESS_check_signing_certs(s1, s2, alone, 1) <= 0;
    ESS_SIGNING_CERT_free(s1);
    ESS_SIGNING_CERT_V2_free(s2);
    sk_X509_free(alone);
    return other;
}

void signer_judge(CMS_SignerInfo *si, X509 *x, struct cms_verdict *v)
{
    if (CMS_signed_get_attr_count(si) <= 0)
        verdict_worsen(v, CMS_POLICY, "no signed attributes");
    else if (names_another(si, x)) {
        v->valid = false;
        verdict_worsen(v, CMS_FAIL, "the signing-certificate attribute names another certificate");
    }
    if (!digest_strong(si))
        verdict_worsen(v, CMS_POLICY, "weak digest algorithm (less than SHA-256)");
    key_judge(x, v);
}
