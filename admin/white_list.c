/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/white_list.c - see admin/white_list.h. */
#include "admin/white_list.h"
#include <sys/mman.h>
#include <unistd.h>

static enum rc opened(int fd, struct trust_index **out, struct err *e)
{
    enum rc rc;

    if (out)
        *out = NULL;
    if (fd < 0)
        return RC_OK;
    rc = out ? index_open(fd, out, e) : RC_OK;
    close(fd);
    return rc;
}

enum rc white_list_take(struct admin *ad, const struct white_list_source *from, uint32_t flags, struct span signer_pem,
                        struct trustd_update_rep *rep_out, struct buf *mem, struct trust_index **index_out,
                        struct err *e)
{
    struct trustd_update_req rq = {.flags = flags, .signer_pem = signer_pem, .url = from->url};
    int index = -1, fd = from->fd >= 0 ? from->fd : memfd_create("pli-no-list", MFD_CLOEXEC);
    enum rc rc =
        fd >= 0 ? trust_update(ad->trust, &rq, fd, rep_out, mem, &index, e) : err_sys(e, RC_TEMP, "memfd_create");

    if (fd >= 0 && fd != from->fd)
        close(fd);
    return rc == RC_OK ? opened(index, index_out, e) : rc;
}

enum rc white_list_in_use(struct admin *ad, struct trustd_index_rep *rep_out, struct trust_index **index_out,
                          struct err *e)
{
    int fd = -1;
    enum rc rc = trust_get_index(ad->trust, 0, rep_out, &fd, e);

    return rc == RC_OK ? opened(fd, index_out, e) : rc;
}
