/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/main.c - pli-keyd. See keyd.c. */
#include "crypto/keyd/keyd_int.h"

int main(int argc, char **argv)
{
    return keyd_main(argc, argv);
}
