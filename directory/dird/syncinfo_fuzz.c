/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/syncinfo_fuzz.c - any bytes as a sync state value and as a sync info message. */
#include "directory/dird/syncinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct sync_state_value v;
    struct sync_info info = {.uuids = BUF_INIT};
    (void)!sync_state_parse(span_of(data, size), &v, &e);
    (void)!sync_info_parse(span_of(data, size), &info, &e);
    buf_free(&info.uuids);
    return 0;
}
