# SPDX-License-Identifier: EUPL-1.2
"""Mozilla Thunderbird, driven as its user would set it up: a profile of its own in a temporary folder, without a screen.

    with Thunderbird(pli, "gp@chu.test", folder, name="Dr GP") as tb:
        tb.run("return Services.appinfo.version")
        tb.wait("return someFolder.getTotalMessages(false)")

Thunderbird is steered through Marionette, its own remote control: length:JSON over a loopback port that it chooses
itself. Scripts run with the program's rights; what a script returns must be JSON. trace() is the protocol as Thunderbird
saw it (IMAP and LDAP lines). The process is ended by its id.
"""
import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from instance import PASSWORD

PREFS = """
app.update.enabled=false
browser.cache.disk.enable=false
datareporting.policy.dataSubmissionEnabled=false
datareporting.policy.dataSubmissionPolicyBypassNotification=true
extensions.update.enabled=false
mail.chat.enabled=false
mail.collect_email_address_outgoing=false
mail.provider.suppress_dialog_on_startup=true
mail.rights.version=1
mail.shell.checkDefaultClient=false
mail.spotlight.firstRunDone=true
mail.winsearch.firstRunDone=true
mailnews.confirm.moveFoldersToTrash=false
mail.warn_on_send_accel_key=false
mailnews.start_page.enabled=false
mailnews.start_page_override.mstone=ignore
mailnews.smtp.loglevel=All
mail.inappnotifications.enabled=false
network.captive-portal-service.enabled=false
network.connectivity-service.enabled=false
network.dns.disablePrefetch=true
security.OCSP.enabled=0
toolkit.telemetry.enabled=false
toolkit.telemetry.reportingpolicy.firstRun=false
devtools.console.stdout.chrome=true
browser.dom.window.dump.enabled=true
marionette.port=0
"""
BOOK = "/o=pli??sub?(objectclass=*)"


class Gone(Exception):
    """Thunderbird closed the connection or said that a script failed."""


def value(text):
    return text if text in ("true", "false") or text.lstrip("-").isdigit() else json.dumps(text)


