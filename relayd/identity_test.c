/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/identity_test.c - as whom mail leaves: by its sender, by what relayd.certificate wants, and with no key but its own. */
#include "relayd/identity.h"
#include "base/log.h"
#include "crypto/tls/domain_certs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/identity_test.XXXXXX";

static void make(const char *file, const char *kind)
{
    char command[400];

    snprintf(command, sizeof command,
             "openssl req -x509 %s -nodes -days 9 -subj /CN=%s -keyout /dev/null -out %s/%s 2>/dev/null", kind, "x",
             dir, file);
    assert_int_equal(system(command), 0);
}

static int up(void **state)
{
    char command[100];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(command, sizeof command, "mkdir -p %s/tls/domains", dir);
    assert_int_equal(system(command), 0);
    make("tls/server-ec.pem", "-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    make("tls/domains/deux.test.ec.pem", "-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    make("tls/domains/deux.test.rsa.pem", "-newkey rsa:2048");
    make("tls/domains/ec.test.ec.pem", "-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    return 0;
}

static int down(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static struct identities *read_for(const char *which)
{
    struct boot *b = boot_new(), *got;
    struct identities *t;
    char fd[16];

    boot_set(b, "instance", dir);
    boot_set(b, "relayd.certificate", which);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    setenv("PLI_BOOT", fd, 1);
    got = boot_load();
    t = identities_read(got);
    boot_free(&got);
    boot_free(&b);
    return t;
}

static const char *of(const struct identities *t, const char *sender)
{
    return identity_name(t, identity_of(t, span_str(sender)));
}

static void by_the_senders_domain(void **state)
{
    struct identities *t = read_for("auto");

    (void)state;
    assert_string_equal(of(t, "ana@deux.test"), "deux.test");
    assert_string_equal(of(t, "Ana@DEUX.Test"), "deux.test");
    assert_string_equal(of(t, "\"a@b\"@ec.test"), "ec.test");
    assert_string_equal(of(t, "ana@x.deux.test"), "");
    assert_string_equal(of(t, "ana@trois.test"), "");
    assert_string_equal(of(t, ""), "");
    assert_string_equal(of(t, "deux.test"), "");
    identities_free(&t);
}

static void by_the_kind_that_is_wanted(void **state)
{
    static const struct {
        const char *which;
        bool two, ec, shows_ec, shows_rsa;
    } rows[] = {{"auto", true, true, true, true}, {"ec", true, true, true, false}, {"rsa", true, false, false, true}};
    struct span ec, rsa;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct identities *t = read_for(rows[i].which);
        uint32_t two = identity_of(t, SPAN_LIT("a@deux.test"));

        assert_int_equal(two > 0, rows[i].two);
        assert_int_equal(identity_of(t, SPAN_LIT("a@ec.test")) > 0, rows[i].ec);
        assert_true(identity_chains(t, two, &ec, &rsa));
        assert_true((ec.n > 0) == rows[i].shows_ec && (rsa.n > 0) == rows[i].shows_rsa);
        assert_false(identity_chains(t, 0, &ec, &rsa));
        identities_free(&t);
    }
}

static void each_has_its_own_keys_alone(void **state)
{
    struct identities *t = read_for("auto");
    struct domain_certs *d;
    struct buf pem = BUF_INIT;
    unsigned char own[KEYD_SHOWN], piece[4096];
    uint32_t two = identity_of(t, SPAN_LIT("a@deux.test")), ec = identity_of(t, SPAN_LIT("a@ec.test"));
    char path[100];
    struct err e;
    FILE *f;

    (void)state;
    assert_int_equal(domain_certs_read(dir, &d, &e), RC_OK);
    for (size_t k = 0; k < DC_KINDS; k++) {
        struct span shown = span_of(domain_certs_at(d, two - 1)->shown[k], KEYD_SHOWN);

        assert_true(identity_has(t, two, shown));
        assert_false(identity_has(t, ec, shown) || identity_has(t, 0, shown) ||
                     identity_has(t, two, span_head(shown, KEYD_SHOWN - 1)));
    }
    snprintf(path, sizeof path, "%s/tls/server-ec.pem", dir);
    f = fopen(path, "re");
    buf_add(&pem, piece, fread(piece, 1, sizeof piece, f));
    fclose(f);
    assert_true(domain_certs_key(buf_span(&pem), own));
    assert_true(identity_has(t, 0, span_of(own, sizeof own)) && !identity_has(t, two, span_of(own, sizeof own)));
    memset(own, 0, sizeof own);
    assert_false(identity_has(t, 0, span_of(own, sizeof own)) || identity_has(t, ec, span_of(own, sizeof own)));
    assert_false(identity_has(t, 0, SPAN_NULL));
    buf_free(&pem);
    domain_certs_free(&d);
    identities_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_senders_domain),
        cmocka_unit_test(by_the_kind_that_is_wanted),
        cmocka_unit_test(each_has_its_own_keys_alone),
    };

    log_open("identity_test", LOG_ERROR_);
    return cmocka_run_group_tests(tests, up, down);
}
