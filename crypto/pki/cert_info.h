/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/cert_info.h - what people want to know of a certificate: whose it is and how long it is valid.
 * Units    UTC seconds.
 * Owns     nothing: struct cert_info holds copies.
 * Process  pli (cert list, doctor).
 * Source   RFC 5280.
 */
#pragma once
#include "base/buf.h"

struct cert_info {
    int64_t not_before, not_after;
    char subject[256]; /* RFC 4514 */
    char issuer[256];
    bool rsa;          /* the key is RSA; else on an elliptic curve */
    char serial[48];   /* hexadecimal */
};
enum rc cert_info_der(struct span der, struct cert_info *out, struct err *e); /* RC_SYNTAX: no certificate */
enum rc cert_info_pem(struct span pem, struct cert_info *out, struct err *e); /* the first one of a PEM text */
