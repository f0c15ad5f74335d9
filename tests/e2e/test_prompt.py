"""A line that is edited stays whole while others are printed above it, and the terminal is given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.reactor import async_test, pause
from tests.e2e.terminal import Terminal, Terminals

POLL_S = 1.2  # the size is looked at twice a second


async def begin(terminals: Terminals, home: Path, **environment: str) -> Terminal:
    """Start the parrot, and wait for its prompt."""
    terminal = terminals.spawn(home, "-m", "tests.e2e.parrot", str(home / "history"), **environment)
    await terminal.until("parrot>")
    return terminal


@async_test
async def test_what_is_typed_is_told_and_gone_from_the_screen(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("hello ñ 漢字\r")
    await terminal.until("heard 'hello ñ 漢字'")

    assert [line for line in terminal.lines if "hello" in line and "heard" not in line] == []
    await terminal.until_typing("parrot>")


@async_test
async def test_a_line_being_typed_is_whole_below_what_is_printed(
    terminals: Terminals, tmp_path: Path
) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("flood 1000\rhalf a li")
    await terminal.until("line 999")
    await terminal.until("parrot> half a li")
    terminal.types("ne\r")
    await terminal.until("heard 'half a line'")

    shown = [line for line in terminal.lines if line.startswith("line ")]
    assert shown == [f"line {number}" for number in range(1000)]


@async_test
async def test_what_is_typed_too_early_is_shown_once(terminals: Terminals, tmp_path: Path) -> None:
    terminal = terminals.spawn(tmp_path, "-m", "tests.e2e.parrot", str(tmp_path / "history"))
    await terminal.until("begun")

    terminal.types("early")
    await terminal.until_typing("parrot> early")

    assert sum("early" in line for line in terminal.lines) == 1


@async_test
async def test_each_line_of_a_paste_is_told_by_itself(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("\x1b[200~one\ntwo\nthree\n\x1b[201~")
    await terminal.until("three")
    assert not any("heard" in line for line in terminal.lines)
    terminal.types("\r")
    await terminal.until("heard 'three'")

    assert [line.split()[1] for line in terminal.lines if line.startswith("heard")] == [
        "'one'",
        "'two'",
        "'three'",
    ]


@async_test
async def test_words_are_completed(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("an app\t")
    await terminal.until("an apple")
    terminal.types("\r")
    await terminal.until("heard 'an apple '")


@async_test
async def test_what_was_typed_before_comes_back(terminals: Terminals, tmp_path: Path) -> None:
    first = await begin(terminals, tmp_path)
    first.types("remember me\r")
    await first.until("heard 'remember me'")
    first.types("\x04")
    await first.ends()

    second = await begin(terminals, tmp_path)
    second.types("\x1b[A")
    await second.until("parrot> remember me")

    assert (tmp_path / "history").stat().st_mode & 0o777 == 0o600


@async_test
async def test_nothing_that_is_printed_drives_the_terminal(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("nasty\r")
    await terminal.until("heard 'nasty'")

    for driving in ("\x1b]52", "\x1b[2J", "\x07", "\x9b", "\u202e"):
        assert driving.encode() not in terminal.written, driving


@async_test
async def test_the_label_changes_and_the_screen_is_cleared(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("ask why? \rclear\r")
    await terminal.until("clean")
    await terminal.until("heard 'clear'")

    await terminal.until_typing("why?")
    assert terminal.lines[-24] == "clean"
    assert not any("wiped" in line for line in terminal.lines)


@async_test
async def test_a_new_width_is_noticed(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("x" * 30)
    await terminal.until("x" * 30)
    await pause(POLL_S)
    terminal.resize(24, 30)
    await terminal.until("\n" + "x" * 8)
    terminal.types("\r")
    await terminal.until("at 30")


@async_test
async def test_interrupts_are_told_and_the_line_stays(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("half\x03")
    await terminal.until("interrupted")

    await terminal.until("parrot> half")


@pytest.mark.parametrize("way", ["keys", "TERM", "fail"])
@async_test
async def test_the_terminal_is_given_back_as_it_was(terminals: Terminals, tmp_path: Path, way: str) -> None:
    terminal = terminals.spawn(tmp_path, "-m", "tests.e2e.parrot", str(tmp_path / "history"))
    before = terminal.settings
    await terminal.until("parrot>")
    assert terminal.settings != before

    if way == "keys":
        terminal.types("\x04")
    elif way == "fail":
        terminal.types("fail\r")
    else:
        terminal.signal(way)
    await terminal.ends()

    assert terminal.settings == before
    assert terminal.written.rfind(b"\x1b[?2004l") > terminal.written.rfind(b"\x1b[?2004h")
    assert terminal.cursor_line == ""


@async_test
async def test_after_the_end_of_input_lines_are_still_printed(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)

    terminal.types("\x04")

    assert await terminal.ends() == 0
    assert "ended, but it can still print" in terminal.lines


@async_test
async def test_a_terminal_that_is_gone_is_the_end_of_input(terminals: Terminals, tmp_path: Path) -> None:
    terminal = terminals.spawn(tmp_path, "-m", "tests.e2e.parrot", str(tmp_path / "history"))
    await terminal.until("parrot>")

    terminal.hangs_up()

    assert await terminal.ends() == 0


@async_test
async def test_a_stuck_terminal_holds_up_nobody(terminals: Terminals, tmp_path: Path) -> None:
    terminal = await begin(terminals, tmp_path)
    before = terminal.settings

    terminal.gets_stuck()
    terminal.types("flood 9000\rnote\r")
    await pause(POLL_S)
    terminal.signal("TERM")

    assert await terminal.ends() == 0
    assert (tmp_path / "note").exists()
    assert terminal.settings != before
