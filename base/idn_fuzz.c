/* SPDX-License-Identifier: EUPL-1.2 */
/* base/idn_fuzz.c - any octets: what comes out is ASCII in lower case, of names' characters where it was converted, and stays as it is when it is
 * converted again. */
#include "base/ascii.h"
#include "base/idn.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char once[IDN_ROOM], twice[IDN_ROOM], address[IDN_ROOM + 100];
    struct span in = span_of(data, size);
    bool converted = false;

    for (size_t i = 0; i < size; i++)
        converted = converted || data[i] >= 0x80;
    if (idn_domain(in, once)) {
        if (!idn_domain(span_str(once), twice) || strcmp(once, twice) != 0)
            abort();
        for (const char *p = once; *p; p++)
            if ((unsigned char)*p >= 0x80 || ascii_is_upper((unsigned char)*p) ||
                (converted && !ascii_is_alnum((unsigned char)*p) && *p != '-' && *p != '.'))
                abort();
    }
    (void)idn_address(in, address, sizeof address);
    return 0;
}
