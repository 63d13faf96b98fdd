/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap_read.c - the messages of a folder behind IMAP, read only (EXAMINE, BODY.PEEK): their sizes first, then octets, flags and dates in commands
 * of some megabytes. A command that the server refuses is asked again message by message, so that one that cannot be read is named and the rest comes. */
#include "admin/place_imap_int.h"
#include <stdlib.h>
#include <time.h>

enum { SIZES_A_COMMAND = 2000, BODIES_A_COMMAND = 200, OCTETS_A_COMMAND = 4 * 1024 * 1024 };

struct known { /* a message of the folder */
    uint32_t uid, size;
    bool came;
};
struct folder_list {
    struct known *a;
    size_t n;
};

/* FLAGS names each keyword that some message of the folder has, RFC 9051 7.3.5. */
static void note_words(struct imap_place *p)
{
    const struct mailimap_flag_list *all = p->imap->imap_selection_info->sel_flags;

    buf_clear(&p->words);
    for (clistiter *i = all != NULL ? clist_begin(all->fl_list) : NULL; i != NULL; i = clist_next(i)) {
        const struct mailimap_flag *f = clist_content(i);
        if (f->fl_type == MAILIMAP_FLAG_KEYWORD)
            buf_addf(&p->words, "%s ", f->fl_data.fl_keyword);
    }
}

static enum rc examine(struct imap_place *p, struct span folder, struct err *e)
{
    struct buf wire = BUF_SECRET_INIT;
    enum rc rc;

    imap_wire_name(p, folder, &wire);
    rc = imap_result(p, mailimap_examine(p->imap, buf_cstr(&wire)), "EXAMINE", e);
    buf_free(&wire);
    if (rc == RC_OK)
        note_words(p);
    return rc;
}

enum rc place_imap_uidvalidity(struct place *pl, struct span folder, uint32_t *out, struct err *e)
{
    struct imap_place *p = (struct imap_place *)pl;
    enum rc rc = examine(p, folder, e);

    if (rc == RC_OK)
        *out = p->imap->imap_selection_info->sel_uidvalidity;
    return rc;
}

/* ---- sizes ---- */
static const struct mailimap_msg_att_static *static_item(const struct mailimap_msg_att *att, int type)
{
    for (clistiter *i = clist_begin(att->att_list); i != NULL; i = clist_next(i)) {
        const struct mailimap_msg_att_item *item = clist_content(i);
        if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC && item->att_data.att_static->att_type == type)
            return item->att_data.att_static;
    }
    return NULL;
}

static uint32_t uid_of(const struct mailimap_msg_att *att)
{
    const struct mailimap_msg_att_static *uid = static_item(att, MAILIMAP_MSG_ATT_UID);

    return uid != NULL ? uid->att_data.att_uid : 0;
}

static struct known *known_uid(const struct folder_list *f, uint32_t uid)
{
    size_t lo = 0, hi = f->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->a[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n && f->a[lo].uid == uid ? &f->a[lo] : NULL;
}

static int by_uid(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static enum rc uids(struct imap_place *p, struct folder_list *f, struct err *e)
{
    struct mailimap_search_key *all = mailimap_search_key_new_all();
    clist *list = NULL;
    enum rc rc = imap_result(p, mailimap_uid_search(p->imap, NULL, all, &list), "UID SEARCH", e);

    mailimap_search_key_free(all);
    if (rc != RC_OK)
        return rc;
    f->a = calloc((size_t)clist_count(list) + 1, sizeof *f->a);
    if (f->a == NULL)
        die("out of memory");
    for (clistiter *i = clist_begin(list); i != NULL; i = clist_next(i))
        f->a[f->n++].uid = *(uint32_t *)clist_content(i);
    mailimap_search_result_free(list);
    qsort(f->a, f->n, sizeof *f->a, by_uid);
    return RC_OK;
}

static enum rc sizes(struct imap_place *p, struct folder_list *f, struct err *e)
{
    struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att_list_empty();
    enum rc rc = RC_OK;

    mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_uid());
    mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_rfc822_size());
    for (size_t at = 0; at < f->n && rc == RC_OK; at += SIZES_A_COMMAND) {
        size_t last = at + SIZES_A_COMMAND <= f->n ? at + SIZES_A_COMMAND - 1 : f->n - 1;
        struct mailimap_set *set = mailimap_set_new_interval(f->a[at].uid, f->a[last].uid);
        clist *list = NULL;

        rc = imap_result(p, mailimap_uid_fetch(p->imap, set, what, &list), "UID FETCH RFC822.SIZE", e);
        for (clistiter *i = rc == RC_OK ? clist_begin(list) : NULL; i != NULL; i = clist_next(i)) {
            const struct mailimap_msg_att_static *size = static_item(clist_content(i), MAILIMAP_MSG_ATT_RFC822_SIZE);
            struct known *k = known_uid(f, uid_of(clist_content(i)));
            if (k != NULL && size != NULL)
                k->size = size->att_data.att_rfc822_size;
        }
        if (list != NULL)
            mailimap_fetch_list_free(list);
        mailimap_set_free(set);
    }
    mailimap_fetch_type_free(what);
    return rc;
}

