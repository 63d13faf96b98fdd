/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/seal_fuzz.c - hostile bytes at every door of seal, slot lists, ticket and base 64: never a crash, never a yes.
 * The first byte chooses the door; the rest is what stored, a session or a disk could hand us.
 */
#include "crypto/seal/digest.h"
#include "crypto/seal/slot.h"
#include "crypto/seal/ticket.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const unsigned char key[32] = "fuzz key, not a secret, 32 bytes";
static const unsigned char oid[SEAL_OID] = "fuzz object id.";

static void must_fail(enum rc rc)
{
    if (rc == RC_OK)
        abort(); /* hostile bytes do not open a seal */
}

static void door_chunk(struct span in)
{
    struct buf out = BUF_INIT;
    struct seal_obj *o = NULL;
    struct err e;

    if (seal_obj_open(key, oid, SEAL_MESSAGE, &o, &e) == RC_OK) {
        must_fail(open_chunk(o, in.n ? in.p[0] : 0, in.n & 1, in, &out, &e));
        seal_obj_close(&o);
    }
    buf_free(&out);
}

static void door_whole(struct span in)
{
    struct buf out = BUF_INIT;
    uint64_t size;
    struct err e;

    must_fail(open_whole(key, oid, SEAL_SUMMARY, in, &out, &e));
    if (out.n != 0)
        abort();
    (void)seal_plain_size(in.n, &size, &e);
    must_fail(open_name(key, 16, oid, in, &out, &e));
    buf_free(&out);
}

static void door_slots(struct span in)
{
    struct buf out = BUF_INIT;
    struct span rest = in;
    struct slot s;
    struct err e;

    while (slot_next(&rest, &s, &e) == RC_OK)
        ;
    (void)slot_without(in, SLOT_PASSWORD, 1, &out, &e);
    buf_free(&out);
}

static void door_ticket(struct span in)
{
    struct ticket t;
    struct err e;

    for (unsigned who = 0; who < TICKET_CHECKERS; who++)
        must_fail(ticket_check(in, who, key, 1000, &t, &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static void (*const doors[])(struct span) = {door_chunk, door_whole, door_slots, door_ticket};

    if (n > 0)
        doors[p[0] % (sizeof doors / sizeof *doors)](span_of(p + 1, n - 1));
    return 0;
}
