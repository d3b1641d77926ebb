"""Reports: what a template may do, what a page looks like, and what is said when something is missing."""

from __future__ import annotations

import base64
import re
from itertools import combinations
from pathlib import Path

import pytest

from flowlite.integrations import report
from flowlite.integrations.report import pdf, words

pytest.importorskip("weasyprint", reason="pip install 'flowlite[report]'")

PAGE = """{% extends "report.html" %}
{% block title %}Sales{% endblock %}
{% block kicker %}Acme{% endblock %}
{% block period %}June 2024{% endblock %}
{% block content %}BODY{% endblock %}
"""
TABLE = """<table><caption>All of them</caption><thead><tr><th>Day</th><th class="n">Rows</th></tr></thead><tbody>
{% for one in rows %}<tr><td>{{ one }}</td><td class="n">{{ one | number }}</td></tr>{% endfor %}</tbody></table>"""


@pytest.fixture
def template(tmp_path: Path):
    def write(body: str) -> Path:
        path = tmp_path / "sales.html"
        path.write_text(PAGE.replace("BODY", body))
        return path

    return write


def chart() -> report.Picture:
    with report.Chart(8, 4) as drawn:
        drawn.axes.bar(["Mon", "Tue"], [1200, 900], color=report.BLUE)
    return drawn.picture(title="Rentals a day", unit="rentals", source="Gold", says="Monday was the better day.")


# --- pages ------------------------------------------------------------------------------------------------------------
def test_a_report_is_a_pdf_with_a_title_and_numbered_pages(template, tmp_path: Path) -> None:
    values = {"chart": chart(), "rows": range(150)}
    made = report.write_pdf(template("{{ picture(chart) }}" + TABLE), tmp_path / "out" / "sales.pdf", values)
    content = made.path.read_bytes()
    assert (content[:5], len(content), made.pages) == (b"%PDF-", made.size_bytes, 4)
    assert [path.name for path in made.path.parent.iterdir()] == ["sales.pdf"]
    document = pdf.laid_out(pdf.filled_in(tmp_path / "sales.html", values), tmp_path / "sales.html")
    told = document.metadata
    assert (told.title, told.authors, told.description, told.lang) == ("Sales", ["Acme"], "June 2024", "en")


def test_the_same_values_give_the_same_bytes(template, tmp_path: Path) -> None:
    source = template("{{ picture(chart) }}")
    first, second = (report.write_pdf(source, tmp_path / name, {"chart": chart()}) for name in ("a.pdf", "b.pdf"))
    assert first.path.read_bytes() == second.path.read_bytes()


def test_a_table_keeps_its_head_on_every_page_and_leaves_no_row_alone(template) -> None:
    source = template(TABLE)
    for rows in (40, 45, 50, 55, 200):
        pages = pdf.laid_out(pdf.filled_in(source, {"rows": range(rows)}), source).pages
        seen = [texts_of(page) for page in pages]
        for texts in seen:
            assert texts["th"] == ["Day", "Rows"]
            assert len(texts["td"]) >= 4, f"a row of {rows} stands alone"
        assert [text for texts in seen for text in texts["td"][::2]] == [str(one) for one in range(rows)]


def texts_of(page) -> dict[str, list[str]]:
    """What stands in the cells of a page, in order."""
    found: dict[str, list[str]] = {"th": [], "td": []}
    for box in page._page_box.descendants():
        if box.element_tag in found and type(box).__name__ == "TableCellBox":
            found[box.element_tag].append("".join(one.text for one in box.descendants() if hasattr(one, "text")))
    return found


def test_pages_are_numbered_and_begin_with_title_and_period(template) -> None:
    source = template(TABLE)
    pages = pdf.laid_out(pdf.filled_in(source, {"rows": range(120)}), source).pages
    told = [" ".join(one.text for one in page._page_box.descendants() if hasattr(one, "text")) for page in pages]
    assert told[0].startswith("Acme Sales June 2024")
    for number, text in enumerate(told, start=1):
        assert f"{number} / {len(pages)}" in text
    assert all("Acme · Sales · June 2024" in text for text in told[1:])


# --- what a template may do -------------------------------------------------------------------------------------------
def test_values_are_text_and_never_markup(template) -> None:
    text = pdf.filled_in(template("{{ name }}"), {"name": "<img src='http://evil.example/x'> & Co"})
    assert "&lt;img src=&#39;http://evil.example/x&#39;&gt; &amp; Co" in text


def test_a_value_that_is_not_given_is_named(template, tmp_path: Path) -> None:
    with pytest.raises(report.ReportFailed, match=r"sales.html wants a value .*'headline' is undefined"):
        report.write_pdf(template("{{ headline }}"), tmp_path / "x.pdf", {})
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://example.com/logo.png", "https://example.com/logo.png is not fetched; put a copy beside the template"),
        ("file:///etc/hostname", "/etc/hostname lies outside of the template's folder and is not read"),
        ("../secret.png", "lies outside of the template's folder"),
        ("missing.png", "No such file"),
    ],
)
def test_a_report_reaches_out_to_nobody_and_lacks_no_picture(
    template, tmp_path: Path, address: str, message: str
) -> None:
    with pytest.raises(report.ReportFailed, match=re.escape(message)):
        report.write_pdf(template(f'<img src="{address}">'), tmp_path / "x.pdf", {})


