"""Rows that could not be read: told first among the cautions, and an alarm where they are many."""

import pytest

from audit.losses import ROWS_READ, unreadable
from audit.results import StepAccount
from curate.recipe import Recipe

RECIPE = Recipe.model_validate(
    {
        "version": 1,
        "name": "t",
        "sources": [{"path": "a.csv"}],
        "task": {"kind": "classification", "text": "text", "label": "label"},
        "audit": {"largest_loss": 0.5},
    }
)


def account(step: str, came: int, quarantined: int) -> StepAccount:
    return StepAccount(step=step, rows_in=came, rows_out=came - quarantined, dropped=0, quarantined=quarantined, added=0,
                       changed=0, refused=0, reasons={})  # fmt: skip


@pytest.mark.parametrize(("lost", "alarm"), [(13, False), (468, True)])
def test_rows_that_could_not_be_read_are_told(lost, alarm):
    alarms, cautions = unreadable([account("read", 500, lost), account("length", 500 - lost, 0)], RECIPE)
    assert [found.measure for found in alarms] == ([ROWS_READ] if alarm else [])
    assert cautions[0].startswith(
        f"{lost} of 500 rows ({lost / 500:.1%}) could not be read and are in quarantine.parquet;"
    )


def test_where_all_could_be_read_nothing_is_told():
    assert unreadable([account("read", 500, 0), account("turns", 500, 9)], RECIPE) == ((), ())
