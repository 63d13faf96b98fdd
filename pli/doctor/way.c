/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/way.c - checks the folders above the instance and the file of settings, because a user who may write there
 * can put another instance in its place. See pli/doctor/doctor.h. */
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* True: others may write in the folder, and no sticky bit keeps them from removing what is not theirs. */
static bool open_to_all(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

static bool stranger(const struct stat *st)
{
    return st->st_uid != 0 && st->st_uid != geteuid();
}

/* One folder on the way; true: nothing to say of it. */
static bool step_right(struct report *r, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        finding(r, F_FAIL, "way", "mend the path to the instance", "%s: %s", path, strerror(errno));
        return false;
    }
    if (open_to_all(&st))
        finding(r, F_FAIL, "way", "chmod o-w it: who may write there may put another instance in this one's place",
                "%s may be written by everybody (mode %o)", path, st.st_mode & 07777);
    else if (stranger(&st))
        finding(r, F_WARN, "way", "give it to root, or keep the instance elsewhere (/var/lib, /srv)",
                "%s belongs to uid %ld, who could replace what is below it", path, (long)st.st_uid);
    else if (geteuid() == 0 && !(st.st_mode & S_IXOTH))
        finding(r, F_FAIL, "way", "chmod o+x it, or keep the instance elsewhere (/var/lib, /srv)",
                "%s is shut to the daemons' users (mode %o)", path, st.st_mode & 07777);
    else
        return true;
    return false;
}

static void check_parents(struct report *r)
{
    char path[4096];
    unsigned steps = 0, right = 0;

    snprintf(path, sizeof path, "%s", r->c->root);
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        slash[slash == path] = 0; /* the last one is "/" itself */
        steps++;
        right += step_right(r, path);
        if (slash == path)
            break;
    }
    if (right == steps)
        finding(r, F_OK, "way", NULL, "%u folders above the instance: the daemons pass, others do not write", steps);
}

static void check_settings_file(struct report *r)
{
    char path[4096], *slash;
    struct stat st, above;

    inst_conf_path(r->c->root, r->c->root_named, path);
    if (stat(path, &st) != 0)
        return; /* said by the check of the settings */
    slash = strrchr(path, '/');
    *slash = 0;
    if (stat(path, &above) != 0)
        above = st;
    *slash = '/';
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        finding(r, F_FAIL, "way", "chmod 0644 it: its settings say as whom and where the server runs",
                "%s may be written by others (mode %o)", path, st.st_mode & 07777);
    else if (stranger(&st) || stranger(&above))
        finding(r, F_FAIL, "way", "give it, and the folder it stands in, to root or to the instance's owner",
                "%s, or its folder, belongs to another user", path);
    else if (open_to_all(&above))
        finding(r, F_FAIL, "way", "chmod o-w that folder", "the folder of %s may be written by everybody", path);
    else
        finding(r, F_OK, "way", NULL, "%s is written by its owner alone", path);
}

void check_way(struct report *r)
{
    check_parents(r);
    check_settings_file(r);
}
