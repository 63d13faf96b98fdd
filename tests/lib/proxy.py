# SPDX-License-Identifier: EUPL-1.2
"""What a proxy writes in front of a connection that it passes on: the PROXY protocol, version 2 (haproxy's "send-proxy-v2")."""
import ipaddress
import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21


def header(client, port=50000, server=None, command=PROXY, tlvs=b"", family=None):
    """The header for a client's address; client None: no family, and no addresses."""
    if client is None:
        body, fam = b"", 0x00
    else:
        a = ipaddress.ip_address(client)
        b = ipaddress.ip_address(server or ("10.0.0.1" if a.version == 4 else "2001:db8::10"))
        body, fam = a.packed + b.packed + struct.pack("!HH", port, 25), 0x11 if a.version == 4 else 0x21
    body += tlvs
    return SIGNATURE + bytes([command, fam if family is None else family]) + struct.pack("!H", len(body)) + body


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def connect(port, first=b"", host="127.0.0.1", timeout=30):
    s = socket.create_connection((host, port), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if first:
        s.sendall(first)
    return s


def lines(s, n=1):
    """The next n lines; fewer when the other side closes."""
    got = b""
    while got.count(b"\n") < n:
        try:
            more = s.recv(4096)
        except ConnectionResetError:
            break
        if not more:
            break
        got += more
    return got
