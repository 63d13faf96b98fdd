/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/names.c - see admin/names.h. */
#include "admin/names.h"
#include "base/ascii.h"
#include "base/idn.h"
#include "base/prepare.h"
#include "base/wipe.h"
#include "directory/wire.h"
#include "policies/identifiers.h"
#include "policies/password.h"
#include <stdio.h>
#include <string.h>

enum { ADDRESS_MOST = 254 }; /* RFC 5321 4.5.3.1.3: a path of 256 octets, with its brackets */

static const char *const types[] = {[DT_PER] = "PER", [DT_ORG] = "ORG", [DT_APP] = "APP", [DT_CAB] = "CAB"};
enum { TYPES = sizeof types / sizeof *types };

uint8_t type_of(struct span name)
{
    for (uint8_t i = 1; i < TYPES; i++)
        if (span_ieq_str(name, types[i]))
            return i;
    return 0;
}

const char *type_name(uint8_t type)
{
    return type > 0 && type < TYPES ? types[type] : "?";
}

static const struct {
    const char *english, *french, *plain; /* plain: without accents */
} states[] = {[DA_ACTIVE] = {"active", "actif", "actif"},
              [DA_PENDING] = {"pending", "en attente", "en_attente"},
              [DA_SUSPENDED] = {"suspended", "suspendu", "suspendu"},
              [DA_CLOSED] = {"closed", "fermé", "ferme"},
              [DA_ERASING] = {"erasing", "erasing", "erasing"}};

const char *state_name(uint8_t state)
{
    return state < sizeof states / sizeof *states ? states[state].english : "?";
}

bool state_of(struct span name, uint8_t *out)
{
    for (uint8_t i = DA_ACTIVE; i <= DA_CLOSED; i++)
        if (span_ieq_str(name, states[i].english) || span_ieq_str(name, states[i].french) ||
            span_ieq_str(name, states[i].plain)) {
            *out = i;
            return true;
        }
    return false;
}

/* No small letter in it: neither ASCII nor of the Latin letters that French writes (U+00DF to U+00FF). */
static bool in_capitals(struct span word)
{
    bool letter = false;

    for (size_t i = 0; i < word.n; i++) {
        bool latin1 = word.p[i] == 0xC3 && i + 1 < word.n;
        if (ascii_is_lower(word.p[i]) || (latin1 && word.p[i + 1] >= 0x9F))
            return false;
        letter = letter || ascii_is_upper(word.p[i]) || latin1;
    }
    return letter && word.n > 1;
}

void name_split(struct span name, struct span *given_out, struct span *sn_out)
{
    size_t cut, end;

    name = span_trim(name);
    cut = end = name.n;
    while (end > 0) {
        size_t start = end;
        while (start > 0 && name.p[start - 1] != ' ')
            start--;
        if (!in_capitals(span_of(name.p + start, end - start)) && cut != name.n)
            break;
        cut = start;
        if (!in_capitals(span_of(name.p + start, end - start)))
            break;
        end = start > 0 ? start - 1 : 0;
    }
    *sn_out = span_from(name, cut);
    *given_out = span_trim(span_head(name, cut));
}

bool address_normal(struct span typed, char out[ADDRESS_ROOM], struct span *domain_out)
{
    struct buf as = BUF_INIT;
    const char *at;
    struct err e;
    bool fits = prepare_username(typed, &as, &e) == RC_OK && idn_address(buf_span(&as), out, ADDRESS_MOST + 1);

    buf_free(&as);
    if (!fits)
        return false;
    at = strchr(out, '@');
    if (!at)
        return false;
    *domain_out = span_str(at + 1);
    return mail_local_ok(span_of(out, (size_t)(at - out))) && mail_domain_ok(*domain_out);
}

/* ---- texts and passwords ---- */
enum rc text_normal(struct span typed, size_t most, struct buf *out, struct err *e)
{
    struct buf as = BUF_INIT;
    struct err why;
    enum rc rc;

    if (typed.n == 0)
        return RC_OK;
    if (typed.n > most)
        return err_set(e, RC_SYNTAX, "is %zu octets long, at most %zu are kept: shorten it", typed.n, most);
    rc = prepare_name(typed, &as, &why);
    if (rc != RC_OK)
        rc = err_set(e, RC_SYNTAX, "cannot be kept: %s", rc == RC_SYNTAX ? "it is not UTF-8" : why.log);
    else if (as.n > most)
        rc = err_set(e, RC_SYNTAX, "is longer than %zu octets: shorten it", most);
    else
        buf_addspan(out, buf_span(&as));
    buf_free(&as);
    return rc;
}

enum rc password_normal(struct span typed, struct buf *out, struct err *e)
{
    struct buf as = BUF_SECRET_INIT;
    struct err why;
    enum rc rc;

    rc = prepare_password(typed, &as, &why);
    if (rc != RC_OK)
        rc = err_set(e, RC_SYNTAX, "this cannot be a password: %s", why.log);
    else if (as.n > PASSWORD_MOST)
        rc = err_set(e, RC_SYNTAX, "this cannot be a password: password is too long");
    else
        buf_addspan(out, buf_span(&as));
    buf_free(&as);
    return rc;
}

enum rc password_fits(struct span typed, struct span address, int64_t least, struct err *e)
{
    struct buf as = BUF_SECRET_INIT;
    enum rc rc;

    rc = password_normal(typed, &as, e);
    if (rc == RC_OK && password_ok(buf_span(&as), address, least, e) != RC_OK)
        rc = e->rc = RC_SYNTAX;
    buf_free(&as);
    return rc;
}
