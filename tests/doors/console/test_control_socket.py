"""The control socket: its path in the data folder, and its end."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.console.control_socket import MAX_PATH_BYTES, ControlFactory, prepare_socket_path
from tests.doors.console.test_owner_console import prompt_on
from tests.support.stage import Stage


class ControlTests(SynchronousTestCase):
    def test_a_socket_of_an_earlier_server_is_removed(self) -> None:
        path = Path(self.mktemp())
        path.touch()

        self.assertTrue(prepare_socket_path(path))
        self.assertFalse(path.exists())
        self.assertTrue(prepare_socket_path(path))

    def test_a_path_that_is_too_long_for_a_socket_is_refused(self) -> None:
        self.assertFalse(prepare_socket_path(Path("/" + "é" * (MAX_PATH_BYTES // 2))))

    def test_at_the_end_programs_get_their_answers_and_are_closed(self) -> None:
        stage = Stage()
        factory = ControlFactory(prompt_on(stage), stage.clock)
        transport = StringTransport()
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(transport)

        protocol.dataReceived(b"shutdown\n")
        stage.settle()
        factory.finish()

        kinds = [json.loads(line)["kind"] for line in transport.value().splitlines()]
        self.assertEqual(kinds, ["text", "end"])
        self.assertTrue(transport.disconnecting)
        self.assertEqual(stage.stops, [(0, "")])
