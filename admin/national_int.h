/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/national_int.h - what national.c (reads, compares, decides) and national_write.c (writes) share.
 *
 * Files    boxes and persons are what the copy is to follow from: the one that was given, and the other as it was kept (directory/import/keep.h).
 * Owns     struct work is national_import()'s.
 * Process  pli.
 */
#pragma once
#include "admin/national.h"
#include "directory/import/change.h"
#include "directory/import/keep.h"
#include "directory/import/state.h"

struct work {
    const struct national_how *how;
    struct national_report *rep;
    struct national_file boxes, persons;
    struct national_state then, now;
    bool then_known;   /* there was a state file */
    bool kept_known;   /* the given file's kind was kept before */
    bool kept_differs; /* and what it said then is not what it says now; or it was not kept */
    int lock;
    uint64_t done, of;
};
struct national_file *national_given(struct work *w);
void national_progress(struct work *w, const char *what, uint64_t done, uint64_t of);
/* What an import that was killed left beside the copy: taken into use where it is what slapd serves, or else taken away. Before anything is read. */
void national_settle(const struct work *w);
/* Brings the copy to w->now. RC_TEMP: nothing was changed. */
enum rc national_write(struct work *w, struct err *e);
