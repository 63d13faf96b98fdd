/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificates_int.h - what the walks over certificates share (certificate_list.c). For this room alone. Process: pli. */
#pragma once
#include "admin/certificates.h"

/* Of root/name, hardly more than CERTIFICATE_FILE_MOST octets; added to out. False: there is no such file, or it may not be read. */
enum { CERTIFICATE_FILE_MOST = 256 * 1024 };
bool certificate_file_read(const char *root, const char *name, struct buf *out);
void certificate_days_count(struct certificate_seen *s); /* .days_left, of .info */
