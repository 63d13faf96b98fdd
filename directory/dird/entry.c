/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry.c - reading entries: one table says which attribute is which field.
 * Process  dird.
 */
#include "directory/dird/entry.h"
#include <ldap.h>
#include <stdio.h>
#include <time.h>

const char *const entry_sync_attrs[] = {"objectClass",
                                        "entryCSN",
                                        "pwdChangedTime",
                                        "mail",
                                        "mailLocalAddress",
                                        "displayName",
                                        "cn",
                                        "mssType",
                                        "pliMailboxId",
                                        "pliMailboxKey",
                                        "pliStrict",
                                        "pliSign",
                                        "pliDisabled",
                                        "mssRedList",
                                        "dc",
                                        "mssOperatorDN",
                                        "description",
                                        "pliDelegate",
                                        "pliKeepUntil",
                                        "pliCodeUntil",
                                        "pliPending",
                                        "pliHolder",
                                        "pliQuota",
                                        "pliMaxAccounts",
                                        "pliPostmaster",
                                        "pliCatchAll",
                                        "pliInside",
                                        "pliMaxMessage",
                                        "pliUnpublished",
                                        "pliListPost",
                                        "rfc822MailMember",
                                        "mssStructureId",
                                        "pliAdminStructure",
                                        "pliAdminDomain",
                                        NULL};
const char *const entry_account_attrs[] = {"mail",
                                           "mailLocalAddress",
                                           "displayName",
                                           "cn",
                                           "givenName",
                                           "sn",
                                           "rpps",
                                           "mssStructureId",
                                           "mssProfession",
                                           "mssSpecialty",
                                           "mssService",
                                           "mssResponsible",
                                           "mssType",
                                           "pliMailboxId",
                                           "pliMailboxKey",
                                           "pliQuota",
                                           "pliQuotaMessages",
                                           "pliStrict",
                                           "pliSign",
                                           "pliDisabled",
                                           "mssRedList",
                                           "pliReason",
                                           "pliStateSince",
                                           "pliStateBy",
                                           "pliKeepUntil",
                                           "pliErasing",
                                           "pliCodeUntil",
                                           "pliPending",
                                           "personalTitle",
                                           "adeli",
                                           "telephoneNumber",
                                           "description",
                                           "mssPreferredRank",
                                           "mssPaperless",
                                           "l",
                                           "o",
                                           "userCertificate;binary",
                                           NULL};
enum {
    MOST_TEXT = 256,
    MOST_CERT = 16384,
    MOST_ALIASES = 16384,
    ACCOUNT_BYTES = 20 * MOST_TEXT + MOST_CERT + MOST_ALIASES
};

static const struct {
    const char *attr;
    uint16_t off, most;
} texts[] = {
    {"mail", offsetof(struct dird_account, address), 255},
    {"displayName", offsetof(struct dird_account, name), MOST_TEXT},
    {"givenName", offsetof(struct dird_account, given), MOST_TEXT},
    {"sn", offsetof(struct dird_account, sn), MOST_TEXT},
    {"rpps", offsetof(struct dird_account, rpps), 32},
    {"mssStructureId", offsetof(struct dird_account, structure), 32},
    {"mssProfession", offsetof(struct dird_account, profession), MOST_TEXT},
    {"mssSpecialty", offsetof(struct dird_account, specialty), MOST_TEXT},
    {"mssService", offsetof(struct dird_account, service), MOST_TEXT},
    {"mssResponsible", offsetof(struct dird_account, responsible), MOST_TEXT},
    {"pliReason", offsetof(struct dird_account, reason), MOST_TEXT},
    {"pliStateBy", offsetof(struct dird_account, by), MOST_TEXT},
    {"personalTitle", offsetof(struct dird_account, civility), MOST_TEXT},
    {"adeli", offsetof(struct dird_account, adeli), 32},
    {"telephoneNumber", offsetof(struct dird_account, telephone), 32},
    {"description", offsetof(struct dird_account, description), MOST_TEXT},
    {"l", offsetof(struct dird_account, town), MOST_TEXT},
    {"o", offsetof(struct dird_account, structure_name), MOST_TEXT},
};
static const struct {
    const char *attr;
    uint32_t flag;
} flags[] = {{"pliStrict", DF_STRICT}, {"pliSign", DF_SIGN}, {"mssRedList", DF_RED_LIST}};
static const char *const types[] = {[DT_PER] = "PER", [DT_ORG] = "ORG", [DT_APP] = "APP", [DT_CAB] = "CAB"};

