/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/part.h - what a part is, all defaults applied; for mime/ and extract/.
 * Process  smtpd, imapd.
 *
 * Rule     no Content-Type: text/plain; charset=us-ascii (RFC 2045 5.2), in a digest message/rfc822 (RFC 2046 5.1.5).
 *          An unparseable one, or a multipart without a usable boundary or without a part: text/plain. An enclosed message that is
 *          encoded, or a flat message that is not text: application/octet-stream. message/global may be encoded (RFC
 *          6532 3.7) and keeps its name.
 */
#pragma once
#include "mime/codec.h"
#include "mime/fields.h"
#include "mime/scan.h"
void part_declared(struct span header, bool in_digest, struct content_type *out); /* as the header says */
void part_type(const struct part *p, bool flat, struct content_type *out);        /* as it is described and treated */
/* What a client is told it is: message/global is a leaf (RFC 3501 9: media-message is MESSAGE/RFC822), and so is a multipart in which no
 * part begins, whose octets would else be shown to nobody. */
enum part_kind part_shown(const struct part *p);
enum codec_kind part_encoding(const struct part *p, bool *known_out);
/* The file name: Content-Disposition's filename, else Content-Type's name; decoded to UTF-8; appends nothing when
 * there is none. */
void part_file_name(struct span header, const struct content_type *ct, struct buf *out);
/* The part that follows p in the order of offsets inside root's subtree is simply p + 1: parts are made in that
 * order. */
