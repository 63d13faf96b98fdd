# SPDX-License-Identifier: EUPL-1.2
"""UNAUTHENTICATE (RFC 8437): what becomes of the first account afterwards is nothing to the second one, on the same connection."""
import imaplib
import time

from instance import PASSWORD


imaplib.Commands["UNAUTHENTICATE"] = ("AUTH", "SELECTED")


def test_the_first_account_ends_alone(pli):
    for who in ("premier@chu.test", "second@chu.test"):
        pli.add(who, sign="never")
    with pli.imap("premier@chu.test") as m:
        assert m._simple_command("UNAUTHENTICATE")[0] == "OK"
        m.state = "NONAUTH"
        pli.pli("account", "disable", "premier@chu.test")
        time.sleep(2.5)  # a session of that account would have ended by now
        assert m.login("second@chu.test", PASSWORD)[0] == "OK"
        for _ in range(3):
            assert m.noop()[0] == "OK"
        assert m.select("INBOX")[0] == "OK"

