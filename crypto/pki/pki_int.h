/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/pki_int.h - DER to library objects, for the rest of crypto/ only. The DER must fill the whole span.
 * Owns     The caller frees the object that it gets.
 * Process  every process that uses crypto/pki, crypto/cms or crypto/keyd.   Source RFC 5958, RFC 5280.
 */
#pragma once
#include "crypto/seal/alg_int.h"
#include <openssl/x509.h>

struct pki_authority {
    EVP_PKEY *key;
    X509 *cert;
};
enum rc pki_key_parse(struct span pkcs8, EVP_PKEY **key_out, struct err *e);
enum rc pki_cert_parse(struct span der, X509 **cert_out, struct err *e);