def test_a_picture_beside_the_template_is_taken(template, tmp_path: Path) -> None:
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    assert report.write_pdf(template('<img src="dot.svg">'), tmp_path / "x.pdf", {}).pages == 1


def test_a_table_that_nobody_would_read_is_refused(template, tmp_path: Path) -> None:
    with pytest.raises(report.ReportFailed, match=r"sales.html has 2002 rows in its tables, more than 2000"):
        report.write_pdf(template(TABLE), tmp_path / "x.pdf", {"rows": range(2001)})


def test_a_template_that_is_wrong_or_missing_is_named_with_its_line(template, tmp_path: Path) -> None:
    with pytest.raises(report.ReportFailed, match=r"sales.html:5: Expected an expression"):
        report.write_pdf(template("{% if %}"), tmp_path / "x.pdf", {})
    with pytest.raises(report.ReportFailed, match=r"there is no template nowhere.html in "):
        report.write_pdf(tmp_path / "nowhere.html", tmp_path / "x.pdf", {})


# --- charts -----------------------------------------------------------------------------------------------------------
def test_a_chart_is_a_drawing_with_title_unit_and_source_as_text(template) -> None:
    found = chart()
    drawing = base64.b64decode(found.data.partition("base64,")[2]).decode()
    assert "<svg" in drawing
    text = pdf.filled_in(template("{{ picture(chart) }}"), {"chart": found})
    for said in (
        "<strong>Rentals a day</strong>",
        ">rentals</span>",
        "Source: Gold",
        'alt="Monday was the better day."',
    ):
        assert said in text


def test_a_chart_leaves_the_look_of_others_alone() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    chart()
    assert dict(matplotlib.rcParams) == before


# How the colours look to eyes without red or green cones (Machado, Oliveira, Fernandes 2009; linear RGB).
EYES = {
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
TOGETHER = [(report.BLUE, report.AMBER, report.RED), (report.GREY, report.BLUE), (report.GREY, report.RED)]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("colors", TOGETHER)
def test_colours_that_stand_together_look_different_to_everybody(eye: str, colors: tuple[str, ...]) -> None:
    for one, two in combinations(colors, 2):
        seen = [seen_by(EYES[eye], color) for color in (one, two)]
        assert sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5 > 0.14, (eye, one, two)


def seen_by(eye, color: str) -> list[float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    seen = [sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in eye]
    return [max(part, 0.0) ** (1 / 2.4) for part in seen]


# --- what is missing --------------------------------------------------------------------------------------------------
def test_without_pango_one_line_names_the_packages(monkeypatch: pytest.MonkeyPatch, template, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "LIBRARIES", ("libpango-99.so.0",))
    with pytest.raises(report.ReportFailed) as missing:
        report.write_pdf(template(""), tmp_path / "x.pdf", {})
    assert str(missing.value) == (
        "WeasyPrint needs libpango-99.so.0; run: apt-get install --no-install-recommends "
        "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    )
    assert missing.value.is_final


# --- figures in words -------------------------------------------------------------------------------------------------
def test_figures_in_words() -> None:
    from datetime import date

    assert [words.number(12345), words.number(-1.26, 1), words.number(None)] == ["12,345", "−1.3", "–"]
    assert [words.signed(3.4), words.signed(-3), words.signed(0.04, 1)] == ["+3", "−3", "±0"]
    assert words.change(4.21) == "+4.2\N{NARROW NO-BREAK SPACE}%"
    assert [words.moved(4.21), words.moved(-3), words.moved(0.4)] == [
        "rose by 4.2\N{NARROW NO-BREAK SPACE}%", "fell by 3.0\N{NARROW NO-BREAK SPACE}%", "held steady",
    ]  # fmt: skip
    assert words.days(date(2024, 6, 24), date(2024, 6, 30)) == "24 – 30 June 2024"
    assert words.days(date(2024, 6, 28), date(2024, 7, 4)) == "28 June – 4 July 2024"
    assert words.days(date(2023, 12, 28), date(2024, 1, 3)) == "28 December 2023 – 3 January 2024"
    assert words.days(date(2024, 6, 4), date(2024, 6, 4)) == "4 June 2024"
    assert [words.listed([]), words.listed(["a"]), words.listed(["a", "b"]), words.listed(list("abcdef"), 3)] == [
        "none", "a", "a and b", "a, b and 4 more",
    ]  # fmt: skip
    assert [words.duration(s).replace("\N{NARROW NO-BREAK SPACE}", " ") for s in (4.21, 180, 7500, 97200)] == [
        "4.2 s", "3 min", "2 h 05 min", "1 d 3 h",
    ]  # fmt: skip
    assert [words.plural(1, "day"), words.plural(2000, "day")] == ["1 day", "2,000 days"]