class Thunderbird:
    def __init__(self, pli, address, folder, name="", password=PASSWORD, prefs=(), display=None):
        self.pli, self.address, self.password = pli, address, password
        self.home = pathlib.Path(folder)
        self.profile = self.home / "profile"
        self.profile.mkdir(parents=True)
        self.sock, self.proc, self.serial, self.buf = None, None, 0, b""
        try:
            self.trust_authority()
            self.write_prefs(name or address, prefs)
            self.start(display)
            self.run(STORE_PASSWORDS, *self.logins())         # before it goes online, lest it ask for them
            self.run("Services.io.offline = false; server.performExpand(null)")
        except BaseException:
            self.close()
            raise

    # ---- the profile ----
    def trust_authority(self):
        """The instance's private authority, trusted for servers and for mail: what INSTALL has a user do by hand."""
        db = f"sql:{self.profile}"
        for argv in (["-N", "--empty-password"], ["-A", "-n", "pli", "-t", "C,C,", "-i", self.pli.ca]):
            subprocess.run(["certutil", "-d", db, *argv], check=True, capture_output=True, timeout=60)

    def write_prefs(self, name, extra):
        host, addr = "localhost", self.address
        pairs = [line.split("=", 1) for line in PREFS.split()]
        pairs += [
            ("mail.accountmanager.accounts", "account1,account2"), ("mail.accountmanager.defaultaccount", "account1"),
            ("mail.accountmanager.localfoldersserver", "server2"),
            ("mail.account.account1.server", "server1"), ("mail.account.account1.identities", "id1"),
            ("mail.account.account2.server", "server2"), ("mail.server.server2.type", "none"),
            ("mail.server.server2.hostname", "Local Folders"), ("mail.server.server2.userName", "nobody"),
            ("mail.server.server1.type", "imap"), ("mail.server.server1.hostname", host),
            ("mail.server.server1.port", self.pli.port("imaps")), ("mail.server.server1.socketType", 3),
            ("mail.server.server1.authMethod", 3), ("mail.server.server1.userName", addr),
            ("mail.server.server1.name", addr), ("mail.server.server1.login_at_startup", "false"),
            ("mail.server.server1.check_new_mail", "false"),
            ("mail.identity.id1.fullName", name), ("mail.identity.id1.useremail", addr),
            ("mail.identity.id1.smtpServer", "smtp1"), ("mail.identity.id1.valid", "true"),
            ("mail.identity.id1.compose_html", "false"),
            *((f"mail.identity.id1.{what}_folder", f"imap://{addr.replace('@', '%40')}@{host}/{name_there}")
              for what, name_there in (("fcc", "Sent"), ("draft", "Drafts"), ("archive", "Archive"))),
            ("mail.smtpservers", "smtp1"), ("mail.smtp.defaultserver", "smtp1"),
            ("mail.smtpserver.smtp1.type", "smtp"), ("mail.smtpserver.smtp1.hostname", host),
            ("mail.smtpserver.smtp1.port", self.pli.port("submissions")), ("mail.smtpserver.smtp1.try_ssl", 3),
            ("mail.smtpserver.smtp1.authMethod", 3), ("mail.smtpserver.smtp1.username", addr),
            ("ldap_2.servers.pli.description", "Annuaire"), ("ldap_2.servers.pli.dirType", 0),
            ("ldap_2.servers.pli.uri", f"ldaps://{host}:{self.pli.port('ldaps')}{BOOK}"),
            ("ldap_2.servers.pli.auth.dn", self.bind_dn()), ("ldap_2.servers.pli.filename", "ldap.sqlite"),
            ("ldap_2.servers.pli.maxHits", 100), ("ldap_2.autoComplete.useDirectory", "true"),
            ("ldap_2.autoComplete.directoryServer", "ldap_2.servers.pli"), *extra]
        with open(self.profile / "user.js", "w") as f:
            for key, val in pairs:
                f.write(f'user_pref("{key}", {value(str(val))});\n')

    def bind_dn(self):
        return f"mail={self.address},ou=mailboxes,o=pli"

    def logins(self):
        """(origin, realm, user) as Thunderbird looks them up, and the password."""
        book = f"ldaps://localhost:{self.pli.port('ldaps')}"
        return [["imap://localhost", "imap://localhost", self.address],
                ["smtp://localhost", "smtp://localhost", self.address],
                [book, book + BOOK, ""]], self.password

    # ---- the process ----
    def start(self, display):
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
        env.update(HOME=str(self.home), MOZ_LOG="IMAP:5,LDAP:5,timestamp,sync", MOZ_LOG_FILE=str(self.home / "trace"),
                   MOZ_CRASHREPORTER_DISABLE="1", XDG_RUNTIME_DIR=str(self.home))
        env.update({"DISPLAY": display} if display else {"MOZ_HEADLESS": "1"})
        self.out = open(self.home / "out", "wb")
        self.proc = subprocess.Popen(
            ["thunderbird", "--no-remote", "--profile", str(self.profile), "-offline", "--marionette",
             "--remote-allow-system-access"],
            env=env, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out, start_new_session=True)
        self.sock = self.knock(time.monotonic() + 120)
        self.read()
        self.command("WebDriver:NewSession", {"timeouts": {"script": 120000}, "unhandledPromptBehavior": "ignore"})
        self.command("Marionette:SetContext", {"value": "chrome"})

    def knock(self, end):
        port = self.profile / "MarionetteActivePort"
        while time.monotonic() < end:
            if self.proc.poll() is not None:
                raise Gone(f"thunderbird ended with {self.proc.returncode}:\n{(self.home / 'out').read_text(errors='replace')[-2000:]}")
            if port.exists() and port.read_text().strip():
                return socket.create_connection(("127.0.0.1", int(port.read_text())), timeout=150)
            time.sleep(0.1)
        raise Gone("no MarionetteActivePort: " + (self.home / "out").read_text(errors="replace")[-2000:])

    def close(self):
        if self.sock:
            self.sock.close()
        if self.proc and self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGTERM)     # its own session: the program and its helpers, nobody else
            try:
                self.proc.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.proc.pid, signal.SIGKILL)
                self.proc.wait(20)
        if self.proc:
            self.out.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the remote control ----
    def read(self):
        while b":" not in self.buf:
            self.more()
        size, _, self.buf = self.buf.partition(b":")
        while len(self.buf) < int(size):
            self.more()
        packet, self.buf = self.buf[:int(size)], self.buf[int(size):]
        return json.loads(packet)

    def more(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise Gone("thunderbird closed the connection")
        self.buf += piece

    def command(self, name, params):
        self.serial += 1
        packet = json.dumps([0, self.serial, name, params]).encode()
        self.sock.sendall(b"%d:%s" % (len(packet), packet))
        _, serial, error, result = self.read()
        assert serial == self.serial
        if error:
            raise Gone(f"{error.get('error')}: {error.get('message')}\n{error.get('stacktrace', '')[:600]}")
        return result.get("value") if isinstance(result, dict) else result

    def run(self, script, *args):
        """The body of an async function, with arguments[]; PRELUDE's names are known. Gives what it returns."""
        body = (f"const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);"
                f"(async function () {{ {PRELUDE} {script} }})(...given)"
                f".then(v => done({{value: v === undefined ? null : v}}), e => done({{error: String(e) + ' ' + (e.stack || '')}}));")
        got = self.command("WebDriver:ExecuteAsyncScript", {"script": body, "args": list(args), "sandbox": "system"})
        if "error" in got:
            raise Gone(got["error"])
        return got["value"]

    def wait(self, script, *args, timeout=60):
        """run() until it gives something true."""
        end = time.monotonic() + timeout
        while True:
            got = self.run(script, *args)
            if got:
                return got
            if time.monotonic() > end:
                raise AssertionError(f"thunderbird: not within {timeout} s: {script}\n{self.trace()[-3000:]}")
            time.sleep(0.2)

    # ---- what a user does ----
    def set_up(self, name, address, password):
        """A further account by the program's own form: name and address, what it finds, the password."""
        self.run(HUB)
        self.wait(HUB_PAGE, "emailAutoConfigSubview", {"#realName": name, "#email": address})
        self.wait(HUB_PAGE, "emailConfigFoundSubview", {}, timeout=120)
        self.wait(HUB_PAGE, "emailPasswordSubview", {"#password": password})
        self.wait("return accountOf(arguments[0])", address)

    def check_mail(self):
        self.run("server.getNewMessages(server.rootFolder, window3().msgWindow, null)")

    def show(self, subject, folder="INBOX"):
        """Opens the folder, then the message in the reading pane; gives what the pane says of it."""
        self.wait("return [...named(arguments[0]).messages].some(m => m.mime2DecodedSubject == arguments[1])", folder, subject)
        for seconds in (15, 15, 30):       # a list that is still filling forgets what was selected
            self.run(OPEN, folder, subject)
            with contextlib.suppress(AssertionError):
                return self.wait(READ, subject, timeout=seconds)
        self.screenshot(self.home / "not-shown.png")
        raise AssertionError(f"thunderbird does not show {subject}: see {self.home}/not-shown.png")

    def compose(self, to, subject, body):
        """A window to write in, the recipient typed letter by letter; gives what the directory offers for it."""
        self.run(COMPOSE, subject, body)
        return self.wait(COMPLETE, to)

    def send(self):
        """Takes the first name offered, or what was typed, and presses Send."""
        self.run(SEND)

    def sent(self):
        self.wait("return !Services.wm.getMostRecentWindow('msgcompose')")

    def dialog(self, timeout=60):
        """The text of the message box that is up, which is then closed by its Cancel, or by OK when it has no other."""
        return self.wait(DIALOG, timeout=timeout)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.command("WebDriver:TakeScreenshot", {"full": False})))

    def trace(self):
        return "".join(p.read_text(errors="replace") for p in sorted(self.home.glob("trace*")))


