/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/folder.c - the built-in back end "folder": each event is a file of DIR/publish/out, for a transport of the operator's own. Its name begins with
 * the time since when the event waited, so names sort in order, and has the event's key: an event that is written again takes its own place.
 * Process  pubd.
 */
#include "publish/pubd/outbox.h"
#include "publish/pubd/want.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *text(struct span s)
{
    return json_stringn_nocheck(s.n > 0 ? (const char *)s.p : "", s.n); /* jansson makes nothing of NULL */
}

static json_t *facts_json(struct span facts)
{
    struct pub_facts f;

    if (!want_read(facts, &f))
        return json_null();
    return json_pack("{s:o,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:o}", "address", text(f.address), "type",
                     fhir_type(f.type), "red_list", f.red_list, "rpps", text(pub_rpps(&f)), "adeli",
                     text(pub_adeli(&f)), "structure", text(f.structure), "description", text(f.description), "service",
                     text(f.service), "responsible", text(f.responsible), "telephone", text(f.telephone), "rank",
                     (int)f.rank, "paperless", f.paperless ? json_boolean(f.paperless == SAID_YES) : json_null());
}

static char *write_json(const struct pub_entry *en, const struct fhir_request *r)
{
    json_t *body = json_loadb((const char *)r->body.p, r->body.n, 0, NULL);
    json_t *root = json_pack("{s:s,s:s,s:s,s:I,s:o,s:o,s:s,s:s,s:o,s:o}", "event", outbox_event(en->kind), "address",
                             en->address, "key", en->key, "attempt", (json_int_t)en->attempts, "published",
                             facts_json(en->published), "wanted", facts_json(en->target), "method", "PATCH", "resource",
                             r->resource, "query", text(buf_span(&r->query)), "body", body ? body : json_null());
    char *octets = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

    json_decref(root);
    return octets;
}

static bool write_file(int dir, const char *name, const char *octets)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t n = strlen(octets), at = 0;
    ssize_t put = 0;
    bool ok;

    while (fd >= 0 && at < n && (put = write(fd, octets + at, n - at)) > 0)
        at += (size_t)put;
    ok = fd >= 0 && at == n && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

enum rc folder_put(int dir, const struct pub_entry *en, const struct fhir_request *r, struct buf *report, struct err *e)
{
    char name[128], beside[sizeof name + 8];
    char *octets = write_json(en, r);
    enum rc rc = RC_OK;
    int out;

    snprintf(name, sizeof name, "%012lld-%s.json", (long long)en->since, en->key);
    snprintf(beside, sizeof beside, ".%s.new", name);
    if (mkdirat(dir, "out", 0700) != 0 && errno != EEXIST)
        rc = err_sys(e, RC_TEMP, "publish/out cannot be made");
    out = rc == RC_OK ? openat(dir, "out", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (rc == RC_OK && (out < 0 || !octets || !write_file(out, beside, octets) ||
                        renameat(out, beside, out, name) != 0 || fsync(out) != 0))
        rc = err_sys(e, RC_TEMP, "publish/out/%s cannot be written", name);
    if (rc == RC_OK)
        buf_addf(report, "publish/out/%s", name);
    if (out >= 0)
        close(out);
    free(octets);
    return rc;
}
