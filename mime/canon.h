/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon.h - what is done to a message before it is signed: its canonical form, which no lawful relay needs to change, and the
 * multipart/signed around it. For a received message: where its signature lies.
 *
 * Canon    Every line ends in CRLF and has at most 998 octets. No body holds a NUL or a byte beyond 127.
 *          A part whose body keeps these rules is passed byte for byte. A part whose body breaks one is re-encoded: a text in
 *          quoted-printable, anything else in base64. Its Content-Transfer-Encoding is written anew. A container of such a part that said
 *          8bit or binary says 7bit afterwards.
 *          In preambles and epilogues a byte that breaks the rules becomes HTAB.
 *          Long header fields are folded. Where a long field of the signed entity has no blank, it is written in encoded words or sections.
 *          In header fields a NUL and a lone CR or LF become DEL.
 *          Header fields of parts, and the Content-* fields of the message, are made seven bits (mime/canon_int.h says how). The other
 *          fields of the message stand outside the signature and keep their raw UTF-8 (SMTPUTF8).
 *          Missing Date, Message-ID and MIME-Version fields are added.
 *          The tree of parts is the same before and after. A flat message (mime/scan.h) has its parts left as they are.
 * Labels   A text gets a new charset when it holds bytes beyond 127 and its label is us-ascii, missing or untrue: utf-8 when all of it is
 *          valid UTF-8, else windows-1252. The label "utf-8" is untrue when the text is not valid UTF-8. Any other charset that the sender
 *          gave stays. A text that came in base64 or quoted-printable, and whose octets all keep the rules, is passed without being decoded.
 *          A multipart or an enclosed message that says base64, quoted-printable or something unknown says 7bit afterwards, because every
 *          reader takes it as it stands (RFC 2045 6.4). A multipart with an awkward body and no delimiter in it becomes the text that
 *          readers show. When a base64 body is re-encoded, what is no base64 digit is dropped, as readers do (RFC 2045 6.8).
 * Signed   The outer header has the message's fields without Content-*, which move to the inner entity. Behind it comes the inner entity,
 *          then the application/pkcs7-signature part (base64). The digest is over the inner entity's octets exactly as they are
 *          written. RFC 8551 3.5.3, RFC 1847.
 * Reader   The source must be readable twice, because canon needs the tree first (pass 1: scan) and then the octets (pass 2: canon_feed).
 * Owns     A canon borrows its scan. It hands pieces to out as they come. They are borrowed during that call only.
 * Errors   An error of out ends the call with that error.
 * Process  smtpd sessions; relayd sessions (mime/convert.h).   Source RFC 8551 3.1, RFC 6409 8.
 */
#pragma once
#include "base/buf.h"
#include "mime/scan.h"
typedef enum rc (*mime_sink)(void *ctx, struct span piece, struct err *e);
bool canon_needed(const struct scan *s); /* false: the message is canonical as it is */
struct canon;
/* For added fields; now: UTC seconds. message_id_domain NULL: the message is not ours, so no Date and no Message-ID is added. */
struct canon_spec { const char *message_id_domain; int64_t now; };
/* Appends the Date and Message-ID fields that the header lacks, each with its line end. RFC 6409 8.2, 8.3 */
void canon_missing(struct span header, const struct canon_spec *sp, struct buf *out);
struct canon *canon_new(const struct scan *s, const struct canon_spec *sp, mime_sink out, void *ctx);
enum rc canon_feed(struct canon *c, struct span piece, struct err *e);      /* the message's octets again, in order */
enum rc canon_end(struct canon *c, struct err *e);
void canon_free(struct canon **c);

/* The signed form, from a canonical message whose header block is at hand (with its empty line, if it has one).
 * Written in this order:
 *   outer_header            all up to and with the first delimiter line
 *   inner_header            \  the signed entity: digest these octets
 *   the message's body      /
 *   signed_form_signature() all that follows, from the CRLF before the second delimiter to the end of the message */
struct signed_form { struct buf outer_header, inner_header; char boundary[72]; };
enum rc signed_form_make(struct span header, struct signed_form *out, struct err *e);
void signed_form_signature(const struct signed_form *f, struct span cms_der, struct buf *out);
void signed_form_free(struct signed_form *f);

/* Reception: where the signed entity and the signature part lie, in octets from the message's start. RC_NOTFOUND: nothing in the message
 * says that it is an S/MIME signature. Whatever a reader would show as signed is never RC_NOTFOUND (RFC 8551 3.9). That takes in the
 * media types with and without "x-", application/octet-stream named .p7m or .p7s, and pkcs7-mime without smime-type.
 * opaque  The message is application/pkcs7-mime. entity_len is 0. The message's whole body is the CMS, which says itself whether it is signed.
 * odd     The message is signed, but not in a form that can be judged. The text says why, and nothing else is set. Cases:
 *           - it has not exactly two parts (RFC 1847)
 *           - it has more than one Content-Type, encoding or boundary, because readers differ in which one they take
 *           - it is too deep or too large to be taken apart
 *           - the signature covers one part of the message only */
struct signed_places { uint64_t entity_off, entity_len, sig_off, sig_len; char sig_encoding[24]; bool opaque; const char *odd; };
enum rc signed_places(const struct scan *s, struct signed_places *out, struct err *e);
/* Undoes base64, quoted-printable or identity. Lenient. Appends at most in.n bytes. */
enum rc mime_decode(const char *encoding, struct span in, struct buf *out, struct err *e);
