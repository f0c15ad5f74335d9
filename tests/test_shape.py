"""The shape of the package: which package may import which, unique names, and sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
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
"""Imported by the server only on demand, so that it starts quickly."""

MAY_IMPORT_THE_REACTOR = {"service", "cli", "cli.__init__", "client.__main__"}
MEANINGLESS = {"utils", "util", "helpers", "common", "handlers", "manager", "base", "misc"}

SAME_CONCEPT = {
    # a command and the state or the protocol behind it
    *("modes", "monitor", "multiline", "read_markers", "sasl", "writer", "certificates"),
    # the same thing at the server and in our client
    *("HistoryRequest", "accounts", "capabilities", "channels", "dispatch"),
    *("help", "history", "messages", "options", "registration", "table"),
    # the same thing in an offline program and at the server
    *("ImportedMessage", "answer_lines", "backup", "importing"),
    *("main", "use_language"),
}
"""Names of modules, classes and functions that occur more than once, because they mean the same."""

UNPLAIN = re.compile(r"(Give(?! up\b|.* back\b)|Let there|Have|Be|Take note|Make sure)\b")
"""How no docstring begins."""

# Each package or top-level module may import itself and those named here.
MAY_IMPORT = {
    "": set(),
    "__main__": {"cli"},
    "config": {"locale"},
    "locale": set(),
    "ip_addresses": set(),
    "peer": set(),
    "owner_answers": set(),
    "startup_help": {"ircv3", "locale"},
    "terminal": {"locale", "owner_answers"},
    "ircv3": set(),
    "hub": {"ircv3", "config", "ip_addresses", "owner_answers"},
    "commands": {"", "hub", "ircv3", "locale", "ip_addresses", "owner_answers"},
    "conversation": {"commands", "hub", "ircv3", "locale", "owner_answers"},
    "fanout": {"faults", "hub", "ircv3"},
    "ledger": {"fanout", "faults", "hub", "ircv3", "locale", "histogram"},
    "histogram": set(),
    "health": {"faults", "ledger", "locale"},
    "metrics": {"doors", "faults", "hub", "ledger", "histogram"},
    "web_setup": {"config", "doors", "metrics", "health", "chat_server"},
    "store": {"hub", "ircv3", "locale"},
    "doors": {"locale", "ip_addresses", "peer", "owner_answers", "terminal"},
    "options": {"config", "doors", "locale"},
    "faults": set(),
    "chat_server": {"commands", "config", "conversation", "faults", "hub", "ledger", "peer", "store"},
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
        *("", "config", "chat_server", "hub", "ircv3", "locale", "options", "store"),
        *("owner_answers", "terminal"),
    },
    "client": {"", "ircv3", "locale", "ip_addresses", "terminal"},
}

PARTS_OF_THE_CLIENTS_CONNECTION = tuple(
    f"client.protocol.{each}"
    for each in ("batches", "capabilities", "list_replies", "notices", "receiver", "registration")
)

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
    """Return the name of every module, without the package's, and its tree."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.rglob("*.py")}
    return [
        (re.sub(r"\.?__init__$", "", name), ast.parse(path.read_text("utf-8")))
        for path, name in sorted(names.items())
    ]


def imports(tree: ast.AST, *, for_types: bool = False) -> Iterator[str]:
    """Yield the full name of everything that is imported below a node.

    Args:
        for_types: Also what is imported for type checking only.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, for_types=for_types)


def at_module_level(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported together with the module, not only when a function of it runs."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from imports(ast.Module([node], []))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_in(name: str, packages: tuple[str, ...]) -> bool:
    """Tell whether a module is one of these packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def arrows() -> set[tuple[str, str]]:
    """Return which package or top-level module imports which other one, for types too."""
    names = {name for name, _ in modules()}
    return {
        (name.split(".")[0], module_of(imported.removeprefix("simplechat."), names).split(".")[0])
        for name, tree in modules()
        for imported in imports(tree, for_types=True)
        if imported.startswith("simplechat.")
    }


def module_of(imported: str, names: set[str]) -> str:
    """Return the module of an import: `hub.ids` for `hub.ids.next_id`."""
    return imported if imported in names else imported.rpartition(".")[0]


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Tell whether a function is a command of a user or the owner, and so is named after it."""
    return any("command" in ast.unparse(each) for each in node.decorator_list)


def public_names() -> Iterator[str]:
    """Yield the name of each module, public class and public function, once for each place."""
    for name, tree in modules():
        is_package = (ROOT / name.replace(".", "/")).is_dir()
        yield from [] if is_package or name.endswith("__main__") else [name.split(".")[-1]]
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from [] if node.name.startswith("_") or is_command(node) else [node.name]


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield each docstring with the place that it is in."""
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield f"{name}:{getattr(node, 'name', '')}", text


