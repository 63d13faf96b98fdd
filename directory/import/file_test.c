/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/file_test.c - a file that changes under its reader is no file: somebody fetches the next one over it, or the transfer is not at its end. */
#include "directory/import/file.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define HEADER                                                                                                         \
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Type identifiant structure|Identification Structure|"  \
    "Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Libellé Profession|"              \
    "Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|Enseigne commerciale structure BAL|"       \
    "L4NUMEROVOIE|NL4TYPEVOIE|L4LIBELLEVOIE|L6LIGNEACHEMINEMENT|Code postal\n"
enum { LINES = 30000 }; /* more than is read at once */

enum change { NOTHING, CUT, GROWN, REWRITTEN };
struct changing {
    int fd;
    enum change how;
    off_t size;
};

static off_t write_file(int fd)
{
    FILE *f = fdopen(dup(fd), "w");

    fprintf(f, "%sa line that is refused|\n", HEADER);
    for (int i = 0; i < LINES; i++)
        fprintf(f, "APP|a%05d@chu.test|||1|300017985|||||||||||||Pau|64000\n", i);
    fclose(f);
    return lseek(fd, 0, SEEK_END);
}

/* The first line is told of while the rest is not read yet. */
static void change(void *ctx, uint64_t line, enum national_fault f)
{
    const struct changing *c = ctx;

    (void)line;
    assert_int_equal(f, NF_COLUMNS);
    if (c->how == CUT)
        assert_int_equal(ftruncate(c->fd, c->size / 2), 0);
    if (c->how == GROWN)
        assert_int_equal(pwrite(c->fd, "APP|", 4, c->size), 4);
    if (c->how == REWRITTEN)
        assert_int_equal(pwrite(c->fd, "APP|b", 5, (off_t)sizeof HEADER - 1), 5);
}

static enum rc read_while(enum change how, struct national_file *out, struct err *e)
{
    char name[] = "/tmp/pli-national-XXXXXX";
    const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    struct changing c = {.fd = mkstemp(name), .how = how};
    const struct national_watch w = {.refused = change, .ctx = &c};
    enum rc rc;

    assert_true(c.fd >= 0);
    unlink(name);
    c.size = write_file(c.fd);
    assert_int_equal(futimens(c.fd, old), 0);
    rc = national_file_read(c.fd, &w, out, e);
    close(c.fd);
    return rc;
}

static void one_that_stays_is_read(void **state)
{
    struct national_file f;
    struct err e;

    (void)state;
    assert_int_equal(read_while(NOTHING, &f, &e), RC_OK);
    assert_true(f.n == LINES && f.refused == 1);
    national_file_free(&f);
}

static void one_that_changes_is_not(void **state)
{
    struct national_file f;
    struct err e;

    (void)state;
    for (enum change how = CUT; how <= REWRITTEN; how++) {
        if (read_while(how, &f, &e) != RC_TEMP || !strstr(e.log, "changed while it was read"))
            fail_msg("change %d was not seen", how);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_that_stays_is_read),
                                       cmocka_unit_test(one_that_changes_is_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
