# SPDX-License-Identifier: EUPL-1.2
"""A web proxy on the loopback that leads a client, which knows the well-known ports and names in DNS only, to an instance on other ports.

    with Doorway({("autoconfig.chu.test", 443): pli.port("https")}) as door:
        ... network.proxy.ssl = 127.0.0.1, network.proxy.ssl_port = door.port ...
        door.asked      # [("autoconfig.chu.test", 443), ...], as they came
Whatever is not in its list is refused: nothing leaves the machine.
"""
import contextlib
import re
import socket
import threading


class Doorway:
    def __init__(self, ways):
        self.ways, self.asked = ways, []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.one, args=(self.door.accept()[0],), daemon=True).start()

    def one(self, client):
        head = b""
        with client, contextlib.suppress(OSError):
            while b"\r\n\r\n" not in head and len(head) < 65536:
                if not (piece := client.recv(4096)):
                    return
                head += piece
            tunnel = re.match(rb"CONNECT ([^: ]+):(\d+) ", head)
            plain = re.match(rb"[A-Z]+ http://([^:/ ]+)(?::(\d+))?(/\S*)", head)
            found = tunnel or plain
            where = (found[1].decode(), int(found[2] or 80)) if found else None
            self.asked.append(where)
            if where not in self.ways:
                client.sendall(b"HTTP/1.1 502 No way\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.ways[where])) as server:
                if tunnel:
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    server.sendall(head.replace(plain[0], plain[0].replace(b"http://" + found[1], b"", 1), 1))
                back = threading.Thread(target=carry, args=(server, client), daemon=True)
                back.start()
                carry(client, server)
                back.join(30)


def carry(one, other):
    with contextlib.suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