static enum rc list_all(struct imap_place *p, struct span folder, struct folder_list *f, struct err *e)
{
    enum rc rc = examine(p, folder, e);

    if (rc == RC_OK && p->imap->imap_selection_info->sel_exists > 0)
        rc = uids(p, f, e);
    return rc == RC_OK ? sizes(p, f, e) : rc;
}

enum rc imap_count(struct place *pl, struct span folder, uint64_t *messages_out, uint64_t *octets_out, struct err *e)
{
    struct folder_list f = {0};
    enum rc rc = list_all((struct imap_place *)pl, folder, &f, e);

    *messages_out = f.n;
    *octets_out = 0;
    for (size_t i = 0; i < f.n; i++)
        *octets_out += f.a[i].size;
    free(f.a);
    return rc;
}

/* ---- flags and dates ---- */
static const struct {
    int type;
    uint32_t bit;
} flag_bits[] = {{MAILIMAP_FLAG_SEEN, MF_SEEN},
                 {MAILIMAP_FLAG_ANSWERED, MF_ANSWERED},
                 {MAILIMAP_FLAG_FLAGGED, MF_FLAGGED},
                 {MAILIMAP_FLAG_DELETED, MF_DELETED},
                 {MAILIMAP_FLAG_DRAFT, MF_DRAFT}};

static void one_flag(const struct mailimap_flag *f, struct letter *l, struct buf *keywords)
{
    for (size_t i = 0; i < sizeof flag_bits / sizeof *flag_bits; i++)
        if (f->fl_type == flag_bits[i].type)
            l->flags |= flag_bits[i].bit;
    if (f->fl_type == MAILIMAP_FLAG_KEYWORD)
        place_keywords_add(keywords, span_str(f->fl_data.fl_keyword));
}

static void flags_of(const struct mailimap_msg_att *att, struct letter *l, struct buf *keywords)
{
    for (clistiter *i = clist_begin(att->att_list); i != NULL; i = clist_next(i)) {
        const struct mailimap_msg_att_item *item = clist_content(i);
        clist *list = item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC ? item->att_data.att_dyn->att_list : NULL;

        for (clistiter *j = list != NULL ? clist_begin(list) : NULL; j != NULL; j = clist_next(j)) {
            const struct mailimap_flag_fetch *f = clist_content(j);
            if (f->fl_type == MAILIMAP_FLAG_FETCH_OTHER)
                one_flag(f->fl_flag, l, keywords);
        }
    }
}

static int64_t date_of(const struct mailimap_date_time *d)
{
    struct tm t = {.tm_year = d->dt_year - 1900,
                   .tm_mon = d->dt_month - 1,
                   .tm_mday = d->dt_day,
                   .tm_hour = d->dt_hour,
                   .tm_min = d->dt_min,
                   .tm_sec = d->dt_sec};
    int zone = d->dt_zone < 0 ? -d->dt_zone : d->dt_zone, seconds = (zone / 100 * 60 + zone % 100) * 60;

    return (int64_t)timegm(&t) - (d->dt_zone < 0 ? -seconds : seconds);
}

/* ---- octets ---- */
static enum rc show(const struct mailimap_msg_att *att, const struct reading *r, struct err *e)
{
    const struct mailimap_msg_att_static *body = static_item(att, MAILIMAP_MSG_ATT_BODY_SECTION);
    const struct mailimap_msg_att_static *date = static_item(att, MAILIMAP_MSG_ATT_INTERNALDATE);
    struct buf keywords = BUF_SECRET_INIT;
    struct letter l = {0};
    char where[32];
    enum rc rc = RC_OK;

    snprintf(where, sizeof where, "UID %u", (unsigned)uid_of(att));
    l.where = where;
    flags_of(att, &l, &keywords);
    l.keywords = buf_span(&keywords);
    if (body == NULL || date == NULL || body->att_data.att_body_section->sec_body_part == NULL)
        r->refuse(where, "the server gives no octets or no date of it", r->ctx);
    else {
        l.date = date_of(date->att_data.att_internal_date);
        l.octets = span_of(body->att_data.att_body_section->sec_body_part, body->att_data.att_body_section->sec_length);
        rc = r->see(&l, r->ctx, e);
    }
    buf_free(&keywords);
    return rc;
}