static struct span cut(struct span s, size_t most)
{
    if (s.n <= most)
        return s;
    size_t n = most;
    while (n > 0 && (s.p[n] & 0xC0) == 0x80)
        n--;
    return span_head(s, n);
}

static struct berval **values(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    return ldap_get_values_len(ld, m, attr);
}

bool entry_text(struct ldap *ld, struct ldapmsg *m, const char *attr, struct buf *out)
{
    struct berval **v = values(ld, m, attr);
    bool there = v && v[0];
    if (there)
        buf_add(out, v[0]->bv_val, v[0]->bv_len);
    ldap_value_free_len(v);
    return there;
}

/* The first value, cut to most bytes, appended to mem, which has room. */
static struct span text_in(struct ldap *ld, struct ldapmsg *m, const char *attr, size_t most, struct buf *mem)
{
    struct berval **v = values(ld, m, attr);
    struct span s = SPAN_NULL;
    if (v && v[0]) {
        size_t at = mem->n;
        buf_addspan(mem, cut(span_of(v[0]->bv_val, v[0]->bv_len), most));
        s = span_of(mem->p + at, mem->n - at);
    }
    ldap_value_free_len(v);
    return s;
}

static uint64_t number(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    struct berval **v = values(ld, m, attr);
    uint64_t n = 0;
    if (v && v[0] && !span_u64(span_of(v[0]->bv_val, v[0]->bv_len), UINT64_MAX, &n))
        n = 0;
    ldap_value_free_len(v);
    return n;
}

static bool is_true(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    struct berval **v = values(ld, m, attr);
    bool yes = v && v[0] && span_eq_str(span_of(v[0]->bv_val, v[0]->bv_len), "TRUE");
    ldap_value_free_len(v);
    return yes;
}

static bool has_value(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    struct berval **v = values(ld, m, attr);
    bool there = v && v[0];
    ldap_value_free_len(v);
    return there;
}

/* "20261129093000Z", as we write it, or with a fraction; 0: absent, or another form. */
static uint64_t time_of(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    struct berval **v = values(ld, m, attr);
    struct tm tm = {0};
    char text[32] = "", *end = NULL;
    if (v && v[0])
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(span_head(span_of(v[0]->bv_val, v[0]->bv_len), sizeof text - 1)));
    ldap_value_free_len(v);
    end = strptime(text, "%Y%m%d%H%M%S", &tm);
    return end && (*end == 'Z' || *end == '.' || *end == ',') ? (uint64_t)timegm(&tm) : 0;
}

static uint8_t said(struct ldap *ld, struct ldapmsg *m, const char *attr)
{
    if (!has_value(ld, m, attr))
        return SAID_NOTHING;
    return is_true(ld, m, attr) ? SAID_YES : SAID_NO;
}

/* A rank that somebody wrote there over LDAP and that is none counts as not told. */
static uint32_t rank_of(struct ldap *ld, struct ldapmsg *m)
{
    uint64_t n = number(ld, m, "mssPreferredRank");
    return n <= RANK_MOST ? (uint32_t)n : 0;
}

static uint32_t flags_of(struct ldap *ld, struct ldapmsg *m)
{
    uint32_t f = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (is_true(ld, m, flags[i].attr))
            f |= flags[i].flag;
    return f;
}

static uint8_t type_of(struct ldap *ld, struct ldapmsg *m)
{
    struct berval **v = values(ld, m, "mssType");
    uint8_t type = 0;
    for (uint8_t t = DT_PER; v && v[0] && t <= DT_CAB; t++)
        if (span_ieq_str(span_of(v[0]->bv_val, v[0]->bv_len), types[t]))
            type = t;
    ldap_value_free_len(v);
    return type;
}

