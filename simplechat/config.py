"""The server's settings, from the command line, the environment and a file, in one frozen value."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from simplechat.locale import LANGUAGES, gettext, marked

PORTS_REFUSED_BY_BROWSERS = frozenset({*range(6665, 6670), 6679, 6697, 10080})
"""Ports that browsers refuse to connect to.

Spec: https://fetch.spec.whatwg.org/#bad-port
"""

T = TypeVar("T")


class BadSetting(ValueError):
    """A setting has a value that cannot be used; the text says which, why, and what to do."""


def _setting(default: T, text: str, read: Callable[[str], T], *, later: bool = False) -> T:
    """Declare a setting that has one value.

    Args:
        default: Its default.
        text: Its help.
        read: Parses it; raises ValueError.
        later: True if it is accepted, but has no effect in this version.
    """
    value: T = field(default=default, metadata={"help": text, "read": read, "later": later})
    return value


def _settings(text: str, read: Callable[[str], str], *, later: bool = False) -> tuple[str, ...]:
    """Declare a setting that has any number of values; see `_setting`."""
    value: tuple[str, ...] = field(default=(), metadata={"help": text, "read": read, "later": later})
    return value


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
            raise ValueError(gettext("not a whole number from {low} to {high}").format(low=low, high=high))
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(gettext("not one of {words}").format(words=", ".join(words)))
        return text

    return read


def _matching(pattern: str, wanted: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(gettext("not {wanted}").format(wanted=gettext(wanted)))
        return text

    return read


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _boolean(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no", ""):
        raise ValueError(gettext("neither yes nor no"))
    return text.lower() in ("1", "true", "yes")


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d+)\s*(|k|m|g)(?:i?b)?", text.lower())
    if not found:
        raise ValueError(gettext("not a size such as 65536, 512k or 1M"))
    return int(found[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[found[2]]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(gettext("neither an address nor a network such as 10.0.0.0/8")) from None


def _address_and_port(text: str) -> str:
    if not text:
        return text
    found = re.fullmatch(r"(?:(?:\[([^\]]*)\]|([^:]*)):)?([0-9]{1,5})", text, re.ASCII)
    try:
        if found is None or int(found[3]) > 65535:
            raise ValueError
        if found[1] is not None:
            ipaddress.IPv6Address(found[1])
        elif found[2] is not None:
            ipaddress.IPv4Address(found[2])
    except ValueError:
        why = gettext("not [ADDRESS:]PORT, such as 8068, 192.0.2.1:8068 or [::1]:8068")
        raise ValueError(why) from None
    return text


_text = _matching(r"[^\0\r\n]*", marked("one line of text"))
_name = _matching(
    r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", marked("a name of letters, digits, dots and dashes")
)
_origin = _matching(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?/?",
    marked("an origin such as https://chat.example.org"),
)
_oper = _matching(r"[^\s:]+:\S+", marked("NAME:PASSWORD"))
_url = _matching(
    r"(https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[!-~]{0,300})?)?",
    marked("an address such as https://example.org/icon.png"),
)
_channel = _matching(r"#[^\s,\x00-\x20\x7f]{1,63}", marked("a channel's name, such as #lobby"))


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of a server. Command line and file use the same names, with dashes."""

    ip: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 or :: for every one.", _text)
    port: int = _setting(8067, "TCP port to listen on; 0 takes a free one.", _integer(0, 65535))
    listen: tuple[str, ...] = _settings("A further endpoint to listen on (repeatable).", _text)
    data: Path = _setting(Path(), "Folder that holds everything kept.", _path)  # noqa: RUF009 - immutable
    tls_cert: str = _setting("", "File with the certificate chain (PEM); without it one is made.", _text)
    tls_key: str = _setting("", "File with the certificate's key (PEM), unless it is in the same.", _text)
    plaintext: str = _setting(
        "loopback", "Who may connect without TLS: loopback, any or none.", _one_of("loopback", "any", "none")
    )
    proxy: tuple[str, ...] = _settings("Address or network of a trusted proxy (repeatable).", _network)
    web_origin: tuple[str, ...] = _settings(
        "A further web origin to serve, such as https://chat.example.org (repeatable).", _origin
    )
    metrics_token: str = _setting("", "Token that shows /metrics to other machines; better in a file.", _text)
    password: str = _setting("", "Password that every connection must give with PASS.", _text)
    oper: tuple[str, ...] = _settings("NAME:PASSWORD of an operator (repeatable).", _oper)
    server_name: str = _setting("simplechat.local", "Name of this server, as clients see it.", _name)
    description: str = _setting("A simplechat server", "One line about this server.", _text)
    network: str = _setting("simplechat", "Name of this network, as clients see it.", _name)
    icon: str = _setting("", "Address of an image that stands for this network, best with https.", _url)
    motd: str = _setting("", "File with the message of the day.", _text)
    lobby: str = _setting(
        "#lobby", "The room that others are told to join, and that imports go to.", _channel
    )
    lang: str = _setting(
        "", "Language of the owner's prompt: en or es; empty for the system's.", _one_of("", *LANGUAGES)
    )
    registration: str = _setting(
        "after-connect",
        "Who may make an account: before-connect, after-connect or closed.",
        _one_of("before-connect", "after-connect", "closed"),
    )
    password_cost: int = _setting(
        0, "Iterations for passwords; 0 takes what lasts 100 ms.", _integer(0, 10**8)
    )
    linger: int = _setting(
        24, "Hours an account stays in its channels when its connection breaks.", _integer(0, 10**5)
    )
    replay: int = _setting(50, "Messages shown on JOIN to clients without history.", _integer(0, 1000))
    retention: int = _setting(0, "Days that messages are kept; 0 keeps them for ever.", _integer(0, 10**5))
    sendq: int = _setting(1 << 20, "Bytes that may wait for a slow reader before it is dropped.", _size)
    max_upload: int = _setting(10 << 20, "Bytes that an uploaded file may have.", _size, later=True)
    files: str = _setting(
        "images", "What may be uploaded: images or none.", _one_of("images", "none"), later=True
    )
    manhole: str = _setting(
        "",
        "[ADDRESS:]PORT of the console over SSH; without it there is none. PORT alone is loopback.",
        _address_and_port,
    )
    manhole_keys: str = _setting(
        "", "File with the SSH keys that open it; else manhole_keys in the data folder.", _text
    )
    announce: bool = _setting(False, "Announce the server on the local network.", _boolean, later=True)
    console: str = _setting(
        "auto",
        "The owner's prompt on the standard input: auto (in a terminal), yes or no.",
        _one_of("auto", "yes", "no"),
    )
    no_throttling: bool = _setting(False, "Lift the rate limits (for tests and benchmarks).", _boolean)

    @property
    def manhole_at(self) -> tuple[str, int]:
        """The address and port of the console over SSH; only if `manhole` is set."""
        address, _, port = self.manhole.rpartition(":")
        return address.strip("[]") or "127.0.0.1", int(port)

    @property
    def motd_lines(self) -> tuple[str, ...]:
        """The lines of the message of the day."""
        return tuple(Path(self.motd).read_text("utf-8").splitlines()) if self.motd else ()


