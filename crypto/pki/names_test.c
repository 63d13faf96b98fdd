/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/names_test.c - the names of the real white list are the names that OpenSSL and GnuTLS write for the certificates of those operators, in
 * each form that Pli or a person may ask them for, whatever the encoding in the certificate. Here, because these libraries' home is here; the comparison is policies/trust.h. */
#include "crypto/pki/revocation_int.h"
#include "policies/dn_int.h"
#include <gnutls/x509.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

/* ---- the real list: PLI_WHITE_LIST, or where the project keeps it. Skips where it is not ---- */
enum { REAL_MAX = 600, REAL_DISTINCT = 391, REAL_SAME = 8 /* written with spaces, with quotes */ };
static char *real[REAL_MAX];
static size_t real_n;

static void unescape(char *s)
{
    static const struct {
        const char *entity;
        char c;
    } t[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};
    char *to = s;

    while (*s) {
        char c = *s;
        size_t n = 1;
        for (size_t i = 0; i < sizeof t / sizeof *t; i++)
            if (strncmp(s, t[i].entity, strlen(t[i].entity)) == 0) {
                c = t[i].c;
                n = strlen(t[i].entity);
            }
        *to++ = c;
        s += n;
    }
    *to = 0;
}

static void remember(const char *s, size_t n)
{
    char *copy = span_dup(span_of(s, n));

    unescape(copy);
    for (size_t i = 0; i < real_n; i++)
        if (strcmp(real[i], copy) == 0) {
            free(copy);
            return;
        }
    assert_true(real_n < REAL_MAX);
    real[real_n++] = copy;
}

static const char *real_path(void)
{
    const char *path = getenv("PLI_WHITE_LIST");

    return path ? path : "../shared/data/mssante/liste-blanche-2025-02-28.xml";
}

static bool read_real(void)
{
    static char line[8192];
    FILE *f = fopen(real_path(), "r");

    while (f && fgets(line, sizeof line, f)) {
        char *a = strstr(line, "<DNCertificatOperateur>"), *b = strstr(line, "</DNCertificatOperateur>");
        if (a && b)
            remember(a + strlen("<DNCertificatOperateur>"), (size_t)(b - a) - strlen("<DNCertificatOperateur>"));
    }
    if (f)
        fclose(f);
    return real_n > 0;
}

static void forget_real(void)
{
    while (real_n > 0)
        free(real[--real_n]);
}

/* The name as the certificate of that operator would have it, in an encoder of its own: X.509 order, then written by a library. */
static X509_NAME *as_x509(struct span dn)
{
    static const struct {
        const char *oid;
        int nid;
    } t[] = {{"2.5.4.3", NID_commonName},
             {"2.5.4.11", NID_organizationalUnitName},
             {"2.5.4.10", NID_organizationName},
             {"2.5.4.8", NID_stateOrProvinceName},
             {"2.5.4.6", NID_countryName}};
    X509_NAME *name = X509_NAME_new();
    struct dn_parts d;

    assert_true(dn_parse(dn, &d));
    for (size_t i = d.n; i-- > 0;) {
        struct span type = dn_text(&d, d.value[i].type), text = dn_text(&d, d.value[i].text);
        for (size_t k = 0; k < sizeof t / sizeof *t; k++)
            if (span_eq_str(type, t[k].oid))
                assert_int_equal(X509_NAME_add_entry_by_NID(name, t[k].nid, MBSTRING_UTF8, text.p, (int)text.n, -1, 0),
                                 1);
    }
    assert_int_equal(X509_NAME_entry_count(name), (int)d.n);
    dn_parts_free(&d);
    return name;
}

static void rewritten_equals(const char *dn, const X509_NAME *name, unsigned long flags)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n;

    assert_true(X509_NAME_print_ex(b, name, 0, flags) >= 0);
    n = BIO_get_mem_data(b, &text);
    if (!dn_same(span_str(dn), span_of(text, (size_t)n)))
        fail_msg("%s / %.*s", dn, (int)n, text);
    BIO_free(b);
}

static void gnutls_equals(const char *dn, const X509_NAME *name)
{
    unsigned char *der = NULL;
    int n = i2d_X509_NAME(name, &der);
    gnutls_datum_t raw = {der, (unsigned)n}, text;

    assert_int_equal(gnutls_x509_rdn_get2(&raw, &text, 0), 0);
    if (!dn_same(span_str(dn), span_of(text.data, text.size)))
        fail_msg("%s / %s", dn, (const char *)text.data);
    gnutls_free(text.data);
    OPENSSL_free(der);
}

/* Every name of the real list parses, and equals what OpenSSL and GnuTLS write of it, in each form that Pli or a person may ask them for. */
static void the_real_list(void **state)
{
    static const unsigned long forms[] = {XN_FLAG_RFC2253,
                                          XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB,
                                          XN_FLAG_ONELINE | ASN1_STRFLGS_UTF8_CONVERT,
                                          XN_FLAG_RFC2253 | ASN1_STRFLGS_ESC_QUOTE,
                                          XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_OID | ASN1_STRFLGS_RFC2253,
                                          XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_LN | ASN1_STRFLGS_RFC2253,
                                          XN_FLAG_RFC2253 | ASN1_STRFLGS_DUMP_ALL | ASN1_STRFLGS_DUMP_DER};
    size_t same = 0;

    (void)state;
    if (!read_real())
        skip();
    for (size_t i = 0; i < real_n; i++) {
        X509_NAME *name = as_x509(span_str(real[i]));
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
            rewritten_equals(real[i], name, forms[k]);
        gnutls_equals(real[i], name);
        X509_NAME_free(name);
        for (size_t k = 0; k < i; k++)
            same += dn_same(span_str(real[i]), span_str(real[k]));
    }
    if (strstr(real_path(), "2025-02-28")) {
        assert_int_equal(real_n, REAL_DISTINCT);
        assert_int_equal(same, REAL_SAME);
    }
    forget_real();
}

