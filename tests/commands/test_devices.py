"""What belongs to an account is the same on all its devices: markers, conversations, messages."""

from __future__ import annotations

from simplechat.hub.records import ReadMarkerRow
from tests.support.history import EARLY, LATER, asks, texts
from tests.support.logins import Stays
from tests.support.replies import heard

CAPS = "message-tags server-time batch echo-message draft/chathistory draft/read-marker account-tag"


class DeviceTests(Stays):
    def test_a_marker_comes_between_join_and_names_on_a_second_device(self) -> None:
        self.ann.says(f"MARKREAD #tea {LATER}")

        second = self.comes(caps="draft/read-marker")

        lines = second.hears()
        place = lines.index(f":irc.test MARKREAD #tea {LATER}")
        self.assertEqual([lines[place + step].split()[1] for step in (-1, 1, 2)], ["JOIN", "353", "366"])

    def test_a_marker_is_sent_to_the_other_devices_under_any_nick(self) -> None:
        second, phone = self.comes(caps=CAPS), self.comes("phone", caps=CAPS)
        second.hears()
        phone.hears()

        self.ann.says(f"MARKREAD #tea {LATER}")

        for actor in (second, phone):
            self.assertEqual(heard(actor)[0].params, ("#tea", LATER))

    def test_what_one_device_joins_the_others_know_to_be_read(self) -> None:
        second = self.comes(caps="draft/read-marker")
        self.ann.says(f"MARKREAD #den {EARLY}")
        second.hears()

        self.ann.says("JOIN #den")

        self.assertEqual([message.command for message in heard(second)], ["JOIN", "MARKREAD", "353", "366"])

    def test_a_marker_survives_a_restart(self) -> None:
        self.ann.says(f"MARKREAD #tea {LATER}")

        again = self.comes(caps="draft/read-marker", stage=self.again())

        self.assertIn(f":irc.test MARKREAD #tea {LATER}", again.hears())

    def test_a_guests_markers_are_stored_on_registering(self) -> None:
        self.ben.says(f"MARKREAD #tea {LATER}", "REGISTER * * open")

        (row,) = self.stage.store.inner.read_markers.values()
        self.assertEqual(row, ReadMarkerRow(row.identity, "#tea", 980_985_600_123))
        self.assertEqual(row.identity, self.stage.hub.accounts.get("ben").identity)  # type: ignore[union-attr]

    def test_a_guests_markers_are_dropped_on_login_to_another_account(self) -> None:
        (guest,) = self.stage.enter("guest")
        guest.says(f"MARKREAD #tea {LATER}")
        identity = self.stage.hub.users["guest"].identity

        guest.says("AUTHENTICATE PLAIN", "AUTHENTICATE AGFubgBzZXNhbWU=")

        self.assertEqual(self.stage.hub.users["guest"].account, "ann")
        self.assertEqual(self.stage.hub.read_markers.rows(identity), [])


class TalkTests(Stays):
    def test_messages_to_an_absent_account_are_found_by_its_name(self) -> None:
        (cat,) = self.stage.enter("cat", caps=CAPS)
        self.ann.says("QUIT")

        cat.says("PRIVMSG ann :are you there?")

        self.assertEqual(texts(asks(cat, "LATEST ann * 9")), ["are you there?"])
        span = "timestamp=2001-01-01T00:00:00Z timestamp=2002-01-01T00:00:00Z"
        self.assertEqual([each.params[1] for each in asks(cat, f"TARGETS {span} 9")], ["ann"])
        back = self.comes(caps=CAPS)
        self.assertEqual(texts(asks(back, "LATEST cat * 9")), ["are you there?"])
        self.assertEqual([each.params[1] for each in asks(back, f"TARGETS {span} 9")], ["cat"])

    def test_a_guests_conversations_stay_closed_to_the_next_user_of_the_nick(self) -> None:
        eve, dan = self.stage.enter("eve", "dan", caps=CAPS)
        eve.says("PRIVMSG dan :a secret")
        dan.says("QUIT")
        (other,) = self.stage.enter("dan", caps=CAPS)
        other.says("REGISTER * * open", "QUIT")

        self.assertEqual(asks(eve, "LATEST dan * 9"), [])
        span = "timestamp=2001-01-01T00:00:00Z timestamp=2002-01-01T00:00:00Z"
        self.assertEqual(asks(eve, f"TARGETS {span} 9"), [])

    def test_several_lines_wait_for_an_account_that_is_not_here(self) -> None:
        (cat,) = self.stage.enter("cat", caps=f"{CAPS} draft/multiline")
        self.ann.says("QUIT")
        cat.hears()

        lines = ("one", "two")
        cat.says(
            "BATCH +m draft/multiline ann", *(f"@batch=m PRIVMSG ann :{each}" for each in lines), "BATCH -m"
        )

        self.assertIn("301", [message.command for message in heard(cat)])
        back = self.comes()
        said = [message.params[-1] for message in heard(back) if message.command == "PRIVMSG"]
        self.assertEqual([text.rpartition(" ")[2] for text in said], list(lines))

    def test_redacted_messages_are_not_shown_on_return(self) -> None:
        (cat,) = self.stage.enter("cat", caps=f"{CAPS} draft/message-redaction")
        self.ann.says("QUIT")
        cat.hears()
        cat.says("PRIVMSG ann :oops")
        msgid = next(each.tags["msgid"] for each in heard(cat) if each.command == "PRIVMSG")

        cat.says(f"REDACT ann {msgid}")

        back = self.comes()
        self.assertNotIn("oops", str(back.hears()))


class JoinedTests(Stays):
    def test_a_lingering_member_reads_messages_since_the_join_and_no_more(self) -> None:
        self.ben.says("ROOM #tea history joined")
        self.ann.says("PART #tea")
        self.ben.says("PRIVMSG #tea :missed")
        self.ann.says("JOIN #tea")
        self.ann.drops()
        self.ben.says("PRIVMSG #tea :said while away")
        for stage in (self.stage, self.again()):
            back = self.comes(caps=CAPS, stage=stage)
            self.assertEqual(texts(asks(back, "LATEST #tea * 9")), ["said while away"])
            back.drops()

            plain = self.comes(stage=stage)
            said = [message.params[-1] for message in heard(plain) if message.command == "PRIVMSG"]
            self.assertNotIn("missed", str(said))
            plain.drops()


class TagTests(Stays):
    def test_history_has_account_tags_for_clients_that_want_them(self) -> None:
        (cat,) = self.stage.enter("cat", caps=CAPS, room="#tea")
        self.ann.says("PRIVMSG #tea :hello")
        self.ben.says("PRIVMSG #tea :hi")

        told = [message.tags.get("account") for message in asks(cat, "LATEST #tea * 9")]

        self.assertEqual(told, ["ann", None])

    def test_of_several_lines_the_batch_and_each_line_tell_the_account(self) -> None:
        (cat,) = self.stage.enter("cat", caps=f"{CAPS} draft/multiline", room="#tea")
        second = self.comes(caps=f"{CAPS} draft/multiline")
        cat.hears()

        second.says("BATCH +m draft/multiline #tea", *["@batch=m PRIVMSG #tea :x"] * 2, "BATCH -m")

        opening, *lines, _ = heard(cat)
        self.assertEqual(opening.tags["account"], "ann")
        self.assertEqual([set(line.tags) for line in lines], [{"batch", "account"}] * 2)
        again = [line for line in asks(cat, "LATEST #tea * 9") if line.command == "PRIVMSG"]
        self.assertEqual([line.tags["account"] for line in again], ["ann", "ann"])
