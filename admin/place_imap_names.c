/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap_names.c - folders behind IMAP: their names with the server's delimiter and namespace, their roles, their subscriptions, and making them. */
#include "admin/place_imap_int.h"
#include "proto/imap/name.h"
#include <stdlib.h>
#include <strings.h>

/* ---- names ---- */
void imap_wire_name(const struct imap_place *p, struct span name, struct buf *out)
{
    bool inbox = span_eq_str(name, "INBOX");

    if (!inbox)
        buf_addspan(out, buf_span(&p->prefix));
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == PLACE_SEP)
            buf_addc(out, p->delimiter != 0 ? (unsigned char)p->delimiter : '-');
        else /* what divides levels there can stand in no name there */
            buf_addc(out, name.p[i] == (unsigned char)p->delimiter ? '-' : name.p[i]);
    }
    (void)buf_cstr(out);
}

static bool of_others(const struct imap_place *p, struct span wire)
{
    struct span rest = buf_span(&p->foreign);

    while (rest.n > 0) {
        struct span one = span_head(rest, (size_t)span_chr(rest, PLACE_SEP));
        if (one.n > 0 && wire.n + 1 >= one.n && span_eq(span_head(wire, one.n), span_head(one, wire.n)))
            return true;
        rest = span_from(rest, one.n + 1);
    }
    return false;
}

bool imap_place_name(const struct imap_place *p, struct span wire, char delimiter, struct buf *out)
{
    struct span prefix = buf_span(&p->prefix);

    if (of_others(p, wire))
        return false;
    if (prefix.n > 0 && wire.n > prefix.n && span_eq(span_head(wire, prefix.n), prefix))
        wire = span_from(wire, prefix.n);
    if (span_istarts(wire, "INBOX") && (wire.n == 5 || wire.p[5] == (unsigned char)delimiter)) {
        buf_addstr(out, "INBOX");
        wire = span_from(wire, 5);
    }
    for (size_t i = 0; i < wire.n; i++) {
        if (wire.p[i] < 0x20 || wire.p[i] == 0x7f)
            return false;
        buf_addc(out, delimiter != 0 && wire.p[i] == (unsigned char)delimiter ? PLACE_SEP : wire.p[i]);
    }
    return out->n > 0;
}

/* ---- namespaces ---- */
static void note_foreign(struct imap_place *p, const struct mailimap_namespace_item *item)
{
    for (clistiter *i = item != NULL ? clist_begin(item->ns_data_list) : NULL; i != NULL; i = clist_next(i)) {
        const struct mailimap_namespace_info *info = clist_content(i);
        buf_addf(&p->foreign, "%s%c", info->ns_prefix, PLACE_SEP);
    }
}

enum rc imap_namespaces(struct imap_place *p, struct err *e)
{
    struct mailimap_namespace_data *ns = NULL;
    clist *list = NULL;
    enum rc rc = RC_OK;

    if (mailimap_has_namespace(p->imap) && mailimap_namespace(p->imap, &ns) == MAILIMAP_NO_ERROR) {
        clistiter *first = ns->ns_personal != NULL ? clist_begin(ns->ns_personal->ns_data_list) : NULL;
        const struct mailimap_namespace_info *own = first != NULL ? clist_content(first) : NULL;

        if (own != NULL) {
            buf_addstr(&p->prefix, own->ns_prefix);
            p->delimiter = own->ns_delimiter;
        }
        note_foreign(p, ns->ns_other);
        note_foreign(p, ns->ns_shared);
        mailimap_namespace_data_free(ns);
        return RC_OK;
    }
    rc = imap_result(p, mailimap_list(p->imap, "", "", &list), "LIST", e);
    if (rc == RC_OK && clist_begin(list) != NULL)
        p->delimiter = ((struct mailimap_mailbox_list *)clist_content(clist_begin(list)))->mb_delimiter;
    if (list != NULL)
        mailimap_list_result_free(list);
    return rc;
}

