/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/people.c - see pli/people.h. */
#include "pli/people.h"
#include "base/settings.h"
#include "base/wipe.h"
#include "directory/drawn.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- passwords ---- */
/* What is read; behind it one that is made. */
enum { MADE = PASSWORDS_MEM, MEM = MADE + DRAWN_SIZE };

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

/* "\xEF\xBB\xBF": a byte order mark, as editors of Windows put before a text; no part of what was typed. */
static struct span without_bom(struct span s)
{
    return span_istarts(s, "\xEF\xBB\xBF") ? span_from(s, 3) : s;
}

int passwords_take(struct cmd *c, struct span line, struct passwords *out)
{
    struct buf as = BUF_SECRET_INIT;
    struct err e;
    enum rc rc;

    if (line.n == 0 || line.n > PASSWORD_MOST || span_chr(line, 0) >= 0)
        return cmd_usage(c, "a password is one line of 1 to %d bytes", PASSWORD_MOST);
    rc = password_normal(line, &as, &e);
    buf_free(&as);
    if (rc != RC_OK)
        return cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
    out->line[out->n++] = line;
    return PLI_OK;
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
    char *to = out->mem + MADE; /* behind what was read */

    drawn_make(to);
    out->line[out->n++] = span_of(to, DRAWN_SIZE);
}

void passwords_wipe(struct passwords *p)
{
    if (p->mem)
        secret_free(p->mem, MEM);
    *p = (struct passwords){0};
}

int password_accepted(struct cmd *c, struct span password, const char *address, int64_t *least_out)
{
    struct conf *conf;
    struct err e;
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    *least_out = conf_num(conf, "dird.password_min");
    conf_free(&conf);
    return password_fits(password, span_str(address), *least_out, &e) == RC_OK
               ? PLI_OK
               : cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
}

