"""Work in a thread beside a test."""

import threading


class Background:
    """Runs `work` between entering and leaving; what it raises is raised again in the test's own thread."""

    JOIN_SECONDS = 30

    def __init__(self):
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def work(self):
        """Goes on until `self.stopping` is set."""
        raise NotImplementedError

    def _work(self):
        try:
            self.work()
        except Exception as error:
            self.failure = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stopping.set()
        self.thread.join(self.JOIN_SECONDS)
        if self.failure and kind is None:
            raise self.failure
