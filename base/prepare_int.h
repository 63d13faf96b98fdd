/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare_int.h - the classes of RFC 8264 and the context rules of RFC 5892; inside base/ only.
 * Units    Strings are arrays of n code points.
 * Process  dird, imapd, pli.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum precis_class { PRECIS_IDENTIFIER, PRECIS_FREEFORM };
bool precis_all_allowed(const uint32_t *s, size_t n, enum precis_class c);
bool precis_bidi_ok(const uint32_t *s, size_t n); /* true too for a string without right-to-left characters */
bool precis_is_invisible(uint32_t cp);            /* nobody sees it, and it is no part of a letter or an emoji */
