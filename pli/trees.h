/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/trees.h - is a folder empty, and removal of a folder with everything in it. Symbolic links are never followed. Process: pli init. */
#pragma once
#include <stdbool.h>

bool tree_empty(const char *dir);
int tree_remove(const char *dir, bool itself); /* everything below, and the folder too when itself; 0, or -1 with errno */
