/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/people.c - see pli/people.h. */
#include "pli/people.h"
#include "base/ascii.h"
#include "base/prepare.h"
#include "base/settings.h"
#include "base/wipe.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "policies/identifiers.h"
#include "policies/password.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- passwords ---- */
/* What is read; behind it each line as it was prepared; behind that one that is made. */
enum { PREPARED = PASSWORDS_MEM, MADE = PREPARED + 2 * PASSWORD_MAX, MEM = MADE + 64 };

struct passwords passwords_new(void)
{
    return (struct passwords){.mem = secret_alloc(MEM)};
}

/* All of standard input, up to what two lines may be; it is not read through stdio, which would keep a copy. */
static size_t read_input(char *mem)
{
    size_t have = 0;
    ssize_t got = 1;

    while (have < PASSWORDS_MEM && got > 0) {
        got = read(0, mem + have, PASSWORDS_MEM - have);
        have += got > 0 ? (size_t)got : 0;
    }
    return have;
}

/* As each sign-in will prepare it (base/prepare.h): a strict mailbox is sealed with this form. */
static int line_prepared(struct cmd *c, struct span line, struct passwords *out)
{
    char *to = out->mem + PREPARED + out->n * PASSWORD_MAX;
    struct buf as;
    struct err e;
    enum rc rc;

    buf_init_secret(&as);
    rc = prepare_password(line, &as, &e);
    if (rc == RC_OK && as.n > PASSWORD_MAX)
        rc = err_set(&e, RC_PERM, "password is too long");
    if (rc == RC_OK) {
        memcpy(to, as.p, as.n);
        out->line[out->n++] = span_of(to, as.n);
    }
    buf_free(&as);
    return rc == RC_OK ? PLI_OK : cmd_why(c, PLI_USAGE, e.cause, "this cannot be a password: %s", e.log);
}

/* "\xEF\xBB\xBF": a byte order mark, as editors of Windows put before a text; no part of what was typed. */
static struct span without_bom(struct span s)
{
    return span_istarts(s, "\xEF\xBB\xBF") ? span_from(s, 3) : s;
}

int passwords_take(struct cmd *c, struct span line, struct passwords *out)
{
    if (line.n == 0 || line.n > PASSWORD_MAX || span_chr(line, 0) >= 0)
        return cmd_usage(c, "a password is one line of 1 to %d bytes", PASSWORD_MAX);
    return line_prepared(c, line, out);
}

int passwords_read(struct cmd *c, unsigned most, struct passwords *out)
{
    struct span rest;

    *out = passwords_new();
    rest = without_bom(span_of(out->mem, read_input(out->mem)));
    while (rest.n > 0 && out->n < most) {
        ptrdiff_t nl = span_chr(rest, '\n');
        struct span line = span_head(rest, nl < 0 ? rest.n : (size_t)nl);
        rest = span_from(rest, nl < 0 ? rest.n : (size_t)nl + 1);
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (passwords_take(c, line, out) != PLI_OK)
            return PLI_USAGE;
    }
    return out->n ? PLI_OK : cmd_usage(c, "no password on standard input");
}

void passwords_generate(struct passwords *out)
{
    *out = passwords_new();
    passwords_add_generated(out);
}

void passwords_add_generated(struct passwords *out)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789z"; /* 32, none that is taken for another */
    enum { GROUPS = 4, LETTERS = 5, LEN = GROUPS * (LETTERS + 1) - 1 };
    unsigned char raw[LEN];
    char *to = out->mem + MEM - LEN; /* behind what was read */

    random_bytes(raw, sizeof raw);
    for (size_t i = 0; i < LEN; i++)
        to[i] = i % (LETTERS + 1) == LETTERS ? '-' : letters[raw[i] % 32];
    wipe(raw, sizeof raw);
    out->line[out->n++] = span_of(to, LEN);
}

void passwords_wipe(struct passwords *p)
{
    if (p->mem)
        secret_free(p->mem, MEM);
    *p = (struct passwords){0};
}

int password_fits(struct cmd *c, struct span password, const char *address)
{
    struct conf *conf;
    struct err e;
    int answer = inst_conf(c, &conf);

    if (answer == PLI_OK && password_ok(password, span_str(address), conf_num(conf, "dird.password_min"), &e) != RC_OK)
        answer = cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
    conf_free(&conf);
    return answer;
}

/* ---- kinds and names ---- */
static const char *const types[] = {[DT_PER] = "PER", [DT_ORG] = "ORG", [DT_APP] = "APP", [DT_CAB] = "CAB"};
enum { TYPES = sizeof types / sizeof *types };

uint8_t type_of(const char *name)
{
    for (uint8_t i = 1; i < TYPES; i++)
        if (span_ieq(span_str(name), span_str(types[i])))
            return i;
    return 0;
}