static bool key_of(struct ldap *ld, struct ldapmsg *m, unsigned char pub[32])
{
    struct berval **v = values(ld, m, "pliMailboxKey");
    bool ok = v && v[0] && v[0]->bv_len == 32;
    if (ok)
        memcpy(pub, v[0]->bv_val, 32);
    ldap_value_free_len(v);
    return ok;
}

/* "20261128044723.945404Z#...": digits from at on, n of them. */
static uint64_t digits_of(struct ldap *ld, struct ldapmsg *m, const char *attr, size_t at, size_t n)
{
    struct berval **v = values(ld, m, attr);
    uint64_t out = 0;
    if (v && v[0] && (v[0]->bv_len < at + n || !span_u64(span_of(v[0]->bv_val + at, n), UINT64_MAX, &out)))
        out = 0;
    ldap_value_free_len(v);
    return out;
}

static uint64_t secret_at(struct ldap *ld, struct ldapmsg *m)
{
    return entry_secret_at(digits_of(ld, m, "pwdChangedTime", 2, 12), digits_of(ld, m, "entryCSN", 2, 12),
                           digits_of(ld, m, "entryCSN", 15, 6));
}

uint64_t entry_csn(struct ldap *ld, struct ldapmsg *m)
{
    struct berval **v = values(ld, m, "entryCSN");
    uint64_t n = v && v[0] ? csn_number(span_of(v[0]->bv_val, v[0]->bv_len)) : 0;
    ldap_value_free_len(v);
    return n;
}

bool entry_has_class(struct ldap *ld, struct ldapmsg *m, const char *name)
{
    struct berval **v = values(ld, m, "objectClass");
    bool has = false;
    for (size_t i = 0; v && v[i]; i++)
        has = has || span_ieq_str(span_of(v[i]->bv_val, v[i]->bv_len), name);
    ldap_value_free_len(v);
    return has;
}

static size_t aliases_of(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct span out[CACHE_ALIASES])
{
    struct berval **v = values(ld, m, "mailLocalAddress");
    size_t n = 0;
    for (size_t i = 0; v && v[i] && n < CACHE_ALIASES; i++) {
        if (v[i]->bv_len >= CACHE_NAME)
            continue;
        size_t at = mem->n;
        buf_add(mem, v[i]->bv_val, v[i]->bv_len);
        out[n++] = span_of(mem->p + at, v[i]->bv_len);
    }
    ldap_value_free_len(v);
    return n;
}

bool entry_facts(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_facts *out)
{
    struct err e = {0};
    *out = (struct cache_facts){.type = type_of(ld, m),
                                .mbx = number(ld, m, "pliMailboxId"),
                                .csn = entry_csn(ld, m),
                                .secret_at = secret_at(ld, m)};
    if (buf_reserve(mem, (CACHE_ALIASES + 4) * MOST_TEXT, &e) != RC_OK || !key_of(ld, m, out->pub) || !out->type ||
        !out->mbx)
        return false;
    out->address = text_in(ld, m, "mail", 255, mem);
    out->name = text_in(ld, m, "displayName", MOST_TEXT, mem);
    if (out->name.n == 0)
        out->name = text_in(ld, m, "cn", MOST_TEXT, mem);
    out->structure = text_in(ld, m, "mssStructureId", DIRD_ID, mem);
    out->flags = flags_of(ld, m);
    out->code_until = time_of(ld, m, "pliCodeUntil");
    out->closed = has_value(ld, m, "pliKeepUntil");
    out->disabled = out->closed || is_true(ld, m, "pliDisabled");
    out->pending = is_true(ld, m, "pliPending");
    out->n_aliases = aliases_of(ld, m, mem, out->aliases);
    return span_chr(out->address, '@') > 0;
}

