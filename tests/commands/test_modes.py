"""MODE for channels: who may see and change what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.modes import (
    FLAG_MODES,
    LIST_MODES,
    STATUS_PREFIXES,
    ModeChange,
    encode_modes,
    parse_modes,
)
from tests.support.replies import codes
from tests.support.stage import Stage


class ModeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        (self.eve,) = self.stage.enter("eve")
        self.ann.hears()


class ShowTests(ModeTests):
    def test_modes_are_shown_with_the_key_to_members_only(self) -> None:
        self.ann.says("MODE #tea +kl sesame 7")
        self.ben.hears()

        self.ben.says("MODE #tea")
        self.eve.says("MODE #tea")

        self.assertEqual(
            self.ben.hears(), [":irc.test 324 ben #tea +ntkl sesame 7", ":irc.test 329 ben #tea 1000000000"]
        )
        self.assertEqual(self.eve.hears()[0], ":irc.test 324 eve #tea +ntkl * 7")

    def test_a_list_is_shown_with_setter_and_time(self) -> None:
        self.ann.says("MODE #tea +b Eve", "MODE #tea +e *@10.0.0.*", "MODE #tea +I a:dan", "MODE #tea beI")

        by = "ann 1000000000"
        self.assertEqual(
            self.ann.hears()[3:],
            [
                f":irc.test 367 ann #tea Eve!*@* {by}",
                ":irc.test 368 ann #tea :End of the list of bans",
                f":irc.test 348 ann #tea *!*@10.0.0.* {by}",
                ":irc.test 349 ann #tea :End of the list of exceptions",
                f":irc.test 346 ann #tea a:dan {by}",
                ":irc.test 347 ann #tea :End of the list of invitation masks",
            ],
        )

    def test_others_see_the_bans_and_not_the_other_lists(self) -> None:
        self.ben.says("MODE #tea b", "MODE #tea +e", "MODE #tea I")

        self.assertEqual(codes(self.ben), ["368", "482", "482"])

    def test_a_channel_that_is_not_there_has_no_modes(self) -> None:
        self.ann.says("MODE #none", "MODE #none +i", "MODE")

        self.assertEqual(codes(self.ann), ["403", "403", "461"])


class ChangeTests(ModeTests):
    def test_a_change_is_sent_to_all_members_and_stored(self) -> None:
        self.ann.says("MODE #TEA +imk-t+v sesame BEN")

        line = ":ann!ann@127.0.0.1 MODE #tea +imk-t+v sesame ben"
        self.assertEqual((self.ann.hears(), self.ben.hears()), ([line], [line]))
        row = self.stage.store.inner.channels["#tea"]
        self.assertEqual((row.modes, row.key), ("imn", "sesame"))

    def test_every_flag_is_set_and_taken(self) -> None:
        for flag in sorted(FLAG_MODES):
            self.ann.says(f"MODE #tea -{flag}", f"MODE #tea +{flag}", f"MODE #tea +{flag}")

            self.assertIn(f" +{flag}", self.ann.hears()[-1])
            self.assertIn(flag, self.stage.hub.channel("#tea").modes)

    def test_a_change_without_effect_is_not_sent(self) -> None:
        self.ann.says(
            "MODE #tea +nt-i", "MODE #tea -k x", "MODE #tea -l", "MODE #tea -b eve", "MODE #tea +o ann"
        )
        self.ann.says("MODE #tea +", "MODE #tea +o", "MODE #tea -v ben")

        self.assertEqual((self.ann.hears(), self.ben.hears()), ([], []))

    def test_a_key_is_taken_with_any_word_and_not_shown(self) -> None:
        self.ann.says("MODE #tea +k sesame", "MODE #tea -k")

        self.assertEqual(self.ann.hears()[-1], ":ann!ann@127.0.0.1 MODE #tea -k *")
        self.assertEqual(self.stage.hub.channel("#tea").key, "")

    def test_a_mask_is_completed_and_unset_in_any_case(self) -> None:
        for given_, shown in (
            ("eve", "eve!*@*"),
            ("*@host", "*!*@host"),
            ("u@h", "*!u@h"),
            ("e!u", "e!u@*"),
            ("m:eve", "m:eve!*@*"),
            ("a:Eve", "a:Eve"),
            ("m:a:Eve", "m:a:Eve"),
        ):
            kind, name = shown[: shown.rfind(":") + 1], shown[shown.rfind(":") + 1 :]
            self.ann.says(f"MODE #tea +b {given_}", f"MODE #tea -b {kind}{name.upper()}")

            self.assertEqual(self.ann.hears()[0], f":ann!ann@127.0.0.1 MODE #tea +b {shown}")
            self.assertEqual(self.stage.hub.channel("#tea").lists["b"], {})

    def test_only_operators_change_anything(self) -> None:
        before = self.stage.hub.channel("#tea").row()
        changes = [
            "+b-b eve x",
            "+e eve",
            "+I eve",
            "+k x",
            "-k",
            "+l 5",
            "-l",
            "+imsCM",
            "-nt",
            "+o ben",
            "-o ann",
        ]
        for change in [*changes, "+bi"]:
            self.ben.says(f"MODE #tea {change}")
            self.eve.says(f"MODE #tea {change}")

        self.assertEqual(set(codes(self.ben)), {"482"})
        self.assertEqual(set(codes(self.eve)), {"442"})
        self.assertEqual(self.ann.hears(), [])
        self.assertEqual(self.stage.hub.channel("#tea").row(), before)
        self.assertEqual([m.status for m in self.stage.hub.channel("#tea").members.values()], ["o", ""])

    def test_a_mode_that_is_unknown_spoils_only_itself(self) -> None:
        self.ann.says("MODE #tea +zi:")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 472 ann z :is an unknown mode",
                ":irc.test 472 ann * :is an unknown mode",
                ":ann!ann@127.0.0.1 MODE #tea +i",
            ],
        )

    def test_keys_and_limits_that_cannot_be_are_refused(self) -> None:
        for bad in (
            "+k",
            "+k :a b",
            "+k a,b",
            "+k ::a",
            "+k " + "x" * 33,
            "+k \x02",
            "+l",
            "+l 0",
            "+l x",
            "+l -1",
        ):
            self.ann.says(f"MODE #tea {bad}")
        self.ann.says("MODE #tea +l 1000001", "MODE #tea +l ²")

        self.assertEqual(set(codes(self.ann)), {"696"})
        self.assertEqual(
            (self.stage.hub.channel("#tea").key, self.stage.hub.channel("#tea").member_limit), ("", 0)
        )

    def test_zeros_before_a_limit_do_not_lift_its_bound(self) -> None:
        self.ann.says("MODE #tea +l 0000000019999999999999999999")

        self.assertLessEqual(self.stage.hub.channel("#tea").member_limit, 1_000_000)

    def test_status_is_for_members(self) -> None:
        self.ann.says("MODE #tea +o eve", "MODE #tea +v nobody")

        self.assertEqual(codes(self.ann), ["441", "401"])

    def test_a_mask_holds_no_space(self) -> None:
        self.ann.says("MODE #tea +b :x y", "MODE #tea b")

        self.assertNotIn("FAIL", codes(self.ann))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_list_that_is_full_says_so(self) -> None:
        for n in range(100):
            self.ann.says(f"MODE #tea +b x{n}")
        self.ann.hears()

        self.ann.says("MODE #tea +b more")

        self.assertEqual(codes(self.ann), ["478"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_changes_that_need_more_than_a_line_are_all_sent_or_none_made(self) -> None:
        masks = " ".join(f"{n:02d}{'x' * 20}" for n in range(20))
        self.ann.says(f"MODE #tea +{'b' * 20} {masks}")

        said = "".join(self.ben.hears())
        self.assertEqual(len(self.stage.hub.channel("#tea").lists["b"]), said.count("!*@*"))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_mask_that_was_taken_can_be_listed(self) -> None:
        (long,) = self.stage.enter("n" * 30)
        room = "#" + "c" * 59
        long.says(f"JOIN {room}", f"MODE {room} +b {'é' * 175}")
        long.hears()

        long.says(f"MODE {room} b")

        self.assertEqual(codes(long)[-1], "368")
        self.assertEqual(self.flushLoggedErrors(), [])


changes = st.lists(
    st.one_of(
        st.builds(ModeChange, st.booleans(), st.sampled_from(FLAG_MODES), st.none()),
        st.builds(
            ModeChange,
            st.booleans(),
            st.sampled_from(LIST_MODES + "k" + "".join(STATUS_PREFIXES)),
            st.just("x"),
        ),
        st.builds(ModeChange, st.just(True), st.just("l"), st.just("5")),
        st.builds(ModeChange, st.just(False), st.just("l"), st.none()),
    ),
    min_size=1,
    max_size=20,
)


class ModeStringTests(SynchronousTestCase):
    @given(changes)
    def test_changes_are_read_as_they_were_written(self, made: list[ModeChange]) -> None:
        self.assertEqual(parse_modes(encode_modes(made)), made)