/* ---- sizes ---- */
char *moment_text(uint64_t utc, char out[32])
{
    time_t t = (time_t)utc;
    struct tm tm;

    out[0] = '\0';
    if (utc > 0 && gmtime_r(&t, &tm))
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
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

static bool option(struct cmd *c, const struct setting *s, uint64_t *out, int *answer_out)
{
    const char *v = opt_get(c, s->name);
    struct err e;
    int64_t n;

    if (!v)
        return true;
    if (setting_check(s, v, &n, &e) != RC_OK) {
        *answer_out = cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
        return false;
    }
    *out = (uint64_t)n;
    return true;
}

/* "5" that was meant as gigabytes would be a mailbox that takes no letter. */
bool size_option(struct cmd *c, const char *name, uint64_t *out, int *answer_out)
{
    if (!option(c, &(struct setting){name, SET_BYTES, "0", 0, INT64_MAX, SET_AT_START, NULL}, out, answer_out))
        return false;
    if (*out == 0 || *out >= SIZE_LEAST)
        return true;
    *answer_out =
        cmd_usage(c, "%s %s: too small: is its unit missing, such as in 512k, 25M or 2G?", name, opt_get(c, name));
    return false;
}

bool number_option(struct cmd *c, const char *name, int64_t most, uint64_t *out, int *answer_out)
{
    return option(c, &(struct setting){name, SET_INT, "0", 0, most, SET_AT_START, NULL}, out, answer_out);
}

static const char *const said_words[] = {[SAID_NOTHING] = "unknown", [SAID_YES] = "yes", [SAID_NO] = "no"};

const char *said_word(uint8_t said)
{
    return said_words[said <= SAID_NO ? said : SAID_NOTHING];
}

bool said_option(struct cmd *c, const char *name, uint8_t *out, int *answer_out)
{
    const char *v = opt_get(c, name);

    if (!v)
        return false;
    for (uint8_t i = SAID_NOTHING; i <= SAID_NO; i++)
        if (strcmp(v, said_words[i]) == 0) {
            *out = i;
            return true;
        }
    *answer_out = cmd_usage(c, "%s is yes, no or unknown", name);
    return false;
}

/* ---- an account shown ---- */
json_t *said_json(uint8_t said)
{
    return said == SAID_NOTHING ? json_null() : json_boolean(said == SAID_YES);
}

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

json_t *json_words(const char *words)
{
    return words[0] ? json_text(span_str(words)) : json_string("");
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
                 {"responsible", a->responsible},
                 {"civility", a->civility},
                 {"adeli", a->adeli},
                 {"telephone", a->telephone},
                 {"description", a->description},
                 {"town", a->town},
                 {"structure_name", a->structure_name}};
    json_t *j = json_object();
    char when[32];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(j, texts[i].key, json_text(texts[i].text));
    json_object_set_new(j, "type", json_string(type_name(a->type)));
    json_object_set_new(j, "aliases", json_lines(a->aliases));
    json_object_set_new(j, "mailbox", json_integer((json_int_t)a->mbx));
    json_object_set_new(j, "quota", json_integer((json_int_t)a->quota));
    json_object_set_new(j, "quota_messages", json_integer((json_int_t)a->most));
    json_object_set_new(j, "strict", json_boolean(a->flags & DF_STRICT));
    json_object_set_new(j, "sign", json_boolean(a->flags & DF_SIGN));
    json_object_set_new(j, "red_list", json_boolean(a->flags & DF_RED_LIST));
    json_object_set_new(j, "rank", json_integer((json_int_t)a->rank));
    json_object_set_new(j, "paperless", said_json(a->paperless));
    json_object_set_new(j, "disabled", json_boolean(a->state > DA_PENDING));
    json_object_set_new(j, "state", json_string(state_name(a->state)));
    json_object_set_new(j, "state_since", json_text(span_str(moment_text(a->since, when))));
    json_object_set_new(j, "state_by", json_text(a->by));
    json_object_set_new(j, "state_reason", json_text(a->reason));
    json_object_set_new(j, "keep_until", json_text(span_str(moment_text(a->keep_until, when))));
    json_object_set_new(j, "code_until", json_text(span_str(moment_text(a->code_until, when))));
    return j;
}

int account_of(struct cmd *c, const char *address, struct account *out)
{
    struct err e;
    enum rc rc = account_get(inst_admin(c), span_str(address), out, &e);

    if (rc == RC_SYNTAX)
        return cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
    if (rc == RC_NOTFOUND && e.cause != CAUSE_ADDRESS_CLOSED)
        return cmd_why(c, PLI_FAILED, e.cause, "%s: pli account list shows those there are", e.log);
    return rc == RC_OK ? PLI_OK : cmd_err(c, &e);
}

int wish_refused(struct cmd *c, enum account_fault fault, struct span about)
{
    static const char *const options[ACCOUNT_FAULTS_] = {
        /* of the others the line shows what was typed */
        [ACCOUNT_TYPE] = "--type: ",       [ACCOUNT_NAME] = "--name: ",
        [ACCOUNT_RPPS] = "--rpps: ",       [ACCOUNT_STRUCTURE] = "--structure: ",
        [ACCOUNT_NEEDS_RPPS] = "--rpps: ", [ACCOUNT_NEEDS_STRUCTURE] = "--structure: ",
        [ACCOUNT_ADELI] = "--adeli: ",     [ACCOUNT_TELEPHONE] = "--telephone: ",
        [ACCOUNT_RANK] = "--rank: ",
    };
    struct err e;

    (void)account_refuse(fault, about, &e);
    return cmd_usage(c, "%s%s", options[fault] ? options[fault] : "", e.log);
}

size_t aliases_given(const struct cmd *c, struct span out[CMD_OPTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_given; i++)
        if (strcmp(c->given[i].name, "--alias") == 0 && c->given[i].value[0])
            out[n++] = span_str(c->given[i].value);
    return n;
}
