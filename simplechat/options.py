"""The command line of `twistd simplechat`, built from `config.SETTINGS`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from twisted.logger import LogPublisher
from twisted.python import usage

from simplechat import locale
from simplechat.config import SETTINGS, BadSetting, Config, Setting, load_config
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
    """The options of `twistd simplechat`, one for each of `config.SETTINGS`."""

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
        """Parse the command line and load the settings; exit with a message if something is wrong."""
        locale.use_preferred_language()
        locale.translate_libraries()
        try:
            super().parseOptions(options)
            self.config = load_config(self, os.environ)
            self._keep_log_off_terminal()
        except (usage.UsageError, BadSetting) as error:
            exit_with_error(gettext("{what} (see --help)").format(what=error))

    def getUsage(self, width: int | None = None) -> str:
        """Return the help, in the language of a --lang before it or of the environment."""
        locale.use_preferred_language(self.get("lang") or "")
        self.longdesc = gettext(Options.longdesc)
        self.docs.update({each.name: _help(each) for each in SETTINGS})
        self.docs.update(config=gettext(CONFIG), help=gettext(HELP), version=gettext(VERSION))
        return str(super().getUsage(width)).replace("Options:", gettext("Options:"), 1)

    def _keep_log_off_terminal(self) -> None:
        """Keep twistd's log off the terminal if the owner's prompt is there; the log file has it too."""
        twistd = self.parent
        if twistd is None or not (is_terminal() and is_console_wanted(self.config.console)):
            return
        if twistd.get("nodaemon") and not (twistd.get("logger") or twistd.get("logfile")):
            twistd["logger"] = (
                f"{LogPublisher.__module__}.{LogPublisher.__qualname__}"  # twistd takes a name only
            )


def _collector(setting: Setting) -> Callable[[Options, str], None]:
    def collect(options: Options, value: str) -> None:
        options.setdefault(setting.name, []).append(value)

    collect.__doc__ = _help(setting)
    return collect


for _each in SETTINGS:
    if _each.is_repeatable:
        setattr(Options, f"opt_{_each.attribute}", _collector(_each))


def exit_with_error(why: str) -> NoReturn:
    """Exit with one line on standard error and code 1."""
    raise SystemExit(f"simplechat: {why}")