const char *type_name(uint8_t type)
{
    return type > 0 && type < TYPES ? types[type] : "?";
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

bool address_normal(const char *text, char out[256], struct span *domain_out)
{
    struct buf as = BUF_INIT;
    const char *at;
    struct err e;
    bool fits = prepare_username(span_str(text), &as, &e) == RC_OK && as.n <= 254;

    if (fits)
        memcpy(out, buf_cstr(&as), as.n + 1);
    buf_free(&as);
    if (!fits)
        return false;
    at = strchr(out, '@');
    if (!at)
        return false;
    *domain_out = span_str(at + 1);
    return mail_local_ok(span_of(out, (size_t)(at - out))) && mail_domain_ok(*domain_out);
}

char *size_text(uint64_t n, char out[32])
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t u = 0;
    uint64_t tenths = n > UINT64_MAX / 10 ? UINT64_MAX : n * 10;

    while (tenths >= 10240 && u + 1 < sizeof units / sizeof *units) {
        tenths = (tenths + 512) / 1024;
        u++;
    }
    if (tenths % 10 == 0 || u == 0)
        snprintf(out, 32, "%llu%s", (unsigned long long)(tenths / 10), units[u]);
    else
        snprintf(out, 32, "%llu.%llu%s", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10),
                 units[u]);
    return out;
}

bool size_option(struct cmd *c, const char *name, uint64_t *out, int *answer_out)
{
    const struct setting s = {name, SET_BYTES, "0", 0, INT64_MAX, SET_AT_START, NULL};
    const char *v = opt_get(c, name);
    struct err e;
    int64_t n;

    if (!v)
        return true;
    if (setting_check(&s, v, &n, &e) != RC_OK) {
        *answer_out = cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
        return false;
    }
    *out = (uint64_t)n;
    return true;
}

/* ---- an account shown ---- */
json_t *json_text(struct span s)
{
    json_t *j = s.n ? json_stringn((const char *)s.p, s.n) : json_null();
    struct buf plain = BUF_INIT;

    if (j)
        return j;
    for (size_t i = 0; i < s.n; i++)
        buf_addc(&plain, s.p[i] < 0x80 ? s.p[i] : '?');
    j = json_stringn((const char *)plain.p, plain.n);
    buf_free(&plain);
    return j;
}

static json_t *json_lines(struct span s)
{
    json_t *list = json_array();

    while (s.n > 0) {
        ptrdiff_t nl = span_chr(s, '\n');
        struct span line = span_head(s, nl < 0 ? s.n : (size_t)nl);
        s = span_from(s, nl < 0 ? s.n : (size_t)nl + 1);
        if (line.n > 0)
            json_array_append_new(list, json_text(line));
    }
    return list;
}

json_t *account_json(const struct dird_account *a)
{
    const struct {
        const char *key;
        struct span text;
    } texts[] = {{"address", a->address},
                 {"name", a->name},
                 {"given", a->given},
                 {"sn", a->sn},
                 {"rpps", a->rpps},
                 {"structure", a->structure},
                 {"profession", a->profession},
                 {"specialty", a->specialty},
                 {"service", a->service},
                 {"responsible", a->responsible}};
    json_t *j = json_object();

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(j, texts[i].key, json_text(texts[i].text));
    json_object_set_new(j, "type", json_string(type_name(a->type)));
    json_object_set_new(j, "aliases", json_lines(a->aliases));
    json_object_set_new(j, "mailbox", json_integer((json_int_t)a->mbx));
    json_object_set_new(j, "quota", json_integer((json_int_t)a->quota));
    json_object_set_new(j, "strict", json_boolean(a->flags & DF_STRICT));
    json_object_set_new(j, "sign", json_boolean(a->flags & DF_SIGN));
    json_object_set_new(j, "red_list", json_boolean(a->flags & DF_RED_LIST));
    json_object_set_new(j, "disabled", json_boolean(a->disabled));
    return j;
}

/* What changes an account wants its address: an alias may move to another account, and the command is then repeated from a history. */
static int no_account(struct cmd *c, const char *normal, struct buf *mem)
{
    struct dird_lookup_rep rep = {0};
    struct err e;

    if (dir_lookup(inst_dir(c), span_str(normal), &rep, mem, &e) == RC_OK && rep.address.n > 0)
        return cmd_fail(c, "%s is another address of %.*s: name that one", normal, SPAN_ARG(rep.address));
    return cmd_fail(c, "no account %s: pli account list shows those there are", normal);
}

int account_get(struct cmd *c, const char *address, struct dird_account *out, struct buf *mem)
{
    char normal[256];
    struct span domain;
    struct dird_address_req rq;
    struct err e;
    enum rc rc;

    if (!address_normal(address, normal, &domain))
        return cmd_usage(c, "\"%.100s\" is not an address of a mailbox", address);
    rq.address = span_str(normal);
    *out = (struct dird_account){0};
    rc = dir_call_in(inst_dir(c), DIRD_ACCOUNT_GET, &rq, out, mem, &e);
    if (rc == RC_NOTFOUND)
        return no_account(c, normal, mem);
    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}
