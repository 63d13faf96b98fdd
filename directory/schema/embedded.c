/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/embedded.c - makes DIR/ldap and the command line of the private slapd.
 *
 * Owns     DIR/ldap: slapd.conf and schema/pli.schema (written anew at each start: refresh.c), the machine's schemas in schema/ (copies, so
 *          that an upgrade of its package does not change an instance's), db/.
 * Secrets  dird's is drawn here and stored twice: hashed in the tree, in clear in DIR/keys/dird.secret (0600, read by dird before it
 *          gives up its rights). cn=nobody gets a password that is forgotten at once.
 * Process  pli (init, serve).
 */
#include "base/ascii.h"
#include "base/wipe.h"
#include "directory/schema/embedded_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_HEX = 64, PATH_MAX_ = 1024 };

static void hex_secret(char out[SECRET_HEX + 1])
{
    unsigned char raw[SECRET_HEX / 2];
    random_bytes(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
    wipe(raw, sizeof raw);
}

/* The folder's name goes into slapd.conf between quotes, and socket and file names are made from it. */
enum rc embedded_check_dir(const char *dir, struct err *e)
{
    if (!dir || dir[0] != '/' || strlen(dir) > PATH_MAX_ - 64)
        return err_set(e, RC_SYNTAX, "instance folder must be absolute and shorter than %d bytes", PATH_MAX_ - 64);
    for (const char *p = dir; *p; p++)
        if (*p == '"' || *p == '\\' || *p == '@' || (unsigned char)*p < ' ')
            return err_set(e, RC_SYNTAX,
                           "instance folder's name may not hold a quote, a backslash, an @ or a control byte");
    return RC_OK;
}

static bool domain_char(char c)
{
    return (ascii_is_alnum((unsigned char)c) && !ascii_is_upper((unsigned char)c)) || c == '-' || c == '.';
}

static enum rc add_domains(const char *const *domains, struct buf *ldif, struct err *e)
{
    for (; domains && *domains; domains++) {
        size_t n = 0;
        while (domain_char((*domains)[n]))
            n++;
        if (n == 0 || n > 253 || (*domains)[n] != '\0')
            return err_set(e, RC_SYNTAX, "not a mail domain in lower case: %.100s", *domains);
        buf_addf(ldif, "dn: dc=%s,ou=domains,o=pli\nobjectClass: domain\nobjectClass: mssDomain\ndc: %s\n\n", *domains,
                 *domains);
    }
    return RC_OK;
}

static enum rc hash(const struct embedded_where *w, const char *secret, struct buf *out, struct err *e)
{
    char path[PATH_MAX_];
    snprintf(path, sizeof path, "module-path=%s", w->modules);
    const char *const argv[] = {w->slapd, "-Tpasswd", "-o", path,         "-o", "module-load=argon2 m=7168 t=5 p=1",
                                "-h",     "{ARGON2}", "-T", "/dev/stdin", NULL};
    enum rc rc = embedded_run(argv, span_str(secret), out, 0, 0, e);
    if (rc == RC_OK && !span_istarts(buf_span(out), "{ARGON2}"))
        rc = err_set(e, RC_TEMP, "slappasswd gave no {ARGON2} hash: is slapd's argon2 module installed?");
    return rc;
}

enum rc embedded_tree(const struct embedded_spec *s, const struct embedded_where *w, const char *secret,
                      struct buf *ldif, struct err *e)
{
    struct buf dird = BUF_INIT, nobody = BUF_INIT;
    char forgotten[SECRET_HEX + 1];
    hex_secret(forgotten);
    enum rc rc = hash(w, secret, &dird, e);
    if (rc == RC_OK)
        rc = hash(w, forgotten, &nobody, e);
    wipe(forgotten, sizeof forgotten);
    if (rc == RC_OK) {
        const struct embedded_var vars[] = {
            {"DIRD_HASH", buf_cstr(&dird)}, {"NOBODY_HASH", buf_cstr(&nobody)}, {NULL, NULL}};
        embedded_fill(ldif, base_ldif_text, vars);
        rc = add_domains(s->domains, ldif, e);
    }
    buf_free(&dird);
    buf_free(&nobody);
    return rc;
}

static enum rc put(const struct embedded_spec *s, const char *name, struct span text, mode_t mode, struct err *e)
{
    char path[PATH_MAX_];
    snprintf(path, sizeof path, "%s/ldap/%s", s->dir, name);
    return embedded_write(path, text, mode, s->uid, s->gid, e);
}

static enum rc make_folders(const struct embedded_spec *s, struct err *e)
{
    static const char *const names[] = {"ldap", "ldap/schema", "ldap/db", "ldap/national"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX_];
        snprintf(path, sizeof path, "%s/%s", s->dir, names[i]);
        enum rc rc = embedded_mkdir(path, 0700, s->uid, s->gid, e);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static enum rc put_schema(const struct embedded_spec *s, const struct embedded_where *w, struct err *e)
{
    static const char *const names[] = {"core", "cosine", "inetorgperson", "misc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[PATH_MAX_], to[PATH_MAX_];
        snprintf(from, sizeof from, "%s/%s.schema", w->schema, names[i]);
        snprintf(to, sizeof to, "%s/ldap/schema/%s.schema", s->dir, names[i]);
        enum rc rc = embedded_copy(from, to, s->uid, s->gid, e);
        if (rc != RC_OK)
            return rc;
    }
    return put(s, "schema/pli.schema", span_str(pli_schema_text), 0644, e);
}

void embedded_conf(const struct embedded_spec *s, const struct embedded_where *w, bool with_national, struct buf *out)
{
    struct buf national = BUF_INIT;
    char owner[16], folder[PATH_MAX_];
    snprintf(owner, sizeof owner, "%u", (unsigned)geteuid());
    snprintf(folder, sizeof folder, "%s/ldap/national", s->dir);
    if (with_national)
        embedded_national(folder, true, &national);
    const struct embedded_var vars[] = {
        {"DIR", s->dir},  {"MODULES", w->modules},           {"MAXSIZE", EMBEDDED_MAPSIZE},
        {"OWNER", owner}, {"NATIONAL", buf_cstr(&national)}, {NULL, NULL}};
    embedded_fill(out, slapd_conf_text, vars);
    buf_free(&national);
}

static enum rc put_conf(const struct embedded_spec *s, const struct embedded_where *w, struct err *e)
{
    struct buf conf = BUF_INIT;
    embedded_conf(s, w, true, &conf);
    enum rc rc = put(s, "slapd.conf", buf_span(&conf), 0600, e);
    buf_free(&conf);
    return rc;
}

/* The tree goes in by slapadd, as the user who will own the database. The folder DIR itself may be closed to that user, but its
 * names are only passed through: DIR must let it pass (mode x). */
static enum rc load_tree(const struct embedded_spec *s, const struct embedded_where *w, struct span ldif, struct err *e)
{
    char conf[PATH_MAX_], file[PATH_MAX_];
    snprintf(conf, sizeof conf, "%s/ldap/slapd.conf", s->dir);
    snprintf(file, sizeof file, "%s/ldap/base.ldif", s->dir);
    const char *const argv[] = {w->slapd, "-Tadd", "-w", "-b", "o=pli", "-f", conf, "-l", file, NULL};
    enum rc rc = put(s, "base.ldif", ldif, 0600, e);
    if (rc == RC_OK)
        rc = embedded_run(argv, SPAN_NULL, NULL, s->uid, s->gid, e);
    unlink(file); /* holds hashes: not left behind */
    return rc;
}

/* What a start need not do again: indexes.c, first.c. */
static enum rc put_marks(const struct embedded_spec *s, struct err *e)
{
    static const char *const names[] = {[EB_OURS] = "db/indexes", [EB_NATIONAL] = "national/indexes"};
    enum rc rc = put(s, "db/attributes", span_str(attributes_ldif_text), 0600, e);
    for (enum embedded_base b = EB_OURS; rc == RC_OK && b <= EB_NATIONAL; b++) {
        struct buf lines = BUF_INIT;
        embedded_indexed(b, &lines);
        rc = put(s, names[b], buf_span(&lines), 0600, e);
        buf_free(&lines);
    }
    return rc;
}

static enum rc put_secret(const struct embedded_spec *s, const char *secret, struct err *e)
{
    char path[PATH_MAX_];
    snprintf(path, sizeof path, "%s/keys", s->dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_sys(e, RC_TEMP, "make folder %s", path);
    snprintf(path, sizeof path, "%s/keys/dird.secret", s->dir);
    return embedded_write(path, span_str(secret), 0600, 0, 0, e);
}

/* The tree, and what slapd cannot be without (first.c). */
static enum rc first_entries(const struct embedded_spec *s, const struct embedded_where *w, const char *secret,
                             struct buf *ldif, struct err *e)
{
    enum rc rc = embedded_tree(s, w, secret, ldif, e);
    buf_addc(ldif, '\n');
    buf_addstr(ldif, national_top_text);
    buf_addstr(ldif, attributes_ldif_text);
    return rc;
}

enum rc embedded_init(const struct embedded_spec *s, struct err *e)
{
    struct embedded_where w;
    struct buf ldif = BUF_INIT;
    char secret[SECRET_HEX + 1];
    enum rc rc = embedded_check_dir(s->dir, e);
    if (rc == RC_OK)
        rc = embedded_where(&w, e);
    if (rc != RC_OK)
        return rc;
    buf_init_secret(&ldif);
    hex_secret(secret);
    if ((rc = make_folders(s, e)) == RC_OK && (rc = put_schema(s, &w, e)) == RC_OK &&
        (rc = put_conf(s, &w, e)) == RC_OK && (rc = first_entries(s, &w, secret, &ldif, e)) == RC_OK &&
        (rc = load_tree(s, &w, buf_span(&ldif), e)) == RC_OK && (rc = put_marks(s, e)) == RC_OK)
        rc = put_secret(s, secret, e);
    wipe(secret, sizeof secret);
    buf_free(&ldif);
    return rc;
}

static void add_url(struct buf *urls, const char *scheme, const char *addr, int port)
{
    bool bare6 = strchr(addr, ':') && addr[0] != '[';
    const char *open = bare6 ? "[" : "", *close = bare6 ? "]" : "";
    if (strcmp(addr, "*") == 0)
        addr = "";
    buf_addf(urls, " %s://%s%s%s:%d/", scheme, open, addr, close, port);
}

enum rc embedded_argv(const struct embedded_spec *s, char ***argv_out, struct err *e)
{
    struct embedded_where w;
    enum rc rc = embedded_check_dir(s->dir, e);
    if (rc == RC_OK)
        rc = embedded_where(&w, e);
    if (rc != RC_OK)
        return rc;
    struct buf urls = BUF_INIT, conf = BUF_INIT;
    buf_addstr(&urls, "ldapi://slapd%2Fldapi/");
    if (s->ldap_port > 0)
        add_url(&urls, "ldap", s->ldap_addr, s->ldap_port);
    if (s->ldaps_port > 0)
        add_url(&urls, "ldaps", s->ldaps_addr ? s->ldaps_addr : s->ldap_addr, s->ldaps_port);
    buf_addf(&conf, "%s/ldap/slapd.conf", s->dir);
    const char *const words[] = {w.slapd, "-f", buf_cstr(&conf), "-h", buf_cstr(&urls), "-s", "0", "-d", "none"};
    size_t n = sizeof words / sizeof *words;
    char **argv = calloc(n + 1, sizeof *argv);
    if (!argv)
        die("out of memory");
    for (size_t i = 0; i < n; i++)
        argv[i] = span_dup(span_str(words[i]));
    *argv_out = argv;
    buf_free(&urls);
    buf_free(&conf);
    return RC_OK;
}

void embedded_argv_free(char ***argv)
{
    if (!argv || !*argv)
        return;
    for (char **p = *argv; *p; p++)
        free(*p);
    free(*argv);
    *argv = NULL;
}
