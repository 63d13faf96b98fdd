/* SPDX-License-Identifier: EUPL-1.2 */
/* base/file_test.h - what stands in a file, and something put there.
 * Owns     the buffer is the test's.
 * Errors   end the test.
 * Process  tests; behind <cmocka.h>.
 */
#pragma once
#include "base/fd.h"
#include <fcntl.h>
#include <unistd.h>

static inline struct buf file_text(const char *name)
{
    struct buf b = BUF_INIT;
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0 && fd_read_all(fd, SIZE_MAX, &b));
    close(fd);
    return b;
}

static inline void file_put(const char *name, struct span s)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0 && fd_write_all(fd, s));
    close(fd);
}
