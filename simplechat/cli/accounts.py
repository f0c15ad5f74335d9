"""`simplechat account`: creates and changes accounts; passwords are read, never taken as an argument."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import BinaryIO

from simplechat.cli.cli_error import CliError
from simplechat.locale import gettext as _

ACTIONS_WITH_PASSWORD = ("add", "passwd")
MAX_LINE_BYTES = 4096  # of a line with a password

Ask = Callable[[str], str]


def account_line(action: str, name: str, more: str, read_password: Callable[[], str]) -> str:
    """Return the owner's command for an action.

    Args:
        read_password: Called where the action needs a password.


    Raises:
        CliError: A name is missing or cannot be one.
    """
    if action == "list":
        return "account list"
    if name.split() != [name]:
        raise CliError(_("whose account? Usage: simplechat account {action} NAME").format(action=action))
    words = ["account", action, name, read_password() if action in ACTIONS_WITH_PASSWORD else more]
    return " ".join(filter(None, words))


def read_new_password() -> str:
    """Ask for a new password at the terminal, or read it from a pipe."""
    if sys.stdin.isatty():
        return prompt_password(getpass.getpass)
    return check_new_password(read_piped_password(sys.stdin.buffer))


def prompt_password(ask: Ask) -> str:
    """Ask for a new password twice, without showing it.

    Raises:
        CliError: The two differ, or it cannot be one.
    """
    try:
        password = check_new_password(ask(_("New password: ")))
        again = ask(_("Once more: "))
    except EOFError:
        raise CliError(_("no password was given")) from None
    if again != password:
        raise CliError(_("the two passwords differ"))
    return password


def read_piped_password(file: BinaryIO) -> str:
    """Read a new password: the first line of a file.

    Raises:
        CliError: It is not text.
    """
    try:
        return file.readline(MAX_LINE_BYTES).removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise CliError(_("the password is not text in UTF-8")) from None


def check_new_password(password: str) -> str:
    """Return a password unchanged if it can stand in a command.

    Raises:
        CliError: It cannot be one.
    """
    if not password:
        raise CliError(_("no password was given"))
    if password != password.strip():
        raise CliError(_("a password neither begins nor ends with a space"))
    return password
