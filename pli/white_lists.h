/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/white_lists.h - what the commands about the white list share: the source and signer that were named, dates and ages.
 * Process  pli.
 */
#pragma once
#include "admin/white_list.h"
#include "pli/cmd.h"
#include <jansson.h>

enum { WHEN_TEXT = 64 };
struct white_list_named { /* what the command line names; freed by white_list_named_free() */
    struct white_list_source from;
    struct buf signer_pem;
};
/* PLI_OK, or the exit code after its line. name NULL: neither file nor address; "-": standard input. */
int white_list_name(struct cmd *c, const char *name, struct white_list_named *out);
void white_list_named_free(struct white_list_named *n);
const char *when_text(uint64_t utc, char out[WHEN_TEXT]); /* "2025-02-28T15:42:07Z (638 days ago)"; "never" */
int white_list_refused(struct cmd *c, const struct err *e); /* the line that says why, and what to do */
