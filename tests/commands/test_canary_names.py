"""A channel's former or present name never leads outsiders to its content."""

from __future__ import annotations

from simplechat.hub.policy import RENAME_INTERVAL_S
from tests.support.canary import ALL, CANARY, Canary, askings
from tests.support.stage import Actor, FaultyStore, Stage

NEW = f"{ALL} draft/channel-rename draft/metadata-3 account-tag account-notify sasl"
SECRET = "#canaryden"  # a name that is the canary itself


def probes(name: str) -> list[str]:
    """Return lines that try a name with every command."""
    return [
        *(
            f"METADATA {name} {rest}"
            for rest in ("LIST", "GET status avatar", "SYNC", "SET status x", "CLEAR")
        ),
        "METADATA * SUB status avatar display-name",
        "METADATA *ALL SYNC",
        "METADATA * SYNC",
        f"RENAME {name} #stolen",
        f"RENAME #own {name}",
        f"CERT ADD {name}",
        "CERT LIST",
        f"MONITOR + {name}",
        "MONITOR S",
        f"WHOIS {name}",
        "WHOIS ann",
        "WHOIS ann ann",
        "WHO *",
        "WHO ann %cuhnfa",
        "LIST",
        "LIST *",
        f"NAMES {name}",
        f"TOPIC {name}",
        f"MODE {name}",
        f"INVITE eve {name}",
        f"KNOCK {name}",
        f"KICK {name} ann",
        f"ROOM {name} history",
        f"CONSOLE messages {name}",
    ]


class NamesTests(Canary):
    caps = NEW

    def sung(self, outsiders: list[Actor], names: list[str], msgids: list[str]) -> list[str]:
        """Let outsiders try every command with these names; return the lines that leaked the canary."""
        told = []
        for outsider in outsiders:
            outsider.says("JOIN #own")
            outsider.hears()
            for name in names:
                outsider.says(*probes(name))
            for name in names:
                outsider.says(*askings(name, msgids))
            told += [line for line in outsider.hears() if CANARY in line]
        return told + self.heard_of_it(outsiders, names, msgids)

    def make_den(self, name: str = "#old") -> list[str]:
        """Make a channel with two members and the canary in everything; return its msgids."""
        self.ann.says(f"JOIN {name}")
        self.ben.says(f"JOIN {name}")
        self.ann.says(f"METADATA {name} SET status :a {CANARY}", f"MODE {name} +b {CANARY}!*@*")
        return self.tells(name)

    def test_a_new_channel_of_the_former_name_shows_nothing_of_the_old_one(self) -> None:
        msgids = self.make_den()
        self.ann.says("RENAME #old #new", "MODE #new +s")
        self.eve.says("JOIN #old")
        self.assertEqual([line for line in self.eve.hears() if CANARY in line or "#new" in line], [])

        self.assertEqual(self.sung([self.eve, self.plain], ["#old", "#new", "@#new", "ann"], msgids), [])

    def test_nor_after_a_restart(self) -> None:
        msgids = self.make_den()
        self.ann.says("RENAME #old #new", "MODE #new +s")
        self.stage = Stage(FaultyStore(self.stage.store.inner), replay=50)
        (self.eve,) = self.stage.enter("eve", caps=NEW)
        self.eve.says("JOIN #old", "TOPIC #old :mine")

        self.assertEqual(self.sung([self.eve], ["#old"], msgids), [])

    def test_outsiders_do_not_learn_the_new_name_of_a_secret_channel(self) -> None:
        self.make_den()
        self.ann.says("MODE #old +s", f"RENAME #old {SECRET}")

        told = self.sung([self.eve, self.plain], ["#old"], [])
        self.eve.says("JOIN #old", "PRIVMSG #old :x", "RENAME #old #mine")
        told += [line for line in self.eve.hears() if CANARY in line]

        self.assertEqual(told, [])

    def test_outsiders_do_not_learn_the_former_name_of_a_secret_channel(self) -> None:
        self.make_den(SECRET)
        self.ann.says(f"MODE {SECRET} +s", f"RENAME {SECRET} #new", "TOPIC #new :x")

        self.assertEqual(self.sung([self.eve, self.plain], ["#new"], []), [])

    def test_former_members_do_not_learn_the_new_name(self) -> None:
        msgids = self.make_den()
        self.eve.says("JOIN #old", "PART #old")
        self.ann.says("MODE #old +s", f"RENAME #old {SECRET} :to {CANARY}")
        self.assertEqual([line for line in self.eve.hears() if SECRET in line], [])

        self.assertEqual(self.sung([self.eve], ["#old"], msgids), [])

    def test_what_was_said_before_the_join_stays_so_under_a_new_name(self) -> None:
        msgids = self.make_den()
        self.ann.says("ROOM #old history joined", "TOPIC #old :x", f"MODE #old -b {CANARY}!*@*")
        self.ann.says("METADATA #old CLEAR")
        for actor in (self.eve, self.plain):
            actor.says("JOIN #old")
            actor.hears()
        self.ann.says("RENAME #old #new")

        told = [line for actor in (self.eve, self.plain) for line in actor.hears() if CANARY in line]
        self.assertEqual(told + self.sung([self.eve, self.plain], ["#new", "#old"], msgids), [])

    def test_a_channel_reset_under_its_new_name_keeps_closed_messages_unreadable(self) -> None:
        msgids = self.make_den()
        self.ann.says("MODE #old +s", "RENAME #old #new")
        self.ann.says("PART #new")
        self.ben.says("PART #new")
        self.eve.says("JOIN #new", "JOIN #old")

        self.assertEqual(self.sung([self.eve], ["#new", "#old"], msgids), [])

    def test_a_kicked_user_can_redact_nothing_under_any_name(self) -> None:
        self.eve.says("JOIN #old", f"PRIVMSG #old :my {CANARY}")
        (msgid,) = [
            line.split("msgid=")[1].split(" ")[0].split(";")[0] for line in self.eve.hears() if CANARY in line
        ]
        self.ann.says("JOIN #old")
        self.eve.says("MODE #old +o ann")
        self.ann.says("RENAME #old #new", "KICK #new eve", "MODE #new +i")
        self.ann.hears()

        self.eve.says(*(f"REDACT {name} {msgid}" for name in ("#old", "#new", "ann", "eve")))

        self.assertEqual([line for line in self.ann.hears() if "REDACT" in line], [])
        self.assertIn(f"my {CANARY}", self.stage.store.texts())

    def test_a_channels_profile_is_for_its_members(self) -> None:
        self.ann.says(
            "JOIN #open", f"METADATA #open SET status :{CANARY}", f"METADATA #open SET avatar {CANARY}"
        )

        for outsider in (self.eve, self.plain):
            outsider.says(*probes("#open"), "JOIN #open", "PART #open", *probes("#open"))
            told = [line for line in outsider.hears() if CANARY in line and " JOIN " not in line]
            self.assertEqual([line for line in told if "batch=" not in line], [])
            outsider.says(*probes("#open"))
            self.assertEqual([line for line in outsider.hears() if CANARY in line], [])

    def test_members_find_the_canary_under_the_new_name(self) -> None:
        msgids = self.make_den()
        self.ann.says("RENAME #old #new")
        self.stage.clock.advance(RENAME_INTERVAL_S)

        told = self.sung([self.ben], ["#new"], msgids)

        self.assertTrue(any(" 761 " in line for line in told))
        self.assertGreater(len(told), 20)