/* 64 hexadecimal digits. */
static bool holder_of(struct ldap *ld, struct ldapmsg *m, unsigned char out[DIRD_PUB])
{
    struct berval **v = values(ld, m, "pliHolder");
    unsigned digit = 0;
    size_t n = v && v[0] && v[0]->bv_len == 2 * DIRD_PUB ? DIRD_PUB : 0, i;
    for (i = 0; i < n && sscanf(v[0]->bv_val + 2 * i, "%2x", &digit) == 1; i++)
        out[i] = (unsigned char)digit;
    ldap_value_free_len(v);
    return i == DIRD_PUB;
}

bool entry_tombstone(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_facts *out)
{
    struct err e = {0};
    *out = (struct cache_facts){.type = type_of(ld, m), .tombstone = true, .closed = true, .disabled = true};
    if (buf_reserve(mem, (CACHE_ALIASES + 1) * MOST_TEXT, &e) != RC_OK)
        return false;
    (void)holder_of(ld, m, out->pub); /* one that does not read is nobody's: nobody gets the address */
    out->address = text_in(ld, m, "mail", 255, mem);
    out->name = out->address;
    out->n_aliases = aliases_of(ld, m, mem, out->aliases);
    return span_chr(out->address, '@') > 0;
}

bool entry_trust(struct ldap *ld, struct ldapmsg *m, struct buf *domain, struct buf *note, struct buf *packed)
{
    struct berval **v = values(ld, m, "mssOperatorDN");
    for (size_t i = 0; v && v[i] && packed->n < 16384; i++)
        if (v[i]->bv_len <= 512)
            buf_bytes(packed, span_of(v[i]->bv_val, v[i]->bv_len));
    ldap_value_free_len(v);
    (void)entry_text(ld, m, "description", note);
    buf_cut(note, cut(buf_span(note), MOST_TEXT).n);
    return entry_text(ld, m, "dc", domain) && packed->n > 0;
}

static struct cache_policy policy_of(struct ldap *ld, struct ldapmsg *m)
{
    return (struct cache_policy){.max_message = number(ld, m, "pliMaxMessage"),
                                 .inside = is_true(ld, m, "pliInside"),
                                 .sign = is_true(ld, m, "pliSign")     ? SIGN_ALWAYS
                                         : has_value(ld, m, "pliSign") ? SIGN_NEVER
                                                                       : SIGN_UNSAID,
                                 .red_list = is_true(ld, m, "mssRedList"),
                                 .unpublished = is_true(ld, m, "pliUnpublished")};
}

bool entry_domain(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_domain_facts *out)
{
    struct err e = {0};
    struct berval **v = values(ld, m, "pliQuota");
    *out = (struct cache_domain_facts){.quota = number(ld, m, "pliQuota"),
                                       .most = number(ld, m, "pliMaxAccounts"),
                                       .policy = policy_of(ld, m),
                                       .own_quota = v && v[0],
                                       .disabled = is_true(ld, m, "pliDisabled")};
    ldap_value_free_len(v);
    if (buf_reserve(mem, 4 * (MOST_TEXT + 1), &e) != RC_OK)
        return false;
    out->domain = text_in(ld, m, "dc", 253, mem);
    out->note = text_in(ld, m, "description", MOST_TEXT, mem);
    out->postmaster = text_in(ld, m, "pliPostmaster", 255, mem);
    out->catch_all = text_in(ld, m, "pliCatchAll", 255, mem);
    return out->domain.n > 0;
}

static uint8_t post_of(struct ldap *ld, struct ldapmsg *m)
{
    struct berval **v = values(ld, m, "pliListPost");
    uint8_t post = GP_MEMBERS; /* what cannot be read opens no list */
    for (uint8_t p = GP_MEMBERS; v && v[0] && p <= GP_LAST_; p++)
        if (span_ieq_str(span_of(v[0]->bv_val, v[0]->bv_len), entry_post_word(p)))
            post = p;
    ldap_value_free_len(v);
    return post;
}

const char *entry_post_word(uint8_t post)
{
    static const char *const words[] = {[GP_MEMBERS] = "members",
                                        [GP_DOMAIN] = "domain",
                                        [GP_ACCOUNTS] = "anyone-signed-in",
                                        [GP_TRUST_SPACE] = "trust-space"};
    return post >= GP_MEMBERS && post <= GP_LAST_ ? words[post] : "";
}

