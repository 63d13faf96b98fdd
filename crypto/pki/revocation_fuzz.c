/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/revocation_fuzz.c - hostile lists, OCSP answers and certificates: no crash, and nothing unsigned is believed. The first octet chooses
 * which of the three the rest is. The chain is made once, with keys of this process alone, so that no input can have a true signature. */
#include "base/clock.h"
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/revocation.h"
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct pki_anchors *anchors;
static struct pki_chain *chain;
static struct err e;

static void set_up(void)
{
    static struct made root, leaf;
    char path[] = "/tmp/revocation_fuzz.XXXXXX";
    struct buf pem = BUF_INIT;
    struct span der;
    int fd = mkstemp(path);

    root = made_ca("Root", NULL);
    leaf = made_leaf("leaf", &root);
    der = buf_span(&leaf.der);
    pki_pem("CERTIFICATE", buf_span(&root.der), &pem);
    if (fd < 0 || write(fd, pem.p, pem.n) != (ssize_t)pem.n || pki_anchors_load(path, &anchors, &e) != RC_OK ||
        pki_chain_find(anchors, &der, 1, clock_utc(), &chain, &e) != RC_OK)
        abort();
    close(fd);
    unlink(path);
    buf_free(&pem);
}

static void list(struct span in)
{
    struct pki_status s[PKI_CHAIN_MAX];
    struct pki_crl *c;

    if (pki_crl_parse(in, &c, &e) != RC_OK)
        return;
    pki_crls_say(chain, &(struct pki_data){&c, 1, clock_utc(), 0}, s, NULL);
    if (s[0].state != PKI_UNKNOWN)
        abort();
    pki_crl_free(&c);
}

static void certificate(struct span in)
{
    struct pki_chain *c;

    if (pki_chain_find(anchors, &in, 1, clock_utc(), &c, &e) == RC_OK && pki_chain_n(c) > 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct pki_status s;
    struct span in = n > 0 ? span_of(p + 1, n - 1) : SPAN_NULL;

    if (!chain)
        set_up();
    if (n == 0)
        return 0;
    if (p[0] % 3 == 0)
        list(in);
    else if (p[0] % 3 == 1)
        certificate(in);
    else if (pki_ocsp_read(chain, 0, in, clock_utc(), 0, &s, &e) == RC_OK)
        abort();
    return 0;
}
