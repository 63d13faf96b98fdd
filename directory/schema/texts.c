/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/texts.c - the schema, configuration and tree files of this folder, inside the program. So an
 * instance is made without looking for installed files. The assembler includes the files as they are, so each has one
 * source.
 * Process  pli (init).
 */
#include "directory/schema/embedded_int.h"

#define TEXT_FILE(symbol, path)                                                                                        \
    __asm__(".pushsection .rodata\n"                                                                                   \
            ".global " #symbol "\n" #symbol ":\n"                                                                      \
            ".incbin \"" path "\"\n"                                                                                   \
            ".byte 0\n"                                                                                                \
            ".popsection\n")

TEXT_FILE(pli_schema_text, "directory/schema/pli.schema");
TEXT_FILE(slapd_conf_text, "directory/schema/slapd.conf.in");
TEXT_FILE(base_ldif_text, "directory/schema/base.ldif.in");
TEXT_FILE(attributes_ldif_text, "directory/schema/attributes.ldif.in");
TEXT_FILE(national_conf_text, "directory/schema/national.conf.in");
