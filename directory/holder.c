/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/holder.c - see directory/holder.h. */
#include "directory/holder.h"
#include "crypto/seal/digest.h"

static struct span number_of(uint8_t type, struct span person, struct span structure)
{
    return type == DT_PER ? person : structure;
}

struct span holder_person(const struct dird_account *a)
{
    return a->rpps.n > 0 ? a->rpps : a->adeli;
}

void holder_digest(struct span address, uint8_t type, struct span person, struct span structure,
                   unsigned char out[DIRD_PUB])
{
    struct span number = number_of(type, person, structure);
    struct buf text = BUF_INIT; /* open: numbers that are published */

    _Static_assert((int)DIGEST_LEN == (int)DIRD_PUB, "a digest stands where a public key does");
    buf_addf(&text, "pli holder 1\n%u\n%.*s\n%.*s\n", type, SPAN_ARG(address), SPAN_ARG(number));
    digest_of(buf_span(&text), out);
    buf_free(&text);
}

bool holder_same(const unsigned char digest[DIRD_PUB], struct span address, const struct dird_account *a)
{
    unsigned char own[DIRD_PUB];

    if (number_of(a->type, holder_person(a), a->structure).n == 0)
        return false;
    holder_digest(address, a->type, holder_person(a), a->structure, own);
    return memcmp(digest, own, sizeof own) == 0;
}
