/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/data_stream.c - see proto/smtp/data_stream.h.
 *
 *   LINE --"."--> DOT --CR--> DOT_CR --LF--> the end (DATA only)
 *    ^  \          | other: the dot is dropped
 *    |   other     v
 *    |    `-----> TEXT --CR--> CR --LF--> LINE
 *
 * The CR that is kept back in DOT_CR never has to be given out, because without its LF it is a fault.
 */
#include "proto/smtp/data_stream.h"

void data_begin(struct data_stream *d, bool dots)
{
    *d = (struct data_stream){.dots = dots};
}

static void fault(struct data_stream *d, enum data_fault f)
{
    if (d->fault == DATA_FINE)
        d->fault = f;
}

static void grown(struct data_stream *d, size_t n)
{
    d->line += n;
    if (d->line > DATA_LINE_MAX)
        fault(d, DATA_LONG_LINE);
}

/* How many octets of text stand before the next CR or LF, or before the end of s. */
static size_t text_run(struct data_stream *d, struct span s)
{
    const unsigned char *lf = memchr(s.p, '\n', s.n);
    size_t n = lf ? (size_t)(lf - s.p) : s.n;
    const unsigned char *cr = memchr(s.p, '\r', n);

    if (cr)
        n = (size_t)(cr - s.p);
    grown(d, n);
    return n;
}

/* Takes one CR or LF, which stands behind the run of text. */
static void text_end(struct data_stream *d, unsigned char c)
{
    grown(d, 1);
    if (c == '\r') {
        d->state = DS_CR;
        return;
    }
    fault(d, DATA_BARE_LF);
    d->line = 0;
    d->state = DS_TEXT; /* a bare LF starts no line: a dot behind it ends nothing */
}

/* In LINE, TEXT or CR: consumes whole runs until the input ends or a line starts with a dot. Returns how many octets
 * are content. */
static size_t content(struct data_stream *d, struct span in)
{
    size_t i = 0;

    while (i < in.n) {
        if (d->state == DS_LINE && d->dots && in.p[i] == '.')
            return i;
        if (d->state == DS_CR) {
            if (in.p[i] == '\n') {
                d->state = DS_LINE;
                d->line = 0;
                i++;
                continue;
            }
            fault(d, DATA_BARE_CR);
        }
        d->state = DS_TEXT;
        i += text_run(d, span_from(in, i));
        if (i < in.n)
            text_end(d, in.p[i++]);
    }
    return i;
}

/* In DOT or DOT_CR: looks at one octet. True: the end was found. */
static bool dotted(struct data_stream *d, struct span *in)
{
    unsigned char c = in->p[0];

    if (d->state == DS_DOT && c == '\r') {
        d->state = DS_DOT_CR;
        *in = span_from(*in, 1);
        return false;
    }
    if (d->state == DS_DOT_CR && c == '\n') {
        d->state = DS_LINE;
        *in = span_from(*in, 1);
        return true;
    }
    if (d->state == DS_DOT_CR)
        fault(d, DATA_BARE_CR);
    d->state = DS_TEXT; /* the dot was stuffing: dropped */
    return false;
}

enum data_event data_next(struct data_stream *d, struct span *in, struct span *piece_out)
{
    while (in->n > 0) {
        if (d->state == DS_DOT || d->state == DS_DOT_CR) {
            if (dotted(d, in))
                return DATA_END;
            continue;
        }
        struct span run = span_head(*in, content(d, *in));

        *in = span_from(*in, run.n);
        if (in->n > 0) { /* stopped at a dot */
            *in = span_from(*in, 1);
            d->state = DS_DOT;
            d->line = 0;
        }
        if (run.n > 0 && d->fault == DATA_FINE) {
            *piece_out = run;
            return DATA_PIECE;
        }
    }
    return DATA_MORE;
}

void data_finish(struct data_stream *d)
{
    if (d->state == DS_CR)
        fault(d, DATA_BARE_CR);
}