bool entry_group(struct ldap *ld, struct ldapmsg *m, struct buf *mem, struct cache_group_facts *out)
{
    struct err e = {0};
    out->post = post_of(ld, m);
    out->n_members = 0;
    if (buf_reserve(mem, (DIRD_MEMBERS + 4) * MOST_TEXT, &e) != RC_OK)
        return false;
    out->address = text_in(ld, m, "mail", 255, mem);
    out->name = text_in(ld, m, "displayName", MOST_TEXT, mem);
    out->note = text_in(ld, m, "description", MOST_TEXT, mem);
    struct berval **v = values(ld, m, "rfc822MailMember");
    for (size_t i = 0; v && v[i] && out->n_members <= DIRD_MEMBERS; i++) {
        if (v[i]->bv_len >= CACHE_NAME)
            continue;
        size_t at = mem->n;
        buf_add(mem, v[i]->bv_val, v[i]->bv_len);
        out->members[out->n_members++] = span_of(mem->p + at, v[i]->bv_len);
    }
    ldap_value_free_len(v);
    return span_chr(out->address, '@') > 0;
}

static struct span aliases_in(struct ldap *ld, struct ldapmsg *m, struct buf *mem)
{
    struct berval **v = values(ld, m, "mailLocalAddress");
    size_t at = mem->n;
    for (size_t i = 0; v && v[i] && mem->n - at + v[i]->bv_len < MOST_ALIASES; i++) {
        if (mem->n > at)
            buf_addc(mem, '\n');
        buf_add(mem, v[i]->bv_val, v[i]->bv_len);
    }
    ldap_value_free_len(v);
    return span_of(mem->p + at, mem->n - at);
}

static struct span cert_in(struct ldap *ld, struct ldapmsg *m, struct buf *mem)
{
    struct berval **v = values(ld, m, "userCertificate;binary");
    size_t at = mem->n;
    if (v && v[0] && v[0]->bv_len <= MOST_CERT)
        buf_add(mem, v[0]->bv_val, v[0]->bv_len);
    ldap_value_free_len(v);
    return span_of(mem->p + at, mem->n - at);
}

static uint8_t state_of(struct ldap *ld, struct ldapmsg *m)
{
    if (has_value(ld, m, "pliKeepUntil"))
        return is_true(ld, m, "pliErasing") ? DA_ERASING : DA_CLOSED;
    if (is_true(ld, m, "pliDisabled"))
        return DA_SUSPENDED;
    return is_true(ld, m, "pliPending") ? DA_PENDING : DA_ACTIVE;
}

enum rc entry_account(struct ldap *ld, struct ldapmsg *m, bool with_cert, struct buf *mem, struct dird_account *out,
                      struct err *e)
{
    *out = (struct dird_account){0};
    enum rc rc = buf_reserve(mem, ACCOUNT_BYTES, e);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct span s = text_in(ld, m, texts[i].attr, texts[i].most, mem);
        memcpy((char *)out + texts[i].off, &s, sizeof s);
    }
    if (out->name.n == 0)
        out->name = text_in(ld, m, "cn", MOST_TEXT, mem);
    out->aliases = aliases_in(ld, m, mem);
    if (with_cert)
        out->cert_der = cert_in(ld, m, mem);
    out->mbx = number(ld, m, "pliMailboxId");
    out->quota = number(ld, m, "pliQuota");
    out->most = number(ld, m, "pliQuotaMessages");
    out->rank = rank_of(ld, m);
    out->paperless = said(ld, m, "mssPaperless");
    out->type = type_of(ld, m);
    out->state = state_of(ld, m);
    out->since = time_of(ld, m, "pliStateSince");
    out->keep_until = time_of(ld, m, "pliKeepUntil");
    out->code_until = time_of(ld, m, "pliCodeUntil");
    out->flags = flags_of(ld, m);
    (void)key_of(ld, m, out->pub);
    return RC_OK;
}
