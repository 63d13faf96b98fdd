/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/replace.h - a file of ldap/national that is there whole or not at all.
 *
 * Crash    it is written beside, as "part.new", flushed, and takes the place of the old one. What is left of one that was cut off goes with the next.
 * Process  pli (directory import), under its lock: one at a time.
 */
#pragma once
#include "directory/schema/embedded.h"

/* folder: "national", "national.new". as: its name there. write fills it. Errors: write's, and RC_TEMP. */
enum rc national_replace(const struct embedded_spec *s, const char *folder, const char *as,
                         enum rc (*write)(int fd, const void *ctx, struct err *e), const void *ctx, struct err *e);
