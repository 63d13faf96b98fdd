/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/qr.h - a QR code as SVG, to stand in a page.
 * Errors   nothing is written when the text is too long for a code.
 * Process  pli-httpd sessions.   Source ISO/IEC 18004 (libqrencode).
 */
#pragma once
#include "base/buf.h"

void qr_svg(const char *text, struct buf *out);
