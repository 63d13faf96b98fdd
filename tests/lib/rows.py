# SPDX-License-Identifier: EUPL-1.2
"""The rows of policies/causes.c that SMTP may tell: {name of the cause: (code, enhanced code, "French / English")}."""
import re

from instance import TOP

NAMES = dict(re.findall(r'X\((CAUSE_\w+), "([a-z0-9-]+)"\)', (TOP / "base/cause.h").read_text()))
ROW = re.compile(r'(?:SMTP|BOTH)\((CAUSE_\w+), (\d+), "([\d.]+)",(?: (?:NULL|"[^"]*"),)?\s*"([^"]*)",\s*"([^"]*)"\),', re.S)
TABLE = (TOP / "policies/causes.c").read_text()
ROWS = {NAMES[cause]: (int(code), esc, f"{fr} / {en}") for cause, code, esc, fr, en in ROW.findall(TABLE)}
