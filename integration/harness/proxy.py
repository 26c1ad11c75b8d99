"""Proxies between us and a server on this machine: they damage, lose, repeat, encrypt or add to what passes."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TCPProxy:
    """Listens on a port of its own; each connection is handed to `_serve`, in a thread of its own."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def connect(self, **options):
        """A connection to the server."""
        server = socket.create_connection(("127.0.0.1", self.target_port), **options)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets.append(server)
        return server

    def pass_on(self, client, server, from_client=bytes, from_server=bytes):
        """Copies both ways until both ends are through; the functions change what passes."""
        other = threading.Thread(target=_copy, args=(server, client, from_server), daemon=True)
        other.start()
        _copy(client, server, from_client)

    def close(self):
        for end in [self.listener, *self.sockets]:
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _copy(origin, destination, change):
    with contextlib.suppress(OSError, ValueError):
        while data := origin.recv(1 << 16):
            destination.sendall(change(data))
    for end in (origin, destination):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class CorruptingProxy(TCPProxy):
    """Flips one bit behind a marker, as a bad network would; `flips` counts the markers it damaged on their way to the client."""

    def __init__(self, target_port, marker, flips_max=None):
        self.marker, self.flips_max, self.flips = marker, flips_max, 0
        super().__init__(target_port)

    def _serve(self, client):
        self.pass_on(client, self.connect(), from_server=self._damaged)

    def _damaged(self, data):
        at = data.find(self.marker)
        if at < 0 or (self.flips_max is not None and self.flips >= self.flips_max):
            return data
        self.flips += 1
        changed = bytearray(data)
        changed[at + len(self.marker) - 1] ^= 0x01
        return bytes(changed)


