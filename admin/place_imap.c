/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap.c - a mailbox behind IMAP: signed in, added to, left. See admin/place.h. */
#include "admin/place_imap_int.h"
#include "base/base64.h"
#include "proto/imap/date.h"
#include <stdlib.h>

/* ---- what the server can ---- */
static void note_capability(struct imap_place *p, const char *name)
{
    if (strcasecmp(name, "LITERAL+") == 0)
        p->literal_plus = true;
    else if (strcasecmp(name, "CREATE-SPECIAL-USE") == 0)
        p->create_use = true;
    else if (strcasecmp(name, "SASL-IR") == 0)
        p->plain_at_once = true;
    else if (strncasecmp(name, "APPENDLIMIT=", 12) == 0)
        p->is.limit = strtoull(name + 12, NULL, 10);
}

static enum rc capabilities(struct imap_place *p, struct err *e)
{
    struct mailimap_capability_data *caps = NULL;
    enum rc rc = imap_result(p, mailimap_capability(p->imap, &caps), "CAPABILITY", e);

    for (clistiter *i = rc == RC_OK ? clist_begin(caps->cap_list) : NULL; i != NULL; i = clist_next(i)) {
        const struct mailimap_capability *c = clist_content(i);
        if (c->cap_type == MAILIMAP_CAPABILITY_NAME)
            note_capability(p, c->cap_data.cap_name);
    }
    if (caps != NULL)
        mailimap_capability_data_free(caps);
    return rc;
}

/* ---- signing in ---- */
static enum rc plain(struct imap_place *p, const struct imap_at *at, struct err *e)
{
    struct buf text = BUF_SECRET_INIT, line = BUF_SECRET_INIT;
    enum rc rc;

    buf_addc(&text, 0);
    buf_addspan(&text, at->user);
    buf_addc(&text, 0);
    buf_addspan(&text, at->password);
    buf_addstr(&line, "AUTHENTICATE PLAIN ");
    base64_encode(buf_span(&text), &line);
    rc = imap_say(p, buf_span(&line), SPAN_NULL, e);
    buf_free(&text);
    buf_free(&line);
    return rc;
}

static enum rc login(struct imap_place *p, const struct imap_at *at, struct err *e)
{
    struct buf line = BUF_SECRET_INIT;
    enum rc rc;

    for (size_t i = 0; i < at->user.n + at->password.n; i++) /* they would have to be literals */
        if ((i < at->user.n ? at->user.p[i] : at->password.p[i - at->user.n]) > 127)
            return err_set(e, RC_DENIED, "the server has no SASL-IR, which a password that is not ASCII needs");
    buf_addstr(&line, "LOGIN ");
    imap_put_string(&line, at->user);
    buf_addc(&line, ' ');
    imap_put_string(&line, at->password);
    rc = imap_say(p, buf_span(&line), SPAN_NULL, e);
    buf_free(&line);
    return rc;
}

static enum rc sign_in(struct imap_place *p, const struct imap_at *at, struct err *e)
{
    enum rc rc = capabilities(p, e);
    struct err why;

    if (rc != RC_OK)
        return rc;
    rc = p->plain_at_once ? plain(p, at, &why) : login(p, at, &why);
    if (rc == RC_CLOSED || rc == RC_TEMP)
        return err_set(e, rc, "%.250s", why.log);
    if (rc != RC_OK)
        return err_set(e, RC_DENIED, "%.100s does not take that user and password: %.150s", at->host, why.log);
    p->imap->imap_state = MAILIMAP_STATE_AUTHENTICATED;
    rc = capabilities(p, e);
    return rc == RC_OK ? imap_namespaces(p, e) : rc;
}

/* ---- added to ---- */
static const struct {
    uint32_t bit;
    const char *name;
} flag_names[] = {{MF_SEEN, "\\Seen "},
                  {MF_ANSWERED, "\\Answered "},
                  {MF_FLAGGED, "\\Flagged "},
                  {MF_DELETED, "\\Deleted "},
                  {MF_DRAFT, "\\Draft "}};

static enum rc append(struct imap_place *p, struct span folder, const struct letter *l, struct span keywords,
                      struct err *e)
{
    struct buf line = BUF_SECRET_INIT, wire = BUF_SECRET_INIT;
    char date[IMAP_DATE_TIME];
    enum rc rc;

    imap_wire_name(p, folder, &wire);
    buf_addstr(&line, "APPEND ");
    imap_put_string(&line, buf_span(&wire));
    buf_addstr(&line, " (");
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (l->flags & flag_names[i].bit)
            buf_addstr(&line, flag_names[i].name);
    buf_addspan(&line, keywords);
    if (line.p[line.n - 1] == ' ')
        buf_cut(&line, line.n - 1);
    imap_date_time(l->date, date);
    buf_addf(&line, ") %s", date);
    rc = imap_say(p, buf_span(&line), l->octets, e);
    buf_free(&line);
    buf_free(&wire);
    return rc;
}

/* Those that the folder has already, and the others. */
static void part(const struct imap_place *p, struct span keywords, struct buf *had, struct buf *others)
{
    while (keywords.n > 0) {
        size_t n = (size_t)span_chr(keywords, ' ');
        struct span one = span_head(keywords, n);

        buf_addf(place_keyword_in(buf_span(&p->words), one) ? had : others, "%.*s ", SPAN_ARG(one));
        keywords = span_from(keywords, n + 1);
    }
}

/* A folder that has no room for more keywords takes the message all the same, with those that it has. */
static enum rc add(struct place *pl, struct span folder, const struct letter *l, struct err *e)
{
    struct imap_place *p = (struct imap_place *)pl;
    struct buf had = BUF_SECRET_INIT;
    enum rc rc = append(p, folder, l, l->keywords, e);

    buf_clear(&p->is.left);
    if (rc == RC_PERM && imap_limit_met(p) && l->keywords.n > 0) {
        part(p, l->keywords, &had, &p->is.left);
        rc = append(p, folder, l, buf_span(&had), e);
    } else if (rc == RC_OK) {
        part(p, l->keywords, &had, &p->words);
    }
    buf_free(&had);
    return rc;
}

static void leave(struct place *pl)
{
    struct imap_place *p = (struct imap_place *)pl;

    if (p->imap != NULL && p->imap->imap_state == MAILIMAP_STATE_SELECTED)
        (void)mailimap_logout(p->imap);
    imap_unlink(p);
    buf_free(&p->prefix);
    buf_free(&p->foreign);
    buf_free(&p->roles);
    buf_free(&p->there);
    buf_free(&p->words);
    buf_free(&p->is.left);
    free(p);
}

static const struct place_ops imap_ops = {imap_folders, imap_count, imap_read, imap_make, add, leave};

enum rc place_imap(const struct imap_at *at, struct place **out, struct err *e)
{
    struct imap_place *p = calloc(1, sizeof *p);
    enum rc rc;

    if (p == NULL)
        die("out of memory");
    p->is.ops = &imap_ops;
    rc = imap_link(p, at, e);
    if (rc == RC_OK)
        rc = sign_in(p, at, e);
    if (rc == RC_OK)
        *out = &p->is;
    else
        leave(&p->is);
    return rc;
}
