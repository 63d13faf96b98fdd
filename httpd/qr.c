/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/qr.c - see httpd/qr.h. One path of unit squares, with the four modules of quiet margin that the standard wants. */
#include "httpd/qr.h"
#include <qrencode.h>

enum { MARGIN = 4, DARK = 1 };

void qr_svg(const char *text, struct buf *out)
{
    QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (!q)
        return;
    buf_addf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" role=\"img\" "
        "aria-label=\"Code QR de cette page\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        q->width + 2 * MARGIN, q->width + 2 * MARGIN, q->width + 2 * MARGIN, q->width + 2 * MARGIN);
    for (int y = 0; y < q->width; y++)
        for (int x = 0; x < q->width; x++)
            if (q->data[y * q->width + x] & DARK)
                buf_addf(out, "M%d %dh1v1h-1z", x + MARGIN, y + MARGIN);
    buf_addstr(out, "\"/></svg>");
    QRcode_free(q);
}
