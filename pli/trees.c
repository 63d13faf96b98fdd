/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/trees.c - see pli/trees.h. */
#include "pli/trees.h"
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool tree_empty(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *en;
    unsigned n = 0;

    if (!d)
        return false;
    while ((en = readdir(d)))
        n += strcmp(en->d_name, ".") != 0 && strcmp(en->d_name, "..") != 0;
    closedir(d);
    return n == 0;
}

static bool keep_top; /* nftw has no user pointer; one walk at a time */

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    return at->level == 0 && keep_top ? 0 : remove(path);
}

int tree_remove(const char *dir, bool itself)
{
    keep_top = !itself;
    return nftw(dir, take_away, 16, FTW_DEPTH | FTW_PHYS);
}
