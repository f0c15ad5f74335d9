"""What is typed is done: each verb, and what is said without one."""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.commands import accounts, history, message_actions
from simplechat.client.commands.arguments import needed, room_of
from simplechat.client.commands.table import SAY, Typed, help_lines, room_name
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.protocol.events import Helped
from simplechat.client.state.questions import Errand, Query
from simplechat.client.state.session import Talk
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, ngettext

MOST_UNASKED = 5  # messages that one text becomes, before it is asked whether that is meant


def obey(talk: Talk, typed: Typed) -> None:
    """Do what a line means."""
    try:
        if "\n" in typed.rest and typed.verb not in _TAKE_LINES:
            raise Unsayable(_("{verb} takes one line").format(verb=typed.verb))
        _verb(typed)(talk, typed.rest)
    except Unsayable as error:
        talk.complain(str(error))


def query_about(talk: Talk, typed: Typed) -> Query | None:
    """Give what must be asked before a line is obeyed, if anything: a password, or if so much is meant."""
    about_account = accounts.QUERIES.get(typed.verb)
    if about_account is not None:
        return about_account(talk, typed.rest)
    if talk.manners.is_piped or "\n" not in typed.rest or typed.verb not in _TAKE_LINES:
        return None
    try:
        count = talk.core.count_messages(room_of(talk), typed.rest)
    except Unsayable:  # which is told when it is obeyed
        return None
    if count <= MOST_UNASKED:
        return None
    told = ngettext(
        "That is {count} message: say all of it? [y/N] ",
        "That is {count} messages: say all of them? [y/N] ",
        count,
    )

    def answered(answer: str) -> Errand | None:
        if is_yes(answer):
            return Errand(lambda: obey(talk, typed))
        talk.complain(_("nothing was sent"))
        return None

    return Query(told.format(count=count), False, answered)


def _verb(typed: Typed) -> Callable[[Talk, str], None]:
    try:
        return _VERBS[typed.verb]
    except KeyError:
        told = _("There is no {verb}; /help lists what there is")
        raise Unsayable(told.format(verb=typed.verb)) from None


# -- saying --------------------------------------------------------------------------------------------


def _say(talk: Talk, text: str) -> None:
    if text.strip("\n"):
        talk.core.say(room_of(talk), text)


def _me(talk: Talk, text: str) -> None:
    talk.core.act(room_of(talk), needed("/me", text))


def _msg(talk: Talk, rest: str) -> None:
    target, _, text = rest.partition(" ")
    talk.core.say(target, needed("/msg", text))


# -- rooms and people ----------------------------------------------------------------------------------


def _join(talk: Talk, rest: str) -> None:
    name, _, key = rest.partition(" ")
    room = room_name(needed("/join", name))
    if talk.model.room(room) is not None:  # the server would not answer
        talk.model.turn_to(room)
        return
    talk.core.join(room, key)
    talk.awaited.add(fold(room))


def _part(talk: Talk, rest: str) -> None:
    room = room_name(rest) or room_of(talk)
    talk.core.part(room)
    talk.model.leave(room)


def _nick(talk: Talk, rest: str) -> None:
    talk.core.rename(needed("/nick", rest))
    talk.wanted_nick = rest


def _topic(talk: Talk, rest: str) -> None:
    talk.core.topic(room_of(talk), rest)


def _who(talk: Talk, rest: str) -> None:
    talk.core.who(rest or room_of(talk))


def _list(talk: Talk, rest: str) -> None:
    talk.core.list_rooms(room_name(rest))


def _away(talk: Talk, rest: str) -> None:
    talk.core.away(rest)


# -- the client itself ---------------------------------------------------------------------------------


def _cls(talk: Talk, rest: str) -> None:
    talk.clear()


def _exit(talk: Talk, rest: str) -> None:
    talk.leave(rest)


def _help(talk: Talk, rest: str) -> None:
    talk.tell(Helped(tuple(help_lines(rest))))


_TAKE_LINES = frozenset({SAY, "/msg", "/me", "/reply"})
_VERBS: dict[str, Callable[[Talk, str], None]] = {
    SAY: _say,
    "/away": _away,
    "/cls": _cls,
    "/delete": message_actions.delete,
    "/exit": _exit,
    "/forget": accounts.forget,
    "/help": _help,
    "/history": history.history,
    "/join": _join,
    "/list": _list,
    "/logout": accounts.log_out,
    "/me": _me,
    "/msg": _msg,
    "/nick": _nick,
    "/part": _part,
    "/react": message_actions.react,
    "/reply": message_actions.reply,
    "/search": history.search,
    "/topic": _topic,
    "/unreact": message_actions.unreact,
    "/who": _who,
}
