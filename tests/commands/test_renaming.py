"""RENAME: a channel keeps everything, and its old name leads nobody where they must not look."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import renaming
from simplechat.hub.errors import NotStored
from simplechat.hub.ids import msgid_of
from simplechat.hub.policy import RENAME_INTERVAL_S
from tests.support.logins import Stays
from tests.support.replies import codes
from tests.support.soundness import unsound
from tests.support.stage import FaultyStore, Stage

CAPS = "draft/channel-rename"
NOT_STORED = "MESSAGE_NOT_STORED"
HISTORY = f"{CAPS} batch message-tags server-time draft/chathistory draft/event-playback"


class RenameTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        (self.old,) = self.stage.enter("old", room="#tea")
        (self.eve,) = self.stage.enter("eve")
        self.hear_nothing()

    def tearDown(self) -> None:
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def hear_nothing(self) -> None:
        """Drop what was heard so far."""
        for actor in (self.ann, self.ben, self.old, self.eve):
            actor.hears()

    def again(self) -> Stage:
        """Return a new server on what is stored."""
        return Stage(FaultyStore(self.stage.store.inner))

    def test_clients_with_the_capability_get_rename_and_others_part_and_join(self) -> None:
        self.ann.says("RENAME #tea #Coffee :so it is")

        self.assertEqual(self.ann.hears(), [":ann!ann@127.0.0.1 RENAME #tea #Coffee :so it is"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 RENAME #tea #Coffee :so it is"])
        self.assertEqual(
            self.old.hears(),
            [
                ":old!old@127.0.0.1 PART #tea :so it is",
                ":old!old@127.0.0.1 JOIN #Coffee",
                ":irc.test 353 old = #Coffee :@ann ben old",
                ":irc.test 366 old #Coffee :End of /NAMES list",
            ],
        )
        self.assertEqual(self.eve.hears(), [])

    def test_in_a_large_channel_members_are_not_listed_for_all(self) -> None:
        self.patch(renaming, "MAX_MEMBERS_SHOWN", 2)

        self.ann.says("RENAME #tea #coffee")

        self.assertEqual(codes(self.old), ["PART", "JOIN", "366"])

    def test_without_a_reason_it_is_empty(self) -> None:
        self.ann.says("RENAME #tea #coffee")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 RENAME #tea #coffee :"])
        self.assertEqual(self.old.hears()[0], ":old!old@127.0.0.1 PART #tea")

    def test_another_spelling_is_no_reason_to_leave(self) -> None:
        self.ann.says("RENAME #tea #TEA")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 RENAME #tea #TEA :"])
        self.assertEqual(self.old.hears(), [])
        self.eve.says("LIST")
        self.assertIn(":irc.test 322 eve #TEA 3 :", self.eve.hears())

    def test_members_modes_lists_and_topic_stay(self) -> None:
        self.ann.says("MODE #tea +kb sesame eve", "TOPIC #tea :green", "RENAME #tea #coffee")
        self.hear_nothing()

        self.ann.says("PRIVMSG #coffee :hi", "MODE #coffee", "MODE #coffee b")
        self.eve.says("JOIN #coffee", "PRIVMSG #tea :lost")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #coffee hi"])
        heard = self.ann.hears()
        self.assertIn(":irc.test 324 ann #coffee +ntk sesame", heard)
        self.assertTrue(any(" 367 ann #coffee eve!*@* " in line for line in heard), heard)
        self.assertEqual(codes(self.eve), ["475", "403"])

    def test_history_and_marks_go_with_it_and_its_rows_stay_where_they_are(self) -> None:
        (zoe,) = self.stage.enter("zoe", caps=HISTORY, room="#tea")
        self.ann.says("PRIVMSG #tea :before")
        zoe.says("MARKREAD #tea timestamp=2001-09-09T01:46:00.000Z")
        rows = dict(self.stage.store.inner.log)

        self.ann.says("RENAME #tea #coffee :why not", "PRIVMSG #coffee :behind")
        zoe.hears()
        zoe.says("CHATHISTORY LATEST #coffee * 3", "MARKREAD #coffee")

        heard = [line.partition(" ")[2] for line in zoe.hears()]
        self.assertEqual(
            heard[1:4],
            [
                ":ann!ann@127.0.0.1 PRIVMSG #coffee before",
                ":ann!ann@127.0.0.1 RENAME #tea #coffee :why not",
                ":ann!ann@127.0.0.1 PRIVMSG #coffee behind",
            ],
        )
        self.assertEqual(heard[5], "MARKREAD #coffee timestamp=2001-09-09T01:46:00.000Z")
        self.assertEqual({target for target, _ in self.stage.store.inner.log}, {"#tea"})
        self.assertLess(rows.items(), self.stage.store.inner.log.items())

    def test_history_has_no_renames_for_clients_without_the_capability(self) -> None:
        (zoe,) = self.stage.enter("zoe", caps=HISTORY.replace(CAPS, ""), room="#tea")
        self.ann.says("RENAME #tea #coffee")
        zoe.hears()

        zoe.says("CHATHISTORY LATEST #coffee * 50")

        self.assertNotIn("RENAME", "".join(zoe.hears()))

    def test_a_later_channel_of_the_former_name_has_a_log_of_its_own(self) -> None:
        self.ann.says("PRIVMSG #tea :secret", "RENAME #tea #coffee", "MODE #coffee +s")
        self.eve.says("JOIN #tea", "PRIVMSG #tea :new", "MARKREAD #tea timestamp=2001-09-09T01:46:00.000Z")
        (zoe,) = self.stage.enter("zoe", caps=HISTORY, room="#tea")

        zoe.says("CHATHISTORY LATEST #tea * 50")
        self.eve.says("MARKREAD #coffee")

        heard = "".join(zoe.hears())
        self.assertIn("new", heard)
        self.assertNotIn("secret", heard)
        self.assertIn("MARKREAD #coffee *", self.eve.hears()[-1])
        self.assertNotEqual(*(each.target for each in self.stage.hub.channels.values()))
        self.assertEqual(len(self.again().hub.channels), 2)

    def test_an_invitation_is_good_under_the_new_name(self) -> None:
        self.ann.says("MODE #tea +i", "INVITE eve #tea", "RENAME #tea #coffee")
        self.eve.hears()

        self.eve.says("JOIN #coffee")

        self.assertEqual(codes(self.eve), ["JOIN", "353", "366"])

    def test_joining_the_former_name_redirects(self) -> None:
        self.ann.says("RENAME #tea #coffee")
        (new,) = self.stage.enter("new", caps=CAPS)

        self.eve.says("JOIN #tea")
        new.says("JOIN #tea")

        self.assertEqual(
            self.eve.hears()[:2],
            [
                ":irc.test 470 eve #tea #coffee :The channel has another name now",
                ":eve!eve@127.0.0.1 JOIN #coffee",
            ],
        )
        self.assertEqual(
            new.hears(),
            [":irc.test FAIL JOIN CHANNEL_RENAMED #tea #coffee :The channel has another name now"],
        )

    def test_a_redirected_user_needs_the_key(self) -> None:
        self.ann.says("MODE #tea +k sesame", "RENAME #tea #coffee")

        self.eve.says("JOIN #tea", "JOIN #tea sesame")

        self.assertEqual(codes(self.eve), ["470", "475", "470", "JOIN", "353", "366"])

    def test_nobody_is_redirected_to_a_secret_channel(self) -> None:
        self.ann.says("MODE #tea +s", "RENAME #tea #hidden")

        self.eve.says("JOIN #tea")

        heard = self.eve.hears()
        self.assertEqual(heard[0], ":eve!eve@127.0.0.1 JOIN #tea")
        self.assertNotIn("hidden", "".join(heard))

    def test_members_may_make_another_channel_of_the_former_name(self) -> None:
        self.ann.says("RENAME #tea #coffee")
        self.old.hears()

        self.old.says("JOIN #tea")

        self.assertIn(":irc.test 353 old = #tea @old", self.old.hears())
        self.eve.says("JOIN #tea")
        self.assertEqual(codes(self.eve)[0], "JOIN")

    def test_former_names_are_known_after_a_restart(self) -> None:
        self.ann.says("RENAME #tea #coffee")

        (new,) = self.again().enter("new")
        new.says("JOIN #coffee")
        (late,) = new.stage.enter("late")
        late.says("JOIN #tea")

        self.assertEqual(codes(late)[:2], ["470", "JOIN"])

    def test_operators_rename_and_others_do_not(self) -> None:
        self.ben.says("RENAME #tea #coffee")
        self.eve.says("RENAME #tea #coffee", "RENAME #nowhere #coffee")

        self.assertEqual((codes(self.ben), codes(self.eve)), (["482"], ["442", "403"]))

    def test_an_accounts_channel_is_its_founders_to_rename(self) -> None:
        self.eve.says("REGISTER * * sesame", "JOIN #hers", "MODE #hers +o ann")
        self.ann.says("JOIN #hers")
        self.eve.says("MODE #hers +o ann")
        self.hear_nothing()

        self.ann.says("RENAME #hers #mine")
        self.eve.says("RENAME #hers #herself")

        self.assertIn(
            "FAIL RENAME CANNOT_RENAME #hers #mine :Only its founder eve may rename", self.ann.hears()[0]
        )
        self.assertEqual(codes(self.eve), ["PART", "JOIN", "353", "366"])

    def test_server_operators_rename_any_channel_and_it_is_audited(self) -> None:
        stage = Stage(oper=("root:sesame",))
        ann, eve = stage.enter("ann", "eve")
        ann.says("JOIN #tea")
        eve.says("OPER root sesame", "RENAME #tea #coffee")

        self.assertEqual(codes(ann)[-4:], ["PART", "JOIN", "353", "366"])
        self.assertIn(("eve!eve@127.0.0.1", "ROOM", "#tea name #coffee"), stage.acts())

    def test_a_name_in_use_or_none_is_refused(self) -> None:
        self.eve.says("JOIN #milk")

        self.ann.says(
            "RENAME #tea #Milk",
            "RENAME #tea #tea",
            "RENAME #tea tea",
            "RENAME #tea #" + "x" * 64,
            "RENAME #tea #a,b",
        )

        heard = self.ann.hears()
        self.assertEqual(
            [line.split(" :")[0] for line in heard[:2]],
            [
                ":irc.test FAIL RENAME CHANNEL_NAME_IN_USE #tea #Milk",
                ":irc.test FAIL RENAME CHANNEL_NAME_IN_USE #tea #tea",
            ],
        )
        self.assertEqual([line.split(" ")[1] for line in heard[2:]], ["476", "476", "476"])

    def test_a_name_that_leads_to_another_channel_is_in_use(self) -> None:
        self.ann.says("RENAME #tea #coffee")
        self.eve.says("JOIN #milk", "RENAME #milk #tea")

        self.assertEqual(codes(self.eve)[-1], "FAIL")
        self.ann.says("RENAME #coffee #tea")
        self.assertEqual(self.ann.hears()[-1], ":ann!ann@127.0.0.1 RENAME #coffee #tea :")

    def test_a_channel_is_renamed_once_a_minute(self) -> None:
        stage = Stage(no_throttling=False)
        (ann,) = stage.enter("ann", caps=CAPS, room="#tea")
        ann.says("RENAME #tea #a", "RENAME #a #b")
        self.assertEqual(codes(ann), ["RENAME", "FAIL"])

        stage.clock.advance(RENAME_INTERVAL_S)
        ann.says("RENAME #a #b")

        self.assertEqual(codes(ann), ["RENAME"])

    def test_when_the_disk_fails_the_name_returns(self) -> None:
        for code, cause in (("MESSAGE_NOT_STORED", NotStored("full")), ("INTERNAL_ERROR", ValueError("bug"))):
            self.stage.store.faults = dict.fromkeys(
                range(len(self.stage.store.commits) + 1, len(self.stage.store.commits) + 3), cause
            )

            self.ann.says("RENAME #tea #coffee")
            self.flushLoggedErrors(ValueError)

            self.assertIn(f"FAIL RENAME {code} #coffee", self.ann.hears()[0])
            self.assertEqual(self.ben.hears(), [])
            self.stage.clock.pump([1.0] * 3)
            self.ann.says("PRIVMSG #tea :still here")
            self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea :still here"])
            self.assertEqual(list(self.stage.hub.channels), ["#tea"])

    def fail_from_now_on(self) -> None:
        """Let the disk take nothing more."""
        first = len(self.stage.store.commits) + 1
        self.stage.store.faults = {number: NotStored("full") for number in range(first, first + 100)}

    def test_the_former_name_is_nobodys_until_the_new_one_is_stored(self) -> None:
        self.ann.says("MODE #tea +s")
        self.stage.store.is_held = True
        self.ann.utters("RENAME #tea #coffee")
        self.stage.settle()

        self.eve.utters("JOIN #tea")
        self.stage.settle()
        self.assertEqual(list(self.stage.hub.channels), ["#coffee"])
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(codes(self.eve), ["JOIN", "353", "366"])
        self.assertNotEqual(self.stage.hub.channels["#tea"].target, "#tea")

    def test_joining_an_unstored_name_waits_for_the_store(self) -> None:
        self.fail_from_now_on()
        for name in ("#tea", "#coffee"):
            (late,) = self.stage.enter(f"late{name[1]}")
            self.ann.utters("RENAME #tea #coffee")
            late.utters(f"JOIN {name}")
            self.stage.settle()

            self.assertEqual(late.hears()[0].split(" ")[2], name)
            self.assertEqual(set(self.stage.hub.channels), {"#tea", name})

    def test_names_that_were_not_stored_lead_nowhere(self) -> None:
        self.fail_from_now_on()
        for name, another in zip("abcde", "bcdef", strict=True):
            self.ann.utters(f"RENAME #{'tea' if name == 'a' else name} #{another}")
        self.eve.utters("JOIN #tea")
        self.stage.settle()

        self.assertEqual(list(self.stage.hub.channels), ["#tea"])
        self.assertIn(self.stage.hub.users["eve"], self.stage.hub.channels["#tea"].members)
        self.assertEqual(list(self.stage.hub.channel_index.former_names()), [])

    def test_the_oldest_name_is_given_up_once_the_newest_is_stored(self) -> None:
        for name, another in zip("abcde", "bcdef", strict=True):
            self.ann.says(f"RENAME #{'tea' if name == 'a' else name} #{another}")

        self.assertEqual(
            [name for name, _ in self.stage.hub.channel_index.former_names()], ["#c", "#d", "#e"]
        )

    def test_a_closed_channel_that_was_reset_is_not_found_by_its_former_name(self) -> None:
        self.ann.says("MODE #tea +k x", "RENAME #tea #coffee")
        for actor in (self.ann, self.ben, self.old):
            actor.says("PART #coffee")
        (zoe,) = self.stage.enter("zoe", room="#coffee")

        self.eve.says("JOIN #tea")

        self.assertEqual(self.eve.hears()[0], ":eve!eve@127.0.0.1 JOIN #tea")
        self.assertEqual(zoe.hears(), [])

    def test_messages_from_elsewhere_find_a_channel_by_its_former_name(self) -> None:
        self.ann.says("RENAME #tea #coffee")

        self.stage.owner().says('put-log #tea [[1000000000000,"zoe","long ago"]]')

        self.assertEqual({target for target, _ in self.stage.store.inner.log}, {"#tea", "*audit"})
        self.assertEqual(list(self.stage.hub.channels), ["#coffee"])

    def test_retention_follows_the_channel(self) -> None:
        self.ann.says("ROOM #tea retention 3", "RENAME #tea #coffee")

        (channel,) = self.stage.hub.channels.values()

        self.assertIs(self.stage.hub.channel_index.by_target["#tea"], channel)
        self.assertEqual(
            (channel.retention, self.again().hub.channel_index.by_target["#tea"].retention), (3, 3)
        )


class AbsentTests(Stays):
    def test_a_lingering_user_is_in_the_channel_under_its_new_name(self) -> None:
        self.ann.drops()
        self.ben.says("PRIVMSG #tea :one", "RENAME #tea #coffee", "PRIVMSG #coffee :two")

        stage = self.again()
        ann = self.comes(stage=stage)

        heard = ann.hears()
        self.assertIn(":ann!ann@127.0.0.1 JOIN #coffee", heard)
        self.assertEqual([line[-3:] for line in heard if " PRIVMSG " in line], ["one", "two"])


class LogNameTests(SynchronousTestCase):
    def test_no_channels_name_can_be_anothers_log(self) -> None:
        stage = Stage()
        ann, eve = stage.enter("ann", "eve")
        ann.says("JOIN #tea", "RENAME #tea #a", "MODE #a +s")
        eve.says("JOIN #tea")

        target = stage.hub.channels["#tea"].target

        self.assertEqual(target, f"# {msgid_of(stage.hub.channels['#tea'].created)}")


class PromiseTests(SynchronousTestCase):
    def test_a_rename_refused_by_the_disk_was_seen_by_nobody_and_is_gone_after_a_restart(self) -> None:
        stage = Stage()
        ann, ben = stage.enter("ann", "ben", caps="draft/channel-rename draft/metadata-3", room="#tea")
        ann.says("REGISTER * * sesame", "METADATA * SET status one", "METADATA #tea SET status first")
        ben.says("METADATA * SUB status")
        ann.hears()
        ben.hears()
        stage.store.faults[len(stage.store.commits) + 1] = NotStored("full")

        for line in (
            "METADATA * SET status two",
            "METADATA #tea SET status second",
            "RENAME #tea #coffee",
            "METADATA #coffee SET status third",
            "METADATA * SET status three",
        ):
            ann.utters(line)
        stage.settle()

        verbs = ["METADATA", "METADATA", "RENAME", "METADATA", "METADATA"]
        self.assertEqual(
            [line.split()[1:4] for line in ann.hears()], [["FAIL", v, NOT_STORED] for v in verbs]
        )
        self.assertEqual(ben.hears(), [])
        stage.clock.pump([1.0] * 3)
        ann.says("METADATA * GET status", "METADATA #tea GET status")
        self.assertEqual([line.split()[-1] for line in ann.hears()], ["one", "first"])
        ann.says("METADATA * SET status four", "RENAME #tea #coffee")
        self.assertEqual([line.split()[1] for line in ben.hears()], ["761", "RENAME"])
        self.assertEqual(list(unsound(stage.hub)), [])

        again = Stage(FaultyStore(stage.store.inner)).hub
        ((name, channel),) = again.channels.items()
        self.assertEqual(
            (name, channel.former_names, channel.profile), ("#coffee", ("#tea",), {"status": "first"})
        )
        self.assertEqual([each.settings.profile for each in again.accounts], ['{"status": "four"}'])
