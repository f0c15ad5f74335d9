"""Hostile lines: an endless stream, the same for the same seed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from random import Random

from simplechat.commands import COMMANDS
from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.ircv3.caps import CAPABILITIES
from simplechat.ircv3.message import MAX_CLIENT_TAGS_BYTES, MAX_UNTAGGED_BYTES

ROOM = "#tea"  # where everybody meets
PASSWORD = "sesame"  # of every account
NICKS = ("ann", "ben", "eve", "mal", "pam", "nobody")
LONGEST_ROOM = "#" + "r" * 63
ROOMS = (
    *(ROOM, "#TEA", "#Tea", "#den", "#den2", "#\uff54\uff45\uff41", "#straße", "@" + ROOM),
    *(LONGEST_ROOM, "#" + "𐌰" * 15),
)

LONGEST_NICK = "𐌰" * 30
LONGEST_USERNAME = "𐌱" * 16
LONGEST_REALNAME = "𐌲" * 90

NUMBERS = (
    *("0", "-1", "1", "302", "٣", "²", "½", "1e9", "0x10", " 5"),
    *("1" + "0" * 40, "000000001" + "9" * 200),
)
TEMPLATES = (
    *("{0}", "{nick}", "{nick.__class__}", "{", "}{"),
    *("%s", "%n%n%n", "%(nick)s", "$(id)", "${HOME}"),
)
SQL = ("'; DROP TABLE log; --", "' OR '1'='1", '"); SELECT 1; --', "%' ESCAPE '", '"a" NEAR/9 b*')
INVISIBLE = (
    *("\x01", "\x02", "\x03" + "4,1", "\x07", "\x08", "\x0b", "\x0f", "\x1b[2J", "\x1b]0;x\x07", "\x7f"),
    *("\x85", "\xa0", "\xad", "\u034f", "\u061c", "\u115f", "\u200b", "\u200d", "\u200f", "\u2028", "\u2029"),
    *("\u202e", "\u2066", "\u2069", "\u3164", "\ufe0f", "\ufeff", "\ufff9", "\ufffd", "\uffff", "\U000e0001"),
    *("\U0001f468\u200d\U0001f469", "a\u0301" * 9, "\u0301", "ﷺ", "ŉ", "İ", "ß", "\u017f", "\U0010ffff"),
)
ODD = (
    *(
        "",
        ":",
        "::",
        "*",
        "?",
        "!",
        "@",
        "#",
        "+",
        "-",
        "=",
        ",",
        ",,,",
        "\\",
        "!@",
        "*!*@*",
        "0",
        "a,b",
        "~&@%+x",
    ),
    *(*NICKS, *ROOMS, *NUMBERS, *TEMPLATES, *SQL, *INVISIBLE),
    *(LONGEST_NICK, LONGEST_NICK + "x", "x" * 480, "é" * 240, "𐌰" * 115),
)
ODD_ORDERS = (
    *ODD,
    *(
        "yes",
        "YES",
        "tea",
        "#tea",
        "#yes",
        "#5",
        "127.0.0.1,50001",
        "::1,5",
        ",",
        "/",
        "/nowhere/x",
        "9" * 5000,
    ),
    *("[]", "[[]]", "[[1,2,3]]", '[[1000000000000,"zoe","hello"]]', '[[1000000000000,"a","b"],[1,"a","b"]]'),
    *('[[1000000000000,["a"],{}]]', '[[1e999,"a","b"]]', "[" * 9999, '{"a":1}', "\ud800"),
)
TAG_NAMES = (
    *("label", "+typing", "+draft/reply", "time", "msgid", "batch", "account"),
    *("+", "+/", "=", "é", "a/b/c"),
)
MODE_LETTERS = "bbbeIkloovCMRimnstBRiwxyzé٣+-+-"
CAP_WORDS = (
    *(*CAPABILITIES, "sasl", "-", "--batch", "=", "batch=1", "cap-notify"),
    *("draft/chathistory", "é", "*"),
)

PLACES = (
    *("*", "msgid=", "msgid=0000000000000", "msgid=vvvvvvvvvvvvv", "msgid=x", "msgid=07a7q3dh40000"),
    *(
        "timestamp=2001-09-09T01:46:40.000Z",
        "timestamp=9999-12-31T23:59:59.999Z",
        "timestamp=x",
        "timestamp=",
    ),
    *("timestamp=0001-01-01T00:00:00.000Z", "timestamp=2001-99-09T01:46:40.000Z", "x=y", "="),
)

Family = Callable[[Random], bytes]


def hostile_lines(seed: int, ordinary: float = 0.3) -> Iterator[bytes]:
    """Yield lines without line ends, for ever.

    Args:
        seed: The same lines for the same seed.
        ordinary: The share of lines that are in order, so that there is a life to disturb.
    """
    chance = Random(seed)
    while True:
        family = _ordinary if chance.random() < ordinary else chance.choice(FAMILIES)
        yield family(chance).replace(b"\n", b"\x0b")


def garbage(seed: int, size: int) -> bytes:
    """Return random bytes, line ends among them."""
    return Random(seed).randbytes(size)


def introduction(chance: Random, nick: str) -> list[str]:
    """Return the lines by which an attacker registers, half of the time at the greatest length."""
    if chance.random() < 0.5:
        return [f"NICK {nick}", f"USER {nick} 0 * :{{0}} %s \x02", "CAP END", f"JOIN {ROOM}"]
    longest = LONGEST_NICK[:-1] + chr(ord("𐌰") + ord(nick[0]) % 26)
    user = f"USER {LONGEST_USERNAME} 0 * :{LONGEST_REALNAME}"
    return [f"NICK {nick}", user, "CAP END", f"NICK {longest}", f"JOIN {LONGEST_ROOM},{ROOM}"]


def login(name: str, password: str = PASSWORD) -> list[str]:
    """Return the lines of a login."""
    return [
        "AUTHENTICATE PLAIN",
        f"AUTHENTICATE {b64encode(f'{chr(0)}{name}{chr(0)}{password}'.encode()).decode()}",
    ]


def hostile_orders(seed: int) -> Iterator[bytes]:
    """Yield lines for an owner's prompt, for ever; none ends the server or writes a file."""
    chance = Random(seed)
    while True:
        yield chance.choice((_order, _order, _order, _noise, _sprinkled, _over_long))(chance).replace(
            b"\n", b" "
        )


