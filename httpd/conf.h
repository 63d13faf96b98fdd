/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/conf.h - makes struct httpd from the settings; dies with a clear line when a start cannot go on.
 * Process  pli-httpd's listener, before its sandbox.
 */
#pragma once
#include "base/boot.h"
#include "httpd/httpd.h"

void httpd_conf_load(struct httpd *h, const struct boot *b);
unsigned port_of_setting(const char *address); /* "[::]:993" -> 993; 0: empty */
