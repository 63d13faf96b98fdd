/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/mailbox_undelete.c - pli mailbox undelete: what was expunged, or deleted with its folder, comes back, or is listed. */
#include "admin/removed.h"
#include "base/clock.h"
#include "base/settings.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    uint8_t special;
} roles[] = {{"INBOX", SU_INBOX}, {"sent", SU_SENT}, {"drafts", SU_DRAFTS},
             {"trash", SU_TRASH}, {"junk", SU_JUNK}, {"archive", SU_ARCHIVE}};
static const char *const hows[] = {
    [REMOVED_EXPUNGE] = "expunged", [REMOVED_FOLDER] = "folder deleted", [REMOVED_REPLACE] = "replaced"};

struct undeleting {
    struct cmd *c;
    struct undelete what;
    uint8_t special; /* only what was in a folder of this role; 0: any */
    json_t *list;
    uint64_t n, bytes;
};

/* ---- what was asked ---- */
/* 2026-11-28 or 2026-11-28T14:30 (UTC), or an age such as 2d. */
static bool time_given(const char *v, uint64_t *out)
{
    const struct setting age = {"--since", SET_SECS, "0", 0, 4000 * 86400LL, SET_AT_START, NULL};
    struct tm tm = {0};
    struct err e;
    int64_t n;
    const char *end = strptime(v, "%Y-%m-%dT%H:%M", &tm);

    if (!end) {
        tm = (struct tm){0};
        end = strptime(v, "%Y-%m-%d", &tm);
    }
    if (end && *end == '\0') {
        *out = (uint64_t)timegm(&tm);
        return true;
    }
    if (setting_check(&age, v, &n, &e) != RC_OK)
        return false;
    *out = (uint64_t)(clock_utc() - n);
    return true;
}

static int read_folder(struct undeleting *u)
{
    const char *v = opt_get(u->c, "--folder");
    char *end;

    for (size_t i = 0; v && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(v, roles[i].name) == 0)
            u->special = roles[i].special;
    if (!v || u->special != 0)
        return PLI_OK;
    u->what.folder = (uint32_t)strtoul(v, &end, 10);
    if (*v == '\0' || *end != '\0' || u->what.folder == 0)
        return cmd_usage(u->c, "--folder is INBOX, sent, drafts, trash, junk, archive, or a number of --list: the "
                               "names of folders are sealed");
    if (u->what.folder == STORE_INBOX)
        u->special = SU_INBOX;
    return PLI_OK;
}

static int read_options(struct undeleting *u)
{
    const char *since = opt_get(u->c, "--since"), *until = opt_get(u->c, "--until");

    u->what.until = UINT64_MAX;
    u->what.list = opt_get(u->c, "--list") != NULL;
    if ((since && !time_given(since, &u->what.since)) || (until && !time_given(until, &u->what.until)))
        return cmd_usage(u->c, "--since and --until are a date (2026-11-28, 2026-11-28T14:30, UTC) or an age (2d)");
    return read_folder(u);
}

/* ---- what is told ---- */
static void when_text(uint64_t when, char out[32])
{
    time_t t = (time_t)when;
    struct tm tm;

    if (when == UINT64_MAX || gmtime_r(&t, &tm) == NULL)
        snprintf(out, 32, "held");
    else
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void folder_text(const struct store_removed *r, char out[40])
{
    const char *role = "";

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].special == r->special)
            role = roles[i].name;
    snprintf(out, 40, "%u%s%s%s", (unsigned)r->folder, *role ? " " : "", role, r->folder_gone ? " (deleted)" : "");
}

static json_t *one_json(const struct store_removed *r, const char *removed, const char *until, const char *folder)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:I,s:s}", "removed", removed, "until", until, "how",
                          hows[r->how] ? hows[r->how] : "?", "folder", folder, "folder_number", (int)r->folder, "uid",
                          (int)r->uid, "size", (json_int_t)r->size, "internaldate", (json_int_t)r->internaldate, "by",
                          r->by ? "holder" : "administrator");

    if (r->to_folder)
        json_object_set_new(j, "back",
                            json_pack("{s:i,s:i}", "folder_number", (int)r->to_folder, "uid", (int)r->to_uid));
    return j;
}

static enum rc see(const struct store_removed *r, void *ctx, struct err *e)
{
    struct undeleting *u = ctx;
    char removed[32], until[32], folder[40], size[32];

    (void)e;
    if (u->special != 0 && r->special != u->special)
        return RC_OK;
    when_text(r->when, removed);
    when_text(r->until, until);
    folder_text(r, folder);
    u->n++;
    u->bytes += r->size;
    if (u->c->json)
        json_array_append_new(u->list, one_json(r, removed, until, folder));
    else if (r->to_folder)
        printf("%s  folder %s uid %u  %s  back as folder %u uid %u\n", removed, folder, (unsigned)r->uid,
               size_text(r->size, size), (unsigned)r->to_folder, (unsigned)r->to_uid);
    else
        printf("%s  folder %s uid %u  %s  kept until %s\n", removed, folder, (unsigned)r->uid, size_text(r->size, size),
               until);
    return RC_OK;
}

/* ---- a role becomes folders: only those of that role are asked for ---- */
struct folders_of {
    uint8_t special;
    uint32_t id[64];
    size_t n;
};

static enum rc note_folder(const struct store_removed *r, void *ctx, struct err *e)
{
    struct folders_of *f = ctx;

    (void)e;
    for (size_t i = 0; i < f->n; i++)
        if (f->id[i] == r->folder)
            return RC_OK;
    if (r->special == f->special && f->n < sizeof f->id / sizeof *f->id)
        f->id[f->n++] = r->folder;
    return RC_OK;
}

static enum rc run(struct undeleting *u, struct err *e)
{
    struct undelete look = u->what;
    struct folders_of f = {.special = u->special};
    enum rc rc;

    if (u->special == 0 || u->what.folder != 0)
        return mailbox_undelete(inst_admin(u->c), &u->what, see, u, e);
    look.list = true;
    rc = mailbox_undelete(inst_admin(u->c), &look, note_folder, &f, e);
    for (size_t i = 0; rc == RC_OK && i < f.n; i++) {
        u->what.folder = f.id[i];
        rc = mailbox_undelete(inst_admin(u->c), &u->what, see, u, e);
    }
    return rc;
}

static int report(const struct undeleting *u)
{
    char size[32];

    if (u->c->json)
        return out_json(json_pack("{s:o,s:I,s:I,s:b}", "messages", u->list, "count", (json_int_t)u->n, "bytes",
                                  (json_int_t)u->bytes, "given_back", !u->what.list));
    printf("%llu messages, %s, %s\n", (unsigned long long)u->n, size_text(u->bytes, size),
           u->what.list ? "can be given back" : "given back");
    return PLI_OK;
}

int cmd_mailbox_undelete(struct cmd *c)
{
    struct undeleting u = {.c = c, .list = json_array()};
    struct account a;
    struct err e;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK)
        answer = read_options(&u);
    u.what.mbx = a.is.mbx;
    if (answer == PLI_OK)
        answer = run(&u, &e) == RC_OK ? report(&u) : cmd_err(c, &e);
    if (answer != PLI_OK || !c->json)
        json_decref(u.list);
    account_free(&a);
    return answer;
}