@dataclass(frozen=True)
class Setting:
    """The definition of one setting: name (`server-name`), default, help and parser; see `_setting`."""

    name: str
    default: Any
    help: str
    read: Callable[[str], Any]
    later: bool

    @property
    def attribute(self) -> str:
        """The name of the attribute of `Config`."""
        return self.name.replace("-", "_")

    @property
    def is_flag(self) -> bool:
        """True if the option takes no value."""
        return isinstance(self.default, bool)

    @property
    def is_single(self) -> bool:
        """True if the setting has one value, which the option takes."""
        return not self.is_flag and not self.is_repeatable

    @property
    def is_repeatable(self) -> bool:
        """True if the setting has any number of values."""
        return isinstance(self.default, tuple)

    def parse(self, given: Any) -> Any:
        """Parse the setting's value from a text, a value of a TOML file, or a list of either.

        Raises:
            BadSetting: The value cannot be used.
        """
        if self.is_repeatable:
            items = given if isinstance(given, list) else str(given).split()
            return tuple(self._parse_item(item) for item in items)
        return self._parse_item(given)

    def _parse_item(self, given: Any) -> Any:
        try:
            return self.read(str(given))
        except ValueError as error:
            text = gettext("--{name}: {given} is {why}")
            raise BadSetting(text.format(name=self.name, given=repr(str(given)), why=error)) from None


SETTINGS = tuple(
    Setting(
        name=each.name.replace("_", "-"),
        default=each.default,
        help=each.metadata["help"],
        read=each.metadata["read"],
        later=each.metadata["later"],
    )
    for each in fields(Config)
)


def load_config(options: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
    """Load the settings: the command line wins over the environment, and that over the file.

    Args:
        options: Values by name (`server-name`), None or [] if not given; `config` is the path of the file.
        environment: Has the variables SIMPLECHAT_SERVER_NAME and so on.

    Raises:
        BadSetting: A value, or the file, cannot be used.
    """
    file = options.get("config") or environment.get("SIMPLECHAT_CONFIG")
    written = _read_file(Path(file)) if file else {}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        on_command_line = options.get(setting.name)
        if on_command_line in ([], 0):  # usage.Options has these for options that were not given
            on_command_line = None
        in_environment = environment.get("SIMPLECHAT_" + setting.attribute.upper())
        for given in (on_command_line, in_environment, written.get(setting.name)):
            if given is not None:
                values[setting.attribute] = setting.parse(given)
                break
    if "data" not in values:
        values["data"] = _data_folder()
    config = Config(**values)
    _check_motd(config)
    return config


def _data_folder() -> Path:
    # imported here since most servers have --data, and start faster without it
    from platformdirs import user_data_path

    return user_data_path("simplechat")


def _read_file(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        text = gettext("--{name}: cannot read {path}: {why}")
        raise BadSetting(text.format(name="config", path=path, why=error)) from None
    written = {name.replace("_", "-"): value for name, value in written.items()}
    unknown = sorted(set(written) - {setting.name for setting in SETTINGS})
    if unknown:
        text = gettext("--config: {path} has unknown settings: {names}")
        raise BadSetting(text.format(path=path, names=", ".join(unknown)))
    return written


def _check_motd(config: Config) -> None:
    try:
        config.motd_lines  # noqa: B018 - read here once, so that the start fails if the file is wrong
    except (OSError, ValueError) as error:
        text = gettext("--{name}: cannot read {path}: {why}")
        raise BadSetting(text.format(name="motd", path=config.motd, why=error)) from None


def settings_without_effect(config: Config) -> list[str]:
    """Return the names of the settings that are set, but have no effect in this version."""
    return [each.name for each in SETTINGS if each.later and getattr(config, each.attribute) != each.default]
