/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap_say.c - commands that libetpan's client has no call for, or would alter: its APPEND makes CRLF of every lone CR and LF of a message. The
 * answers are read and parsed by libetpan. */
#include "admin/place_imap_int.h"

static const struct {
    const char *code;
    enum rc rc;
} codes[] = {
    {"OVERQUOTA", RC_QUOTA},
    {"ALREADYEXISTS", RC_EXISTS},
    {"USEATTR", RC_EXISTS},
    {"NONEXISTENT", RC_NOTFOUND},
    {"TRYCREATE", RC_NOTFOUND},
    {"UNAVAILABLE", RC_TEMP},
    {"INUSE", RC_TEMP},
    {"SERVERBUG", RC_TEMP},
    {"CORRUPTION", RC_CORRUPT},
    {"TOOBIG", RC_PERM},
    {"AUTHENTICATIONFAILED", RC_DENIED},
    {"AUTHORIZATIONFAILED", RC_DENIED},
};

static enum rc rc_of_code(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof codes / sizeof *codes; i++)
        if (span_ieq_str(span_str(code), codes[i].code))
            return codes[i].rc;
    return RC_PERM;
}

bool imap_limit_met(const struct imap_place *p)
{
    const char *code = p->imap->imap_response_info != NULL ? p->imap->imap_response_info->rsp_atom : NULL;

    return code != NULL && span_ieq_str(span_str(code), "LIMIT");
}

enum rc imap_result(struct imap_place *p, int code, const char *what, struct err *e)
{
    const char *said = p->imap != NULL && p->imap->imap_response != NULL ? p->imap->imap_response : "";
    const struct mailimap_response_info *info = p->imap != NULL ? p->imap->imap_response_info : NULL;

    if (code == MAILIMAP_NO_ERROR || code == MAILIMAP_NO_ERROR_AUTHENTICATED ||
        code == MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
        return RC_OK;
    if (p->came > p->room)
        return err_set(e, RC_CLOSED,
                       "the IMAP server says more than was asked for (%s): it is not listened to any more", what);
    if (code == MAILIMAP_ERROR_STREAM)
        return err_set(e, RC_CLOSED, "the connection to the IMAP server ended (%s)", what);
    if (code == MAILIMAP_ERROR_PARSE || code == MAILIMAP_ERROR_PROTOCOL)
        return err_set(e, RC_SYNTAX, "the IMAP server's answer is not understood (%s)", what);
    return err_set(e, rc_of_code(info != NULL ? info->rsp_atom : NULL), "%s: %.200s", what, said);
}

static bool put(struct imap_place *p, struct span s)
{
    return mailstream_write(p->imap->imap_stream, s.p, s.n) == (ssize_t)s.n;
}

/* "+ go on", of a server without LITERAL+. False: it refused, and its answer's first line has been read. */
static bool invited(struct imap_place *p)
{
    const char *line = mailstream_flush(p->imap->imap_stream) >= 0 ? mailimap_read_line(p->imap) : NULL;

    while (line != NULL && line[0] == '*')
        line = mailimap_read_line(p->imap);
    return line != NULL && line[0] == '+';
}

static enum rc answer(struct imap_place *p, bool line_read, struct err *e)
{
    struct mailimap_response *r = NULL;
    const struct mailimap_resp_cond_state *st;
    enum rc rc = RC_OK;
    int code;

    if (!line_read && (mailstream_flush(p->imap->imap_stream) < 0 || mailimap_read_line(p->imap) == NULL))
        return err_set(e, RC_CLOSED, "the connection to the IMAP server ended");
    code = mailimap_parse_response(p->imap, &r);
    if (code != MAILIMAP_NO_ERROR)
        return imap_result(p, code, "answer", e);
    if (r->rsp_resp_done->rsp_type != MAILIMAP_RESP_DONE_TYPE_TAGGED)
        rc = err_set(e, RC_CLOSED, "the IMAP server said BYE");
    else if ((st = r->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state)->rsp_type != MAILIMAP_RESP_COND_STATE_OK)
        rc = err_set(e, rc_of_code(p->imap->imap_response_info->rsp_atom), "%.250s",
                     st->rsp_text != NULL && st->rsp_text->rsp_text != NULL ? st->rsp_text->rsp_text : "refused");
    mailimap_response_free(r);
    return rc;
}

enum rc imap_say(struct imap_place *p, struct span text, struct span literal, struct err *e)
{
    char size[40];
    bool sent;

    if (mailimap_send_current_tag(p->imap) != MAILIMAP_NO_ERROR || !put(p, text))
        return err_set(e, RC_CLOSED, "the connection to the IMAP server ended");
    if (literal.p != NULL) {
        int n = snprintf(size, sizeof size, " {%zu%s}\r\n", literal.n, p->literal_plus ? "+" : "");
        if (!put(p, span_of(size, (size_t)n)))
            return err_set(e, RC_CLOSED, "the connection to the IMAP server ended");
        if (!p->literal_plus && !invited(p))
            return answer(p, true, e);
        sent = put(p, literal) && put(p, SPAN_LIT("\r\n"));
    } else {
        sent = put(p, SPAN_LIT("\r\n"));
    }
    return sent ? answer(p, false, e) : err_set(e, RC_CLOSED, "the connection to the IMAP server ended");
}
