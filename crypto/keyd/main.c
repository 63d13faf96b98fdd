/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/main.c - pli-keyd. See keyd.c. */
#include "crypto/keyd/keyd_int.h"

int main(void)
{
    return keyd_main();
}
