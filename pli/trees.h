/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/trees.h - folders as a whole: empty or not, taken away. Never follows a symbolic link. Process: pli init. */
#pragma once
#include <stdbool.h>

bool tree_empty(const char *dir);
int tree_remove(const char *dir, bool itself); /* everything below, and the folder too when itself; 0, or -1 with errno */
