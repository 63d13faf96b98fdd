/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once
#include "base/buf.h"
struct fetch_ask {
    const char *url;
    size_t max;
    struct span post;
    const char *post_type;
};
enum rc fetch(const struct fetch_ask *q, struct buf *body, struct err *e);
