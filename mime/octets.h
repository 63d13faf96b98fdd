/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/octets.h - which awkward bytes a run holds, eight at a time; inside mime/ only. */
#pragma once
#include "mime/scan.h"
unsigned octets_in(struct span s); /* OCT_8BIT, OCT_NUL, OCT_BARE_CR for any CR: the caller leaves line ends out */
