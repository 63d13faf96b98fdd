/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/mailbox_show.c - pli mailbox list, show: counts and sizes, which the store knows without opening anything; names only with the holder's password. */
#include "admin/mailboxes.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/places.h"
#include <jansson.h>
#include <stdio.h>

/* ---- list ---- */
struct listing {
    struct cmd *c;
    json_t *rows;
};

static enum rc row(const struct dird_account *a, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    struct mailbox_sums s = {0};
    char used[32], quota[32];
    enum rc rc = mailbox_sums(inst_admin(l->c), a->mbx, &s, e);

    if (rc == RC_NOTFOUND) /* an account whose mailbox is gone: pli doctor says so */
        rc = RC_OK;
    if (rc != RC_OK)
        return rc;
    if (l->c->json)
        json_array_append_new(l->rows, json_pack("{s:o,s:i,s:I,s:I,s:I}", "address", json_text(a->address), "folders",
                                                 (int)s.folders, "messages", (json_int_t)s.messages, "used",
                                                 (json_int_t)s.used, "quota", (json_int_t)s.quota));
    else
        printf("%-36.*s %4u folders %9llu messages %8s of %s\n", SPAN_ARG(a->address), s.folders,
               (unsigned long long)s.messages, size_text(s.used, used),
               s.quota ? size_text(s.quota, quota) : "any size");
    return RC_OK;
}

int cmd_mailbox_list(struct cmd *c)
{
    struct listing l = {c, json_array()};
    struct err e;
    enum rc rc = account_each(inst_admin(c), row, &l, &e);

    if (rc == RC_OK && c->json)
        return out_json(l.rows);
    json_decref(l.rows);
    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}

/* ---- show ---- */
static enum rc note(const struct mailbox_folder *f, void *ctx, struct err *e)
{
    (void)e;
    json_array_append_new(
        ctx, json_pack("{s:i,s:i,s:s,s:i,s:i,s:I,s:b}", "folder", (int)f->number, "uidvalidity", (int)f->uidvalidity,
                       "role", f->role == SU_INBOX ? "INBOX" : place_role_name(f->role), "messages", (int)f->messages,
                       "unseen", (int)f->unseen, "octets", (json_int_t)f->octets, "selectable", f->selectable));
    return RC_OK;
}

/* The name of each folder, found by its UIDVALIDITY, which no two folders of a mailbox share. */
struct names {
    struct place *p;
    json_t *folders;
};

static void name_it(json_t *folders, uint32_t uidvalidity, struct span name)
{
    struct buf text = BUF_SECRET_INIT;
    json_t *f;
    size_t i;

    place_name_printable(name, &text);
    json_array_foreach(folders, i, f)
    {
        if ((uint32_t)json_integer_value(json_object_get(f, "uidvalidity")) == uidvalidity)
            json_object_set_new(f, "name", json_text(buf_span(&text)));
    }
    buf_free(&text);
}

static enum rc named(const struct place_folder *f, void *ctx, struct err *e)
{
    struct names *n = ctx;
    uint32_t uidvalidity = 0;
    enum rc rc = place_imap_uidvalidity(n->p, f->name, &uidvalidity, e);

    if (rc == RC_OK)
        name_it(n->folders, uidvalidity, f->name);
    return rc;
}

static int add_names(struct cmd *c, json_t *folders)
{
    const char *const words[] = {c->pos[0], NULL};
    struct names n = {NULL, folders};
    struct passwords pw = {0};
    struct err e;
    int answer = places_passwords(c, words, &pw);

    if (answer == PLI_OK)
        answer = place_of(c, c->pos[0], pw.line[0], false, &n.p);
    if (answer == PLI_OK && n.p->ops->folders(n.p, named, &n, &e) != RC_OK)
        answer = cmd_err(c, &e);
    place_close(&n.p);
    passwords_wipe(&pw);
    return answer;
}

static long long number(const json_t *f, const char *key)
{
    return (long long)json_integer_value(json_object_get(f, key));
}

static void print(json_t *folders)
{
    json_t *f;
    size_t i;

    json_array_foreach(folders, i, f)
    {
        const char *name = json_string_value(json_object_get(f, "name")),
                   *role = json_string_value(json_object_get(f, "role"));
        char size[32], own[32];

        snprintf(own, sizeof own, "folder %lld", number(f, "folder"));
        printf("%-32s %-9s %8lld messages %8lld unseen %8s\n", name ? name : own, role, number(f, "messages"),
               number(f, "unseen"), size_text((uint64_t)number(f, "octets"), size));
    }
}

int cmd_mailbox_show(struct cmd *c)
{
    struct account a = {.mem = BUF_INIT};
    struct mailbox_sums s = {0};
    json_t *folders = json_array(), *j;
    struct err e;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK && (mailbox_sums(inst_admin(c), a.is.mbx, &s, &e) != RC_OK ||
                             mailbox_numbers(inst_admin(c), a.is.mbx, note, folders, &e) != RC_OK))
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && opt_get(c, "--names"))
        answer = add_names(c, folders);
    if (answer == PLI_OK && !c->json)
        print(folders);
    if (answer == PLI_OK && c->json) {
        j = json_pack("{s:o,s:I,s:I,s:I,s:O}", "address", json_text(a.is.address), "messages", (json_int_t)s.messages,
                      "used", (json_int_t)s.used, "quota", (json_int_t)s.quota, "folders", folders);
        answer = out_json(j);
    }
    json_decref(folders);
    account_free(&a);
    return answer;
}
