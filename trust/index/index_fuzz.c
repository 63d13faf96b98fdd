/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_fuzz.c - any octets as a block, with a sum that fits: what is opened answers without a step outside, and finds each of its own
 * domains. */
#include "trust/index/index_int.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc no_change(void *ctx, const struct index_change *c, struct err *e)
{
    (void)ctx;
    (void)c;
    (void)e;
    abort(); /* a list does not differ from itself */
}

static void use(const struct trust_index *x)
{
    struct index_entry got;
    struct err e;
    size_t first, count;

    for (size_t i = 0; index_entry(x, i, &got); i++) {
        if (got.domain.n > 0 && got.domain.n <= 255 && index_find(x, got.domain, &first, &count) &&
            (i < first || i >= first + count))
            abort();
        index_ask(x, got.domain, got.dn);
    }
    index_diff(x, x, no_change, NULL, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char copy[1 << 16];
    struct trust_index *x = NULL;
    struct err e;
    int fd;

    if (size < H_SIZE || size > sizeof copy)
        return 0;
    memcpy(copy, data, size);
    memcpy(copy, INDEX_MAGIC, 8);
    uint64_t sum = index_sum(span_of(copy + H_SIZE, size - H_SIZE));
    for (int i = 0; i < 8; i++)
        copy[H_SUM + i] = (unsigned char)(sum >> 8 * i);
    fd = memfd_create("index", 0);
    if (fd < 0 || write(fd, copy, size) != (ssize_t)size)
        abort();
    if (index_open(fd, &x, &e) == RC_OK) {
        use(x);
        index_close(&x);
    }
    close(fd);
    return 0;
}
