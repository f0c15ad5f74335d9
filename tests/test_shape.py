"""The house keeps its shape: who may import whom, and how large things get."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import simplechat

ROOT = Path(simplechat.__file__).parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

PURE = ("ircv3", "hub", "commands", "client.protocol", "client.state", "client.commands", "terminal")
FORBIDDEN_IN_PURE = {"twisted", "sqlite3", "time", "socket", "random"}
NOT_AT_THE_START = {
    *("simplechat.cli", "simplechat.client", "simplechat.store.seed_database"),
    *("tomllib", "platformdirs", "argparse", "unittest"),
    *("twisted.internet.endpoints", "twisted.internet.stdio", "twisted.web", "twisted.conch"),
    *("cryptography", "cryptography.x509", "OpenSSL", "keyring", "prompt_toolkit", "textual", "wsproto"),
    "prometheus_client",
}
"""What the server imports only where it is wanted: a start is as long as all the imports before it."""

MAY_IMPORT_THE_REACTOR = {"service", "cli", "cli.__init__", "client.__main__"}
MEANINGLESS = {"utils", "util", "helpers", "common", "handlers", "manager", "base", "misc"}

# Each room may import itself and the rooms named here.
MAY_IMPORT = {
    "": set(),
    "__main__": {"cli"},
    "config": {"", "locale"},
    "locale": set(),
    "ip_addresses": set(),
    "owner_answers": set(),
    "startup_help": {"ircv3", "locale"},
    "terminal": {"locale", "owner_answers"},
    "ircv3": set(),
    "hub": {"ircv3", "config", "ip_addresses", "owner_answers"},
    "commands": {"", "hub", "ircv3", "config", "locale", "ip_addresses", "owner_answers"},
    "conversation": {"commands", "hub", "ircv3", "locale", "owner_answers"},
    "fanout": {"hub", "ircv3"},
    "ledger": {"fanout", "hub", "ircv3", "locale", "histogram"},
    "histogram": set(),
    "health": {"ledger", "locale"},
    "metrics": {"doors", "hub", "ledger", "histogram"},
    "web_setup": {"config", "doors", "metrics", "health", "chat_server"},
    "store": {"hub", "ircv3", "locale"},
    "doors": {"conversation", "locale", "ip_addresses", "owner_answers", "terminal"},
    "options": {"config", "doors", "locale"},
    "chat_server": {"commands", "config", "conversation", "hub", "ledger", "store"},
    "service": {
        "config",
        "doors",
        "hub",
        "chat_server",
        "startup_help",
        "locale",
        "options",
        "ip_addresses",
        "web_setup",
        "store",
    },
    "cli": {
        *("", "client", "config", "chat_server", "hub", "ircv3", "locale", "options", "service", "store"),
        *("owner_answers", "terminal"),
    },
    "client": {"", "ircv3", "locale", "ip_addresses", "terminal"},
}

# Each part of the client may import itself and the parts named here.
CLIENT_MAY_IMPORT = {
    "": set(),
    "protocol": set(),
    "keyring": {"protocol"},
    "state": {"protocol", "keyring"},
    "commands": {"protocol", "state"},
    "interfaces": {"protocol", "state", "keyring"},
    "options": {"commands"},
    "signals": {"interfaces"},
    "startup_questions": set(),
    "credentials": {"protocol", "commands", "keyring", "options", "startup_questions"},
    "services": {"protocol", "interfaces", "keyring", "options"},
    "backoff": set(),
    "deadlines": set(),
    "app": {"protocol", "state", "commands", "interfaces", "backoff", "deadlines"},
    "ui": {"protocol", "state", "commands", "interfaces", "options"},
    "net": {"app", "interfaces", "options", "signals", "startup_questions"},
    "__main__": {
        *("app", "credentials", "interfaces", "net", "options", "protocol", "services", "signals"),
        *("startup_questions", "ui"),
    },
}


@cache
def modules() -> list[tuple[str, ast.Module]]:
    """Give every module's name without the package's, and its tree."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.rglob("*.py")}
    return [
        (re.sub(r"\.?__init__$", "", name), ast.parse(path.read_text("utf-8")))
        for path, name in sorted(names.items())
    ]


