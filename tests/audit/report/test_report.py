"""Writing the report: two files, each in one move, the same bytes for the same audit."""

from pathlib import Path

from rendering import Rendered
from sample_audits import bare, instruction

from audit.report import write_report


def test_it_writes_the_page_and_the_markdown_and_nothing_else(tmp_path: Path) -> None:
    written = write_report(instruction(), tmp_path / "report")
    assert written == [tmp_path / "report" / "report.html", tmp_path / "report" / "report.md"]
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "report.md"]
    assert written[0].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert written[1].read_text(encoding="utf-8").startswith("# Audit of alpaca\n")


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path, instruction: Rendered) -> None:
    page, markdown = write_report(instruction.audit, tmp_path)
    assert page.read_text(encoding="utf-8") == instruction.html
    assert markdown.read_text(encoding="utf-8") == instruction.markdown


def test_a_second_report_takes_the_place_of_the_first(tmp_path: Path) -> None:
    write_report(instruction(), tmp_path)
    page, _markdown = write_report(bare(), tmp_path)
    assert "<title>Audit of bare</title>" in page.read_text(encoding="utf-8")
