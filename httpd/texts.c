/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/texts.c - see httpd/texts.h. */
#include "httpd/texts.h"
#include "base/text_file.h"

TEXT_FILE(text_autoconfig, "httpd/texts/autoconfig.xml");
TEXT_FILE(text_autodiscover, "httpd/texts/autodiscover.xml");
TEXT_FILE(text_autodiscover_error, "httpd/texts/autodiscover-error.xml");
TEXT_FILE(text_mobileconfig, "httpd/texts/mobileconfig.xml");
TEXT_FILE(text_choose, "httpd/texts/choose.html");
TEXT_FILE(text_page, "httpd/texts/page.html");
TEXT_FILE(text_style, "httpd/texts/style.css");
