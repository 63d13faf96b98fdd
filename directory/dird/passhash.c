/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/passhash.c - see passhash.h. */
#include "directory/dird/passhash.h"
#include "base/log.h"
#include "base/prepare.h"
#include "base/wipe.h"
#include "directory/dird/newpass.h"
#include "directory/drawn.h"
#include <argon2.h>
#include <sodium.h>
#include <stdio.h>

static const char scheme[] = "{ARGON2}";

void passhash_warm(void)
{
    if (sodium_init() < 0)
        die("libsodium does not start");
}

static void draw(struct buf *out)
{
    unsigned char raw[24];

    random_bytes(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++)
        buf_addf(out, "%02x", raw[i]);
    wipe(raw, sizeof raw);
}

static enum rc hash(struct passhash *p, bool slow, struct err *e)
{
    unsigned long long passes = slow ? PASSHASH_PASSES : crypto_pwhash_OPSLIMIT_MIN;
    size_t room = slow ? (size_t)PASSHASH_MIB << 20 : crypto_pwhash_MEMLIMIT_MIN;
    char text[crypto_pwhash_STRBYTES];

    _Static_assert(sizeof scheme + sizeof text <= PASSHASH_SIZE, "it fits");
    if (crypto_pwhash_str_alg(text, (const char *)p->text.p, p->text.n, passes, room, crypto_pwhash_ALG_ARGON2ID13) !=
        0)
        return err_set(e, RC_TEMP, "no memory to hash a password");
    snprintf(p->hash, sizeof p->hash, "%s%s", scheme, text);
    wipe(text, sizeof text);
    return RC_OK;
}

enum rc passhash_make(struct span password, enum passhash_kind kind, struct passhash *out, struct err *e)
{
    enum rc rc = RC_OK;

    buf_init_secret(&out->text);
    out->hash[0] = '\0';
    if (password.n == 0)
        draw(&out->text);
    else if ((rc = newpass_fits(password, e)) == RC_OK)
        rc = prepare_password(password, &out->text, e);
    if (rc != RC_OK || kind == PASSHASH_SITE)
        return rc;
    return hash(out, kind != PASSHASH_CODE || !drawn_is(buf_span(&out->text)), e);
}

void passhash_take_time(struct span password)
{
    static const unsigned char salt[16];
    unsigned char hash[32];

    /* no memory for it: slapd would have none either, and nothing is decided by it */
    (void)argon2id_hash_raw(PASSHASH_PASSES, PASSHASH_MIB << 10, 1, password.p, password.n, salt, sizeof salt, hash,
                            sizeof hash);
    wipe(hash, sizeof hash);
}

void passhash_free(struct passhash *p)
{
    buf_free(&p->text);
    wipe(p->hash, sizeof p->hash);
}
