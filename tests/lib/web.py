# SPDX-License-Identifier: EUPL-1.2
"""A real web server for a test, on a free loopback port: each path has a behaviour, and every request is noted.

    with Web() as web:                       # Web(tls=(cert.pem, key.pem)): https
        web.at["/list"] = document(xml)      # ETag and Last-Modified, 304 when asked with them
        web.url("/list"); web.asked("/list") # the headers of each request
"""
import email.utils
import hashlib
import http.server
import ssl
import threading
import time


def document(body, etag=True, modified=None, conditions=True, kind="application/xml"):
    """A handler that serves the body as a good server does. conditions False: it knows none, and sends everything each time."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    when = email.utils.formatdate(modified or time.time() - 86400, usegmt=True)

    def serve(h):
        asked = h.headers.get("If-None-Match")
        same = (asked == tag) if asked else h.headers.get("If-Modified-Since") == when
        h.send_response(304 if conditions and same else 200)
        if etag:
            h.send_header("ETag", tag)
        h.send_header("Last-Modified", when)
        if conditions and same:
            return h.end_headers()
        h.send_header("Content-Type", kind)
        h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        h.wfile.write(body)
    return serve


def status(code, body=b"", kind="text/html", **headers):
    def serve(h):
        h.send_response(code)
        h.send_header("Content-Type", kind)
        h.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(body)
    return serve


def endless(h):
    """Octets without an end, and without a length."""
    h.send_response(200)
    h.send_header("Content-Type", "application/xml")
    h.end_headers()
    block = b"<!-- " + b"x" * (1 << 20) + b" -->"
    while True:
        h.wfile.write(block)


class Web:
    def __init__(self, tls=None):
        self.at, self.seen = {}, []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.seen.append((self.path, dict(self.headers), time.monotonic()))
                try:
                    web.at.get(self.path, status(404))(self)
                except (OSError, ssl.SSLError):
                    pass  # the client has enough

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that refuses our certificate

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(*map(str, tls))
            self.server.socket = ctx.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if tls else "http"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path, host="localhost"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def asked(self, path):
        return [headers for p, headers, _ in self.seen if p == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
