/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_changes.c - which mailboxes changed lately, for who keeps something in step with all of them (pli-pubd, decision 0051).
 *
 * Ring     The last CHANGES_KEPT addresses are kept. Who asks for more than there is, or comes from another run of dird, is told "whole": compare
 *          everything. So nobody is told too little, and nothing has to be written down here.
 * Process  dird, the sync thread (noting), any thread (asking).
 */
#include "directory/dird/cache_int.h"
#include <stdlib.h>

static void note(struct cache *c, const char *address)
{
    struct changes *ch = &c->changes;
    char **at = &ch->address[ch->next % CHANGES_KEPT];

    free(*at);
    *at = span_dup(span_str(address));
    ch->next++;
    if (ch->next - ch->known > CHANGES_KEPT)
        ch->known = ch->next - CHANGES_KEPT;
}

void cache_note_whole(struct cache *c)
{
    c->changes.next++; /* so that whoever has seen all until now learns of it */
    c->changes.known = c->changes.next;
}

void cache_note_item(struct cache *c, const struct item *it)
{
    if (it->domain && it->domain->disabled)
        cache_note_whole(c);
    for (const struct name *n = it->names; n; n = n->sibling)
        if (n->kind == NAME_ADDRESS)
            note(c, n->text);
}

void cache_changes(struct cache *c, struct cache_changed *at, size_t most, struct buf *out)
{
    const struct changes *ch = &c->changes;
    uint64_t i;

    pthread_rwlock_rdlock(&c->lock);
    if (at->run != ch->run || at->seen + 1 < ch->known || at->seen >= ch->next) {
        *at = (struct cache_changed){.run = ch->run, .seen = ch->next - 1, .whole = true};
        pthread_rwlock_unlock(&c->lock);
        return;
    }
    for (i = at->seen + 1; i < ch->next; i++) {
        const char *address = ch->address[i % CHANGES_KEPT];
        if (out->n + strlen(address) + 1 > most)
            break;
        buf_addstr(out, address);
        buf_addc(out, '\n');
    }
    at->more = i < ch->next;
    at->seen = i - 1;
    pthread_rwlock_unlock(&c->lock);
}

uint64_t cache_changes_seen(struct cache *c)
{
    uint64_t n;

    pthread_rwlock_rdlock(&c->lock);
    n = c->changes.next;
    pthread_rwlock_unlock(&c->lock);
    return n;
}

void cache_changes_free(struct cache *c)
{
    for (size_t i = 0; i < CHANGES_KEPT; i++)
        free(c->changes.address[i]);
}
