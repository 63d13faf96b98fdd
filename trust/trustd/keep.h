/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/keep.h - a file written such that whoever reads its name finds the old octets or the new ones, whenever the machine stops: beside it, flushed,
 * renamed, and the folder flushed.
 * Errors   RC_TEMP: e->log names the file; nothing has changed. A path that is too long is one, too: it is never cut.
 * Process  trustd.
 */
#pragma once
#include "base/buf.h"
enum { KEEP_PATH = 4096 };
enum rc keep_file(const char *dir, const char *name, struct span octets, struct err *e);
