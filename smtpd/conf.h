/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/conf.h - settings and descriptors of the boot list, checked and loaded; dies with a clear line when something is missing.
 * Process  smtpd listener, before its sandbox.
 */
#pragma once
#include "base/boot.h"
#include "smtpd/session.h"
void smtpd_conf_load(struct smtpd *c, const struct boot *b);
