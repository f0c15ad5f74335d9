"""METADATA: who sees which profile, how long it lasts, and what it may cost."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.metadata_notifications import MAX_LINES_ON_JOIN, MAX_PROFILES_UNASKED
from simplechat.hub.errors import NotStored
from simplechat.hub.profile import CHANGE_BURST, SYNC_BURST
from simplechat.ircv3.caps import (
    MAX_METADATA_KEY_BYTES,
    MAX_METADATA_KEYS,
    MAX_METADATA_SUBSCRIPTIONS,
    MAX_METADATA_VALUE_BYTES,
    METADATA,
)
from tests.support.logins import plain
from tests.support.replies import codes
from tests.support.stage import Actor, FaultyStore, Stage

CAPS = f"batch {METADATA}"


def said(actor: Actor, verb: str = "") -> list[str]:
    """Return what was heard, without tags and source; lines of one command only, if asked."""
    lines = [line.partition(" ")[2] if line.startswith("@") else line for line in actor.hears()]
    return [line.partition(" ")[2] for line in lines if verb in ("", line.split(" ")[1])]


class Profiles(SynchronousTestCase):
    """Ann and Ben in a channel, and Eve outside with the same subscriptions as Ben."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        (self.eve,) = self.stage.enter("eve", caps=CAPS)
        for actor in (self.ben, self.eve):
            actor.says("METADATA * SUB status avatar")
        self.hear_nothing()

    def hear_nothing(self) -> None:
        """Drop what was heard so far."""
        for actor in (self.ann, self.ben, self.eve):
            actor.hears()

    def again(self) -> Stage:
        """Return a new server on what is stored."""
        return Stage(FaultyStore(self.stage.store.inner))

    def comes(self, stage: Stage, nick: str = "ann", *early: str) -> Actor:
        """Log in as Ann; send something before that is finished."""
        actor = stage.connect()
        actor.says("CAP LS 302", f"CAP REQ :{CAPS}", *plain("ann", "sesame"), *early)
        actor.says(f"NICK {nick}", f"USER {nick} 0 * :x", "CAP END")
        return actor


