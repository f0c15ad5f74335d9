"""The tour of the house in the README, written from the modules' docstrings by `python -m tests.tour`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import simplechat

ROOT = Path(simplechat.__file__).parent
README = ROOT.parent / "README.md"
BEGIN, END = "<!-- tour -->\n", "<!-- end of the tour -->\n"

ORDER = (
    *("ircv3", "hub", "commands", "commands/owner", "ledger.py", "tally.py", "delivery.py"),
    *("conversation.py", "store", "store/sqlite", "doors", "doors/tls", "house.py"),
    *("site.py", "health.py", "figures.py", "service.py", "invitation.py"),
    *("options.py", "config.py", "client", "terminal", "locale", "peers.py", "cli"),
)
"""The rooms as one reads them: from the tongue up."""


def sentence(path: Path) -> str:
    """Give the first sentence of a module's docstring, or of a package's."""
    text = ast.get_docstring(ast.parse((path / "__init__.py" if path.is_dir() else path).read_text("utf-8")))
    return (text or "").split("\n\n")[0].replace("\n", " ")


def rooms() -> Iterator[tuple[str, str]]:
    """Give each room and what it is for, its modules named behind."""
    for name in ORDER:
        path = ROOT / name
        modules = sorted(each.stem for each in path.glob("*.py") if each.stem != "__init__")
        yield name, sentence(path) + (f" *{', '.join(modules)}*" if modules else "")


def tour() -> str:
    """Give the table."""
    rows = "".join(f"| `{name}` | {what} |\n" for name, what in rooms())
    return f"| room | what it is for |\n|---|---|\n{rows}"


def with_tour(text: str) -> str:
    """Put the table in its place in a text."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tour()}{END}{after}"


if __name__ == "__main__":
    README.write_text(with_tour(README.read_text("utf-8")), "utf-8")
