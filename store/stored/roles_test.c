/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/roles_test.c - every op by every role: the table says who, the daemon obeys; and with uids of their own,
 * no daemon can pass for another or for the administrator. */
#include "base/ipc_roles_test.h"
#include "store/stored/live_each_test.h"
#include <grp.h>

static void test_table(void **state)
{
    const char *wrong = roles_wrong("stored.sock", &stored_proto);

    (void)state;
    if (wrong)
        fail_msg("%s", wrong);
}

/* Every op that needs a ticket says so without one. */
static void test_no_ticket(void **state)
{
    unsigned char req[IPC_STRUCT_MAX] = {0}, rep[IPC_STRUCT_MAX];
    struct store *s = store_new(ROLE_IMAPD);
    struct err e;

    (void)state;
    for (size_t i = 0; i < stored_proto.n_ops; i++) {
        const struct ipc_op *o = &stored_proto.ops[i];

        if (!(o->roles & ROLE_IMAPD) || o->op == STORE_PING || (o->bits & IPC_REQ_FD))
            continue;
        if (o->op == STORE_DELIVER) /* looks at what is asked first */
            assert_int_equal(store_call(s, STORE_DELIVER, req, -1, rep, &e), RC_SYNTAX);
        else if (store_call(s, (enum store_op)o->op, req, -1, rep, &e) != RC_DENIED)
            fail_msg("%s without a ticket", o->name);
    }
    store_free(&s);
}

/* In a child of that uid: may it come as that role? */
static enum rc come_as(uid_t uid, enum ipc_role role)
{
    int st;
    pid_t pid = fork();

    if (pid == 0) {
        struct store *s = store_new(role);
        struct err e;

        if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
            _exit(RC_MAX_);
        _exit((int)store_call(s, STORE_PING, NULL, -1, NULL, &e));
    }
    waitpid(pid, &st, 0);
    return (enum rc)WEXITSTATUS(st);
}

static int give_to_stored(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return chown(path, 61001, 61001);
}

static void test_own_uids(void **state)
{
    enum { STORED = 61001, SMTPD, IMAPD, STRANGER };
    static const char *const more[] = {"uid",       "61001", "uid.stored", "61001", "uid.smtpd", "61002",
                                       "uid.imapd", "61003", "uid.admin",  "0",     NULL};
    static const struct {
        uid_t uid;
        enum ipc_role role;
        bool may;
    } t[] = {
        {SMTPD, ROLE_SMTPD, true},  {SMTPD, ROLE_IMAPD, false},    {SMTPD, ROLE_ADMIN, false},
        {SMTPD, ROLE_SUPER, false}, {SMTPD, ROLE_RELAYD, false},   {IMAPD, ROLE_IMAPD, true},
        {IMAPD, ROLE_ADMIN, false}, {STRANGER, ROLE_SMTPD, false}, {STRANGER, ROLE_ADMIN, false},
        {0, ROLE_ADMIN, true},      {0, ROLE_SUPER, true},
    };
    struct store *in;
    char dir[100];

    (void)state;
    if (geteuid() != 0)
        skip();
    live_stop(&L, SIGTERM);
    snprintf(dir, sizeof dir, "%s/store", L.dir);
    assert_int_equal(chmod(L.dir, 0755), 0);
    assert_int_equal(nftw(dir, give_to_stored, 16, FTW_PHYS), 0);
    L.more = more;
    live_start(&L);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        if ((come_as(t[i].uid, t[i].role) == RC_OK) != t[i].may)
            fail_msg("uid %u as role %u", (unsigned)t[i].uid, (unsigned)t[i].role);
    in = store_new(ROLE_SMTPD);
    live_deliver(in, live_box(0), STORE_INBOX, 100, 0);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_no_ticket),
                                       cmocka_unit_test(test_own_uids)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
