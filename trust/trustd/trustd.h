/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/trustd.h - the state of pli-trustd: settings, the white list in use, revocation data, and who is told of news.
 * Process  trustd.
 */
#pragma once
#include "base/boot.h"
#include "trust/trustd/lists.h"
#include "trust/trustd/revocation.h"

struct trustd {
    struct lists *lists;
    struct revocations *revocations;
};