def _order(chance: Random) -> bytes:
    """Build an owner's command with random words."""
    verb = chance.choice([*OWNER_COMMANDS, "CLEAR", "wHo", "frob", "", "{0}"])
    words = [chance.choice(ODD_ORDERS) for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 5)))]
    return " ".join([verb, *words]).encode("utf-8", "surrogatepass")


def _over_irc(chance: Random) -> bytes:
    """Use an owner's command over IRC, as an operator or as somebody else."""
    colon = chance.choice(("", "", ":", ": "))
    line = b"CONSOLE " + colon.encode() + _order(chance)
    return line[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode()


# -- bytes that are hardly lines -----------------------------------------------------------------------


def _noise(chance: Random) -> bytes:
    return chance.randbytes(chance.choice((1, 2, 5, 40, 300, 510, 600)))


def _sprinkled(chance: Random) -> bytes:
    """Insert forbidden bytes into an ordinary line."""
    line = bytearray(_ordinary(chance))
    for _ in range(chance.randint(1, 4)):
        place = chance.randint(0, len(line))
        line[place:place] = chance.choice(
            (b"\0", b"\r", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b" ")
        )
    return bytes(line)


def _over_long(chance: Random) -> bytes:
    size = chance.choice((MAX_UNTAGGED_BYTES, 511, 512, 513, 1024, 8192, 16384, 20000))
    filler = chance.choice(("x", "é", "𐌰", ",", "a,", "* ", ": ")).encode()
    head = chance.choice((b"PRIVMSG #tea :", b"NICK ", b"@", b"@+a=", b":", b"", b"\xff", b"TOPIC #tea "))
    return head + (filler * size)[: size - len(head)]


def _at_the_limit(chance: Random) -> bytes:
    """Fill a legal line to its last byte."""
    heads = (
        "PRIVMSG {0} :",
        "TOPIC {0} :",
        "PART {0} :",
        "KICK {0} ben :",
        "AWAY :",
        "QUIT :",
        "PING :",
        "NOTICE ben :",
    )
    head = chance.choice(heads).format(ROOM).encode()
    filler = chance.choice(("x", "é", "𐌰", " ", ":", "\x02", "\u202e")).encode()
    room = MAX_UNTAGGED_BYTES - len(head)
    return head + filler * (room // len(filler))


# -- too many of something -----------------------------------------------------------------------------


def _many_tags(chance: Random) -> bytes:
    """Flood a line with tags: many, equal, escaped, or as long as they may be."""
    item = chance.choice(
        ("a", "+a", "+a=b", "label=x", "+x/y=\\:\\s\\\\\\r\\n\\b", "=", ";", "+é=é", "+a=\\")
    )
    limit = chance.choice((40, 4000, MAX_CLIENT_TAGS_BYTES, 4095, 9000))
    if chance.random() < 0.5:
        text = ";".join([item] * (limit // (len(item.encode()) + 1)))
    else:
        text = ";".join(f"+t{place}={chance.randint(0, 9)}" for place in range(limit // 9))
    return b"@" + text.encode()[:limit] + b" " + _body(chance)


def _odd_tags(chance: Random) -> bytes:
    """Tag a line with a few names and values of any kind."""
    tags = [f"{_tag_name(chance)}={_tag_value(chance)}" for _ in range(chance.randint(1, 6))]
    return f"@{';'.join(tags)} ".encode() + _body(chance)


def _tag_name(chance: Random) -> str:
    return chance.choice((*TAG_NAMES, chance.choice(ODD).replace(" ", "")))


def _tag_value(chance: Random) -> str:
    value = chance.choice((*ODD, "\\", "\\\\\\", "\\:\\s\\r\\n", "\\0", "x" * 4000))
    return value.replace(" ", "\\s").replace(";", "\\:")


def _many_targets(chance: Random) -> bytes:
    verb = chance.choice(
        ("JOIN", "PART", "PRIVMSG", "NOTICE", "TAGMSG", "NAMES", "LIST", "KICK #tea", "MONITOR +", "WHOIS")
    )
    word = chance.choice(("#r{}", "a{}", "#{}", "@#r{}", "", "#tea", "#*{}*", "𐌰", "ben,#r{}"))
    targets = ",".join(word.format(place) for place in range(chance.choice((20, 200, 4000))))
    size = chance.choice((490, 480, 8000))
    return f"{verb} {targets[:size]} :{chance.choice(('x', '', 'k,' * 9))}".encode()


def _many_words(chance: Random) -> bytes:
    verb = chance.choice(("ISON", "USERHOST", "MODE #tea", "PRIVMSG", "WHO", "USER", "CAP REQ"))
    return " ".join([verb, *[chance.choice(("a", *NICKS))] * chance.choice((16, 240))]).encode()


def _deep_mask(chance: Random) -> bytes:
    """Use masks on which a naive matcher never finishes."""
    piece = chance.choice(
        ("*?", "*a", "?*", "*", "?", "a*b*", "[a-z]*", "(a+)+", "\\", "*.", "𐌰*", "*\u0301")
    )
    mask = (piece * 500)[: chance.choice((20, 150, 199, 200, 201, 470))] + chance.choice(
        ("", "!*@*", "@*", "z")
    )
    heads = (
        "MODE #tea +b ",
        "MODE #tea +e ",
        "MODE #tea +I ",
        "WHO ",
        "LIST ",
        "LIST !",
        "MODE #tea +b m:",
        "LIST #",
    )
    return (chance.choice(heads) + mask).encode()


def _mode_flood(chance: Random) -> bytes:
    """Change many modes at once, with parameters that are too few, too many or absurd."""
    letters = "".join(chance.choice(MODE_LETTERS) for _ in range(chance.choice((1, 3, 20, 25, 300))))
    words = [chance.choice(ODD).replace(" ", "") or "x" for _ in range(chance.choice((0, 1, 3, 20)))]
    target = chance.choice((ROOM, ROOM, ROOM, *NICKS, "#den"))
    return " ".join(["MODE", target, chance.choice(("+", "-", "")) + letters, *words]).encode()


def _mask_flood(chance: Random) -> bytes:
    """Fill a channel's lists, up to the line's last byte and beyond their limit."""
    size = chance.choice((1, 4, 18, 40))
    masks = [f"{chance.randint(0, 999)}".ljust(size, "m") for _ in range(20)]
    sign, letter = chance.choice("+++-"), chance.choice("beI")
    return f"MODE #tea {sign}{letter * 20} {' '.join(masks)}".encode()[
        : chance.choice((300, MAX_UNTAGGED_BYTES))
    ]


# -- words where they do not belong --------------------------------------------------------------------


def _odd_verb(chance: Random) -> bytes:
    """Send any command with any parameters."""
    verb = chance.choice((*sorted(COMMANDS), "privMSG", "FOO", "é", "\x02", "x" * 300, "001", "pa\u017fs"))
    words = [chance.choice(ODD) for _ in range(chance.randint(0, chance.choice((2, 4, 20))))]
    trailing = [f":{chance.choice(ODD)} {chance.choice(ODD)}"] if chance.random() < 0.3 else []
    line = " ".join([verb, *words, *trailing]).encode()
    return line if chance.random() < 0.2 else line[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode()


def _odd_places(chance: Random) -> bytes:
    """Insert invisible or special characters into an ordinary line."""
    line = _ordinary(chance).decode()
    odd = chance.choice((*INVISIBLE, *TEMPLATES, *SQL))
    place = chance.randint(0, len(line))
    return (line[:place] + odd + line[place:]).encode()


def _odd_mask(chance: Random) -> bytes:
    """Set masks, keys and limits that do not fit a later line."""
    odd = chance.choice((*ODD, "a b", "m:", "a:", "m:a:", "m:a b", ": b", "a!b c@d"))
    return f"MODE #tea {chance.choice(('+b', '+e', '+I', '+b-k', '+k', '+l', '-k', '+kl'))} :{odd}".encode()


def _negotiation(chance: Random) -> bytes:
    words = " ".join(
        chance.choice(("", "-")) + chance.choice(CAP_WORDS) for _ in range(chance.choice((1, 3, 40)))
    )
    subcommand = chance.choice(
        ("LS", "LS 302", f"LS {chance.choice(NUMBERS)}", "LIST", "REQ", "END", "ACK", "NAK", "")
    )
    return f"CAP {subcommand} :{words}".encode()


def _watching(chance: Random) -> bytes:
    nicks = chance.choice(
        (
            ",".join(chance.choice(ODD) for _ in range(chance.choice((1, 5, 20)))),
            ",".join(f"w{chance.randint(0, 999)}" for _ in range(90)),
            chance.choice(("x" * 480, "𐌰" * 115, "w," + "é" * 230)),
        )
    )
    action = chance.choice("++++++-CLSxé")
    line = f"MONITOR {action} {nicks}".encode()
    return line[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode()


def _whox(chance: Random) -> bytes:
    fields = chance.choice(
        ("%tcuihsnfdlaor", "%tcuihsnfdlao", "%", "o%n", "%nzé", "%r", "%" + "n" * 300, "%t")
    )
    token = chance.choice(("", ",", ",1", ",12345", ",:", ", x", ",٣", ",\x02", ",𐌰𐌰𐌰𐌰"))
    return f"WHO {chance.choice((*ROOMS, *NICKS, '*', '*', '?*', '??*'))} {fields}{token}".encode()


def _history(chance: Random) -> bytes:
    """Request history with arbitrary selectors and limits."""
    places = [chance.choice(PLACES) for _ in range(chance.choice((0, 1, 1, 2, 2, 5)))]
    target = chance.choice((ROOM, ROOM, *ROOMS, *NICKS, chance.choice(ODD).replace(" ", "") or "x"))
    subcommand = chance.choice(("LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS", "targets", "x"))
    words = [subcommand, target, *places, chance.choice(NUMBERS).strip()]
    return " ".join(["CHATHISTORY", *words]).encode()[:MAX_UNTAGGED_BYTES]


def _search(chance: Random) -> bytes:
    """Search for odd things."""
    names = ("in", "from", "text", "after", "before", "limit", "x", "")
    attributes = [f"{chance.choice(names)}={_tag_value(chance)[:60]}" for _ in range(chance.randint(0, 5))]
    return f"SEARCH {';'.join(attributes)}".encode()[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode()


def _several_lines(chance: Random) -> bytes:
    """Open, fill and close batches, in any order."""
    name, other = chance.choice(("m", "m", "m", "é", "", ":", "x" * 400)), chance.choice(("m", "m", "n"))
    target = chance.choice((ROOM, ROOM, ROOM, *ROOMS, *NICKS))
    line = chance.choice(("", "x", "two words", "x" * 400, "\1ACTION x\1"))
    return chance.choice(
        (
            f"BATCH +{name} draft/multiline {target}",
            f"@+x=y;label=b BATCH +{name} draft/multiline {target}",
            f"BATCH +{name} {chance.choice(('draft/x', '', ':', 'draft/multiline'))}",
            f"@batch={other} PRIVMSG {target} :{line}",
            f"@batch={other} PRIVMSG {ROOM} :{line}",
            f"@batch={other};draft/multiline-concat PRIVMSG {ROOM} :{line}",
            f"@batch={other} NOTICE {ROOM} :{line}",
            f"BATCH -{name}",
        )
    ).encode()[:MAX_UNTAGGED_BYTES]


def _labelled(chance: Random) -> bytes:
    label = chance.choice((_tag_value(chance), "x", "x" * 64, "x" * 65, "a;label=b", "\\", ""))
    return f"@label={label} ".encode() + _body(chance)


def _login(chance: Random) -> bytes:
    """Send a line of a SASL exchange: the beginning, a proof, or neither."""
    name, password = chance.choice((*NICKS, *ODD)), chance.choice((PASSWORD, PASSWORD, *ODD))
    said = chance.choice(
        (
            f"\0{name}\0{password}",
            f"\0{name}\0{password}",
            f"{name}\0{name}\0{password}",
            f"n,,n={name},r={password}",
            f"n,a={name},n={name},r=x,m=1",
            f"c=biws,r={password},p={name}",
            f"{name}{password}",
            "\0" * chance.choice((1, 2, 3, 290)),
        )
    )
    data = chance.choice(
        (
            *(
                "PLAIN",
                "PLAIN",
                "plain",
                "SCRAM-SHA-256",
                "SCRAM-SHA-256",
                "EXTERNAL",
                "*",
                "+",
                ":",
                "=",
                "!!!",
            ),
            *(b64encode(said.encode()).decode()[:400],) * 9,
            *("A" * 400, "A" * 400, "A" * 401, "A" * 399, "é", chance.choice(ODD)),
        )
    )
    return f"AUTHENTICATE {data}".encode()


def _account(chance: Random) -> bytes:
    """Register, change an account, or try to."""
    name = chance.choice(("*", "*", *NICKS, *ODD)).replace(" ", "") or "*"
    word = chance.choice((PASSWORD, PASSWORD, *ODD))
    line = chance.choice(
        (
            f"REGISTER {name} * :{word}",
            f"REGISTER {name} {word}",
            f"VERIFY {name} :{word}",
            f"PASSWD {PASSWORD} {PASSWORD}",
            f"PASSWD {name} :{word}",
            f"PERSISTENCE SET {chance.choice(('ON', 'OFF', 'DEFAULT', name))}",
            "PERSISTENCE GET",
            f"PERSISTENCE {name} :{word}",
            f"AWAY :{chance.choice(('*', '', word))}",
            f"OPER {name} :{word}",
        )
    )
    return line.encode()[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode()


def _body(chance: Random) -> bytes:
    return chance.choice((_ordinary, _odd_verb, _tagged_only, _whox, _negotiation))(chance)


def _tagged_only(chance: Random) -> bytes:
    return f"TAGMSG {chance.choice((*ROOMS, *NICKS))}".encode()


# -- lines that are in order ---------------------------------------------------------------------------


def _ordinary(chance: Random) -> bytes:
    room, nick = chance.choice((ROOM, ROOM, *ROOMS)), chance.choice(NICKS)
    return chance.choice(ORDINARY).format(room=room, nick=nick, other=chance.choice(NICKS)).encode()


ORDINARY: Sequence[str] = (
    "PRIVMSG {room} :hello|PRIVMSG {room} :hello|PRIVMSG {nick} :hello|NOTICE {room} :note|TAGMSG {room}|"
    "PRIVMSG {room},{nick},{other} :all|PRIVMSG @{room} :for operators|PRIVMSG {room} :\1ACTION waves\1|"
    "JOIN {room}|JOIN {room}|JOIN {room} key|JOIN #den,{room}|PART {room}|PART {room} :bye|JOIN 0|"
    "TOPIC {room} :about tea|TOPIC {room}|TOPIC {room} :|NAMES {room}|LIST|WHO {room}|WHO {nick}|"
    "NICK {nick}|NICK {nick}_|AWAY :out|AWAY|SETNAME :A name|KICK {room} {nick}|KICK {room} {nick},ben|"
    "MODE {room}|MODE {room} +o {nick}|MODE {room} -o {nick}|MODE {room} +v {nick}|MODE {room} +b {nick}|"
    "MODE {room} +k key|MODE {room} -k key|MODE {room} +l 5|MODE {room} +is-t|MODE {room} -is|MODE {room} +b|"
    "MODE {room} +m|MODE {room} -m|MODE {nick} +iw|MODE {nick} +BR|MODE {nick} -BRi|MODE {room} +CM|"
    "INVITE {nick} {room}|INVITE|INVITE {nick} #den|MONITOR + {nick},{other}|MONITOR L|"
    "WHOIS {nick}|WHOWAS {nick}|USERHOST {nick} {other}|ISON {nick} {other}|"
    "PING x|PONG x|MOTD|LUSERS|VERSION|TIME|INFO|ADMIN|HELP|HELP JOIN|HELPOP MODE|"
    "CAP LS 302|CAP REQ :echo-message server-time|CAP LIST|CAP END|OPER root root|KILL {nick} :x|"
    "CHATHISTORY LATEST {room} * 50|CHATHISTORY LATEST {nick} * 9|@+draft/react=x TAGMSG {room}|"
    "CHATHISTORY TARGETS timestamp=2001-01-01T00:00:00Z timestamp=2101-01-01T00:00:00Z 50|"
    "REDACT {room} 07a7q3dh40000|REDACT {nick} x :y|MARKREAD {room} timestamp=2001-01-01T00:00:00Z|"
    "MARKREAD {nick}|MARKREAD {room} *|MARKREAD|"
    "BATCH +m draft/multiline {room}|@batch=m PRIVMSG {room} :one|@batch=m PRIVMSG {room} :two|BATCH -m|"
    "ROOM {room}|ROOM {room} history joined|ROOM {room} slow 0|ROOM {room} filter x|ROOM {room} retention 5|"
    'SEARCH text=hello|SEARCH in={room};text=all;limit=3|SEARCH from={nick}|SEARCH :text=a b " c*|'
    "REGISTER * * sesame|PERSISTENCE SET ON|PERSISTENCE SET DEFAULT|AUTHENTICATE PLAIN|AWAY *|"
    "WALLOPS :x|PASS x|USER {nick} 0 * :{nick}|QUIT|QUIT :bye|"
    f"NICK {LONGEST_NICK}|SETNAME :{LONGEST_REALNAME}"
).split("|")

FAMILIES: Sequence[Family] = (
    *(
        _noise,
        _sprinkled,
        _over_long,
        _at_the_limit,
        _many_tags,
        _odd_tags,
        _many_targets,
        _many_words,
        _deep_mask,
    ),
    *(
        _mode_flood,
        _mode_flood,
        _mask_flood,
        _odd_verb,
        _odd_verb,
        _odd_verb,
        _odd_places,
        _odd_places,
        _odd_mask,
    ),
    *(
        _negotiation,
        _watching,
        _whox,
        _labelled,
        _over_irc,
        _history,
        _search,
        _several_lines,
        _several_lines,
        _login,
        _login,
        _login,
        _account,
        _account,
    ),
)
