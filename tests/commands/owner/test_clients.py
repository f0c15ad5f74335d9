"""The owner lists users and ejects them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.owner.table import format_time
from tests.support.owner import errors, operator
from tests.support.soundness import unsound
from tests.support.stage import NOON, Stage


class PeopleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:secret",))
        self.owner = self.stage.owner()

    def test_everybody_is_listed_with_where_they_are(self) -> None:
        self.stage.enter("ben", "Ann", room="#tea")
        self.stage.connect("::1")

        (table,) = self.owner.answers("list")

        since = format_time(NOON)
        self.assertEqual(table["columns"], ["nick", "address", "since", "rooms"])
        self.assertEqual(
            table["rows"],
            [
                ["*", "0::1,50003", "", ""],
                ["Ann", "127.0.0.1,50002", since, "#tea"],
                ["ben", "127.0.0.1,50001", since, "#tea"],
            ],
        )

    def test_the_owner_at_the_prompt_is_nobodys_connection(self) -> None:
        self.stage.owner()

        (table,) = self.owner.answers("print-clients")

        self.assertEqual(table["rows"], [])

    def test_all_that_is_known_of_somebody_is_shown(self) -> None:
        ann, _ = self.stage.enter("ann", "ben", room="#tea")
        ann.says("AWAY :out for {tea}", "SETNAME :Ann %s", "MODE ann +i")

        (facts,) = self.owner.answers("who ANN")

        self.assertEqual(facts["kind"], "facts")
        known = facts["facts"]
        self.assertEqual(known["nick"], "ann")
        self.assertEqual(known["address"], "127.0.0.1,50001")
        self.assertEqual(known["real name"], "Ann %s")
        self.assertEqual(known["away"], "out for {tea}")
        self.assertEqual(known["modes"], "i")
        self.assertEqual(known["rooms"], "@#tea")
        self.assertNotIn("account", known)

    def test_who_is_ejected_is_told_why_and_so_are_those_around(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        (answer,) = self.owner.answers("eject BEN too {loud}")

        self.assertEqual(answer["kind"], "text")
        self.assertEqual(
            ben.hears(),
            [":irc.test KILL ben :Ejected: too {loud}", "ERROR :Closing link: Ejected: too {loud}"],
        )
        self.assertTrue(ben.writer.is_closed)
        self.assertEqual(ann.hears(), [":ben!ben@127.0.0.1 QUIT :Ejected: too {loud}"])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_no_reason_is_needed(self) -> None:
        (ben,) = self.stage.enter("ben")

        self.owner.answers("eject-client ben")

        self.assertEqual(ben.hears()[-1], "ERROR :Closing link: Ejected")

    def test_a_reason_longer_than_a_line_is_cut(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        self.owner.answers("eject ben " + "x" * 5000)

        self.assertTrue(ben.writer.is_closed)
        self.assertLess(len(ann.hears()[0]), 511)

    def test_one_of_several_at_an_address_is_ejected_by_the_port(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")

        self.owner.answers("eject 127.0.0.1,50002")

        self.assertEqual((ann.writer.is_closed, ben.writer.is_closed), (False, True))

    def test_who_has_not_said_who_they_are_is_ejected_by_address(self) -> None:
        stranger = self.stage.connect("::1")

        self.owner.answers("eject 0::1,50001 bye")

        self.assertEqual(stranger.hears(), ["ERROR :Closing link: Ejected: bye"])
        self.assertEqual(self.stage.hub.sessions, set())

    def test_an_address_without_its_port_is_nobody(self) -> None:
        self.stage.enter("ann")

        self.assertEqual(len(errors(self.owner, "eject 127.0.0.1")), 1)
        self.assertEqual(len(errors(self.owner, "eject 127.0.0.1,5000")), 1)
        self.assertEqual(self.stage.acts(), [])

    def test_who_is_gone_already_is_not_ejected(self) -> None:
        (ben,) = self.stage.enter("ben")
        self.owner.answers("eject ben")

        self.assertEqual(len(errors(self.owner, "eject ben")), 1)
        ben.drops()

        self.assertEqual(self.stage.acts(), [("console", "EJECT", "ben")])

    def test_operators_may_eject_themselves(self) -> None:
        root = operator(self.stage)

        root.says("CONSOLE eject root")

        self.assertTrue(root.writer.is_closed)
        self.assertEqual(self.stage.acts(), [("root!root@127.0.0.1", "EJECT", "root")])