class LookingTests(Profiles):
    def test_what_is_set_is_answered_and_got_again(self) -> None:
        self.ann.says("METADATA * SET display-name :Ann of Tea", "METADATA Ann get display-name pronouns $x")

        opening, value, unset, warning, closing = self.ann.hears()[1:]

        batch = opening.split(" ")[2][1:]
        self.assertEqual(opening, f":irc.test BATCH +{batch} metadata ann")
        self.assertEqual(value, f"@batch={batch} :irc.test 761 ann ann display-name * :Ann of Tea")
        self.assertEqual(unset, f"@batch={batch} :irc.test 766 ann ann pronouns :The key is not set")
        self.assertIn(f"@batch={batch} :irc.test WARN METADATA INVALID_KEY $x :", warning)
        self.assertEqual(closing, f":irc.test BATCH -{batch}")

    def test_a_list_has_everything_and_may_be_empty(self) -> None:
        self.ann.says("METADATA * SET status :here", "METADATA * SET color #ff0000")
        self.hear_nothing()

        self.ben.says("METADATA ann LIST", "METADATA ben LIST")

        self.assertEqual(codes(self.ben), ["BATCH", "761", "761", "BATCH", "BATCH", "BATCH"])

    def test_whois_shows_profiles_to_clients_with_metadata(self) -> None:
        self.ann.says("METADATA * SET status :here")
        self.hear_nothing()
        (old,) = self.stage.enter("old")

        self.eve.says("WHOIS ann")
        old.says("WHOIS ann")

        self.assertEqual(said(self.eve, "760"), ["760 eve ann status * here"])
        self.assertNotIn("760", codes(old))

    def test_a_channels_is_for_its_members_and_a_secret_one_is_not_there(self) -> None:
        self.ann.says("METADATA #tea SET status :a secret")

        self.eve.says(*(f"METADATA #tea {what}" for what in ("GET status", "LIST", "SYNC", "CLEAR")))
        refused = said(self.eve)
        self.ann.says("MODE #tea +s")
        self.eve.says("METADATA #tea LIST", "METADATA #nowhere LIST", "METADATA nobody GET status")

        self.assertEqual(len(refused), 4)
        for line in refused:
            self.assertIn("FAIL METADATA KEY_NO_PERMISSION #tea * :", line)
        self.assertEqual(
            [line.split(" :")[0] for line in said(self.eve)],
            [f"FAIL METADATA INVALID_TARGET {name}" for name in ("#tea", "#nowhere", "nobody")],
        )

    def test_what_cannot_be_is_refused_with_its_code(self) -> None:
        for line, refused in {
            "METADATA": "INVALID_PARAMS *",
            "METADATA *": "INVALID_PARAMS *",
            "METADATA * DESTROY": "INVALID_PARAMS DESTROY",
            "METADATA * ::-x": "INVALID_PARAMS *",
            "METADATA * GET": "INVALID_PARAMS GET",
            "METADATA * SET": "INVALID_PARAMS SET",
            "METADATA * SET a b c": "INVALID_PARAMS SET",
            "METADATA * LIST x": "INVALID_PARAMS LIST",
            "METADATA * SET UPPER x": "INVALID_KEY UPPER",
            "METADATA * SET " + "k" * (MAX_METADATA_KEY_BYTES + 1) + " x": "INVALID_KEY " + "k" * 41,
            "METADATA * SET status :" + "x" * (MAX_METADATA_VALUE_BYTES + 1): "INVALID_VALUE status",
            "METADATA * SET status :\x1b]0;x\x07": "INVALID_VALUE status",
            "METADATA * SET status :turned \u202e around": "INVALID_VALUE status",
            "METADATA * SET status :two\u2028lines": "INVALID_VALUE status",
            "METADATA ann SET status x": "KEY_NO_PERMISSION ann status",
            "METADATA #tea SET status x": "KEY_NO_PERMISSION #tea status",
            "METADATA ann CLEAR": "KEY_NO_PERMISSION ann *",
            "METADATA ann SUB status": "INVALID_TARGET ann",
            "METADATA ann SUBS": "INVALID_TARGET ann",
        }.items():
            self.ben.says(line)
            (answer,) = said(self.ben)
            self.assertEqual(answer.partition(" :")[0], f"FAIL METADATA {refused}", line)

    def test_the_longest_value_fits_a_line_whatever_the_names(self) -> None:
        (ann,) = Stage(server_name="s" * 63).enter("ñ" * 30, caps=CAPS)
        key, value = "k" * MAX_METADATA_KEY_BYTES, "v v" + "v" * (MAX_METADATA_VALUE_BYTES - 3)

        ann.says(f"METADATA * SET {key} :{value}", f"METADATA * GET {key}")

        self.assertEqual([line.rpartition(" :")[2] for line in said(ann, "761")], [value, value])

    def test_a_display_name_cannot_be_that_of_another_user(self) -> None:
        self.eve.says("REGISTER eve2 * sesame")

        for name in (
            "Ben",
            "eve2",
            "eve",
            " Ben ",
            "be\u200bn",
            "B\u00a0en\ufe0f",
            "\u202eneB",
            "\u3164",
            "Ann",
        ):
            self.ann.says(f"METADATA * SET display-name :{name}")

        self.assertEqual([line.split(" ")[0] for line in said(self.ann)], ["FAIL"] * 8 + ["761"])


