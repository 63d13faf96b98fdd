/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.h - who is taken into the trust space: the comparison of operators' names.
 *
 * Equal    Two DNs are the same when they are the same sequence of RDNs, read forwards or backwards: the list writes CN first, certificates have C
 *          first. An RDN is a set of values joined by +, without order. Values are compared with their attribute types (RFC 4514, 4518).
 *   types  by OID: CN, commonName, 2.5.4.3 and OID.2.5.4.3 are one. L and ST are one too, because the list writes one where certificates have
 *          the other. A name of a type that is not known here is compared without case.
 *   values are prepared by base/prepare.h prepare_attribute(): case (all of Unicode), kinds and runs of spaces, composed or decomposed accents
 *          make no difference. An accent does: of 391 names listed in 2025 none occurs with and without its accents, and RFC 4518 keeps them.
 *          A value that is not UTF-8, or not a string of ASN.1, equals the same octets only. One with a zero octet in it equals nothing: preparation
 *          would drop the zero, and "a\\0.test" be "a.test".
 * Written  as RFC 4514 has it, and as the list does beside that: semicolons, spaces around separators, a whole value in quotes (RFC 1779), and a quote
 *          inside a value, which stands for itself and protects nothing. A text that is no DN equals nothing, itself included.
 * Bounds   DN_TEXT_MAX octets, DN_VALUES_MAX values. The longest name listed has 130 octets and 5 values.
 * Process  dird, trustd, relayd, pli. Pure.   Source spec/mssante.md 1.2, 1.3; RFC 4514 3, RFC 4518 2.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum { DN_TEXT_MAX = 1024, DN_VALUES_MAX = 24, DN_KEY_MAX = 16 * 1024 };
bool dn_same(struct span a, struct span b);
/* Appends the name's key: two names are the same when their keys are the same octets. At most DN_KEY_MAX. False: it is no DN; out is as it was. */
bool dn_key(struct span dn, struct buf *out);
/* What a peer or a sender is told when dird could not say who is trusted: the list's own trouble by its name, anything else as the directory's. */
enum cause trust_temp(enum cause of_dird);
