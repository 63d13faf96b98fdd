/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring_int.h - shared by the making (keyring_create.c) and the changing (keyring_change.c) of what keyd and slapd
 * start from. Process: pli.
 */
#pragma once
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/keyring.h"

/* dir/name with that mode, whole or not at all; one that was there keeps its owner */
enum rc keyring_put_file(const char *dir, const char *name, mode_t mode, struct span s, struct err *e);
/* a server certificate of the trial authority for that key, and the authority's: DIR/tls/name */
enum rc keyring_issue_server(const struct keyring_spec *s, const struct keyring *ring, struct span key, const char *name, struct err *e);
/* slapd's, with a new key */
enum rc keyring_issue_slapd(const struct keyring_spec *s, const struct keyring *ring, struct err *e);