class ToldTests(Profiles):
    def test_subscribers_around_are_notified_of_changes(self) -> None:
        self.ann.says("METADATA * SET status :here", "METADATA * SET color x", "METADATA * SET status")

        self.assertEqual(
            self.ben.hears(),
            [":irc.test 761 * ann status * here", ":irc.test 766 * ann status :The key is not set"],
        )
        self.assertEqual(self.eve.hears(), [])
        self.assertEqual(codes(self.ann), ["761", "761", "766"])

    def test_a_change_to_the_same_value_is_answered_and_notifies_nobody(self) -> None:
        self.ann.says("METADATA * SET status :here")
        self.hear_nothing()

        self.ann.says("METADATA * SET status :here", "METADATA * SET avatar")

        self.assertEqual(codes(self.ann), ["761", "766"])
        self.assertEqual(self.ben.hears(), [])

    def test_operators_change_a_channels_profile_and_members_are_notified(self) -> None:
        self.ann.says("METADATA #TEA SET avatar :https://tea.example/leaf.png")

        self.assertEqual(said(self.ann), ["761 ann #tea avatar * https://tea.example/leaf.png"])
        self.assertEqual(said(self.ben), ["761 * #tea avatar * https://tea.example/leaf.png"])
        self.assertEqual(self.eve.hears(), [])

    def test_clear_removes_all_keys_and_notifies_subscribers(self) -> None:
        self.ann.says("METADATA * SET status :here", "METADATA * SET color x")
        self.hear_nothing()

        self.ann.says("METADATA * CLEAR", "METADATA * LIST")

        self.assertEqual(codes(self.ann), ["BATCH", "766", "766", "BATCH", "BATCH", "BATCH"])
        self.assertEqual(said(self.ben), ["766 * ann status :The key is not set"])

    def test_monitors_get_the_profile_on_arrival_and_changes(self) -> None:
        self.eve.says("MONITOR + zoe,ann")
        self.assertEqual(codes(self.eve), ["730", "731", "BATCH", "BATCH"])
        zoe = self.stage.connect()

        zoe.says(f"CAP REQ :{CAPS}", "METADATA * SET status early", "NICK zoe", "USER z 0 * :z", "CAP END")
        zoe.says("METADATA * SET avatar x")

        self.assertIn("761 * zoe avatar * x", self.lines_of(self.eve, "zoe"))
        self.assertTrue(any(line.endswith("zoe status * early") for line in self.heard))

    def lines_of(self, actor: Actor, nick: str) -> list[str]:
        """Return the values of a nick that an actor received."""
        self.heard = [line for line in said(actor, "761") if f" {nick} " in line]
        return self.heard

    def test_monitors_of_many_are_asked_to_sync(self) -> None:
        nicks = [f"n{number}" for number in range(MAX_PROFILES_UNASKED + 1)]
        self.stage.enter(*nicks)

        self.eve.says("MONITOR + " + ",".join(nicks))

        self.assertEqual(codes(self.eve), ["730", "774"])

    def test_joining_shows_the_profiles_of_channel_and_members(self) -> None:
        self.ann.says("METADATA #tea SET status :hot", "METADATA * SET avatar x", "METADATA * SET color y")

        self.eve.says("JOIN #tea")
        unasked = said(self.eve, "761")
        self.eve.says("METADATA #tea SYNC")

        self.assertEqual(unasked, ["761 eve #tea status * hot", "761 eve ann avatar * x"])
        self.assertEqual(said(self.eve, "761"), unasked)

    def test_members_get_the_profile_of_a_user_who_joins(self) -> None:
        self.eve.says("METADATA * SET status :new", "METADATA * SET color y")

        self.eve.says("JOIN #tea")

        self.assertEqual(said(self.ben, "761"), ["761 * eve status * new"])

    def test_joining_several_channels_asks_for_sync(self) -> None:
        self.eve.says("JOIN #tea,#milk")

        self.assertEqual(
            said(self.eve, "774"),
            [f"774 eve {name} 0 :Ask for it with SYNC later" for name in ("#tea", "#milk")],
        )

    def test_joining_a_channel_with_too_many_values_asks_for_sync(self) -> None:
        for number in range(MAX_LINES_ON_JOIN + 1):
            (actor,) = self.stage.enter(f"n{number}", caps=CAPS, room="#tea")
            actor.says("METADATA * SET status x")

        self.eve.says("JOIN #tea")

        self.assertEqual(codes(self.eve)[-1], "774")

    def test_a_sync_too_large_for_one_reply_continues_with_the_next(self) -> None:
        stage = Stage(sendq=65536)
        (eve,) = stage.enter("eve", caps=CAPS, room="#tea")
        eve.says("METADATA * SUB status")
        for number in range(100):
            (actor,) = stage.enter(f"n{number}", caps=CAPS, room="#tea")
            actor.says("METADATA * SET status x")
        eve.hears()

        eve.says("METADATA #tea SYNC")
        first = said(eve)
        eve.says("METADATA #tea SYNC")
        second = said(eve)

        nicks = [line.split(" ")[2] for line in first + second if line.startswith("761")]
        self.assertEqual((len(nicks), len(set(nicks))), (100, 100))
        self.assertEqual(first[-1], "774 eve #tea 1 :Ask for it with SYNC later")
        self.assertTrue(second[-1].startswith("BATCH -"))

    def test_all_is_everything_once(self) -> None:
        self.eve.says("JOIN #tea", "JOIN #milk", "METADATA #milk SET status :cold", "MONITOR + old")
        self.ann.says("METADATA * SET status :here", "JOIN #milk")
        (old,) = self.stage.enter("old", caps=CAPS)
        old.says("METADATA * SET avatar z")
        self.eve.hears()

        self.eve.says("METADATA *ALL SYNC")

        opening, *values, closing = said(self.eve)
        self.assertTrue(opening.endswith(" metadata *ALL"))
        self.assertEqual(
            values,
            [f"761 eve {each}" for each in ("#milk status * cold", "ann status * here", "old avatar * z")],
        )
        self.assertTrue(closing.startswith("BATCH -"))

    def test_the_labelled_get_one_answer(self) -> None:
        (zoe,) = self.stage.enter("zoe", caps=f"{CAPS} labeled-response", room="#tea")

        zoe.says(
            "@label=1 METADATA * LIST", "@label=2 METADATA * SET status x", "@label=3 METADATA #tea SYNC"
        )

        tags = [line.split(" ")[0] for line in zoe.hears()]
        self.assertEqual([tag for tag in tags if "label" in tag], ["@label=1", "@label=2", "@label=3"])


