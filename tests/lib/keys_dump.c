/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/keys_dump.c - prints the private keys of an instance in hex, so that a test can look for them where they must not be.
 * Use      keys_dump ROOT ADDRESS MAILBOX-NUMBER, as the instance's owner, while it is served. Never installed.
 * Prints   "name hex" lines: kek, queue, ca, tls-rsa, tls-ec (PKCS#8 or key DER), mailbox (X25519), signing (PKCS#8).
 */
#include "crypto/keyd/client/keyring.h"
#include "crypto/keyd/slot_keys.h"
#include "store/client/client.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct buf slurp(const char *root, const char *name)
{
    char path[4096];
    struct buf b = BUF_INIT;
    unsigned char piece[4096];
    ssize_t n;
    snprintf(path, sizeof path, "%s/keys/%s", root, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("cannot open %s", path);
    while ((n = read(fd, piece, sizeof piece)) > 0)
        buf_add(&b, piece, (size_t)n);
    close(fd);
    return b;
}

static void print(const char *name, struct span s)
{
    printf("%s ", name);
    for (size_t i = 0; i < s.n; i++)
        printf("%02x", s.p[i]);
    putchar('\n');
}

static void print_box(const struct keyring *k, const char *address, const struct store_box_rep *box)
{
    struct err e;
    struct slot slot;
    unsigned char priv[SEAL_PRIV];
    struct buf key = BUF_INIT;
    if (slot_find(box->slots, SLOT_KEYD, &slot, &e) == RC_OK &&
        slot_keyd_open(k->kek, box->mbx, box->pub, slot.body, priv, &e) == RC_OK)
        print("mailbox", span_of(priv, sizeof priv));
    if (slot_find(box->slots, SLOT_SIGNING, &slot, &e) == RC_OK &&
        slot_signing_open(k->kek, span_str(address), slot.body, &key, &e) == RC_OK)
        print("signing", buf_span(&key));
    buf_free(&key);
}

int main(int argc, char **argv)
{
    struct err e;
    struct keyring *k = NULL;
    if (argc != 4)
        die("use: keys_dump ROOT ADDRESS MAILBOX-NUMBER");
    struct buf file = slurp(argv[1], "keyring"), credential = slurp(argv[1], "credential");
    if (keyring_open(buf_span(&file), buf_span(&credential), &k, &e) != RC_OK)
        die("%s", e.log);
    print("kek", span_of(k->kek, sizeof k->kek));
    print("queue", span_of(k->queue_priv, sizeof k->queue_priv));
    print("ca", key_der_span(&k->ca_key));
    print("tls-rsa", key_der_span(&k->tls_rsa));
    print("tls-ec", key_der_span(&k->tls_ec));

    char run[4096];
    snprintf(run, sizeof run, "%s/run", argv[1]);
    if (chdir(run) != 0)
        die("cannot enter %s", run);
    struct store *st = store_new(ROLE_ADMIN);
    struct store_mbx_msg which = {strtoull(argv[3], NULL, 10)};
    struct store_box_rep box;
    struct buf mem = BUF_INIT;
    if (store_call_in(st, STORE_BOX_GET, &which, -1, &box, &mem, &e) != RC_OK)
        die("%s", e.log);
    print_box(k, argv[2], &box);
    buf_free(&mem);
    store_free(&st);
    keyring_free(&k);
    buf_free(&file);
    buf_free(&credential);
    return 0;
}
