/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/encoding.c - see admin/encoding.h. The conversion is glibc's (iconv); here are the names, and what is said where it stops. */
#include "admin/encoding.h"
#include "mime/charset.h"
#include <errno.h>
#include <iconv.h>

static const struct {
    const char *name, *iconv; /* as it is asked for; as the library calls it */
} known[] = {
    {"windows-1252", "WINDOWS-1252"},
    {"iso-8859-15", "ISO-8859-15"},
    {"macintosh", "MACINTOSH"},
    {"cp850", "CP850"},
    {"utf-16", "UTF-16"},
    {"utf-8", NULL},
};
enum { KNOWN = sizeof known / sizeof *known };

void encoding_names(struct buf *out)
{
    for (size_t i = 0; i < KNOWN; i++)
        buf_addf(out, "%s%s", i ? ", " : "", known[i].name);
}

static enum rc no_such(const char *name, struct err *e)
{
    struct buf names = BUF_INIT;
    enum rc rc;

    encoding_names(&names);
    rc = err_set(e, RC_SYNTAX, "no such encoding: %.60s (known: %s)", name, buf_cstr(&names));
    buf_free(&names);
    return rc;
}

/* Letters beyond ASCII that read as UTF-8 are UTF-8: "Hélène" would become "HÃ©lÃ¨ne". */
static bool is_utf8(struct span text)
{
    bool letters = false;
    size_t n;

    for (; text.n > 0; text = span_from(text, n)) {
        n = charset_utf8_next(text);
        if (n == 0)
            return false;
        letters = letters || n > 1;
    }
    return letters;
}

static enum rc stopped(const char *name, struct span rest, const struct buf *out, size_t from, struct err *e)
{
    struct span done = span_from(buf_span(out), from);
    unsigned line = (unsigned)table_line(done, done.n);

    if (rest.n == 0 || errno == EINVAL)
        return err_set(e, RC_SYNTAX, "line %u: the file ends within a character", line);
    return err_set(e, RC_SYNTAX, "line %u: the octet %02X is nothing in %s: the file is in another encoding", line,
                   rest.p[0], name);
}

static enum rc convert(iconv_t cd, const char *name, struct span file, struct buf *out, struct err *e)
{
    char piece[65536], *in = (char *)(uintptr_t)file.p;
    size_t left = file.n, from = out->n;

    while (left > 0) {
        char *to = piece;
        size_t room = sizeof piece, r = iconv(cd, &in, &left, &to, &room);
        int why = errno;

        buf_add(out, piece, sizeof piece - room);
        errno = why;
        if (r == (size_t)-1 && why != E2BIG)
            return stopped(name, span_of(in, left), out, from, e);
    }
    return RC_OK;
}

enum rc encoding_to_utf8(const char *name, struct span file, struct buf *out, struct err *e)
{
    size_t i = 0;
    iconv_t cd;
    enum rc rc;

    while (i < KNOWN && !span_ieq_str(span_str(name), known[i].name))
        i++;
    if (i == KNOWN)
        return no_such(name, e);
    if (!known[i].iconv) {
        buf_addspan(out, file);
        return RC_OK;
    }
    if (is_utf8(file))
        return err_set(e, RC_SYNTAX, "the file is UTF-8: without --encoding its letters are right");
    cd = iconv_open("UTF-8", known[i].iconv);
    if (cd == (iconv_t)-1)
        return err_set(e, RC_TEMP, "this system has no table of %s: save the file as \"CSV UTF-8\"", known[i].name);
    rc = convert(cd, known[i].name, file, out, e);
    iconv_close(cd);
    return rc;
}

enum rc encoding_table(const char *name, struct span file, table_see see, void *ctx, struct err *e)
{
    struct buf utf8 = BUF_INIT;
    enum rc rc;

    if (!name)
        return table_each(file, see, ctx, e);
    rc = encoding_to_utf8(name, file, &utf8, e);
    if (rc == RC_OK)
        rc = table_each(buf_span(&utf8), see, ctx, e);
    buf_free(&utf8);
    return rc;
}
