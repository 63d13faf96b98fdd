/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/publishing.h - what the publish commands share: whether anything is published at all, words, a row as text and as JSON.
 * Process  pli.
 */
#pragma once
#include "admin/publish.h"
#include "pli/cmd.h"

int publishing(struct cmd *c); /* PLI_OK; or PLI_FAILED after its line: publish.backend is off */
const char *publish_word(uint8_t kind, uint8_t state, bool held); /* "create, waits" */
/* What the other side answered, behind the label, as a terminal may show it: a line with a control or a direction mark is escaped, and cut. */
void publish_report(const char *label, struct span report);
const char *publish_kind_word(uint8_t kind);
const char *publish_mode_word(uint8_t mode);   /* "running", "first", "copy", "damaged" */
const char *publish_mode_says(uint8_t mode);   /* what to do; "" when it runs */
struct json_t *publish_row_json(const struct pub_row *r);
struct json_t *publish_status_json(const struct pubd_status_rep *s);
void publish_status_lines(const struct pubd_status_rep *s);
