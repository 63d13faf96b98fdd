/* SPDX-License-Identifier: EUPL-1.2 */
/* base/text_file.h - a file of the source tree inside the program, so that nothing is looked for when it runs. The assembler includes the file as it is: it has one source.
 * Gives    the symbol, whose header declares it: extern const char SYMBOL[]; a NUL stands behind the text.
 * Process  all.
 */
#pragma once

#define TEXT_FILE(symbol, path) \
    __asm__(".pushsection .rodata\n" \
            ".global " #symbol "\n" #symbol ":\n" \
            ".incbin \"" path "\"\n" \
            ".byte 0\n" \
            ".popsection\n")
