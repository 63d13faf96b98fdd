/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmds.h - the functions that the table of commands points to, one per command, each in its file of pli/cmd/. A function returns the exit code.
 * Process: pli. */
#pragma once
#include "pli/cmd.h"

int cmd_init(struct cmd *c);
int cmd_serve(struct cmd *c);
int cmd_account_add(struct cmd *c);
int cmd_account_show(struct cmd *c);
int cmd_account_list(struct cmd *c);
int cmd_account_set(struct cmd *c);
int cmd_account_disable(struct cmd *c);
int cmd_account_enable(struct cmd *c);
int cmd_account_delete(struct cmd *c);
int cmd_account_passwd(struct cmd *c);
int cmd_queue_list(struct cmd *c);
int cmd_queue_show(struct cmd *c);
int cmd_queue_retry(struct cmd *c);
int cmd_queue_hold(struct cmd *c);
int cmd_queue_release(struct cmd *c);
int cmd_queue_drop(struct cmd *c);
int cmd_queue_stats(struct cmd *c);
int cmd_mailbox_undelete(struct cmd *c);
int cmd_mailbox_hold(struct cmd *c);
int cmd_log_find(struct cmd *c);
int cmd_trace(struct cmd *c);
int cmd_store_check(struct cmd *c);
int cmd_store_salvage(struct cmd *c);
int cmd_store_stats(struct cmd *c);
int cmd_trust_add(struct cmd *c);
int cmd_trust_show(struct cmd *c);
int cmd_trust_remove(struct cmd *c);
int cmd_trust_verify(struct cmd *c);
int cmd_policy_explain(struct cmd *c);
int cmd_trust_update(struct cmd *c);
int cmd_trust_crl(struct cmd *c);
int cmd_trust_sources(struct cmd *c);
int cmd_trust_diff(struct cmd *c);
int cmd_cert_issue(struct cmd *c);
int cmd_cert_list(struct cmd *c);
int cmd_cert_verify(struct cmd *c);
int cmd_cert_expiring(struct cmd *c);
int cmd_cert_import(struct cmd *c);
int cmd_cert_renew(struct cmd *c);
int cmd_directory_search(struct cmd *c);
int cmd_doctor(struct cmd *c);