class ShapeTests(SynchronousTestCase):
    def test_pure_packages_use_no_network_disk_clock_or_randomness(self) -> None:
        wrong = [
            f"{name} imports {imported}"
            for name, tree in modules()
            if is_in(name, PURE)
            for imported in imports(tree)
            if imported.split(".")[0] in FORBIDDEN_IN_PURE
        ]

        self.assertEqual(wrong, [])

    def test_imports_point_downward_only(self) -> None:
        wrong = {(name, other) for name, other in arrows() if name != other and other not in MAY_IMPORT[name]}

        self.assertEqual(wrong, set())

    def test_no_import_is_allowed_that_does_not_exist(self) -> None:
        allowed = {(name, other) for name, others in MAY_IMPORT.items() for other in others}

        self.assertEqual(allowed - arrows(), set())

    def test_the_framework_of_commands_stands_below_the_log_and_both_below_the_commands(self) -> None:
        framework = ("simplechat.commands.framework",)
        below = {"commands.framework": framework, "commands.log": (*framework, "simplechat.commands.log")}
        wrong = {
            (name, imported)
            for name, tree in modules()
            for package, allowed in below.items()
            for imported in imports(tree, for_types=True)
            if is_in(name, (package,)) and is_in(imported, ("simplechat.commands",))
            if not is_in(imported, allowed)
        }

        self.assertEqual(wrong, set())

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

    def test_the_parts_of_the_clients_connection_are_used_by_nothing_else(self) -> None:
        reaching = {
            (name, imported)
            for name, tree in modules()
            if not is_in(name, ("client.protocol",))
            for imported in imports(tree, for_types=True)
            if is_in(imported.removeprefix("simplechat."), PARTS_OF_THE_CLIENTS_CONNECTION)
        }

        self.assertEqual(reaching, set())

    def test_the_reactor_is_imported_at_the_top_only_and_inside_a_function(self) -> None:
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

    def test_the_server_starts_without_imports_that_few_need(self) -> None:
        code = "import sys, simplechat.service; print(*sys.modules)"
        command = [sys.executable, "-c", code]

        done = subprocess.run(command, cwd=ROOT.parent, check=True, capture_output=True, text=True)

        self.assertEqual(NOT_AT_THE_START.intersection(done.stdout.split()), set())

    def test_no_imports_run_in_a_circle_not_even_for_types(self) -> None:
        names = {name for name, _ in modules()}
        imported_by = {
            name: {
                module_of(imported.removeprefix("simplechat."), names)
                for imported in imports(tree, for_types=True)
            }
            - {name}
            for name, tree in modules()
        }

        self.assertEqual(_cycle(imported_by), [])

    def test_a_name_is_defined_once(self) -> None:
        counts = Counter(public_names())

        self.assertEqual({name for name, count in counts.items() if count > 1} - SAME_CONCEPT, set())

    def test_docstrings_begin_plainly(self) -> None:
        self.assertEqual([place for place, text in docstrings() if UNPLAIN.match(text)], [])

    def test_no_module_has_a_meaningless_name(self) -> None:
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

    def test_every_module_has_a_docstring(self) -> None:
        self.assertEqual([name for name, tree in modules() if not ast.get_docstring(tree)], [])

    def test_only_the_ledger_delivers(self) -> None:
        importing = {
            name for name, tree in modules() if any("simplechat.fanout" in each for each in imports(tree))
        }

        self.assertEqual(importing, {"ledger"})

    def test_one_module_chooses_the_store(self) -> None:
        importing = {
            name
            for name, tree in modules()
            if not is_in(name, ("store.sqlite",))
            and any(imported.startswith("simplechat.store.sqlite") for imported in imports(tree))
        }

        self.assertEqual(importing, {"store.opening"})

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


def _cycle(imported_by: dict[str, set[str]]) -> list[str]:
    """Return a circle of modules, each of which imports the next; empty if there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for after in imported_by[name] & imported_by.keys() - {""}:
            found = walk(after, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in imported_by if (found := walk(name, []))), [])