PRELUDE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.getAccount("account1").incomingServer;
const folders = () => server.rootFolder.descendants;
const named = name => folders().find(f => f.name == name || f.URI.endsWith("/" + name));
const inbox = () => named("INBOX");
const window3 = () => Services.wm.getMostRecentWindow("mail:3pane");
const hub = () => window3().document.querySelector("account-hub-container")?.shadowRoot;
const accountOf = address => {
  for (const a of MailServices.accounts.accounts) {
    const in_ = a.incomingServer, out = a.defaultIdentity && MailServices.outgoingServer.getServerByKey(a.defaultIdentity.smtpServerKey);
    if (out && a.defaultIdentity.email == address) {
      return { incoming: [in_.type, in_.hostname, in_.port, in_.socketType, in_.username],
               outgoing: [out.serverURI.host, out.serverURI.port, out.socketType, out.username] };
    }
  }
  return null;
};
const pause = ms => new Promise(done => window3().setTimeout(done, ms));
"""

STORE_PASSWORDS = """
const [logins, password] = arguments;
for (const [origin, realm, user] of logins) {
  const info = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  info.init(origin, null, realm, user, password, "", "");
  await Services.logins.addLoginAsync(info);
}
"""

HUB = """
await window3().openAccountHub("MAIL");
"""

# One page of the account form: its fields are typed into, and its forward button is pressed. Null while it is not there, or the button is not yet good.
HUB_PAGE = """
const view = hub()?.querySelector("account-hub-email"), step = view?.querySelector("#" + arguments[0]), forward = view?.querySelector("account-hub-footer #forward");
if (!step || step.hidden || !forward) return null;
for (const [id, text] of Object.entries(arguments[1])) {
  const field = step.querySelector(id);
  if (!field) return null;
  field.value = text;
  field.dispatchEvent(new (window3().Event)("input", { bubbles: true }));
}
await pause(100);
if (forward.disabled || forward.hidden) return null;
forward.click();
return true;
"""

OPEN = """
const [name, subject] = arguments;
const pane = window3().document.getElementById("tabmail").currentAbout3Pane;
pane.displayFolder(named(name).URI);
for (let n = 0; n < 100; n++) {
  const view = pane.gDBView, message = [...named(name).messages].find(m => m.mime2DecodedSubject == subject);
  const row = message && view?.msgFolder == named(name) ? view.findIndexOfMsgHdr(message, true) : 0xffffffff;
  if (row < view?.rowCount) { pane.threadTree.selectedIndex = -1; await pause(50); pane.threadTree.selectedIndex = row; return; }
  await pause(100);
}
throw new Error("the message is in no row");
"""

READ = """
const pane = window3().document.getElementById("tabmail").currentAboutMessage;
const at = id => pane.document.getElementById(id);
if (!pane || at("expandedsubjectBox")?.textContent.indexOf(arguments[0]) < 0) return null;
const icon = at("signedHdrIcon"), body = pane.document.getElementById("messagepane").contentDocument?.body;
if (!body?.textContent || (!at("cryptoBox").hidden && !icon.getAttribute("src"))) return null;
return { text: body.textContent, from: at("expandedfromBox").textContent,
         signed: icon.hidden ? null : icon.getAttribute("src"),
         attachments: [...pane.document.querySelectorAll("#attachmentList richlistitem")].map(a => a.attachment.name) };
