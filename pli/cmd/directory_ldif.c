/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/directory_ldif.c - pli directory ldif-schema, ldif-config, ldif-tree: what an existing OpenLDAP needs to hold Pli's tree (INSTALL). */
#include "base/wipe.h"
#include "directory/schema/site.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_MOST = 256 };

static int show(struct cmd *c, struct buf *ldif)
{
    int answer = PLI_OK;

    if (c->json)
        answer = out_json(json_pack("{s:s}", "ldif", buf_cstr(ldif)));
    else if (fwrite(ldif->p, 1, ldif->n, stdout) != ldif->n)
        answer = cmd_sys(c, "cannot write (%s)", strerror(errno));
    buf_free(ldif);
    return answer;
}

static const char *base_of(const struct conf *conf)
{
    const char *base = conf_get(conf, "directory.base");

    return base[0] ? base : "o=pli";
}

int cmd_directory_ldif_schema(struct cmd *c)
{
    struct buf ldif = BUF_INIT;

    site_schema(&ldif);
    return show(c, &ldif);
}

int cmd_directory_ldif_config(struct cmd *c)
{
    const char *database = opt_get(c, "--database");
    struct buf ldif = BUF_INIT;
    struct conf *conf = NULL;
    int answer = inst_conf(c, &conf);

    if (answer == PLI_OK) {
        site_config(&ldif, database ? database : "olcDatabase={1}mdb,cn=config", base_of(conf));
        answer = show(c, &ldif);
    }
    conf_free(&conf);
    return answer;
}

static int read_secret(struct cmd *c, char secret[SECRET_MOST])
{
    char path[4096];
    int fd = open(inst_path(c->root, "keys/dird.secret", path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, secret, SECRET_MOST - 1) : -1;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return cmd_sys(c, "keys/dird.secret cannot be read (%s): run this as the instance's owner", strerror(errno));
    secret[n] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    return PLI_OK;
}

int cmd_directory_ldif_tree(struct cmd *c)
{
    char secret[SECRET_MOST];
    struct buf ldif = BUF_INIT;
    struct conf *conf = NULL;
    struct err e = {0};
    int answer = inst_conf(c, &conf);

    if (answer == PLI_OK)
        answer = read_secret(c, secret);
    if (answer == PLI_OK)
        answer = site_tree(&ldif, base_of(conf), secret, conf_get(conf, "instance.domain"), &e) == RC_OK
                     ? show(c, &ldif)
                     : cmd_fail(c, "%s", e.log);
    wipe(secret, sizeof secret);
    conf_free(&conf);
    return answer;
}