/* ---- the list ---- */
static bool in_lines(const struct buf *lines, struct span one)
{
    struct span rest = buf_span(lines);

    while (rest.n > 0) {
        struct span line = span_head(rest, (size_t)span_chr(rest, '\n'));
        if (span_eq(line, one))
            return true;
        rest = span_from(rest, line.n + 1);
    }
    return false;
}

static bool has_flag(const struct mailimap_mbx_list_flags *fl, const char *name)
{
    for (clistiter *i = fl != NULL && fl->mbf_oflags != NULL ? clist_begin(fl->mbf_oflags) : NULL; i != NULL;
         i = clist_next(i)) {
        const struct mailimap_mbx_list_oflag *f = clist_content(i);
        if (f->of_type == MAILIMAP_MBX_LIST_OFLAG_FLAG_EXT && f->of_flag_ext != NULL &&
            strcasecmp(f->of_flag_ext, name) == 0)
            return true;
    }
    return false;
}

static enum store_special role_of(const struct mailimap_mbx_list_flags *fl)
{
    for (enum store_special r = SU_SENT; r <= SU_ARCHIVE; r++)
        if (has_flag(fl, place_role_name(r) + 1) || has_flag(fl, place_role_name(r)))
            return r;
    return SU_NONE;
}

/* What our own server shows in its folder of removed messages has left its folders, and is no mail to be moved. */
static bool holds_messages(const struct mailimap_mbx_list_flags *fl)
{
    return !(fl != NULL && fl->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
             fl->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT) &&
           !has_flag(fl, "Noselect") && !has_flag(fl, "NonExistent") && !has_flag(fl, IMAP_LIST_REMOVED);
}

static enum rc subscriptions(struct imap_place *p, struct buf *out, struct err *e)
{
    clist *list = NULL;
    enum rc rc = imap_result(p, mailimap_lsub(p->imap, "", "*", &list), "LSUB", e);

    for (clistiter *i = list != NULL ? clist_begin(list) : NULL; i != NULL; i = clist_next(i))
        buf_addf(out, "%s\n", ((struct mailimap_mailbox_list *)clist_content(i))->mb_name);
    if (list != NULL)
        mailimap_list_result_free(list);
    return rc;
}

struct listing {
    struct imap_place *p;
    const struct buf *subscribed;
    enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e);
    void *ctx;
};

static enum rc one_listed(const struct listing *l, const struct mailimap_mailbox_list *mb, struct err *e)
{
    struct span wire = span_str(mb->mb_name);
    struct place_folder f = {.role = role_of(mb->mb_flag), .subscribed = in_lines(l->subscribed, wire)};
    struct buf name = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    buf_addf(&l->p->there, "%s\n", mb->mb_name);
    if (f.role != SU_NONE)
        buf_addf(&l->p->roles, "%c%s\n", '0' + f.role, mb->mb_name);
    if (holds_messages(mb->mb_flag) && imap_place_name(l->p, wire, mb->mb_delimiter, &name)) {
        f.name = buf_span(&name);
        rc = l->see != NULL ? l->see(&f, l->ctx, e) : RC_OK;
    }
    buf_free(&name);
    return rc;
}

enum rc imap_folders(struct place *pl, enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e),
                     void *ctx, struct err *e)
{
    struct imap_place *p = (struct imap_place *)pl;
    struct buf subscribed = BUF_SECRET_INIT;
    struct listing l = {p, &subscribed, see, ctx};
    clist *list = NULL;
    enum rc rc = subscriptions(p, &subscribed, e);

    buf_clear(&p->there);
    buf_clear(&p->roles);
    if (rc == RC_OK)
        rc = imap_result(p, mailimap_list(p->imap, "", "*", &list), "LIST", e);
    for (clistiter *i = rc == RC_OK ? clist_begin(list) : NULL; i != NULL && rc == RC_OK; i = clist_next(i))
        rc = one_listed(&l, clist_content(i), e);
    if (list != NULL)
        mailimap_list_result_free(list);
    buf_free(&subscribed);
    return rc;
}

