"""The verbs about accounts: what they ask, and what is done with the answers.

Each of those that need a password asks at once, before anything else is looked at, so that a password that
is typed next cannot be taken for something to say. From a pipe, the next lines are the answers.
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.protocol.connection import Unsayable
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state.questions import Errand, Query
from simplechat.client.state.session import Talk
from simplechat.ircv3.saslprep import Unfit, prepare
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, marked

TO_LISTENERS = marked("The connection is not encrypted: others could read the password, so it is not sent")

UNFIT = {
    "it is empty": marked("nothing was typed"),
    "it holds a character that cannot be typed everywhere": marked(
        "it holds a character that cannot be typed everywhere"
    ),
}

Given = Callable[[str], Query | Errand | None]


# -- questions -----------------------------------------------------------------------------------------


def _login(talk: Talk, rest: str) -> Query:
    name = _name(talk, rest, talk.model.account or talk.wanted_nick)

    def given(password: str) -> Query | Errand | None:
        credentials = Credentials(name, password)
        return _whether_to_keep(talk, lambda: _log_in(talk, credentials))

    return _password(talk, _("Password of {name}: ").format(name=name), given)


def _register(talk: Talk, rest: str) -> Query:
    name = _name(talk, rest, talk.core.nick)

    def given(password: str) -> Query | Errand | None:
        credentials = Credentials(name, password)
        return _whether_to_keep(talk, lambda: _make(talk, credentials))

    return _password(talk, _("A password for {name}: ").format(name=name), _twice(talk, given))


def _passwd(talk: Talk, rest: str) -> Query:
    if rest:
        talk.complain(_("A password is never typed behind the verb: it is asked for"))

    def old_given(old: str) -> Query:
        def new_given(new: str) -> Query | Errand | None:
            return _whether_to_keep(talk, lambda: _change(talk, old, new))

        return _password(talk, _("The new password: "), _twice(talk, new_given))

    return _password(talk, _("The password until now: "), old_given)


QUERIES: dict[str, Callable[[Talk, str], Query]] = {
    "/login": _login,
    "/passwd": _passwd,
    "/register": _register,
}


def _name(talk: Talk, rest: str, default: str) -> str:
    """Give the name of the account that is meant."""
    name, _space, more = rest.partition(" ")
    if more or "\n" in rest:
        talk.complain(_("A password is never typed behind the verb: it is asked for"))
    return name.partition("\n")[0] or default


def _password(talk: Talk, words: str, given: Given) -> Query:
    """Ask for a password."""

    def answered(line: str) -> Query | Errand | None:
        try:
            return given(prepare(line))
        except Unfit as error:
            _give_up(talk, _("That cannot be a password: {reason}").format(reason=_(UNFIT[str(error)])))
            return None

    return Query(words, True, answered)


def _twice(talk: Talk, given: Given) -> Given:
    """Have a new password typed again, where nobody could see what was typed first."""
    if talk.manners.is_piped:
        return given

    def first(password: str) -> Query:
        def again(second: str) -> Query | Errand | None:
            if second == password:
                return given(password)
            _give_up(talk, _("The two passwords are not the same; nothing was done"))
            return None

        return _password(talk, _("Once more: "), again)

    return first


def _whether_to_keep(talk: Talk, do: Callable[[], None]) -> Query | Errand:
    """Ask whether the system's keyring may have the password, where there is one."""
    if talk.manners.keyring is None or talk.manners.is_piped:
        return Errand(do)

    def answered(line: str) -> Errand:
        talk.is_to_be_kept = is_yes(line)
        return Errand(do)

    return Query(_("Keep it in the system's keyring? [y/N] "), False, answered)


def _give_up(talk: Talk, reason: str) -> None:
    """Tell why nothing was done; whoever said so from a pipe did not mean to go on as a guest."""
    talk.complain(reason)
    if talk.manners.is_piped:
        talk.leave()


# -- what is done --------------------------------------------------------------------------------------


def _attempt(talk: Talk, credentials: Credentials, do: Callable[[], None]) -> None:
    """Send what holds a password, or is proven by one."""
    try:
        talk.pending = credentials
        do()
    except Unsayable as error:
        talk.pending = None
        _give_up(talk, str(error))


def _log_in(talk: Talk, credentials: Credentials) -> None:
    _attempt(talk, credentials, lambda: talk.take(talk.core.log_in(credentials)))


def _make(talk: Talk, credentials: Credentials) -> None:
    def do() -> None:
        if not talk.core.has_accounts:
            raise Unsayable(_("This server makes no accounts for its clients"))
        _must_be_private(talk)
        talk.core.register(credentials)

    _attempt(talk, credentials, do)


def _change(talk: Talk, old: str, new: str) -> None:
    def do() -> None:
        if not talk.model.account:
            raise Unsayable(_("You are not logged in: /login"))
        _must_be_private(talk)
        talk.core.change_password(old, new)

    _attempt(talk, Credentials(talk.model.account, new), do)


def _must_be_private(talk: Talk) -> None:
    if not talk.core.is_private:
        raise Unsayable(_(TO_LISTENERS))


def log_out(talk: Talk, rest: str) -> None:
    """Be a guest again, on a connection of its own."""
    if not talk.model.account:
        raise Unsayable(_("You are not logged in: /login"))
    talk.change_over()


def forget(talk: Talk, rest: str) -> None:
    """Take a password out of the system's keyring."""
    if talk.manners.keyring is None:
        raise Unsayable(_("There is no keyring here, so nothing was kept"))
    talk.manners.keyring.forget(rest or talk.model.account or talk.wanted_nick, talk.tell)
