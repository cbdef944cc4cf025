"""Tables as a notebook shows them. Knows rows and cells, nothing of runs."""

from __future__ import annotations

from html import escape
from typing import Sequence

COLOURS = {
    "Completed": "#1a7f37",
    "reuse": "#1a7f37",
    "Failed": "#cf222e",
    "Canceled": "#9a6700",
    "Interrupted": "#9a6700",
    "Running": "#0969da",
    "run": "#0969da",
}


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Everything in it is escaped; a cell that is a status has its colour."""
    heads = "".join(f'<th style="text-align:left">{escape(one)}</th>' for one in head)
    body = "".join(f"<tr>{''.join(_cell(one) for one in row)}</tr>" for row in rows)
    return (
        f"<div><b>{escape(title)}</b><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    colour = COLOURS.get(text)
    style = "text-align:left" + (f";color:{colour}" if colour else "")
    return f'<td style="{style}">{escape(text)}</td>'
