"""Reads recorded outputs as data frames. Needs pandas, which is imported on use."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import StepwellError

if TYPE_CHECKING:
    import pandas

#: Files of a folder that are no data.
SKIPPED = (".", "_")


def frame(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    return _pandas().DataFrame(rows)


def read(path: Path) -> pandas.DataFrame:
    """A file of CSV, Parquet or JSON, or a folder of them, which are put below each other."""
    if not path.exists():
        raise StepwellError(
            f"{path} is not there any more",
            hint="run the pipeline again: what was removed is made anew",
            code="damaged_output",
        )
    files = [path] if path.is_file() else _data_files(path)
    if not files:
        raise StepwellError(f"{path} holds no files", code="no_data")
    frames = [_read_file(file) for file in files]
    return frames[0] if len(frames) == 1 else _pandas().concat(frames, ignore_index=True)


def _data_files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(SKIPPED)
    )


def _read_file(file: Path) -> pandas.DataFrame:
    """By its content: recorded outputs have the name of the output, without an ending."""
    pandas = _pandas()
    with open(file, "rb") as source:
        is_gzip = source.read(2) == b"\x1f\x8b"
    with gzip.open(file) if is_gzip else open(file, "rb") as source:
        head = source.read(4096)
    if head.startswith(b"PAR1"):
        return pandas.read_parquet(file)
    compression = "gzip" if is_gzip else None
    if head.lstrip()[:1] in (b"{", b"["):
        try:
            with gzip.open(file) if is_gzip else open(file, "rb") as source:
                value = json.load(source)
        except json.JSONDecodeError:
            return pandas.read_json(file, lines=True, compression=compression)
        if _is_by_column(value):
            return pandas.read_json(file, compression=compression)
        return pandas.json_normalize(value)
    if b"\0" in head:
        raise StepwellError(
            f"{file} is neither CSV, Parquet nor JSON",
            hint="read it yourself from .path",
            code="unknown_format",
        )
    first = head.split(b"\n", 1)[0]
    return pandas.read_csv(file, sep="\t" if b"\t" in first else ",", compression=compression)


def _is_by_column(value: object) -> bool:
    """As pandas' own `to_json()` writes a frame: `{"a": {"0": 1, "1": 2}, …}`."""
    return isinstance(value, dict) and all(
        isinstance(column, dict) and column and all(row.isdigit() for row in column)
        for column in value.values()
    )


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise StepwellError(
            "data frames need pandas", hint="pip install pandas", code="pandas_missing"
        ) from None
    return pandas