static struct mailimap_fetch_type *everything(void)
{
    struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att_list_empty();

    mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_uid());
    mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_flags());
    mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_internaldate());
    mailimap_fetch_type_new_fetch_att_list_add(what,
                                               mailimap_fetch_att_new_body_peek_section(mailimap_section_new(NULL)));
    return what;
}

/* RC_PERM, RC_CORRUPT, RC_NOTFOUND: the server refused the command; nothing of it was shown. */
static enum rc fetch(struct imap_place *p, struct folder_list *f, size_t at, size_t n, const struct reading *r,
                     struct err *e)
{
    struct mailimap_fetch_type *what = everything();
    struct mailimap_set *set = mailimap_set_new_interval(f->a[at].uid, f->a[at + n - 1].uid);
    clist *list = NULL;
    enum rc rc = imap_result(p, mailimap_uid_fetch(p->imap, set, what, &list), "UID FETCH", e);

    for (clistiter *i = rc == RC_OK ? clist_begin(list) : NULL; i != NULL && rc == RC_OK; i = clist_next(i)) {
        struct known *k = known_uid(f, uid_of(clist_content(i)));
        if (k == NULL || k->came || static_item(clist_content(i), MAILIMAP_MSG_ATT_BODY_SECTION) == NULL)
            continue; /* flags of another message, told in between */
        k->came = true;
        rc = show(clist_content(i), r, e);
    }
    if (list != NULL)
        mailimap_fetch_list_free(list);
    mailimap_set_free(set);
    mailimap_fetch_type_free(what);
    return rc;
}

static bool of_one_message(enum rc rc)
{
    return rc == RC_PERM || rc == RC_CORRUPT || rc == RC_NOTFOUND;
}

static enum rc one_by_one(struct imap_place *p, struct folder_list *f, size_t at, size_t n, const struct reading *r,
                          struct err *e)
{
    enum rc rc = RC_OK;
    char where[32];

    for (size_t i = at; i < at + n && rc == RC_OK; i++) {
        rc = fetch(p, f, i, 1, r, e);
        snprintf(where, sizeof where, "UID %u", (unsigned)f->a[i].uid);
        if (of_one_message(rc) && !f->a[i].came) {
            r->refuse(where, e->log, r->ctx);
            f->a[i].came = true;
            rc = RC_OK;
        }
    }
    return rc;
}

/* How many from there on go into one command; 0: the first is beyond the limit. */
static size_t batch(const struct folder_list *f, size_t at, uint64_t limit)
{
    uint64_t octets = 0;
    size_t n = 0;

    while (at + n < f->n && n < BODIES_A_COMMAND && !(limit > 0 && f->a[at + n].size > limit) &&
           (n == 0 || octets + f->a[at + n].size <= OCTETS_A_COMMAND))
        octets += f->a[at + n++].size;
    return n;
}

static void gone(const struct folder_list *f, size_t at, size_t n, const struct reading *r)
{
    char where[32];

    for (size_t i = at; i < at + n; i++)
        if (!f->a[i].came) {
            snprintf(where, sizeof where, "UID %u", (unsigned)f->a[i].uid);
            r->refuse(where, "it went while it was to be read", r->ctx);
        }
}

static void too_large(const struct known *k, const struct reading *r)
{
    char where[32], why[80];

    snprintf(where, sizeof where, "UID %u", (unsigned)k->uid);
    snprintf(why, sizeof why, "%u octets are more than the %llu that are taken", (unsigned)k->size,
             (unsigned long long)r->limit);
    r->refuse(where, why, r->ctx);
}

enum rc imap_read(struct place *pl, struct span folder, const struct reading *r, struct err *e)
{
    struct imap_place *p = (struct imap_place *)pl;
    struct folder_list f = {0};
    enum rc rc = list_all(p, folder, &f, e);

    for (size_t at = 0; at < f.n && rc == RC_OK;) {
        size_t n = batch(&f, at, r->limit);

        if (n == 0) {
            too_large(&f.a[at++], r);
            continue;
        }
        rc = fetch(p, &f, at, n, r, e);
        if (of_one_message(rc))
            rc = one_by_one(p, &f, at, n, r, e);
        if (rc == RC_OK)
            gone(&f, at, n, r);
        at += n;
    }
    free(f.a);
    return rc;
}
