import io

from rich.live import Live
from rich.table import Table
from rich.text import Text

from pilotlight.cli.consoles import make_console

HOSTILE = "a\x1b]0;title\x07b\x9b31m\x7f\u202e"
ESCAPED = ("\\x1b", "\\x9b", "\\x7f", "\\u202e")


def test_whatever_is_printed_has_no_control_character_of_its_own() -> None:
    stream = io.StringIO()
    console = make_console(file=stream, width=200)
    table = Table("name", title=HOSTILE)
    table.add_row(HOSTILE)
    console.print(HOSTILE, Text(HOSTILE), markup=False)
    console.print(table)
    said = stream.getvalue()
    assert not set(said) & {"\x1b", "\x07", "\x9b", "\x7f", "\u202e"}
    assert all(said.count(escape) == 4 for escape in ESCAPED)


def test_colours_and_the_cursor_stay_on_a_terminal() -> None:
    stream = io.StringIO()
    console = make_console(file=stream, force_terminal=True, color_system="standard", width=80)
    console.print("[red]red[/]")
    assert "\x1b[31mred\x1b[0m" in stream.getvalue()
    with Live("one", console=console, auto_refresh=False) as live:
        live.update("two", refresh=True)
    assert "\x1b[?25l" in stream.getvalue()
