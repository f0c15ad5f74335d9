"""`simplechat account`: accounts are made and changed; a password is asked for, never taken as a word."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import BinaryIO

from simplechat.cli.cli_error import Trouble
from simplechat.locale import gettext as _

WITH_PASSWORD = ("add", "passwd")
MOST_BYTES = 4096  # of a line with a password

Ask = Callable[[str], str]


def line_of(action: str, name: str, more: str, password: Callable[[], str]) -> str:
    """Give the owner's line for an action, the password in it where one is wanted.

    Raises:
        Trouble: A name is missing or cannot be one.
    """
    if action == "list":
        return "account list"
    if name.split() != [name]:
        raise Trouble(_("whose account? It is: simplechat account {action} NAME").format(action=action))
    words = ["account", action, name, password() if action in WITH_PASSWORD else more]
    return " ".join(filter(None, words))


def new_password() -> str:
    """Have a new password typed, or read it where nobody can be asked."""
    if sys.stdin.isatty():
        return typed(getpass.getpass)
    return checked(piped(sys.stdin.buffer))


def typed(ask: Ask) -> str:
    """Have a new password typed twice; it is not seen.

    Raises:
        Trouble: The two differ, or it cannot be one.
    """
    try:
        password = checked(ask(_("New password: ")))
        again = ask(_("Once more: "))
    except EOFError:
        raise Trouble(_("no password was given")) from None
    if again != password:
        raise Trouble(_("the two passwords differ"))
    return password


def piped(file: BinaryIO) -> str:
    """Read a new password, which is a file's first line.

    Raises:
        Trouble: It is no text.
    """
    try:
        return file.readline(MOST_BYTES).removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise Trouble(_("the password is not text in UTF-8")) from None


def checked(password: str) -> str:
    """Give a password that a line can hold as it is.

    Raises:
        Trouble: It cannot be one.
    """
    if not password:
        raise Trouble(_("no password was given"))
    if password != password.strip():
        raise Trouble(_("a password neither begins nor ends with a space"))
    return password
