# SPDX-License-Identifier: EUPL-1.2
"""A flag of a table does something: the product, and not only a test, asks for it.

A flag is a constant of an enum of bits (three or more of 1, 2, 4, ...). It is read where it stands in a statement with "&", outside its own
declaration. Bits that are no flags but values, which a row or a request is matched with as a whole, are named below with who matches them.
"""
import re

from test_arch import code, in_house, is_test, report

VALUES = {
    r"ACL_\w+": "rights of a delegate: rows of the gate in store/ops/acl.c",
    r"ROLE_\w+": "who a peer is: matched with an operation's roles in base/ipc_server.c",
    r"SLOT_\w+": "kinds of key slots: numbers on disk",
    r"IS_\w+": "the state of an IMAP session: matched with a row's states in imapd/session.c and extensions.c",
    r"PH_\w+": "the phase of an SMTP session: matched with a row's phases in smtpd/verbs.c",
    r"ST_\w+": "STATUS items: rows of imapd/status.c",
    r"FI_\w+": "FETCH items: rows of imapd/fetch_items.c",
    r"(IMAP|MF)_(SEEN|ANSWERED|FLAGGED|DELETED|DRAFT)": "a message's flags: kept, searched and told by bit",
    r"CH_EXT_\w+": "what another operator's server offers: rows of relayd/scheduler_log.c",
    r"CHANGE_\w+": "fields of a change of an account: rows of admin/account_change.c",
    r"NOTIFY_\w+|DSN_(SUCCESS|FAILURE|DELAY)": "what RFC 3461 NOTIFY asked for: kept with what waits; matched with an outcome's row in policies/dsn.c",
    r"QK_\w+": "which keys of a queue entry a filter compares: by place in store/ops/queue.c",
    r"QE_8BIT|SMTP_ESC": "bits that travel as CH_LETTER_ and CH_EXT_ of relayd/channel.h, where they are read",
    r"LS_REMOTE": "there are no remote mailboxes: the option is taken and changes nothing (RFC 5258 3.1)",
    r"LR_CHILDREN|LR_SPECIAL": "LIST gives these attributes always: the options are taken and change nothing (imapd/cmd/list.c)",
}


def product():
    return [n for n in in_house(".c", ".h") if not is_test(n) and not n.endswith("_test.h")]


def flags():
    """{constant: (file, its enum)} of the enums of bits."""
    found = {}
    for name in product():
        for enum in re.finditer(r"enum\s*\w*\s*\{([^}]*)\}", code(name)):
            bits = {n: eval(v.replace("u", "")) for n, v in re.findall(r"\b([A-Z][A-Z0-9_]+)\s*=\s*(1u?\s*<<\s*\d+|0x[0-9a-fA-F]+|\d+)\b", enum[1])}
            bits = {n: v for n, v in bits.items() if v > 0 and v & (v - 1) == 0}
            if {1, 2, 4} <= set(bits.values()) and len(set(bits.values())) == len(bits):
                found |= {n: (name, enum[0]) for n in bits}
    return found


def statements_with(text, name):
    for m in re.finditer(rf"\b{name}\b", text):
        start = max(text.rfind(c, 0, m.start()) for c in ";{}") + 1
        ends = [e for e in (text.find(c, m.end()) for c in ";{}") if e >= 0]
        yield text[start:min(ends, default=len(text))].replace("&&", "")


def test_every_flag_has_a_reader():
    texts, unread = {n: code(n) for n in product()}, []
    all_flags = flags()
    assert {"C_SEQ", "V_ENDS_GROUP", "FF_GONE"} <= set(all_flags)  # the test sees what it should
    for flag, (home, declared) in all_flags.items():
        if any(re.fullmatch(v, flag) for v in VALUES):
            continue
        if not any("&" in s for t in texts.values() if flag in t for s in statements_with(t.replace(declared, ""), flag)):
            unread.append(f"{home}: {flag}: nothing in the product asks for it")
    report(unread)
