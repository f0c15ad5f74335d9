"""The options of `twistd simplechat`, made from `config.SETTINGS`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from twisted.logger import LogPublisher
from twisted.python import usage

from simplechat import locale
from simplechat.config import SETTINGS, BadSetting, Config, Setting, configure
from simplechat.doors.console.console_input import is_console_wanted, is_terminal
from simplechat.locale import gettext, marked

CONFIG = marked("TOML file with settings by these names.")
HELP = marked("Display this help and exit.")
VERSION = marked("Display Twisted version and exit.")


def _help(setting: Setting) -> str:
    has_default = setting.is_single and setting.default not in ("", Path())
    default = f" [{setting.default}]" if has_default else ""
    return gettext(setting.help) + default + (f" ({gettext('not in effect yet')})" if setting.later else "")


class Options(usage.Options):
    """What `twistd simplechat` takes; made from `config.SETTINGS`."""

    synopsis = "[options]"
    longdesc = marked(
        "A chat server that every IRC client can join. Each option can also be set in the environment, as "
        "SIMPLECHAT_PORT and the like, or in the file that --config names."
    )
    optFlags = [[each.name, None, _help(each)] for each in SETTINGS if each.is_flag]
    optParameters = [
        *(
            [each.name, None, None, _help(each)]
            for each in SETTINGS
            if not (each.is_flag or each.is_repeatable)
        ),
        ["config", None, None, CONFIG],
    ]
    config = Config()

    def parseOptions(self, options: list[str] | None = None) -> None:
        """Read the command line; what is wrong with it is one line for people."""
        locale.use_own()
        locale.lend()
        try:
            super().parseOptions(options)
            self.config = configure(self, os.environ)
            self._mind_the_terminal()
        except (usage.UsageError, BadSetting) as error:
            give_up(gettext("{what} (see --help)").format(what=error))

    def getUsage(self, width: int | None = None) -> str:
        """Give the help, in the language that was asked for so far."""
        locale.use_own(self.get("lang") or "")
        self.longdesc = gettext(Options.longdesc)
        self.docs.update({each.name: _help(each) for each in SETTINGS})
        self.docs.update(config=gettext(CONFIG), help=gettext(HELP), version=gettext(VERSION))
        return str(super().getUsage(width)).replace("Options:", gettext("Options:"), 1)

    def _mind_the_terminal(self) -> None:
        """Keep twistd's log off a terminal that is to have the owner's prompt; there is the log file."""
        twistd = self.parent
        if twistd is None or not (is_terminal() and is_console_wanted(self.config.console)):
            return
        if twistd.get("nodaemon") and not (twistd.get("logger") or twistd.get("logfile")):
            twistd["logger"] = f"{LogPublisher.__module__}.{LogPublisher.__qualname__}"  # takes names only


def _gatherer(setting: Setting) -> Callable[[Options, str], None]:
    def gather(options: Options, value: str) -> None:
        options.setdefault(setting.name, []).append(value)

    gather.__doc__ = _help(setting)
    return gather


for _each in SETTINGS:
    if _each.is_repeatable:
        setattr(Options, f"opt_{_each.attribute}", _gatherer(_each))


def give_up(why: str) -> NoReturn:
    """End the process with one line on the standard error, and exit code 1."""
    raise SystemExit(f"simplechat: {why}")
