/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/main.c - pli-stored begins. */
#include "store/ops/stored.h"

int main(int argc, char **argv)
{
    return stored_main(argc, argv);
}
