/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/opened_test.h - for tests and fuzzers of the grammar: every word of every extension is known. Names are in modified UTF-7;
 * everything_utf8: in UTF-8, and SEARCH takes no CHARSET.
 * Process  tests. */
#pragma once
#include "proto/imap/opened.h"

static const struct imap_opened everything = {.status = UINT32_MAX,
                                              .list_select = UINT32_MAX,
                                              .list_return = UINT32_MAX,
                                              .fetch = UINT32_MAX,
                                              .search = UINT64_MAX,
                                              .args = UINT32_MAX & ~(unsigned)(ARG_UTF8 | ARG_NO_CHARSET),
                                              .search_return = UINT32_MAX,
                                              .sort = UINT32_MAX,
                                              .thread = UINT32_MAX,
                                              .responses = UINT32_MAX};
static const struct imap_opened everything_utf8 __attribute__((unused)) = {.status = UINT32_MAX,
                                                                           .list_select = UINT32_MAX,
                                                                           .list_return = UINT32_MAX,
                                                                           .fetch = UINT32_MAX,
                                                                           .search = UINT64_MAX,
                                                                           .args = UINT32_MAX,
                                                                           .search_return = UINT32_MAX,
                                                                           .sort = UINT32_MAX,
                                                                           .thread = UINT32_MAX,
                                                                           .responses = UINT32_MAX};
