/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/verbs.c - see smtpd/verbs.h. */
#include "smtpd/verbs.h"
#include <stdio.h>

/* clang-format off */
const struct verb smtp_verbs[] = {
    /* name      phases             flags                                      parse            run */
    {"EHLO",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_helo, cmd_ehlo,     "EHLO domain"},
    {"HELO",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_helo, cmd_helo,     "HELO domain"},
    {"STARTTLS", PH_CLEAR,          V_ENDS_GROUP,                              smtp_parse_none, cmd_starttls, "STARTTLS"},
    {"AUTH",     PH_READY,          V_TLS | V_SECRET | V_SUBMISSION | V_ENDS_GROUP, smtp_parse_auth, cmd_auth, "AUTH PLAIN|LOGIN"},
    {"MAIL",     PH_PROVEN,         V_TLS | V_AUTH,                            smtp_parse_mail, cmd_mail,     "MAIL FROM:<address> SIZE=n BODY=8BITMIME SMTPUTF8 RET= ENVID="},
    {"RCPT",     PH_MAIL | PH_RCPT, V_TLS | V_AUTH,                            smtp_parse_rcpt, cmd_rcpt,     "RCPT TO:<address> NOTIFY= ORCPT="},
    {"DATA",     PH_RCPT,           V_TLS | V_AUTH | V_ENDS_GROUP,             smtp_parse_none, cmd_data,     "DATA"},
    {"BDAT",     PH_RCPT | PH_BDAT, V_TLS | V_AUTH | V_CHUNK,                  smtp_parse_bdat, cmd_bdat,     "BDAT size LAST"},
    {"BURL",     PH_RCPT | PH_BDAT, V_TLS | V_AUTH | V_SUBMISSION,             smtp_parse_burl, cmd_burl,     "BURL url LAST"},
    {"RSET",     PH_ANY,            0,                                         smtp_parse_none, cmd_rset,     "RSET"},
    {"NOOP",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_text, cmd_noop,     "NOOP"},
    {"VRFY",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_word, cmd_vrfy,     "VRFY address"},
    {"EXPN",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_word, cmd_expn,     "EXPN list"},
    {"HELP",     PH_ANY,            0,                                         smtp_parse_text, cmd_help,     "HELP"},
    {"QUIT",     PH_ANY,            V_ENDS_GROUP,                              smtp_parse_none, cmd_quit,     "QUIT"},
    {NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

const struct verb *verb_find(struct span name)
{
    for (const struct verb *v = smtp_verbs; v->name; v++)
        if (span_ieq_str(name, v->name))
            return v;
    return NULL;
}

enum cause verb_cause(const struct verb *v, const struct smtp_session *s)
{
    unsigned phase = smtp_phase(s);

    if ((v->flags & V_SUBMISSION) && !smtp_is_submission(s))
        return CAUSE_UNKNOWN_VERB;
    if (v->phases & phase)
        return CAUSE_NONE;
    if ((v->flags & V_TLS) && !s->tls)
        return CAUSE_NEED_TLS;
    if ((v->flags & V_AUTH) && phase == PH_READY)
        return CAUSE_NEED_AUTH;
    return CAUSE_BAD_SEQUENCE;
}

static void print_bits(const char *label, unsigned bits, const char *const *names)
{
    const char *sep = "";

    printf("\"%s\": [", label);
    for (unsigned i = 0; names[i]; i++)
        if (bits & (1u << i)) {
            printf("%s\"%s\"", sep, names[i]);
            sep = ", ";
        }
    printf("]");
}

void verbs_print(void)
{
    static const char *const phases[] = {"connected", "clear", "helo", "auth", "mail", "rcpt", "bdat", NULL};
    static const char *const flags[] = {"tls", "auth", "secret", "ends_group", "submission", "chunk", NULL};

    printf("[\n");
    for (const struct verb *v = smtp_verbs; v->name; v++) {
        printf("  {\"name\": \"%s\", ", v->name);
        print_bits("phases", v->phases, phases);
        printf(", ");
        print_bits("flags", v->flags, flags);
        printf("}%s\n", v[1].name ? "," : "");
    }
    printf("]\n");
}
