/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/checked.c - see checked.h. */
#include "directory/dird/checked.h"
#include "base/buf.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include <pthread.h>
#include <stdlib.h>

enum { ROWS = 1024, WAYS = 4, KEY = 32 };

struct good {
    unsigned char mac[CHECKED_MAC];
    uint64_t csn;
    int64_t until; /* 0: free */
};
struct secret_part {
    unsigned char key[KEY];
    struct good row[ROWS][WAYS];
};
struct checked {
    pthread_mutex_t lock;
    int64_t life;
    bool entries_only;
    struct secret_part *s;
};

struct checked *checked_new(int64_t life_ms, bool entries_only)
{
    struct checked *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    c->s = secret_alloc(sizeof *c->s);
    c->life = life_ms;
    c->entries_only = entries_only;
    random_bytes(c->s->key, KEY);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void checked_free(struct checked **c)
{
    if (!c || !*c)
        return;
    secret_free((*c)->s, sizeof *(*c)->s);
    pthread_mutex_destroy(&(*c)->lock);
    free(*c);
    *c = NULL;
}

void checked_mac(const struct checked *c, struct span login, struct span password, unsigned char mac_out[CHECKED_MAC])
{
    struct buf text = BUF_INIT;
    buf_init_secret(&text);
    buf_addspan(&text, login);
    buf_addc(&text, 0);
    buf_addspan(&text, password);
    hmac_of(span_of(c->s->key, KEY), buf_span(&text), mac_out);
    buf_free(&text);
}

static struct good *row_of(struct checked *c, const unsigned char mac[CHECKED_MAC])
{
    return c->s->row[(mac[0] | mac[1] << 8) % ROWS];
}

bool checked_has(struct checked *c, const unsigned char mac[CHECKED_MAC], uint64_t csn, int64_t now)
{
    bool has = false;
    pthread_mutex_lock(&c->lock);
    struct good *row = row_of(c, mac);
    for (int i = 0; i < WAYS; i++) {
        bool same = row[i].until > 0 && same_secret(row[i].mac, mac, CHECKED_MAC);
        if (same && row[i].until > now && row[i].csn == csn)
            has = true;
        else if (same || (row[i].until > 0 && row[i].until <= now))
            wipe(&row[i], sizeof row[i]);
    }
    pthread_mutex_unlock(&c->lock);
    return has;
}

void checked_put(struct checked *c, const unsigned char mac[CHECKED_MAC], uint64_t csn, int64_t now)
{
    if (c->life <= 0 || (c->entries_only && csn == 0))
        return;
    pthread_mutex_lock(&c->lock);
    struct good *row = row_of(c, mac), *to = row;
    for (int i = 0; i < WAYS; i++) {
        if (same_secret(row[i].mac, mac, CHECKED_MAC)) {
            to = &row[i];
            break;
        }
        if (row[i].until < to->until)
            to = &row[i];
    }
    memcpy(to->mac, mac, CHECKED_MAC);
    to->csn = csn;
    to->until = now + c->life;
    pthread_mutex_unlock(&c->lock);
}