class DamagingProxy(TCPProxy):
    """Forwards HTTP requests to a server, byte for byte; some meet the fault that `next_fault(method)` names.

    `refuse` answers 503 and forwards nothing, `drop` closes and forwards nothing, `lose` forwards and closes, `fail`
    forwards and answers 500, `twice` forwards two copies and hands on the second answer, `delay` waits before it
    forwards, `cut` hands on half of the answer.
    """

    def __init__(self, target_port, next_fault):
        self.next_fault, self.faults, self.lock = next_fault, {}, threading.Lock()
        super().__init__(target_port)

    def _serve(self, client):
        with contextlib.suppress(OSError, EOFError), client, client.makefile("rb") as reader:
            while request := _read_message(reader):
                method = request.split(b" ", 1)[0].decode()
                with self.lock:
                    fault = self.next_fault(method)
                    if fault:
                        self.faults[fault] = self.faults.get(fault, 0) + 1
                if not self._answer(client, method, request, fault):
                    return

    def _answer(self, client, method, request, fault):
        """Whether the connection goes on."""
        if fault == "drop":
            return False
        if fault == "refuse":
            body = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(body) + (b"" if method == "HEAD" else body))
            return True
        if fault == "delay":
            time.sleep(0.3)
        if fault == "twice":
            self._forward(method, request)
        answer = self._forward(method, request)
        if fault == "lose":
            return False
        if fault == "cut":
            client.sendall(answer[: len(answer) // 2])
            return False
        if fault == "fail":
            answer = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        client.sendall(answer)
        return True

    def _forward(self, method, request):
        with self.connect(timeout=60) as server:
            server.sendall(request)
            with server.makefile("rb") as reader:
                return _read_message(reader, has_body=method != "HEAD")


def _read_message(reader, has_body=True):
    """A whole request or answer as it came; b"" at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline()
        if not line:
            return b""
        head += line
    fields = dict(
        (name.strip().lower(), value.strip().lower())
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    )
    status = head.split(b" ", 2)[1] if head.startswith(b"HTTP/") else b""
    if not has_body or status in (b"204", b"304"):
        return head
    if fields.get(b"transfer-encoding") == b"chunked":
        return head + _read_chunks(reader)
    count = int(fields.get(b"content-length", b"0"))
    body = reader.read(count)
    if len(body) < count:
        raise EOFError
    return head + body


def _read_chunks(reader):
    body = b""
    while True:
        line = reader.readline()
        body += line
        count = int(line.split(b";")[0], 16)
        body += reader.read(count + 2)
        if count == 0:
            return body


class TLSProxy(TCPProxy):
    """Speaks TLS with a certificate of an authority of its own, and hands everything on to a server as it is."""

    def __init__(self, target_port, folder):
        self.authority = folder / "authority.pem"
        key, certificate, request = folder / "key.pem", folder / "certificate.pem", folder / "request.pem"
        extensions = folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1")
        for arguments in (
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "authority.key", "-out", self.authority,
             "-days", "2", "-subj", "/CN=frazil test authority"],
            ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1"],
            ["x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", folder / "authority.key", "-CAcreateserial",
             "-out", certificate, "-days", "2", "-extfile", extensions],
        ):
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.bytes_taken = 0
        super().__init__(target_port)
        self.endpoint = f"https://127.0.0.1:{self.port}"

    def _serve(self, plain):
        with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as client:
            self.sockets.append(client)
            self.pass_on(client, self.connect(), from_client=self._counted)

    def _counted(self, data):
        self.bytes_taken += len(data)
        return data


class HTTPProxy:
    """Understands requests; each is handed to `answer(handler, body)`, which may forward it and change the answer."""

    def __init__(self, target_port):
        self.target_port = target_port
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are sent one after the other; else the second waits 40 ms for the first to be acknowledged.
            disable_nagle_algorithm = True

            def _handle(self):
                proxy.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            do_GET = do_POST = do_DELETE = do_HEAD = _handle

            def send(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204 and self.command != "HEAD":
                    self.wfile.write(body)

            def hang_up(self):
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (OSError, ValueError):
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forward(self, handler, body):
        """(status, body) of the server's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "accept-encoding"}
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class FaultyCatalogProxy(HTTPProxy):
    """Commits to a REST catalog meet the faults that `next_fault` names, one after the other.

    `refuse` answers 503 and forwards nothing, `lose` forwards and closes, `fail` forwards and answers 502,
    `twice` forwards two copies and hands on the second answer, `delay` forwards only after the client has gone.
    """

    def __init__(self, target_port, next_fault):
        self.next_fault, self.faults = next_fault, {}
        super().__init__(target_port)

    def answer(self, handler, body):
        parts = handler.path.split("?")[0].split("/")
        is_commit = handler.command == "POST" and (parts[-1] == "commit" or parts[-2] == "tables")
        fault = self.next_fault() if is_commit else None
        if fault:
            self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "refuse":
            return handler.send(503, b"{}")
        if fault == "delay":
            threading.Timer(0.3, self.forward, [handler, body]).start()
            return handler.hang_up()
        if fault == "twice":
            self.forward(handler, body)
        status, content = self.forward(handler, body)
        if fault == "lose":
            return handler.hang_up()
        return handler.send(502, b"{}") if fault == "fail" else handler.send(status, content)


class VendingProxy(HTTPProxy):
    """Stands before a REST catalog and hands out `config` for the files of each table, good for `seconds` from then."""

    def __init__(self, target_port, config, seconds):
        self.config, self.seconds, self.handed_out = config, seconds, 0
        super().__init__(target_port)

    def answer(self, handler, body):
        status, content = self.forward(handler, body)
        wants = handler.headers.get("X-Iceberg-Access-Delegation") == "vended-credentials"
        if wants and status == 200 and content.startswith(b"{") and b'"metadata"' in content:
            content = self._with_credentials(content)
        handler.send(status, content)

    def _with_credentials(self, content):
        answer = json.loads(content)
        self.handed_out += 1
        end = str(int((time.time() + self.seconds) * 1000))
        answer["storage-credentials"] = [{
            "prefix": answer["metadata"]["location"] + "/", "config": self.config | {"s3.session-token-expires-at-ms": end},
        }]
        return json.dumps(answer).encode()
