"""A network cable between a device and the centre that a test can pull out, or hold without hanging up."""
import selectors
import socket
import threading
import time


class Cable:
    """Forwards TCP from a port of its own to the centre's. Counts bytes each way."""

    def __init__(self, target_port, idle_max=None, bytes_per_second=None):
        self.target_port = target_port
        self.bytes_per_second = bytes_per_second  # Of what comes down; a store's thin line.
        self.idle_max = idle_max  # Seconds without a byte after which a connection is cut, as balancers do.
        self.accepted = 0
        self.swallowing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.up = self.down = 0
        self.plugged = True
        self.frozen = False
        self.pairs = []
        self.lock = threading.Lock()
        self.closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self):
        """Connections die and new ones are refused, as when a switch loses power."""
        with self.lock:
            self.plugged = False
            for pair in self.pairs:
                for s in pair:
                    _close(s)
            self.pairs.clear()

    def plug(self):
        self.plugged = True
        self.frozen = False

    def freeze(self):
        """Connections stay open and nothing comes through: the network that never answers."""
        self.frozen = True

    def swallow(self, on=True):
        """Connections stay open and what comes is lost without a word, both ways."""
        self.swallowing = on

    def close(self):
        self.closed = True
        _close(self.listener)
        self.pull()

    def _accept(self):
        while not self.closed:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.plugged:
                _close(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target_port), 5)
            except OSError:
                _close(near)
                continue
            self.accepted += 1
            with self.lock:
                self.pairs.append((near, far))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        selector = selectors.DefaultSelector()
        heard = time.monotonic()
        try:
            for s in (near, far):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(s, selectors.EVENT_READ)
            while self.idle_max is None or time.monotonic() - heard < self.idle_max:
                for key, _ in selector.select(0.2):
                    if self.frozen:
                        continue
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    heard = time.monotonic()
                    if self.swallowing:
                        continue
                    if key.fileobj is near:
                        self.up += len(data)
                        far.sendall(data)
                    else:
                        self.down += len(data)
                        if self.bytes_per_second:
                            time.sleep(len(data) / self.bytes_per_second)
                        near.sendall(data)
                if self.frozen:
                    time.sleep(0.05)  # What is held stays readable, so that waiting for it would spin.
        except (OSError, ValueError):
            pass
        finally:
            _close(near)
            _close(far)
            selector.close()


def _close(s):
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()
