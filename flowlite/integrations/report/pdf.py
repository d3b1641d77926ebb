"""From template and values to a PDF: Jinja2 fills it in, WeasyPrint sets it."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flowlite import FlowliteError
from flowlite.integrations import library
from flowlite.integrations.report.charts import LOOK
from flowlite.integrations.report.words import FILTERS

MOST_ROWS = 2_000  # of all tables together; beyond, setting them takes gigabytes and nobody reads them
LIBRARIES = ("libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0",
             "libfontconfig.so.1")  # fmt: skip
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class ReportFailed(FlowliteError):
    """A report could not be made. Trying again would not change that."""

    is_final = True


@dataclass(frozen=True, slots=True)
class Pdf:
    """A report on the disk."""

    path: Path
    pages: int
    size_bytes: int

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)


def write_pdf(template: str | Path, path: str | Path, values: Mapping[str, Any]) -> Pdf:
    """Fill in the template and write the PDF, whole or not at all; folders above it are made. The same values give the
    same bytes.

    Raises ReportFailed where the template wants a value that is not there, a picture can't be read or a table is too
    long; LibraryMissing or ReportFailed where something is not installed.
    """
    check_installed()
    source, target = Path(template), Path(path)
    text = filled_in(source, values)
    if (rows := text.count("<tr")) > MOST_ROWS:
        raise ReportFailed(f"{source.name} has {rows} rows in its tables, more than {MOST_ROWS}; show the top of them")
    document = laid_out(text, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with same_time():
            document.write_pdf(part, pdf_tags=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return Pdf(target, len(document.pages), target.stat().st_size)


def filled_in(template: Path, values: Mapping[str, Any]) -> str:
    """The template as HTML."""
    jinja2 = library("jinja2", extra="report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, LOOK]),
        autoescape=True,  # values are text, whatever stands in them
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["look"] = f"{LOOK.as_uri()}/"
    try:
        return str(environment.get_template(template.name).render(values))
    except jinja2.TemplateNotFound as missing:
        raise ReportFailed(f"there is no template {missing.name} in {template.parent}") from missing
    except jinja2.TemplateSyntaxError as wrong:
        raise ReportFailed(f"{wrong.name}:{wrong.lineno}: {wrong.message}") from wrong
    except jinja2.UndefinedError as missing:
        raise ReportFailed(f"{template.name} wants a value that it is not given: {missing}") from missing


def laid_out(text: str, template: Path) -> Any:
    """The pages."""
    weasyprint, urls = weasyprint_here(), library("weasyprint.urls", extra="report")
    fetch = fetcher(urls, [template.parent.resolve(), LOOK])
    try:
        return weasyprint.HTML(string=text, base_url=f"{template.parent.resolve()}/", url_fetcher=fetch).render()
    except urls.FatalURLFetchingError as wrong:
        raise ReportFailed(f"{template.name}: {wrong.__cause__ or wrong}") from wrong


def fetcher(urls: Any, folders: list[Path]) -> Any:
    """Pictures and style sheets come out of the page itself or from these folders. A report reaches out to nobody, and
    one that lacks a picture is no report."""

    class Here(urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            parts = urlsplit(url)
            if parts.scheme == "file":
                file = Path(unquote(parts.path)).resolve()
                if not any(file.is_relative_to(folder) for folder in folders):
                    raise ReportFailed(f"{file} lies outside of the template's folder and is not read")
            elif parts.scheme != "data":
                raise ReportFailed(f"{url} is not fetched; put a copy beside the template")
            return super().fetch(url, headers)

    return Here(allow_redirects=False, fail_on_errors=True)


@contextmanager
def same_time() -> Iterator[None]:
    """The parts of fonts that go into a PDF carry a time. A fixed one makes the same report the same file."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]


def check_installed() -> None:
    """Raise LibraryMissing, or a ReportFailed that names what the operating system lacks."""
    library("matplotlib", extra="report")
    missing = [name for name in LIBRARIES if not can_load(name)]
    if missing:
        raise ReportFailed(f"WeasyPrint needs {missing[0]}; run: apt-get install --no-install-recommends {PACKAGES}")
    weasyprint_here()


def can_load(name: str, load: Callable[[str], object] = ctypes.CDLL) -> bool:
    """Whether the system has a library."""
    with suppress(OSError):
        load(name)
        return True
    return False


@cache
def weasyprint_here() -> Any:
    """WeasyPrint. It warns where the system has no hb-subset, and makes somewhat larger files then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return library("weasyprint", extra="report")
