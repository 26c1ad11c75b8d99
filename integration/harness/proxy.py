"""A TCP proxy that damages what a server sends: it flips one bit behind a marker, as a bad network would."""

import socket
import threading


class CorruptingProxy:
    """Forwards a loopback port to another; `flips` counts the markers that it damaged on their way to the client."""

    def __init__(self, target_port, marker, flips_max=None):
        self.target_port, self.marker, self.flips_max = target_port, marker, flips_max
        self.flips = 0
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target_port))
            self.sockets += [client, server]
            threading.Thread(target=self._forward, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, True), daemon=True).start()

    def _forward(self, origin, destination, damage):
        try:
            while data := origin.recv(1 << 16):
                destination.sendall(self._damaged(data) if damage else data)
        except OSError:
            pass
        for end in (origin, destination):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _damaged(self, data):
        at = data.find(self.marker)
        if at < 0 or (self.flips_max is not None and self.flips >= self.flips_max):
            return data
        self.flips += 1
        changed = bytearray(data)
        changed[at + len(self.marker) - 1] ^= 0x01
        return bytes(changed)

    def close(self):
        for end in [self.listener, *self.sockets]:
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
