/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/list.c - see imapd/list.h. */
#include "imapd/list.h"
#include "base/ascii.h"
#include "proto/imap/name.h"
#include "proto/imap/write.h"

void list_put(struct imap_session *s, const char *verb, const char *attributes, struct span name)
{
    buf_addf(&s->out, "* %s (%s) \"/\" ", verb, attributes);
    imap_put_mailbox(&s->out, name, s->opened.responses & RESP_UTF8);
}

static const char *const special_names[] = {
    [SU_SENT] = "\\Sent", [SU_DRAFTS] = "\\Drafts",   [SU_TRASH] = "\\Trash",
    [SU_JUNK] = "\\Junk", [SU_ARCHIVE] = "\\Archive",
};
enum { N_SPECIAL = sizeof special_names / sizeof *special_names };

const char *special_name(uint8_t special)
{
    return special < N_SPECIAL && special_names[special] ? special_names[special] : "";
}

bool special_of(struct span attribute, uint8_t *special_out)
{
    for (uint8_t i = 0; i < N_SPECIAL; i++)
        if (special_names[i] && span_ieq_str(attribute, special_names[i])) {
            *special_out = i;
            return true;
        }
    return false;
}

/* INBOX matches in any case: the pattern's letters are raised for it. */
static bool match_inbox(struct span pattern)
{
    unsigned char up[16];

    if (pattern.n > sizeof up)
        return imap_name_match(pattern, SPAN_LIT("INBOX"));
    ascii_upper_all(pattern, up);
    return imap_name_match(span_of(up, pattern.n), SPAN_LIT("INBOX"));
}

bool list_match(const struct imap_list_args *l, struct span name)
{
    for (size_t i = 0; i < l->n; i++)
        if (span_eq_str(name, "INBOX") ? match_inbox(l->patterns[i]) : imap_name_match(l->patterns[i], name))
            return true;
    return false;
}
