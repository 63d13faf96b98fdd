/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/conf.h - checks and loads the settings and descriptors of the boot list (base/boot.h). When one is missing the process ends with a clear
 * line.
 * Process  smtpd listener, before its sandbox.
 */
#pragma once
#include "base/boot.h"
#include "smtpd/session.h"
void smtpd_conf_load(struct smtpd *c, const struct boot *b);
