/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_filter.c - turns rule tables into a seccomp filter. To compile a filter takes a millisecond, memory and
 * a descriptor. So a listener compiles its sessions' filter before the first fork. To install it is then one system
 * call. */
#include "base/sandbox_int.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_fprog compiled[SB_KINDS_];
/* A session keeps its listener's filter, which the kernel asks as well. So the session's own filter only has to forbid
 * what the listener may do and the session may not. That is a tenth of the rules. It matters, because the kernel
 * compiles the filter anew for every session. */
static struct sock_fprog narrowing[SB_KINDS_];
static int held = -1; /* the kind whose filter holds this process, or held the one it was forked from */

static int add_rule(scmp_filter_ctx ctx, const struct sandbox_rule *r)
{
    uint32_t action = r->error == ALLOWED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(r->error);
    struct scmp_arg_cmp cmp = {r->arg, SCMP_CMP_MASKED_EQ, r->mask, r->value};

    if (r->call < 0)
        return 0;
    return seccomp_rule_add_array(ctx, action, r->call, r->mask ? 1 : 0, &cmp);
}

static int add_group(scmp_filter_ctx ctx, const struct sandbox_group *g)
{
    int bad = 0;

    for (const struct sandbox_rule *r = g->rules; r->mask != SANDBOX_END && bad == 0; r++)
        bad = add_rule(ctx, r);
    return bad;
}

/* Copies the finished program, in the kernel's form, into our own memory. */
static enum rc export(scmp_filter_ctx ctx, const char *name, struct sock_fprog *out, struct err *e) {
    int fd = memfd_create("pli-filter", MFD_CLOEXEC); struct sock_filter *code = NULL; enum rc rc = RC_OK;
    struct stat st;

    if (fd < 0 || seccomp_export_bpf(ctx, fd) != 0 || fstat(fd, &st) != 0 || !(code = malloc((size_t)st.st_size)) ||
        pread(fd, code, (size_t)st.st_size, 0) !=
            st.st_size){rc = err_sys(e, RC_PERM, "%s: system call filter cannot be made", name); free(code);}
else
{
    *out = (struct sock_fprog){(unsigned short)((size_t)st.st_size / sizeof *code), code};
}
if (fd >= 0)
    close(fd);
return rc;
}

/* ---- what a listener may and its sessions may not ---- */
static const struct sandbox_profile *parent_of(enum sandbox_kind k)
{
    for (int p = 0; p < SB_KINDS_; p++)
        if (sandbox_profiles[p].prepares == (int)k)
            return &sandbox_profiles[p];
    return NULL;
}

static bool has_group(const struct sandbox_profile *p, const struct sandbox_group *g)
{
    for (const struct sandbox_group *const *at = p->groups; *at; at++)
        if (*at == g)
            return true;
    return false;
}

/* How a profile names a call: not at all, under conditions, or whatever the arguments are. */
enum says { NOT, SOMETIMES, ALWAYS };
static enum says speaks_of(const struct sandbox_profile *p, int call)
{
    enum says s = NOT;

    for (const struct sandbox_group *const *g = p->groups; *g; g++)
        for (const struct sandbox_rule *r = (*g)->rules; r->mask != SANDBOX_END; r++)
            if (r->call == call)
                s = s == ALWAYS || r->mask == 0 ? ALWAYS : SOMETIMES;
    return s;
}

static int take_away(scmp_filter_ctx ctx, const struct sandbox_profile *session, const struct sandbox_group *g)
{
    int bad = 0;

    for (const struct sandbox_rule *r = g->rules; r->mask != SANDBOX_END && bad == 0; r++) {
        struct scmp_arg_cmp cmp = {r->arg, SCMP_CMP_MASKED_EQ, r->mask, r->value};
        enum says s = speaks_of(session, r->call);

        if (r->call >= 0 && s != ALWAYS)
            bad = seccomp_rule_add_array(ctx, SCMP_ACT_KILL_PROCESS, r->call, s == SOMETIMES && r->mask ? 1 : 0, &cmp);
    }
    return bad == -EEXIST ? 0 : bad; /* the same call, taken away twice */
}

/* No short filter is made when the session may do something that its listener may not. It then needs its whole
 * filter. */
static enum rc narrow(enum sandbox_kind k, struct err *e)
{
    const struct sandbox_profile *session = &sandbox_profiles[k], *listener = parent_of(k);
    scmp_filter_ctx ctx;
    enum rc rc;
    int bad = 0;

    for (const struct sandbox_group *const *g = session->groups; listener && *g; g++)
        if (!has_group(listener, *g))
            return RC_OK;
    if (!listener || !(ctx = seccomp_init(SCMP_ACT_ALLOW)))
        return RC_OK;
    for (const struct sandbox_group *const *g = listener->groups; *g && bad == 0; g++)
        if (!has_group(session, *g))
            bad = take_away(ctx, session, *g);
    rc = bad ? err_set(e, RC_PERM, "%s: rules refused (%d)", session->name, bad)
             : export(ctx, session->name, &narrowing[k], e);
    seccomp_release(ctx);
    return rc;
}

enum rc sandbox_filter_prepare(enum sandbox_kind k, struct err *e)
{
    scmp_filter_ctx ctx;
    enum rc rc = RC_OK;
    int bad = 0;

    if (compiled[k].filter)
        return RC_OK;
    ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!ctx)
        return err_set(e, RC_PERM, "libseccomp cannot start");
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree: a dozen steps instead of a hundred */
    for (const struct sandbox_group *const *g = sandbox_profiles[k].groups; *g && bad == 0; g++)
        if ((bad = add_group(ctx, *g)) != 0)
            rc = err_set(e, RC_PERM, "%s: rules of group %s refused (%d)", sandbox_profiles[k].name, (*g)->name, bad);
    if (rc == RC_OK)
        rc = export(ctx, sandbox_profiles[k].name, &compiled[k], e);
    seccomp_release(ctx);
    return rc == RC_OK ? narrow(k, e) : rc;
}

enum rc sandbox_filter_install(enum sandbox_kind k, struct err *e)
{
    bool below = held >= 0 && sandbox_profiles[held].prepares == (int)k && narrowing[k].filter;
    enum rc rc = sandbox_filter_prepare(k, e);

    if (rc != RC_OK)
        return rc;
    /* every thread of the process, should a library have started one */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                below ? &narrowing[k] : &compiled[k]) != 0)
        return err_sys(e, RC_PERM, "%s: system call filter refused by the kernel", sandbox_profiles[k].name);
    held = (int)k;
    return RC_OK;
}
