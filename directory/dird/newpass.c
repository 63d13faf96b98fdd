/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/newpass.c - see newpass.h. LDIF and BER are read by the LDAP library. */
#include "directory/dird/newpass.h"
#include "base/prepare.h"
#include "policies/password.h"
#include <stdio.h>

#include <lber.h>
#include <ldap.h>
#include <ldif.h> /* wants stdio.h */
#include <strings.h>

enum { PASSWORD_MAX = 1024 };
static const char attribute[] = "userPassword", hash[] = "{ARGON2}" /* slapd.conf: password-hash */;

/* ---- one password ---- */
enum rc newpass_fits(struct span p, struct err *e)
{
    if (p.n == 0 || p.n > PASSWORD_MAX || span_chr(p, 0) >= 0 || span_chr(p, '\n') >= 0 || span_chr(p, '\r') >= 0)
        return err_set(e, RC_SYNTAX, "a password has 1 to 1024 bytes, no line break and no NUL");
    struct buf as;
    buf_init_secret(&as);
    enum rc rc = prepare_password(p, &as, e);
    if (rc == RC_OK && as.n > PASSWORD_MAX)
        rc = err_set(e, RC_SYNTAX, "a password has 1 to 1024 bytes once its accents are composed");
    buf_free(&as);
    return rc;
}

enum rc newpass_ok(const struct newpass_who *who, struct span p, struct err *e)
{
    enum rc rc = newpass_fits(p, e);
    struct buf as;
    buf_init_secret(&as);
    if (rc == RC_OK)
        rc = prepare_password(p, &as, e);
    if (rc == RC_OK && !span_eq(buf_span(&as), p))
        rc = err_set(e, RC_PERM,
                     "this password is not written as a sign-in prepares it: accents composed, plain spaces");
    buf_free(&as);
    return rc == RC_OK ? password_ok(p, who->address, who->least, e) : rc;
}

/* ---- a change ---- */
struct reading {
    const struct newpass_who *who;
    bool hashed, ours; /* ours: the change at hand is of the password */
    const char *how;   /* "add", "delete", "replace"; NULL: between two changes */
    bool touched;
    long values, given; /* that the entry will have; of the change at hand */
};

static bool names_password(const struct berval *name)
{
    size_t n = sizeof attribute - 1;
    return name->bv_len >= n && strncasecmp(name->bv_val, attribute, n) == 0 &&
           (name->bv_len == n || name->bv_val[n] == ';');
}

static bool has_scheme(struct span v)
{
    return v.n > 0 && v.p[0] == '{' && span_chr(v, '}') > 0;
}

static enum rc take_value(struct reading *r, struct span v, struct err *e)
{
    r->given++;
    if (strcmp(r->how, "delete") == 0)
        return RC_OK;
    if (has_scheme(v))
        return r->hashed && span_istarts(v, hash)
                   ? RC_OK
                   : err_set(e, RC_PERM, "a password is given in clear, without a scheme");
    return newpass_ok(r->who, v, e);
}

static enum rc begin_change(struct reading *r, const struct berval *how, const struct berval *name, struct err *e)
{
    static const char *const known[] = {"add", "delete", "replace"};
    r->ours = names_password(name);
    r->given = 0;
    r->how = "other";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(how->bv_val, known[i]) == 0)
            r->how = known[i];
    r->touched = r->touched || r->ours;
    if (r->ours && (name->bv_len != sizeof attribute - 1 || strcmp(r->how, "other") == 0))
        return err_set(e, RC_PERM, "a password has no options, and is added, deleted or replaced");
    return RC_OK;
}

static void end_change(struct reading *r)
{
    if (r->ours && strcmp(r->how, "add") == 0)
        r->values += r->given;
    else if (r->ours && strcmp(r->how, "replace") == 0)
        r->values = r->given;
    else if (r->ours)
        r->values = r->given > 0 ? r->values - r->given : 0;
    r->how = NULL;
}

static enum rc take_line(struct reading *r, char *line, struct err *e)
{
    struct berval name, value;
    int made = 0;
    if (strcmp(line, "-") == 0) {
        if (r->how)
            end_change(r);
        return RC_OK;
    }
    const char *colon = strchr(line, ':');
    if (!colon || colon[1] == '<' || ldif_parse_line2(line, &name, &value, &made) != 0 || made || !value.bv_val)
        return err_set(e, RC_SYNTAX, "slapd told a change that does not read");
    if (!r->how)
        return begin_change(r, &name, &value, e);
    return r->ours ? take_value(r, span_of(value.bv_val, value.bv_len), e) : RC_OK;
}

enum rc newpass_of_changes(const struct newpass_who *who, struct span changes, bool hashed, struct err *e)
{
    struct reading r = {.who = who, .hashed = hashed, .values = 1};
    struct buf text;
    enum rc rc = RC_OK;
    buf_init_secret(&text);
    while (rc == RC_OK && changes.n > 0) {
        ptrdiff_t lf = span_chr(changes, '\n');
        struct span line = lf < 0 ? changes : span_head(changes, (size_t)lf);
        changes = lf < 0 ? SPAN_NULL : span_from(changes, (size_t)lf + 1);
        buf_clear(&text);
        buf_addspan(&text, line);
        buf_addc(&text, 0); /* the library works in place */
        rc = take_line(&r, (char *)text.p, e);
    }
    buf_free(&text);
    if (rc == RC_OK && r.how)
        rc = err_set(e, RC_SYNTAX, "slapd told half a change");
    if (rc == RC_OK && r.touched && r.values != 1)
        rc = err_set(e, RC_PERM, "an account has one password");
    return rc;
}

/* ---- the password modify operation ---- */
bool newpass_is_exop(struct span oid)
{
    return span_eq_str(oid, LDAP_EXOP_MODIFY_PASSWD);
}

/* PasswdModifyRequestValue: only the new password is of interest. Without one slapd would draw one of eight characters. */
static enum rc of_request(const struct newpass_who *who, struct berval *value, struct err *e)
{
    BerElement *ber = ber_init(value);
    struct berval part, new = {0, NULL};
    ber_len_t n;
    ber_tag_t tag = ber ? ber_skip_tag(ber, &n) : LBER_ERROR;
    bool ok = tag == LBER_SEQUENCE;
    while (ok && (tag = ber_peek_tag(ber, &n)) != LBER_ERROR && (ok = ber_scanf(ber, "m", &part) != LBER_ERROR))
        if (tag == LDAP_TAG_EXOP_MODIFY_PASSWD_NEW)
            new = part;
    enum rc rc = !ok           ? err_set(e, RC_SYNTAX, "a password modify request that does not read")
                 : !new.bv_val ? err_set(e, RC_PERM, "no new password is given")
                               : newpass_ok(who, span_of(new.bv_val, new.bv_len), e);
    ber_free(ber, 1);
    return rc;
}

enum rc newpass_of_exop(const struct newpass_who *who, struct span base64, struct err *e)
{
    struct berval name, value = {0, NULL};
    struct buf line;
    int made = 0;
    buf_init_secret(&line);
    buf_addstr(&line, "value:: ");
    buf_addspan(&line, base64);
    buf_addc(&line, 0); /* the library works in place */
    enum rc rc = ldif_parse_line2((char *)line.p, &name, &value, &made) == 0 && value.bv_val && !made
                     ? of_request(who, &value, e)
                     : err_set(e, RC_SYNTAX, "slapd told an operation that does not read");
    buf_free(&line);
    return rc;
}