def imports(tree: ast.AST) -> Iterator[str]:
    """Give the full name of everything imported below a node, those for types only left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node)


def at_module_level(tree: ast.Module) -> Iterator[str]:
    """Give what is imported when the module is, not only when a function of it runs."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from imports(ast.Module([node], []))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function of a module, methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_in(name: str, rooms: tuple[str, ...]) -> bool:
    """Tell whether a module is one of these rooms or within one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


class ShapeTests(SynchronousTestCase):
    def test_pure_rooms_touch_no_network_disk_clock_or_chance(self) -> None:
        wrong = [
            f"{name} imports {imported}"
            for name, tree in modules()
            if is_in(name, PURE)
            for imported in imports(tree)
            if imported.split(".")[0] in FORBIDDEN_IN_PURE
        ]

        self.assertEqual(wrong, [])

    def test_imports_point_downward_only(self) -> None:
        wrong = []
        for name, tree in modules():
            room = name.split(".")[0]
            for imported in imports(tree):
                package, _, rest = imported.partition(".")
                target = rest.split(".")[0] if (ROOT / rest.split(".")[0]).exists() else ""
                target = target or (
                    rest.split(".")[0] if (ROOT / f"{rest.split('.')[0]}.py").exists() else ""
                )
                if package == "simplechat" and target != room and target not in MAY_IMPORT[room]:
                    wrong.append(f"{name} imports {imported}")

        self.assertEqual(wrong, [])

    def test_imports_in_the_client_point_downward_only(self) -> None:
        wrong = [
            f"{name} imports {imported}"
            for name, tree in modules()
            if is_in(name, ("client",))
            for imported in imports(tree)
            if imported.startswith("simplechat.client.")
            if _client_part(imported.removeprefix("simplechat."))
            not in {_client_part(name), *CLIENT_MAY_IMPORT[_client_part(name)]}
        ]

        self.assertEqual(wrong, [])

    def test_the_reactor_is_imported_where_rooms_meet_and_inside_a_function(self) -> None:
        anywhere = {
            name
            for name, tree in modules()
            if any(imported == "twisted.internet.reactor" for imported in imports(tree))
        }
        at_top = {
            name
            for name, tree in modules()
            if any(imported == "twisted.internet.reactor" for imported in at_module_level(tree))
        }

        self.assertLessEqual(anywhere, MAY_IMPORT_THE_REACTOR)
        self.assertEqual(at_top, set())

    def test_the_plugin_leaves_the_choice_of_the_reactor_open(self) -> None:
        code = "import sys, simplechat.service; sys.exit('twisted.internet.reactor' in sys.modules)"

        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, check=False)

        self.assertEqual(done.returncode, 0)

    def test_the_server_starts_without_what_few_need(self) -> None:
        code = "import sys, simplechat.service; print(*sys.modules)"
        command = [sys.executable, "-c", code]

        done = subprocess.run(command, cwd=ROOT.parent, check=True, capture_output=True, text=True)

        self.assertEqual(NOT_AT_THE_START.intersection(done.stdout.split()), set())

    def test_no_two_modules_import_each_other(self) -> None:
        names = {name for name, _ in modules()}
        arrows = {
            name: {_module_of(imported.removeprefix("simplechat."), names) for imported in imports(tree)}
            - {name}
            for name, tree in modules()
        }

        self.assertEqual(_cycle(arrows), [])

    def test_a_module_name_says_what_the_module_is_for(self) -> None:
        self.assertEqual([name for name, _ in modules() if name.split(".")[-1] in MEANINGLESS], [])

    def test_files_and_functions_stay_small(self) -> None:
        long_files = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*.py")
            if len(path.read_text("utf-8").splitlines()) > MAX_FILE_LINES
        ]
        long_functions = [
            f"{name}.{function.name}"
            for name, tree in modules()
            for function in functions(tree)
            if (function.end_lineno or 0) - function.lineno + 1 > MAX_FUNCTION_LINES
        ]

        self.assertEqual((long_files, long_functions), ([], []))

    def test_every_module_says_what_it_is_for(self) -> None:
        self.assertEqual([name for name, tree in modules() if not ast.get_docstring(tree)], [])

    def test_only_the_ledger_speaks(self) -> None:
        speaking = {
            name for name, tree in modules() if any("simplechat.fanout" in each for each in imports(tree))
        }

        self.assertEqual(speaking, {"ledger"})

    def test_one_module_chooses_the_store(self) -> None:
        choosing = {
            name
            for name, tree in modules()
            if not is_in(name, ("store.sqlite",))
            and any(imported.startswith("simplechat.store.sqlite") for imported in imports(tree))
        }

        self.assertEqual(choosing, {"store.opening"})

    def test_only_the_store_holds_sql(self) -> None:
        sql = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA )\b")
        holding = {
            name.split(".")[0]
            for name, tree in modules()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and sql.search(node.value)
        }

        self.assertEqual(holding, {"store"})

    def test_the_plugin_folder_does_not_shadow_twisted(self) -> None:
        self.assertEqual(list((ROOT.parent / "twisted").rglob("__init__.py")), [])


def _client_part(name: str) -> str:
    """Return the part of the client to which a module belongs: `ui` for `client.ui.stdio`."""
    return (*name.split("."), "")[1]


def _module_of(imported: str, names: set[str]) -> str:
    """Tell which module an import means: `hub.ids` for `hub.ids.next_id`."""
    return imported if imported in names else imported.rpartition(".")[0]


def _cycle(arrows: dict[str, set[str]]) -> list[str]:
    """Find modules that lead back to themselves."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for after in arrows[name] & arrows.keys() - {""}:
            found = walk(after, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in arrows if (found := walk(name, []))), [])
