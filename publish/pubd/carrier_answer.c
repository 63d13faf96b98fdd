/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/carrier_answer.c - what a FHIR server's answer means. See publish/pubd/carrier.h. JSON is read by jansson. */
#include "publish/pubd/carrier.h"
#include <jansson.h>

enum { TAKEN = 0, REFUSED = 65, LATER = 75, BEGIN_OF_BODY = 1500 };

/* 4xx that say nothing about the event: a key or certificate to be mended, too early, too many, somebody else's change. */
static bool another_time(long status)
{
    static const long rows[] = {401, 403, 408, 409, 425, 429};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (status == rows[i])
            return true;
    return false;
}

/* FHIR R4 issue-type: what passes by itself, and what a key or certificate that is mended makes go (the like of 4xx above). */
static bool passes(const char *code)
{
    static const char *const rows[] = {"transient",  "lock-error", "no-store", "exception", "timeout",
                                       "incomplete", "throttled",  "security", "login",     "unknown",
                                       "expired",    "forbidden",  "conflict"};

    for (size_t i = 0; code && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(code, rows[i]) == 0)
            return true;
    return false;
}

/* Of a delete: there is nothing left to do. */
static bool is_gone(const char *event, const char *why)
{
    return why && strcmp(event, "delete") == 0 && (strcmp(why, "not-found") == 0 || strcmp(why, "deleted") == 0);
}

/* What an OperationOutcome says behind a 2xx: a gateway may put any failure into a 200. "error" and "fatal" mean that the action failed. A delete whose entry is not found is done. */
static int outcome(const char *event, json_t *root)
{
    int code = TAKEN;
    size_t i;
    json_t *issue;

    json_array_foreach(json_object_get(root, "issue"), i, issue)
    {
        const char *severity = json_string_value(json_object_get(issue, "severity"));
        const char *why = json_string_value(json_object_get(issue, "code"));
        if (!severity || (strcmp(severity, "error") != 0 && strcmp(severity, "fatal") != 0))
            continue;
        if (passes(why))
            return LATER;
        if (!is_gone(event, why))
            code = REFUSED;
    }
    return code;
}

static void add_text(json_t *text, struct buf *report)
{
    const char *s = json_string_value(text);

    if (s && s[0] && report->n < BEGIN_OF_BODY)
        buf_addf(report, "\n%.500s", s);
}

/* The texts of an OperationOutcome, in place of its octets. False: it has none. */
static bool add_issues(json_t *root, struct buf *report)
{
    size_t before = report->n, i;
    json_t *issue;

    json_array_foreach(json_object_get(root, "issue"), i, issue)
    {
        add_text(json_object_get(json_object_get(issue, "details"), "text"), report);
        add_text(json_object_get(issue, "diagnostics"), report);
    }
    return report->n > before;
}

int carrier_judge(const char *event, long status, struct span body, struct buf *report)
{
    json_t *root = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_string_value(json_object_get(root, "resourceType"));
    bool speaks = status == 204 || type;
    int said = type && strcmp(type, "OperationOutcome") == 0 ? outcome(event, root) : TAKEN;

    buf_addf(report, "%s: HTTP %ld%s%.60s", event, status, type ? " " : "", type ? type : "");
    if (!add_issues(root, report) && body.n > 0 && status != 200 && status != 201) {
        buf_addc(report, '\n');
        buf_addspan(report, span_head(body, body.n < BEGIN_OF_BODY ? body.n : BEGIN_OF_BODY));
    }
    json_decref(root);
    if (!speaks || status < 200 || status >= 500 || (status >= 300 && status < 400) || another_time(status))
        return LATER;
    if (status < 300)
        return said;
    return (status == 404 || status == 410) && strcmp(event, "delete") == 0 ? TAKEN : REFUSED;
}
