/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/texts.c - the schema, configuration and tree files of this folder, inside the program. So an
 * instance is made without looking for installed files.
 * Process  pli (init).
 */
#include "base/text_file.h"
#include "directory/schema/embedded_int.h"

TEXT_FILE(pli_schema_text, "directory/schema/pli.schema");
TEXT_FILE(slapd_conf_text, "directory/schema/slapd.conf.in");
TEXT_FILE(base_ldif_text, "directory/schema/base.ldif.in");
TEXT_FILE(attributes_ldif_text, "directory/schema/attributes.ldif.in");
TEXT_FILE(national_conf_text, "directory/schema/national.conf.in");
