"""NAMES, and what other commands do with a list of targets."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.channel_lists import MAX_NAMES_TARGETS
from tests.support.replies import codes
from tests.support.stage import Stage


class NamesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        self.ben.says("JOIN #milk")
        for each in (self.ann, self.ben):
            each.hears()

    def test_several_channels_are_answered_with_one_end_that_repeats_the_list(self) -> None:
        self.ann.says("NAMES #tea,#milk")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 353 ann = #tea :@ann ben",
                ":irc.test 353 ann = #milk @ben",
                ":irc.test 366 ann #tea,#milk :End of /NAMES list",
            ],
        )

    def test_a_channel_that_stands_twice_in_the_list_is_shown_once(self) -> None:
        self.ann.says("NAMES #tea,#TEA,#tea")

        self.assertEqual(
            self.ann.hears(),
            [":irc.test 353 ann = #tea :@ann ben", ":irc.test 366 ann #tea,#TEA,#tea :End of /NAMES list"],
        )

    def test_unknown_and_invisible_channels_stand_in_the_end_alike(self) -> None:
        self.ben.says("MODE #milk +s")

        self.ann.says("NAMES #none,#milk,invalid,#tea", "NAMES #milk", "NAMES #none")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 353 ann = #tea :@ann ben",
                ":irc.test 366 ann #none,#milk,invalid,#tea :End of /NAMES list",
                ":irc.test 366 ann #milk :End of /NAMES list",
                ":irc.test 366 ann #none :End of /NAMES list",
            ],
        )

    def test_without_a_channel_there_is_only_an_end(self) -> None:
        self.ann.says("NAMES", "NAMES ,")

        self.assertEqual(self.ann.hears(), [":irc.test 366 ann * :End of /NAMES list"] * 2)

    def test_of_more_channels_than_the_server_takes_the_rest_is_left_out(self) -> None:
        names = [f"#c{number}" for number in range(MAX_NAMES_TARGETS + 2)]
        self.ben.says(f"JOIN {','.join(names)}")

        self.ann.says(f"NAMES {','.join(names)}")

        heard = self.ann.hears()
        self.assertEqual([line.split()[4] for line in heard[:-1]], names[:MAX_NAMES_TARGETS])
        self.assertEqual(
            heard[-1], f":irc.test 366 ann {','.join(names[:MAX_NAMES_TARGETS])} :End of /NAMES list"
        )

    def test_an_end_that_would_be_too_long_repeats_what_fits(self) -> None:
        names = [f"#{letter * 60}" for letter in "abcdefgh"]

        self.ann.says(f"NAMES {','.join(names)}")

        (line,) = self.ann.hears()
        self.assertLessEqual(len(line), 510)
        repeated = line.split()[3].split(",")
        self.assertEqual(repeated, names[: len(repeated)])
        self.assertGreater(len(repeated), 5)
        self.assertTrue(line.endswith(" :End of /NAMES list"))


class OtherListsTests(SynchronousTestCase):
    """What other commands do with a list, as TARGMAX says."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        self.ann.says("JOIN #milk")
        for each in (self.ann, self.ben):
            each.hears()

    def test_list_shows_each_channel_once_and_has_one_end(self) -> None:
        self.ann.says("LIST #tea,#milk,#TEA,#none")

        self.assertEqual(codes(self.ann), ["321", "322", "322", "323"])

    def test_whois_and_whowas_take_one_nick(self) -> None:
        self.ann.says("WHOIS ann,ben", "WHOWAS ann,ben")

        self.assertEqual(codes(self.ann), ["401", "318", "406", "369"])

    def test_join_and_part_take_each_channel_by_itself(self) -> None:
        self.ben.says("JOIN #milk,#milk,bad,#den", "PART #milk,#milk,#none")

        self.assertEqual(
            codes(self.ben),
            ["JOIN", "353", "366", "476", "JOIN", "353", "366", "PART", "442", "403"],
        )