"""

COMPOSE = """
const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
params.composeFields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
[params.composeFields.subject, params.composeFields.body] = arguments;
params.identity = MailServices.accounts.getAccount("account1").defaultIdentity;
params.type = Ci.nsIMsgCompType.New;
params.format = Ci.nsIMsgCompFormat.PlainText;
MailServices.compose.OpenComposeWindowWithParams(null, params);
"""

COMPLETE = """
const win = Services.wm.getMostRecentWindow("msgcompose"), input = win?.document.getElementById("toAddrInput");
if (!input || !win.gMsgCompose || !win.windowInited && win.document.readyState != "complete") return null;
if (!input.value) {
  input.focus();
  for (const letter of arguments[0]) {
    input.value += letter;
    input.dispatchEvent(new win.InputEvent("input", { bubbles: true, data: letter, inputType: "insertText" }));
    await pause(50);
  }
  return null;
}
const offered = [];
for (let n = 0; n < input.controller.matchCount; n++) offered.push(input.controller.getValueAt(n));
return offered.length ? offered : arguments[0].includes("@") ? [arguments[0]] : null;
"""

SEND = """
const win = Services.wm.getMostRecentWindow("msgcompose"), input = win.document.getElementById("toAddrInput");
if (input.value && input.controller.matchCount) input.controller.handleEnter(false);
else if (input.value) win.recipientAddPills(input);
await pause(300);
win.goDoCommand("cmd_sendNow");
"""

DIALOG = """
for (const win of Services.wm.getEnumerator(null)) {
  const dialog = win.document.querySelector("dialog");
  if (!win.location.href.includes("commonDialog") || !dialog) continue;
  const text = win.document.getElementById("infoBody").textContent;
  const cancel = dialog.getButton("cancel");
  cancel && !cancel.hidden ? dialog.cancelDialog() : dialog.acceptDialog();
  return text;
}
return null;
"""
