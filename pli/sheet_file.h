/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/sheet_file.h - the file of --sheets: a new one, which its owner alone may read (admin/sheets.h). Used by pli account import and pli account code.
 * Errors   PLI_OK, or an exit code after its line. What was written stays; a file that no sheet went into is taken away again.
 * Secrets  passwords go through a wiped buffer into the file, and nowhere else.
 * Process  pli.
 */
#pragma once
#include "admin/sheets.h"
#include "pli/cmd.h"

struct conf;
struct sheet_file {
    int fd;                  /* -1: none was asked for */
    struct buf page;         /* secret */
    struct sheet_server at;
    uint64_t code_until;     /* UTC s: what is on a sheet is a code, until then; 0: a password */
    char choose[300];        /* .at.choose */
    const char *name;
    bool failed;             /* some sheet could not be written */
    size_t sheets;
};
/* name NULL: no sheets. conf outlives it. The file must not be there. --code-days counts before account.code_life. */
int sheet_file_open(struct cmd *c, const char *name, const struct conf *conf, struct sheet_file *out);
/* False: it could not be written. address: in any spelling; the sheet has it as the directory keeps it. */
bool sheet_file_add(struct sheet_file *f, struct span name, struct span address, struct span code);
int sheet_file_close(struct cmd *c, struct sheet_file *f); /* flushed to the disk */
