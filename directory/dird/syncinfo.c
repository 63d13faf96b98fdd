/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/syncinfo.c - reads the two small BER values of RFC 4533; definite lengths of at most 4 bytes, as LDAP asks (RFC 4511 5.1). */
#include "directory/dird/syncinfo.h"

enum {
    BER_BOOL = 0x01,
    BER_OCTETS = 0x04,
    BER_ENUM = 0x0a,
    BER_SEQ = 0x30,
    BER_SET = 0x31,
    INFO_COOKIE = 0x80,
    INFO_REFRESH_DELETE = 0xa1,
    INFO_REFRESH_PRESENT = 0xa2,
    INFO_ID_SET = 0xa3
};

/* Takes the next element off rest, and gives its tag and content. */
static bool element(struct span *rest, unsigned *tag_out, struct span *content_out)
{
    struct rd r = rd_of(*rest);
    *tag_out = rd_u8(&r);
    size_t n = rd_u8(&r);
    if (n & 0x80) {
        unsigned bytes = n & 0x7f;
        if (bytes == 0 || bytes > 4)
            return false;
        for (n = 0; bytes > 0; bytes--)
            n = n << 8 | rd_u8(&r);
    }
    *content_out = rd_take(&r, n);
    *rest = r.s;
    return rd_ok(&r);
}

static bool is_next(struct span rest, unsigned tag)
{
    return rest.n > 0 && rest.p[0] == tag;
}

static enum rc malformed(struct err *e, const char *what)
{
    return err_set(e, RC_SYNTAX, "directory sent a malformed sync %s", what);
}

enum rc sync_state_parse(struct span ber, struct sync_state_value *out, struct err *e)
{
    struct span seq, state, uuid;
    unsigned tag = 0;
    if (!element(&ber, &tag, &seq) || tag != BER_SEQ || !element(&seq, &tag, &state) || tag != BER_ENUM ||
        state.n != 1 || state.p[0] > SYNC_DELETE || !element(&seq, &tag, &uuid) || tag != BER_OCTETS || uuid.n != 16)
        return malformed(e, "state");
    out->state = (enum sync_state)state.p[0];
    memcpy(out->uuid, uuid.p, 16);
    return RC_OK;
}

/* Skips an optional cookie, reads an optional BOOLEAN into *value. */
static bool cookie_and_bool(struct span *body, bool *value)
{
    struct span content;
    unsigned tag = 0;
    if (is_next(*body, BER_OCTETS) && !element(body, &tag, &content))
        return false;
    if (!is_next(*body, BER_BOOL))
        return true;
    if (!element(body, &tag, &content) || content.n != 1)
        return false;
    *value = content.p[0] != 0;
    return true;
}

static bool uuid_set(struct span body, struct buf *out)
{
    struct span set, uuid;
    unsigned tag = 0;
    if (!element(&body, &tag, &set) || tag != BER_SET)
        return false;
    while (set.n > 0) {
        if (!element(&set, &tag, &uuid) || tag != BER_OCTETS || uuid.n != 16)
            return false;
        buf_addspan(out, uuid);
    }
    return true;
}

enum rc sync_info_parse(struct span ber, struct sync_info *out, struct err *e)
{
    struct span body;
    unsigned tag = 0;
    if (!element(&ber, &tag, &body))
        return malformed(e, "message");
    out->done = out->deletes = false;
    if (tag == INFO_COOKIE)
        return RC_OK;
    if (tag == INFO_REFRESH_DELETE || tag == INFO_REFRESH_PRESENT) {
        out->done = true; /* its default */
        return cookie_and_bool(&body, &out->done) ? RC_OK : malformed(e, "refresh message");
    }
    if (tag != INFO_ID_SET || !cookie_and_bool(&body, &out->deletes) || !uuid_set(body, &out->uuids))
        return malformed(e, "set of ids");
    return RC_OK;
}
