#!/usr/bin/python3
"""Clients that misbehave: ontap-sim answers or cuts them off, keeps serving others, and does not grow.

Usage: rough_client.py PATH/TO/ontap-sim
Announced bodies of 1 GiB, chunks without end, requests that stop in the middle, documents nested 100,000 deep, connections that say
nothing. After each the simulator has to answer an ordinary call, and in the end to have grown by less than 64 MiB.
"""
import base64
import os
import socket
import sys
import xml.etree.ElementTree as ElementTree

from simulator import Checks, Simulator

PATH = "/servlets/netapp.servlets.admin.XMLrequest_filer"
LOGIN = "Authorization: Basic " + base64.b64encode(b"admin:netapp123").decode()
GROWTH_MAX = 64 << 10  # KiB


def head(*lines):
    return "\r\n".join([f"POST {PATH} HTTP/1.1", "Host: array", LOGIN, "Content-Type: text/xml", *lines, "", ""]).encode()


def whole(body):
    return head(f"Content-Length: {len(body)}", "Connection: close") + body


def document(inside):
    return b'<?xml version="1.0"?><netapp xmlns="http://www.netapp.com/filer/admin" version="1.21">' + inside + b"</netapp>"


class Rough:
    def __init__(self, checks, simulator):
        self.checks = checks
        self.address = simulator.host_and_port("ontap-http")
        self.process = simulator.process

    def connect(self):
        return socket.create_connection(self.address, timeout=60)

    def talk(self, *parts):
        """What comes back until the other side closes; sending stops when it has hung up."""
        with self.connect() as connection:
            try:
                for part in parts:
                    connection.sendall(part)
            except OSError:
                pass
            seen = b""
            try:
                while chunk := connection.recv(65536):
                    seen += chunk
            except ConnectionResetError:
                pass
            return seen

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def serves(self, after):
        reply = self.talk(whole(document(b"<system-get-version/>")))
        self.checks.that(f"answers after {after}", b'status="passed"' in reply, reply[:200])

    def announced(self):
        for size in (1 << 30, 1 << 62):
            reply = self.talk(head(f"Content-Length: {size}") + b"<netapp>")
            self.checks.that(f"a body of {size} bytes announced is refused", reply.startswith(b"HTTP/1.1 413"), reply[:80])
        self.serves("an announced body")

    def chunks_without_end(self):
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        reply = self.talk(head("Transfer-Encoding: chunked"), *[chunk] * 1024)
        self.checks.that("64 MiB in chunks is refused or cut off", reply == b"" or reply.startswith(b"HTTP/1.1 413"), reply[:80])
        self.serves("chunks without end")

    def deep(self):
        for opened in (b"<a>", b"<query><volume-attributes>"):
            reply = self.talk(whole(document(b"<volume-get-iter>" + opened * 100_000)))
            self.checks.that("100,000 levels are refused", b"13001" in reply and b"nested too deeply" in reply, reply[-300:])
        closed = b"<a>" * 100_000 + b"</a>" * 100_000
        reply = self.talk(whole(document(b"<volume-get-iter>" + closed + b"</volume-get-iter>")))
        self.checks.that("100,000 levels that are closed are refused", b"nested too deeply" in reply, reply[-300:])
        wide = document(b"<volume-get-iter>" + b"<query/>" * 100_000 + b"</volume-get-iter>")
        reply = self.talk(whole(wide))
        self.checks.that("100,000 elements beside each other are answered", b"<results" in reply, reply[:200])
        self.serves("deep documents")

    def truncated(self):
        body = document(b"<system-get-version/>")
        request = whole(body)
        for cut in range(1, len(request), 7):
            with self.connect() as connection:
                connection.sendall(request[:cut])
        self.serves("truncated requests")
        reply = self.talk(head(f"Content-Length: {len(body) - 9}", "Connection: close") + body[:-9])
        self.checks.that("a document without its end is a parse error", b"13001" in reply, reply[-200:])
        ElementTree.fromstring(reply.split(b"\r\n\r\n", 1)[1].decode().split("]>")[-1])

    def slow(self):
        """Two hundred clients that never end their request, and one that does it byte by byte, disturb nobody."""
        idle = [self.connect() for _ in range(200)]
        for connection in idle:
            connection.sendall(head("Content-Length: 1000")[:-2])
        request = whole(document(b"<system-get-version/>"))
        with self.connect() as slow:
            slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(len(request)):
                slow.sendall(request[at:at + 1])
                if at % 100 == 0:
                    self.serves(f"byte {at} of a slow request")
            self.checks.that("the slow one is answered", b"HTTP/1.1 200" in slow.recv(65536))
        # A head that is not finished is cut off by the server.
        seen = idle[0].recv(65536)
        self.checks.that("an unfinished head ends with 408 or a closed connection", seen == b"" or b" 408 " in seen, seen[:80])
        for connection in idle:
            connection.close()
        self.serves("slow senders")


def main():
    checks = Checks()
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"  # freed memory is given back
    simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0")
    rough = Rough(checks, simulator)
    before = 0
    for turn in range(3):
        rough.announced()
        rough.chunks_without_end()
        rough.deep()
        rough.truncated()
        before = before or rough.resident()  # after the first turn buffers have their usual size
    rough.slow()
    checks.that("has not grown", rough.resident() - before < GROWTH_MAX, f"{before} -> {rough.resident()} KiB")
    checks.same("ends cleanly", simulator.end(), 0)
    return checks.status(at_least=30)


if __name__ == "__main__":
    sys.exit(main())