/* ---- making ---- */
/* The folder that has a role now; empty: none. Borrowed until the list changes. */
static struct span role_holder(const struct imap_place *p, enum store_special role)
{
    struct span rest = buf_span(&p->roles);

    while (rest.n > 0) {
        struct span line = span_head(rest, (size_t)span_chr(rest, '\n'));
        if (line.n > 1 && line.p[0] == '0' + role)
            return span_from(line, 1);
        rest = span_from(rest, line.n + 1);
    }
    return SPAN_NULL;
}

static enum rc say_names(struct imap_place *p, const char *verb, struct span a, struct span b, const char *behind,
                         struct err *e)
{
    struct buf text = BUF_SECRET_INIT;
    enum rc rc;

    buf_addstr(&text, verb);
    imap_put_string(&text, a);
    if (b.n > 0) {
        buf_addc(&text, ' ');
        imap_put_string(&text, b);
    }
    buf_addstr(&text, behind);
    rc = imap_say(p, buf_span(&text), SPAN_NULL, e);
    buf_free(&text);
    return rc;
}

/* The server's own folder of that role, made at the first sign-in, takes the name that the holder is used to: if it holds nothing. */
static bool rename_empty(struct imap_place *p, struct span holder, struct span wire)
{
    char *name = span_dup(holder);
    struct err e;
    bool done = mailimap_examine(p->imap, name) == MAILIMAP_NO_ERROR && p->imap->imap_selection_info->sel_exists == 0 &&
                say_names(p, "RENAME ", span_str(name), wire, "", &e) == RC_OK;

    free(name);
    return done;
}

static enum rc create(struct imap_place *p, struct span wire, enum store_special role, struct err *e)
{
    struct span holder = role != SU_NONE ? role_holder(p, role) : SPAN_NULL;
    char use[32] = "";
    enum rc rc;

    if (holder.n > 0 && !span_eq(holder, wire) && rename_empty(p, holder, wire))
        return RC_OK;
    if (role != SU_NONE && holder.n == 0 && p->create_use)
        snprintf(use, sizeof use, " (USE (%s))", place_role_name(role));
    rc = say_names(p, "CREATE ", wire, SPAN_NULL, use, e);
    if (rc == RC_OK && role != SU_NONE && use[0] == '\0')
        return err_set(e, RC_EXISTS, "it has not the role %s there", place_role_name(role));
    return rc;
}

/* A file system takes such names; no server does, and a line's end in one would end our command. */
static bool has_control(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != PLACE_SEP && (name.p[i] < 0x20 || name.p[i] == 0x7f))
            return true;
    return false;
}

enum rc imap_make(struct place *pl, const struct place_folder *f, struct err *e)
{
    struct imap_place *p = (struct imap_place *)pl;
    struct buf wire = BUF_SECRET_INIT;
    enum rc rc = RC_OK;
    struct err sub;

    if (has_control(f->name))
        return err_set(e, RC_PERM, "its name holds a control character, which no IMAP folder's may");
    if (p->there.n == 0)
        rc = imap_folders(pl, NULL, NULL, e);
    imap_wire_name(p, f->name, &wire);
    if (rc == RC_OK && !in_lines(&p->there, buf_span(&wire)))
        rc = create(p, buf_span(&wire), f->role, e);
    else if (rc == RC_OK && f->role != SU_NONE && !span_eq(role_holder(p, f->role), buf_span(&wire)))
        rc = err_set(e, RC_EXISTS, "it has not the role %s there", place_role_name(f->role));
    if ((rc == RC_OK || rc == RC_EXISTS) && f->subscribed)
        (void)!say_names(p, "SUBSCRIBE ", buf_span(&wire), SPAN_NULL, "", &sub);
    buf_clear(&p->there); /* asked again before the next */
    buf_free(&wire);
    return rc;
}
