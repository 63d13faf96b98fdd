/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_int.h - what report*.c and warning.c share.
 * Process  relayd scheduler.
 */
#pragma once
#include "mime/report.h"

enum { REPORT_DATE = 40 };
const char *report_date(uint64_t utc, char out[REPORT_DATE]);        /* RFC 5322, "+0000" */
void report_text(const struct report *r, struct buf *out);           /* what people read: UTF-8, CRLF */
void report_subject(enum report_kind kind, struct buf *out);         /* UTF-8 */
void report_xtext(struct span xtext, bool utf8, struct buf *out);    /* decoded, then cleaned */
bool report_ascii(struct span s);
bool report_address(struct span a);                                   /* may it stand as it is in From: and To:? */
void report_encoded(struct span utf8, struct buf *out);              /* RFC 2047: words of base64, cut between characters */
/* message/delivery-status' octets. utf8: message/global-delivery-status'. False: no memory. */
bool report_status(const struct report *r, bool utf8, struct buf *out);
/* A header that libetpan folds and writes: fields in order, then report_header_end(), which frees it. */
struct mailimf_fields;
struct mailimf_fields *report_header_new(void);                      /* NULL: no memory, and all that follows does nothing */
void report_header_add(struct mailimf_fields **h, const char *name, const char *value);
bool report_header_end(struct mailimf_fields **h, struct buf *out);  /* false: there was no memory */
