"""The server as a whole: what is said to everybody, how much goes on, and the end."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.owner import errors
from tests.support.stage import Stage, StageFile


class BroadcastTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_everybody_hears_it_from_the_server(self) -> None:
        stranger = self.stage.connect()

        (answer,) = self.owner.answers("broadcast hello {all}, with a :colon")

        self.assertEqual(answer["fields"], {"count": 2})
        for actor in (self.ann, self.ben):
            self.assertEqual(actor.hears(), [":irc.test NOTICE * :hello {all}, with a :colon"])
        self.assertEqual(stranger.hears(), [])
        self.assertEqual(self.stage.acts(), [("console", "BROADCAST", "2")])

    def test_nobody_hears_it_before_it_is_written(self) -> None:
        self.stage.store.is_held = True

        self.owner.says("global-message hello")
        self.assertEqual((self.ann.hears(), self.owner.hears()), ([], []))
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(len(self.ann.hears()), 1)
        self.assertEqual(self.stage.store.texts("NOTICE"), ["hello"])

    def test_one_that_cannot_be_written_is_told_to_the_owner_alone(self) -> None:
        self.stage.store.faults[1] = NotStored("full")

        self.assertEqual(len(errors(self.owner, "broadcast hello")), 1)

        self.assertEqual(self.ann.hears(), [])
        self.assertEqual((self.stage.acts(), self.stage.store.texts("NOTICE")), ([], []))

    def test_one_that_does_not_fit_a_line_is_said_to_nobody(self) -> None:
        for text in ("x" * 600, "é" * 300):
            self.assertEqual(errors(self.owner, f"broadcast {text}"), ["That is too long for one message"])

        self.assertEqual((self.ann.hears(), self.stage.acts()), ([], []))

    def test_it_keeps_its_place_among_what_is_said_in_rooms(self) -> None:
        self.ann.says("JOIN #tea")
        self.ben.says("JOIN #tea")
        self.ben.hears()

        self.ann.utters("PRIVMSG #tea :one")
        self.owner.utters("broadcast two")
        self.ann.utters("PRIVMSG #tea :three")
        self.stage.settle()

        self.assertEqual([line.split()[-1].strip(":") for line in self.ben.hears()], ["one", "two", "three"])


class EndTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        (self.ann,) = self.stage.enter("ann")

    def test_shutdown_is_at_once(self) -> None:
        self.owner.answers("shutdown")

        self.assertEqual(self.stage.stops, [(0, "")])
        self.assertEqual(self.stage.acts(), [("console", "SHUTDOWN", "0")])

    def test_a_reason_needs_no_seconds(self) -> None:
        self.owner.answers("shutdown-server new {disk} today")

        self.assertEqual(self.stage.stops, [(0, "new {disk} today")])

    def test_in_a_while_people_are_told(self) -> None:
        self.owner.answers("shutdown 60 new {disk}")

        self.assertEqual(self.ann.hears(), [":irc.test NOTICE * :The server stops in 60 seconds: new {disk}"])
        self.assertEqual(self.stage.stops, [(60, "new {disk}")])
        self.assertEqual(self.stage.acts(), [("console", "SHUTDOWN", "60 new {disk}")])

    def test_what_looks_like_seconds_and_is_none_does_not_end_the_server(self) -> None:
        for seconds in (
            "5min",
            "1.5",
            "-5",
            "²",
            "٣",
            "1e3",
            "86401",
            "1" + "0" * 30,
            "000000001" + "9" * 200,
        ):
            self.assertEqual(len(errors(self.owner, f"shutdown {seconds}")), 1, seconds)
        self.assertEqual(len(errors(self.owner, "shutdown " + "9" * 5000)), 1)

        self.assertEqual((self.stage.stops, self.stage.acts()), ([], []))

    def test_a_reason_longer_than_a_line_stops_nothing(self) -> None:
        (answer,) = self.owner.answers("shutdown 5 " + "é" * 151)

        self.assertEqual((answer["kind"], self.stage.stops), ("error", []))
        self.owner.answers("shutdown 5 " + "é" * 150)
        self.assertTrue(self.ann.hears()[0].endswith("é" * 150))

    def test_it_ends_whatever_the_disk_does(self) -> None:
        self.stage.store.faults = dict.fromkeys(range(1, 99), NotStored("full"))

        self.owner.answers("shutdown")

        self.assertEqual(self.stage.stops, [(0, "")])

    def test_exit_asks_and_tells_how_many_are_here(self) -> None:
        (asked,) = self.owner.answers("exit")

        self.assertEqual((asked["kind"], asked["again"], asked["fields"]), ("ask", "exit yes", {"count": 1}))
        self.assertEqual((self.stage.stops, self.stage.acts()), ([], []))

        self.owner.answers("exit YES")

        self.assertEqual(self.stage.stops, [(0, "")])
        self.assertEqual(len(self.stage.acts()), 1)

    def test_anything_but_yes_asks_again(self) -> None:
        for word in ("y", "no", "yes please", "yess"):
            self.assertEqual(self.owner.answers(f"exit {word}")[0]["kind"], "ask")

        self.assertEqual(self.stage.stops, [])


class StatsTests(SynchronousTestCase):
    def test_they_tell_how_much_goes_on(self) -> None:
        stage = Stage()
        stage.enter("ann", "ben", room="#tea")
        stage.connect()

        (stats,) = stage.owner().answers("stats")

        facts = stats["facts"]
        self.assertEqual(facts["people"], 2)
        self.assertEqual(facts["connections not yet registered"], 1)
        self.assertEqual((facts["rooms"], facts["rooms with somebody in them"]), (1, 1))
        self.assertNotIn("bytes on the disk", facts)

    def test_the_statistics_tell_the_size_of_a_store_that_is_a_file(self) -> None:
        stage = Stage()
        stage.store.file = StageFile()

        (stats,) = stage.owner().answers("stats")

        self.assertEqual(stats["facts"]["bytes on the disk"], 7)

    def test_the_screen_is_cleared_by_a_value(self) -> None:
        self.assertEqual(Stage().owner().answers("cls"), [{"kind": "clear"}])
