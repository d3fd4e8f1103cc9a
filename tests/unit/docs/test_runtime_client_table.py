"""The table of docs/runtime-client.md is the one that the cases make."""

from support.lambda_clients.table import PAGE, replace_table


def test_the_table_is_that_of_the_cases() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert replace_table(page) == page, "run: PYTHONPATH=tests python -m support.lambda_clients.table"
