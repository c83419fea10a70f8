"""Refusals and row problems of points in the reader's words, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass

from api import errors, form_words
from api.messages import points as words
from timebank.errors import Refused
from timebank.points.table.words import Problem

# Which field of the award form a column of the spreadsheet is.
FIELD_OF_COLUMN = {
    "户号": "household",
    "编号": "person",
    "项目": "item_id",
    "日期": "on",
    "数量": "quantity",
    "存证": "evidence",
    "听取意见日期": "heard_on",
    "听取的意见": "heard_words",
    "在场人": "heard_present",
    "再次登记原因": "again_reason",
}


@dataclass(frozen=True)
class ToldProblem:
    """One reason as a row of the preview: the row as the spreadsheet counts, the column, and the sentence."""

    line: int
    column: str
    sentence: str


def sentence(problem: Problem) -> str:
    return errors.filled(words.REASONS.get(problem.code, problem.code), problem.facts)


def told(problems: Iterable[Problem]) -> list[ToldProblem]:
    """Problems in the order of the file."""
    return [
        ToldProblem(one.line, str(words.COLUMNS.get(one.column, one.column)), sentence(one))
        for one in sorted(problems, key=lambda one: one.line)
    ]


def by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """Problems of one row beside the fields of the form."""
    found: dict[str, str] = {}
    for problem in problems:
        name = FIELD_OF_COLUMN.get(problem.column, "_form")
        found[name] = f"{found[name]} {sentence(problem)}" if name in found else sentence(problem)
    return found


def in_words(refused: Refused) -> Refused:
    """The same refusal, with the domain's codes of fields made into sentences."""
    return form_words.in_words(refused, words.REASONS)
