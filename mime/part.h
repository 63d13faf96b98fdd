/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/part.h - what a part is, with all defaults applied; for mime/ and extract/.
 *
 * Rules    for a part whose Content-Type is missing or cannot be taken as it stands:
 *            Content-Type is missing                                          text/plain; charset=us-ascii (RFC 2045 5.2)
 *            Content-Type is missing, in a multipart/digest                   message/rfc822 (RFC 2046 5.1.5)
 *            Content-Type is unparseable                                      text/plain
 *            multipart without a usable boundary, or without a part           text/plain
 *            enclosed message that is encoded                                 application/octet-stream
 *            flat message (mime/scan.h) that is not text                      application/octet-stream
 *          An encoded message/global keeps its name, because it may be encoded (RFC 6532 3.7).
 * Owns     A struct content_type that is filled here is the caller's: content_type_free().
 * Process  smtpd, imapd, relayd.   Source RFC 2045, RFC 2046, RFC 6532.
 */
#pragma once
#include "mime/codec.h"
#include "mime/fields.h"
#include "mime/scan.h"
void part_declared(struct span header, bool in_digest, struct content_type *out); /* the type that the header says */
void part_type(const struct part *p, bool flat, struct content_type *out);        /* the type that Pli tells clients and works by */
/* The kind that a client is told. A message/global is a leaf, because RFC 3501 9 has media-message for MESSAGE/RFC822 alone. A multipart in
 * which no part begins is a leaf too, because nobody would be shown its octets otherwise. */
enum part_kind part_shown(const struct part *p);
enum codec_kind part_encoding(const struct part *p, bool *known_out);
/* Appends the file name in UTF-8: the filename of Content-Disposition, else the name of Content-Type. Appends nothing when there is none. */
void part_file_name(struct span header, const struct content_type *ct, struct buf *out);
/* Parts are numbered in the order of their offsets. So the part that follows part i, inside a subtree too, is part i + 1. */