class SubscriptionTests(Profiles):
    def test_subscriptions_are_listed_and_ended(self) -> None:
        self.ann.says("METADATA * SUB status $x avatar status", "METADATA Ann UNSUB avatar color")
        self.ann.says("METADATA * SUBS")

        self.assertEqual(
            [line.partition(" :")[0] for line in said(self.ann) if "BATCH" not in line],
            [
                "WARN METADATA INVALID_KEY $x",
                "770 ann status avatar",
                "774 ann *ALL 0",
                "771 ann avatar color",
                "772 ann status",
            ],
        )

    def test_there_are_only_so_many_and_the_first_too_many_is_named(self) -> None:
        for start in range(0, MAX_METADATA_SUBSCRIPTIONS + 1, 3):
            self.ann.says("METADATA * SUB " + " ".join(f"k{n}" for n in range(start, start + 3)))

        self.assertIn("FAIL METADATA LIMIT_REACHED SUB k50 50 :Too many subscriptions", said(self.ann))
        self.ann.says("METADATA * SUBS")
        keys = [key for line in said(self.ann, "772") for key in line.split(" ")[2:]]
        self.assertEqual(len(keys), MAX_METADATA_SUBSCRIPTIONS)

    def test_without_the_capability_subscriptions_end(self) -> None:
        self.ben.says(f"CAP REQ -{METADATA}")

        self.ann.says("METADATA * SET status :here")
        self.ben.says(f"CAP REQ {METADATA}")
        self.ann.says("METADATA * SET status :there")

        self.assertEqual(codes(self.ben), ["CAP", "CAP"])


class LastingTests(Profiles):
    def setUp(self) -> None:
        super().setUp()
        self.ann.says("METADATA * SET status :here")
        self.hear_nothing()

    def test_a_guests_profile_is_gone_with_the_guest(self) -> None:
        self.ann.says("QUIT")
        (ann,) = self.stage.enter("ann", caps=CAPS)

        ann.says("METADATA * LIST")

        self.assertEqual(codes(ann), ["BATCH", "BATCH"])

    def test_registering_keeps_the_profile_and_notifies_nobody(self) -> None:
        self.ann.says("REGISTER * * sesame")
        self.assertEqual(said(self.ben, "761"), [])

        ann = self.comes(self.again())

        heard = said(ann)
        end = next(place for place, line in enumerate(heard) if line.startswith("376 "))
        self.assertIn("761 ann ann status * here", heard[:end])

    def test_an_accounts_profile_lasts_and_is_shown_under_all_its_nicks(self) -> None:
        self.ann.says("REGISTER * * sesame")
        self.comes(self.stage, "ann2").says("JOIN #tea")
        self.hear_nothing()

        self.ann.says("METADATA * SET status :there")

        self.assertEqual(sorted(said(self.ben)), [f"761 * {nick} status * there" for nick in ("ann", "ann2")])
        self.assertIn("761 ann ann status * there", said(self.comes(self.again())))

    def test_logging_in_replaces_the_profile_and_notifies_subscribers(self) -> None:
        self.eve.says("METADATA * SET avatar e", "METADATA * SET status :gone", "REGISTER * * sesame")
        self.hear_nothing()

        self.ann.says(*plain("eve", "sesame"))

        self.assertEqual(said(self.ben), ["761 * ann status * gone", "761 * ann avatar * e"])

    def test_keys_set_before_the_registration_are_shown_at_once_and_stored(self) -> None:
        self.ann.says("REGISTER * * sesame")
        early = self.comes(self.stage, "ann", "METADATA * SET avatar x", "METADATA * LIST")

        heard = said(early, "761")

        self.assertEqual(heard[:2], ["761 * * avatar * x", "761 * * avatar * x"])
        self.assertEqual(sorted(heard[2:]), ["761 ann ann avatar * x", "761 ann ann status * here"])
        self.assertEqual(said(self.ben, "761"), ["761 * ann avatar * x"])
        (row,) = self.stage.store.inner.accounts.values()
        self.assertEqual(row.profile, '{"status": "here", "avatar": "x"}')

    def test_a_failing_disk_loses_early_keys_but_lets_the_user_in(self) -> None:
        self.ann.says("REGISTER * * sesame", "QUIT")
        stage = self.again()
        stage.store.faults = dict.fromkeys((2, 3), NotStored("full"))

        early = self.comes(stage, "ann", "METADATA * SET avatar x")

        heard = said(early)
        self.assertTrue(any(line.startswith("376 ") for line in heard))
        self.assertTrue(any("FAIL METADATA MESSAGE_NOT_STORED ann" in line for line in heard), heard)

    def test_before_the_registration_only_the_own_profile_can_be_set(self) -> None:
        actor = self.stage.connect()

        actor.says("METADATA * SET status x", f"CAP REQ :{CAPS}", "METADATA ann LIST", "METADATA #tea LIST")

        self.assertEqual(codes(actor), ["451", "CAP", "FAIL", "FAIL"])

    def test_a_channels_lasts_as_the_channel_does(self) -> None:
        self.eve.says("REGISTER * * sesame", "JOIN #hers", "METADATA #hers SET status :mine")
        self.ann.says("METADATA #tea SET status :a guest's")
        for actor in (self.ann, self.ben, self.eve):
            actor.says("QUIT")

        (new,) = self.again().enter("new", caps=CAPS)
        new.says("METADATA * SUB status", "JOIN #hers", "JOIN #tea")

        self.assertEqual(said(new, "761"), ["761 new #hers status * mine"])

    def test_a_change_that_is_not_stored_is_undone(self) -> None:
        self.ann.says("REGISTER * * sesame")
        self.hear_nothing()
        for target in ("*", "#tea"):
            self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

            self.ann.says(f"METADATA {target} SET status :never", f"METADATA {target} GET status")

            self.assertIn("MESSAGE_NOT_STORED", self.ann.hears()[0])
            self.assertEqual(self.ben.hears(), [])
            self.stage.clock.pump([1.0] * 3)
            self.ben.says("METADATA ann LIST", "METADATA #tea LIST")
            self.assertNotIn("never", "".join(self.ben.hears()))

    def test_nobody_reads_what_is_not_stored_yet(self) -> None:
        self.ann.says("REGISTER * * sesame")
        self.hear_nothing()
        self.stage.store.is_held = True
        self.ann.utters("METADATA * SET status :soon")
        self.stage.settle()
        self.eve.utters("METADATA ann GET status")
        self.stage.settle()
        self.assertEqual(self.eve.hears(), [])

        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(said(self.eve, "761"), ["761 eve ann status * soon"])


