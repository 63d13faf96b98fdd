/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/texts.c - see httpd/texts.h. The assembler includes the files as they are, so each has one source. */
#include "httpd/texts.h"

#define TEXT_FILE(symbol, path)                                                                                        \
    __asm__(".pushsection .rodata\n"                                                                                   \
            ".global " #symbol "\n" #symbol ":\n"                                                                      \
            ".incbin \"" path "\"\n"                                                                                   \
            ".byte 0\n"                                                                                                \
            ".popsection\n")

TEXT_FILE(text_autoconfig, "httpd/texts/autoconfig.xml");
TEXT_FILE(text_autodiscover, "httpd/texts/autodiscover.xml");
TEXT_FILE(text_autodiscover_error, "httpd/texts/autodiscover-error.xml");
TEXT_FILE(text_mobileconfig, "httpd/texts/mobileconfig.xml");
TEXT_FILE(text_choose, "httpd/texts/choose.html");
TEXT_FILE(text_page, "httpd/texts/page.html");
TEXT_FILE(text_style, "httpd/texts/style.css");