/* ---- one name, in each encoding that authorities have used for it ---- */
static void add_value(X509_NAME *name, int nid, int type, const char *octets, size_t n)
{
    ASN1_STRING *s = ASN1_STRING_type_new(type); /* as it is given: no library turns it into another */
    X509_NAME_ENTRY *entry = NULL;

    assert_int_equal(ASN1_STRING_set(s, octets, (int)n), 1);
    entry = X509_NAME_ENTRY_create_by_NID(NULL, nid, type, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
    assert_non_null(entry);
    assert_int_equal(X509_NAME_add_entry(name, entry, -1, 0), 1);
    X509_NAME_ENTRY_free(entry);
    ASN1_STRING_free(s);
}

#define OCTETS(s) s, sizeof(s) - 1
/* What trustd writes of a certificate's subject (crypto/pki/path.c) is the listed name. */
static void any_encoding(void **state)
{
    static const struct {
        int type;
        const char *o;
        size_t n;
        const char *listed;
        bool same;
    } t[] = {
        {V_ASN1_PRINTABLESTRING, OCTETS("CH B"), "O=CH B,C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("CH B"), "O=CH B,C=FR", true},
        {V_ASN1_T61STRING, OCTETS("CH B"), "O=CH B,C=FR", true},
        {V_ASN1_IA5STRING, OCTETS("CH B"), "O=CH B,C=FR", true},
        {V_ASN1_BMPSTRING, OCTETS("\0C\0H\0 \0B"), "O=CH B,C=FR", true},
        {V_ASN1_UNIVERSALSTRING, OCTETS("\0\0\0C\0\0\0H\0\0\0 \0\0\0B"), "O=CH B,C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("H\xc3\xb4pital"), "O=H\xc3\xb4pital,C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("Ho\xcc\x82pital"), "O=H\xc3\xb4pital,C=FR", true}, /* o and a combining accent */
        {V_ASN1_T61STRING, OCTETS("H\xf4pital"), "O=H\xc3\xb4pital,C=FR", true}, /* Latin-1, as everybody used it */
        {V_ASN1_BMPSTRING, OCTETS("\0H\0\xf4\0p\0i\0t\0a\0l"), "O=H\xc3\xb4pital,C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("CH, B + \"C\""), "O=CH\\, B \\+ \\\"C\\\",C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("#CH B"), "O=\\#CH B,C=FR", true},
        {V_ASN1_UTF8STRING, OCTETS("CH B,C=FR"), "O=CH B,C=FR", false}, /* a value that looks like two */
        {V_ASN1_UTF8STRING, OCTETS("CH\0 B"), "O=CH B,C=FR",
         false}, /* a zero that other software would end the name at, and preparation drop */
        {V_ASN1_UTF8STRING, OCTETS("CH B\0autre"), "O=CH B,C=FR", false},
        {V_ASN1_BMPSTRING, OCTETS("\0C\0H\0\0\0 \0B"), "O=CH B,C=FR", false},
        {V_ASN1_UTF8STRING, OCTETS("H\xf4pital"), "O=H\xc3\xb4pital,C=FR", false}, /* no UTF-8 */
        {V_ASN1_UTF8STRING, OCTETS("CH"), "O=CH B,C=FR", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        X509_NAME *name = X509_NAME_new();
        char text[PKI_NAME_MAX];
        bool is;

        add_value(name, NID_countryName, V_ASN1_PRINTABLESTRING, "FR", 2);
        add_value(name, NID_organizationName, t[i].type, t[i].o, t[i].n);
        is = pki_name_whole(name, text, sizeof text) && dn_same(span_str(text), span_str(t[i].listed));
        if (is != t[i].same)
            fail_msg("row %zu: %s", i, text);
        X509_NAME_free(name);
    }
}

/* A name that does not fit, or none, is no name: never the first half of one. */
static void whole_or_not(void **state)
{
    X509_NAME *name = X509_NAME_new();
    char text[PKI_NAME_MAX], part[64];

    (void)state;
    assert_false(pki_name_whole(name, text, sizeof text));
    assert_string_equal(text, "");
    for (int i = 0; i < 20; i++) {
        snprintf(part, sizeof part, "%050d", i);
        add_value(name, NID_organizationalUnitName, V_ASN1_UTF8STRING, part, 50);
        if (pki_name_whole(name, text, sizeof text))
            assert_int_equal(strlen(text), (size_t)(i + 1) * 54 - 1);
        else
            assert_string_equal(text, "");
    }
    assert_string_equal(text, "");
    X509_NAME_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_list),
        cmocka_unit_test(any_encoding),
        cmocka_unit_test(whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
