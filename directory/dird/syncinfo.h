/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/syncinfo.h - the BER of LDAP content synchronisation: parsers without a connection, pure functions. RC_SYNTAX: malformed.
 * Process  dird.   Source RFC 4533 2.2 (request), 2.3 (state), 2.5 (info).
 */
#pragma once
#include "base/buf.h"

enum sync_state { SYNC_PRESENT = 0, SYNC_ADD = 1, SYNC_MODIFY = 2, SYNC_DELETE = 3 };
struct sync_state_value {
    enum sync_state state;
    unsigned char uuid[16];
};
enum rc sync_state_parse(struct span ber, struct sync_state_value *out, struct err *e);

struct sync_info {
    bool done;                 /* the refresh is complete: what follows are changes */
    bool deletes;              /* the uuids are gone (otherwise: still there) */
    struct buf uuids;          /* 16 bytes each; the caller frees */
};
enum rc sync_info_parse(struct span ber, struct sync_info *out, struct err *e); /* out->uuids: BUF_INIT before */

#define SYNC_REQUEST_OID "1.3.6.1.4.1.4203.1.9.1.1"
#define SYNC_STATE_OID "1.3.6.1.4.1.4203.1.9.1.2"
#define SYNC_INFO_OID "1.3.6.1.4.1.4203.1.9.1.4"
/* value of the request: refreshAndPersist, no cookie, no reload hint */
#define SYNC_REQUEST_PERSIST SPAN_LIT("\x30\x03\x0a\x01\x03")
