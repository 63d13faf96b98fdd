# SPDX-License-Identifier: EUPL-1.2
"""A small FHIR server over HTTPS with client certificates, as the national directory's write interface is drafted: conditional PATCH with FHIR Patch. It keeps the
entries, so that a test sees one that stands there twice. What it answers for an address is the test's: a function of the request's handler."""
import http.server
import json
import re
import ssl
import threading
import urllib.parse


class Entries(dict):
    """{(resource, identifier): [address, ...]}"""

    def patch(self, where, body):
        told = self.setdefault(where, [])
        for op in body["parameter"]:
            parts = {p["name"]: next(v for k, v in p.items() if k != "name") for p in op["part"]}
            named = re.search(r"where\(value = '(.*?)'\)", parts["path"])
            if parts["type"] == "insert":
                told.insert(parts["index"], parts["value"]["value"])
            elif parts["type"] == "delete" and named[1] in told:
                told.remove(named[1])


class FhirServer:
    def __init__(self, cert, key, clients):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def say(self, code, body=b'{"resourceType":"OperationOutcome"}', length=None):
                self.send_response(code)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def apply(self):
                with server.lock:
                    server.entries.patch(self.where, self.body)

            def do_PATCH(self):
                url = urllib.parse.urlsplit(self.path)
                self.where = url.path.rsplit("/", 1)[1], urllib.parse.parse_qs(url.query)["identifier"][0]
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.body = json.loads(text)
                who = next(a for a in re.findall(r"[\w.+-]+@[\w.-]+", text))
                with server.lock:
                    server.shown.add(self.connection.getpeercert(binary_form=True))
                    server.requests.append((who, self.headers["X-Idempotency-Key"], self.headers["Content-Type"]))
                    answer = server.answers.get(who, [])
                    act = answer.pop(0) if answer else None
                if act:
                    act(self)
                else:
                    self.apply()
                    self.say(200, json.dumps({"resourceType": self.where[0]}).encode())

        self.lock, self.entries, self.requests, self.answers = threading.Lock(), Entries(), [], {}
        self.shown = set()  # clients' certificates, DER
        self.stopping = threading.Event()
        self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.http.parent = self
        self.port = self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def accept(self, authority):
        """Clients whose certificates lead to that one, too; of connections from now on."""
        self.context.load_verify_locations(authority)

    def count(self, who):
        with self.lock:
            return sum(told.count(who) for told in self.entries.values())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.http.shutdown()
        self.http.server_close()
