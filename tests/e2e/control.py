"""A control socket with a scripted server behind it, in a thread."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

from simplechat.cli.server_link import ServerLink, run_blocking
from simplechat.owner_answers import Answer, EndOfAnswer, encode_answer


@contextlib.contextmanager
def control_socket(data: Path, server: ServerLink) -> Iterator[None]:
    """Serve the control socket of a data folder."""

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                try:
                    run_blocking(server.request(line.decode().rstrip("\n"), self.answer))
                    self.answer(EndOfAnswer())
                except OSError:  # who asked is gone
                    return

        def answer(self, answer: Answer) -> None:
            self.wfile.write(encode_answer(answer))

    data.mkdir(exist_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(data / "control.sock"), Connection) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            listening.shutdown()
            thread.join()
