"""The table of packages in docs/architecture.md; `python -m tests.tour` writes it from the docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import simplechat

ROOT = Path(simplechat.__file__).parent
ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- tour -->\n", "<!-- end of the tour -->\n"

ORDER = (
    *("ircv3", "hub", "commands", "commands/framework", "commands/log", "commands/owner"),
    *(
        "owner_answers.py",
        "ledger.py",
        "histogram.py",
        "fanout.py",
        "conversation.py",
        "store",
        "store/sqlite",
    ),
    *("doors", "doors/net", "doors/tls", "doors/http", "doors/console", "doors/ssh"),
    *(
        "chat_server.py",
        "web_setup.py",
        "health.py",
        "faults.py",
        "metrics.py",
        "service.py",
        "startup_help.py",
    ),
    *("options.py", "config.py", "client", "client/protocol", "client/state", "client/commands"),
    *("client/net", "client/ui", "terminal", "locale", "ip_addresses.py", "peer.py", "cli"),
)
"""The packages in reading order, from the protocol up."""


def sentence(path: Path) -> str:
    """Return the first sentence of a module's or a package's docstring."""
    text = ast.get_docstring(ast.parse((path / "__init__.py" if path.is_dir() else path).read_text("utf-8")))
    return (text or "").split("\n\n")[0].replace("\n", " ")


def rooms() -> Iterator[tuple[str, str]]:
    """Yield each package with its purpose and its modules."""
    for name in ORDER:
        path = ROOT / name
        modules = sorted(each.stem for each in path.glob("*.py") if each.stem != "__init__")
        yield name, sentence(path) + (f" *{', '.join(modules)}*" if modules else "")


def tour() -> str:
    """Return the table."""
    rows = "".join(f"| `{name}` | {what} |\n" for name, what in rooms())
    return f"| package | what it is for |\n|---|---|\n{rows}"


def with_tour(text: str) -> str:
    """Insert the table into a text."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tour()}{END}{after}"


if __name__ == "__main__":
    ARCHITECTURE.write_text(with_tour(ARCHITECTURE.read_text("utf-8")), "utf-8")
