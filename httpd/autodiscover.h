/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/autodiscover.h - Outlook's question in XML (POX), and its answer.
 *
 * Input    at most AUTODISCOVER_MAX octets from a stranger. No entity is expanded, nothing is loaded; a document with a DOCTYPE is refused.
 * Errors   by code, as MS-OXDSCLI 2.2.4.1.1.3 numbers them: 600 invalid request, 601 a schema that we do not answer in, 500 not an address of here.
 * Process  pli-httpd sessions.   Source MS-OXDSCLI.
 */
#pragma once
#include "httpd/asked.h"

enum { AUTODISCOVER_MAX = 16 * 1024 };
enum autodiscover { AUTODISCOVER_OK, AUTODISCOVER_UNKNOWN = 500, AUTODISCOVER_INVALID = 600, AUTODISCOVER_SCHEMA = 601 };
void autodiscover_warm(void); /* the listener, once: what libxml2 makes at its first use */
/* AUTODISCOVER_OK: address_out has the address as it was written. */
enum autodiscover autodiscover_read(struct span xml, struct buf *address_out);
void autodiscover_write(const struct reach *r, const struct asked_of *a, struct buf *out);
void autodiscover_refuse(enum autodiscover why, struct buf *out);
