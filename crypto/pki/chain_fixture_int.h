/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/chain_fixture_int.h - for unit tests: a leaf below an intermediate below an anchor, and a stranger.
 * Process  unit tests.
 */
#pragma once
#include "base/clock.h"
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/revocation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { GRACE = 4 * 3600, HOUR = 3600 };
static struct err e;
static struct made root, inter, other_inter, leaf, stranger;
static struct pki_anchors *anchors;
static struct pki_chain *chain; /* leaf, inter, below root */

static void anchors_of(const struct made *m, struct pki_anchors **out)
{
    char path[] = "/tmp/revocation_test.XXXXXX";
    struct buf pem = BUF_INIT;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    pki_pem("CERTIFICATE", buf_span(&m->der), &pem);
    assert_int_equal(write(fd, pem.p, pem.n), (ssize_t)pem.n);
    close(fd);
    assert_int_equal(pki_anchors_load(path, out, &e), RC_OK);
    unlink(path);
    buf_free(&pem);
}

static int set_up(void **st)
{
    struct span ders[2];

    (void)st;
    root = made_ca("Root", NULL);
    inter = made_ca("Inter", &root);
    other_inter = made_ca("Inter", &root); /* the same name with another key */
    stranger = made_ca("Stranger", NULL);
    leaf = made_new((struct made_want){
        .cn = "leaf",
        .by = &inter,
        .cdp = "URI:ldap://dir.example/cn=x,URI:http://pki.example/inter.crl,URI:http://pki.example/inter.crl",
        .aia = "OCSP;URI:http://ocsp.example/,caIssuers;URI:http://pki.example/inter.cer"});
    anchors_of(&root, &anchors);
    ders[0] = buf_span(&leaf.der);
    ders[1] = buf_span(&inter.der);
    return pki_chain_find(anchors, ders, 2, clock_utc(), &chain, &e) == RC_OK ? 0 : -1;
}

static int drop(void **st)
{
    (void)st;
    pki_chain_free(&chain);
    pki_anchors_free(&anchors);
    made_free(&root);
    made_free(&inter);
    made_free(&other_inter);
    made_free(&leaf);
    made_free(&stranger);
    return 0;
}
