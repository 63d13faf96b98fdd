/* SPDX-License-Identifier: EUPL-1.2 */
/* base/wipe.c - see base/wipe.h. */
#include "base/wipe.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

void wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}

bool same_secret(const void *a, const void *b, size_t n)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char diff = 0;

    for (size_t i = 0; i < n; i++)
        diff |= (unsigned char)(x[i] ^ y[i]);
    return diff == 0;
}

void random_bytes(void *p, size_t n)
{
    unsigned char *at = p;

    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            die("no random numbers from the kernel (errno %d)", errno);
        at += got;
        n -= (size_t)got;
    }
}

/* A secret gets whole pages of its own. So the advice and the lock cover nothing else, and a read beyond the end of a
 * heap block cannot reach it. */
static size_t pages(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (n > SIZE_MAX - page)
        die("secret of %zu bytes", n);
    return n == 0 ? page : (n + page - 1) / page * page;
}

void *secret_alloc(size_t n)
{
    size_t len = pages(n);
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("out of memory for a secret of %zu bytes", n);
    (void)mlock(p, len); /* best effort: an ordinary user may have a small limit */
    (void)madvise(p, len, MADV_DONTDUMP);
    return p;
}

void secret_free(void *p, size_t n)
{
    if (!p)
        return;
    wipe(p, n);
    if (munmap(p, pages(n)) != 0)
        bug("secret_free of memory that secret_alloc did not give");
}

void no_dumps(void)
{
    struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        die("core dumps cannot be switched off (errno %d)", errno);
}