class CostTests(SynchronousTestCase):
    def test_there_are_only_so_many_keys(self) -> None:
        (ann,) = Stage().enter("ann", caps=CAPS)
        for number in range(MAX_METADATA_KEYS + 1):
            ann.says(f"METADATA * SET k{number} x")

        self.assertEqual(said(ann)[-1], "FAIL METADATA LIMIT_REACHED SET ann 25 :That is too many keys")
        ann.says("METADATA * SET k0 y", "METADATA * SET k1", "METADATA * SET new x")
        self.assertEqual(codes(ann), ["761", "766", "761"])

    def test_changes_are_rate_limited(self) -> None:
        stage = Stage(no_throttling=False)
        (ann,) = stage.enter("ann", caps=CAPS)
        for number in range(int(CHANGE_BURST) + 1):
            ann.says(f"METADATA * SET status :x {number}")

        self.assertEqual(said(ann)[-1], "775 ann 2 ann SET status :x 10")
        stage.clock.advance(2)
        ann.says("METADATA * SET status :x")
        self.assertEqual(codes(ann), ["761"])

    def test_syncs_are_rate_limited(self) -> None:
        stage = Stage(no_throttling=False)
        (ann,) = stage.enter("ann", caps=CAPS)
        for _ in range(int(SYNC_BURST) + 1):
            ann.says("METADATA *ALL SYNC")

        self.assertEqual(said(ann)[-1], "774 ann *ALL 2 :Ask for it with SYNC later")

    def test_server_operators_may_change_profiles_and_it_is_audited(self) -> None:
        stage = Stage(oper=("root:sesame",))
        ann, root = stage.enter("ann", "root", caps=CAPS, room="#tea")
        ann.says("METADATA * SET status :nasty", "METADATA #tea SET status :nasty")

        root.says(
            "OPER root sesame", "METADATA ann CLEAR", "METADATA #tea SET status", "METADATA * SET color x"
        )
        ann.hears()
        ann.says("METADATA ann LIST", "METADATA #tea LIST")

        self.assertEqual(codes(ann), ["BATCH"] * 4)
        acts = [(kind, text) for _, kind, text in stage.acts() if kind == "PROFILE"]
        self.assertEqual(acts, [("PROFILE", "ann *"), ("PROFILE", "#tea status")])
