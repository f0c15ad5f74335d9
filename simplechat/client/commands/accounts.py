"""Commands about accounts: the questions they ask, and what happens with the answers.

A command that needs a password asks for it at once, before anything else is checked, so that a password that
is typed next cannot be taken for a message. From a pipe, the next lines are the answers.
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.commands.table import client_command
from simplechat.client.protocol.connection import RequestError
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state.questions import QueuedAction, UserQuestion
from simplechat.client.state.session import ClientSession
from simplechat.ircv3.saslprep import BadPassword, prepare_password
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, marked

NOT_ENCRYPTED = marked("The connection is not encrypted: others could read the password, so it is not sent")

UNFIT_REASONS = {
    "it is empty": marked("nothing was typed"),
    "it contains a character that cannot be typed everywhere": marked(
        "it contains a character that cannot be typed everywhere"
    ),
}
"""Why a text cannot be a password, for people, by what `saslprep` says."""

UsePassword = Callable[[str], UserQuestion | QueuedAction | None]


# -- commands ------------------------------------------------------------------------------------------


@client_command(
    "/login",
    marked("[NAME]"),
    marked("log in to an account; you are asked for the password"),
    marked("After a lost connection you are logged in again automatically."),
    asks_password=True,
)
def log_in(session: ClientSession, rest: str) -> UserQuestion:
    """Ask for the password of an account, then log in to it."""
    name = _account_name(session, rest, session.model.account or session.wanted_nick)

    def use(password: str) -> UserQuestion | QueuedAction | None:
        credentials = Credentials(name, password)
        return _ask_whether_to_save(session, lambda: _send_login(session, credentials))

    return _ask_password(session, _("Password of {name}: ").format(name=name), use)


@client_command(
    "/register",
    marked("[NAME]"),
    marked("register an account for your nick, or for NAME"),
    asks_password=True,
)
def register(session: ClientSession, rest: str) -> UserQuestion:
    """Ask for a new password, then register an account."""
    name = _account_name(session, rest, session.connection.nick)

    def use(password: str) -> UserQuestion | QueuedAction | None:
        credentials = Credentials(name, password)
        return _ask_whether_to_save(session, lambda: _send_registration(session, credentials))

    return _ask_password(session, _("New password for {name}: ").format(name=name), _ask_twice(session, use))


@client_command("/passwd", "", marked("change your account's password"), asks_password=True)
def change_password(session: ClientSession, rest: str) -> UserQuestion:
    """Ask for the old password and a new one, then change it."""
    if rest:
        session.reject(_("Do not type a password after the command: you are asked for it"))

    def use_old(old: str) -> UserQuestion:
        def use_new(new: str) -> UserQuestion | QueuedAction | None:
            return _ask_whether_to_save(session, lambda: _send_password_change(session, old, new))

        return _ask_password(session, _("Your new password: "), _ask_twice(session, use_new))

    return _ask_password(session, _("Your old password: "), use_old)


@client_command("/logout", "", marked("log out, and stay as a guest"))
def log_out(session: ClientSession, rest: str) -> None:
    """Leave the account: come back as a guest, on a new connection."""
    if not session.model.account:
        raise RequestError(_("You are not logged in: /login"))
    session.log_out()


@client_command("/forget", marked("[NAME]"), marked("delete your password from the keyring"))
def forget_password(session: ClientSession, rest: str) -> None:
    """Delete a password from the system's keyring."""
    if session.settings.keyring is None:
        raise RequestError(_("There is no keyring here, so no password was saved"))
    session.settings.keyring.forget(rest or session.model.account or session.wanted_nick, session.show)


# -- questions -----------------------------------------------------------------------------------------


def _account_name(session: ClientSession, rest: str, default: str) -> str:
    """Return the account's name that was typed, or a default; warn if more was typed, such as a password."""
    name, _space, more = rest.partition(" ")
    if more or "\n" in rest:
        session.reject(_("Do not type a password after the command: you are asked for it"))
    return name.partition("\n")[0] or default


def _ask_password(session: ClientSession, text: str, use: UsePassword) -> UserQuestion:
    """Return the question for a password."""

    def on_answer(line: str) -> UserQuestion | QueuedAction | None:
        try:
            return use(prepare_password(line))
        except BadPassword as error:
            reason = _(UNFIT_REASONS[str(error)])
            _give_up(session, _("That cannot be a password: {reason}").format(reason=reason))
            return None

    return UserQuestion(text, True, on_answer)


def _ask_twice(session: ClientSession, use: UsePassword) -> UsePassword:
    """Wrap a use of a new password, to ask for it a second time first: nobody could see the first."""
    if session.settings.is_piped:
        return use

    def use_first(first: str) -> UserQuestion:
        def use_second(second: str) -> UserQuestion | QueuedAction | None:
            if second == first:
                return use(first)
            _give_up(session, _("The two passwords differ; nothing was done"))
            return None

        return _ask_password(session, _("Once more: "), use_second)

    return use_first


def _ask_whether_to_save(session: ClientSession, do: Callable[[], None]) -> UserQuestion | QueuedAction:
    """Return the question whether to save the password in the system's keyring, where there is one."""
    if session.settings.keyring is None or session.settings.is_piped:
        return QueuedAction(do)

    def on_answer(line: str) -> QueuedAction:
        session.saves_password = is_yes(line)
        return QueuedAction(do)

    return UserQuestion(_("Save it in the system's keyring? [y/N] "), False, on_answer)


def _give_up(session: ClientSession, reason: str) -> None:
    """Show why nothing was done; a pipe ends then, since it did not mean to go on as a guest."""
    session.reject(reason)
    if session.settings.is_piped:
        session.leave()


# -- requests ------------------------------------------------------------------------------------------


def _attempt(session: ClientSession, credentials: Credentials, send: Callable[[], None]) -> None:
    """Send what needs a password; the session keeps the credentials until the server has answered."""
    try:
        session.pending_credentials = credentials
        send()
    except RequestError as error:
        session.pending_credentials = None
        _give_up(session, str(error))


def _send_login(session: ClientSession, credentials: Credentials) -> None:
    _attempt(session, credentials, lambda: session.receive_events(session.connection.log_in(credentials)))


def _send_registration(session: ClientSession, credentials: Credentials) -> None:
    def send() -> None:
        if not session.server.has_accounts:
            raise RequestError(_("This server does not let clients register accounts"))
        _must_be_private(session)
        session.requests.register_account(credentials)

    _attempt(session, credentials, send)


def _send_password_change(session: ClientSession, old: str, new: str) -> None:
    def send() -> None:
        if not session.model.account:
            raise RequestError(_("You are not logged in: /login"))
        _must_be_private(session)
        session.requests.change_password(old, new)

    _attempt(session, Credentials(session.model.account, new), send)


def _must_be_private(session: ClientSession) -> None:
    """Raise RequestError where others could read a password on its way."""
    if not session.connection.is_private:
        raise RequestError(_(NOT_ENCRYPTED))
