/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/texts.h - the files of httpd/texts/, inside the program: forms for httpd/fill.h, and the style sheet.
 * Process  pli-httpd sessions.
 */
#pragma once
extern const char text_autoconfig[], text_autodiscover[], text_autodiscover_error[], text_mobileconfig[], text_choose[], text_page[], text_style[];
