# SPDX-License-Identifier: EUPL-1.2
"""One skeleton for a daemon (base/service.h), one machine for whoever asks one (base/ipc_link.h), one text for a message (base/ipc.h): read
from the sources, so that a second one is found when it is written (docs/decisions/0016)."""
import re

from test_arch import code, in_house, is_test, report, text

DAEMONS = {"pli-stored": "store/stored/daemon.c", "pli-keyd": "crypto/keyd/keyd.c", "pli-dird": "directory/dird/main.c",
           "pli-relayd": "relayd/main.c", "pli-trustd": "trust/trustd/main.c", "pli-smtpd": "smtpd/main.c", "pli-imapd": "imapd/main.c",
           "pli-httpd": "httpd/main.c", "pli-pubd": "publish/pubd/main.c"}


def product(*suffixes):
    return [n for n in dict.fromkeys(in_house(*suffixes)) if not is_test(n) and "_test." not in n and "fixture" not in n]


def arguments(source, function):
    """The arguments of each call, as text; strings are kept."""
    for m in re.finditer(rf"\b{function}\(", source):
        depth, at, parts, start = 1, m.end(), [], m.end()
        while depth and at < len(source):
            c = source[at]
            if c == '"':
                at = re.compile(r'"(?:\\.|[^"\\])*"').match(source, at).end()
                continue
            depth += (c in "([{") - (c in ")]}")
            if depth == 0 or (c == "," and depth == 1):
                parts.append(source[start:at].strip())
                start = at + 1
            at += 1
        yield parts


def with_strings(name):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text(name), flags=re.S)


def test_arguments_are_found():
    assert list(arguments('x(a, f(b, "c,)"), "d"); x(1)', "x")) == [["a", 'f(b, "c,)")', '"d"'], ["1"]]


def only_in(pattern, allowed):
    report([f"{n}: {m[0]}" for n in product(".c", ".h") if n not in allowed for m in re.finditer(pattern, with_strings(n))])


def test_a_default_stands_in_the_table_of_settings_alone():
    """A setting is read by its name, nothing beside it; and the table has that name."""
    table = set(re.findall(r'^\s*\{"([a-z_.]+)", SET_', text("base/settings.c"), re.M))
    found, seen = [], 0
    for name in product(".c"):
        if name == "base/boot.c":
            continue
        for function in ("boot_get", "boot_num"):
            for args in arguments(with_strings(name), function):
                seen += 1
                if len(args) != 2:
                    found.append(f"{name}: {function}({', '.join(args)}): a default beside base/settings.c")
                elif args[1].startswith('"') and args[1].strip('"') not in table:
                    found.append(f"{name}: {args[1]} is no setting of base/settings.c")
    report(found)
    assert table and seen > 20


def test_one_table_says_whose_uid_may_claim_which_role():
    only_in(r'"uid\.(smtpd|imapd|relayd|keyd|dird|stored|httpd)"', {"base/service.c", "base/boot.c"})  # boot.c: which names there are


def test_the_log_level_is_read_in_one_place():
    # serve: the supervisor, which has no boot list; trace: it says that lines were kept out of the log
    only_in(r'"log\.level"', {"base/settings.c", "base/service.c", "pli/cmd/serve.c", "pli/cmd/trace.c"})


def test_every_daemon_is_made_from_the_skeleton():
    report([f"{program}: {source} does not call service_main()" for program, source in DAEMONS.items() if "service_main(" not in code(source)])
    only_in(r"\b(boot_load|ipc_serve)\(", {"base/service.c", "base/boot.c", "base/boot.h", "base/ipc.h", "base/ipc_server.c"})


def test_one_machine_dials_and_dials_again():
    # probe, doctor: they ask whether a daemon is there, and must not wait for one that is not
    only_in(r"\bipc_(dial|dial_ahead|call|send|recv)\(", {"base/ipc.h", "base/ipc_client.c", "base/ipc_link.c", "base/ipc_link.h",
                                                          "pli/super/probe.c", "pli/doctor/live.c"})


def test_a_message_is_written_once():
    """Its list of fields gives struct and table: nobody else lays bytes out; and each message has its table, once."""
    only_in(r"\bIPC_F_\w+\(", {"base/ipc.h", "base/ipc_msg.c", "store/db/rec.c"})  # rec.c: records on disk, not messages
    messages, tables, lists = [], [], []
    for name in product(".c", ".h"):
        if name != "base/ipc.h":
            messages += re.findall(r"^IPC_MESSAGE\((\w+)\);", text(name), re.M)
            tables += re.findall(r"^IPC_TABLE\((\w+)\);", text(name), re.M)
            lists += re.findall(r"^#define FIELDS_(\w+)\(F, T\)", text(name), re.M)
    assert len(messages) > 80
    assert sorted(messages) == sorted(tables) == sorted(lists)
    assert len(set(messages)) == len(messages)
