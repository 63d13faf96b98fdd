/* SPDX-License-Identifier: EUPL-1.2 */
/* base/folder_test.h - takes a test's folder away, with all that is in it.
 * Errors   0; -1: something stays.
 * Process  tests.
 */
#pragma once
#include <ftw.h>
#include <stdio.h>

static inline int folder_drop_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st;
    (void)kind;
    (void)f;
    return remove(path);
}

static inline int folder_drop(const char *dir)
{
    return nftw(dir, folder_drop_one, 16, FTW_DEPTH | FTW_PHYS);
}
