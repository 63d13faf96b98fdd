/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon.h - before signing: a message made such that no lawful relay needs to touch it, and the multipart/signed
 * around it.
 *
 * Canon    CRLF line ends, no line beyond 998 octets, no byte beyond 127, no NUL in any body: a part that breaks this is
 *          re-encoded (text: quoted-printable, else base64) and its Content-Transfer-Encoding said anew (what holds it
 *          then says 7bit); a part that does not is passed byte for byte. Such bytes in preambles and epilogues become
 *          HTAB. Header fields: long ones are folded (in the signed entity, where they have no blank, written in
 *          encoded words or sections), NUL and a lone CR or LF become DEL. Those of parts, and the Content-*
 *          fields of the message, are made seven bits (mime/canon_int.h says how); the message's other fields stand
 *          outside the signature and keep their raw UTF-8 (SMTPUTF8). Missing Date, Message-ID, MIME-Version are added. The tree of parts is the
 *          same before and after. RFC 8551 3.1, RFC 6409 8. A flat message (mime/scan.h) has its parts left as they are.
 * Labels   text beyond ASCII that says us-ascii, no charset or no Content-Type gets one: utf-8 when all of it is valid
 *          UTF-8, else windows-1252; so does text that says utf-8 and is not. Another charset that the sender gave stays. Text
 *          that came in base64 or quoted-printable without an awkward octet is not looked into: it is passed as it is. A multipart or enclosed message that says
 *          base64, quoted-printable or something unknown says 7bit: every reader takes it as it stands (RFC 2045 6.4). A
 *          multipart with an awkward body and no delimiter in it becomes the text that readers show. In a base64 body
 *          what is no base64 digit is dropped, as readers do (RFC 2045 6.8), when the body is re-encoded.
 * Signed   outer header: the message's fields but Content-*, which move to the inner entity; then the inner entity,
 *          then the application/pkcs7-signature part (base64). The digest is over the inner entity's octets exactly
 *          as written. RFC 8551 3.5.3, RFC 1847.
 * Reader   a source that can be read twice: canon needs the tree first (pass 1), then the octets (pass 2).
 * Owns     a canon borrows its scan and gives pieces to out as they come; an error of out ends the call with that
 *          error.
 * Process  smtpd session.
 */
#pragma once
#include "base/buf.h"
#include "mime/scan.h"
typedef enum rc (*mime_sink)(void *ctx, struct span piece, struct err *e);
bool canon_needed(const struct scan *s);
struct canon;
struct canon_spec { const char *message_id_domain; int64_t now; };  /* for added fields; now: UTC seconds */
/* Date and Message-ID, with their line ends, where the header lacks them. RFC 6409 8.2, 8.3 */
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

/* Reception: where the signed entity and the signature part lie. RC_NOTFOUND: nothing in it says S/MIME signature. Never called unsigned
 * is what a reader would show as signed (RFC 8551 3.9): the media types with and without "x-", application/octet-stream named .p7m or .p7s,
 * pkcs7-mime without smime-type.
 * opaque  application/pkcs7-mime: entity_len is 0, the CMS is the message's whole body, and says itself whether it is signed
 * odd     signed, but not in a form that can be judged: why; nothing else is then set (not exactly two parts, RFC 1847; more than one
 *         Content-Type, encoding or boundary, of which readers take different ones; the message too deep or large to be taken apart; the signature covers one part of the message only) */
struct signed_places { uint64_t entity_off, entity_len, sig_off, sig_len; char sig_encoding[24]; bool opaque; const char *odd; };
enum rc signed_places(const struct scan *s, struct signed_places *out, struct err *e);
/* base64, quoted-printable, identity; lenient; appends at most in.n bytes */
enum rc mime_decode(const char *encoding, struct span in, struct buf *out, struct err *e);
