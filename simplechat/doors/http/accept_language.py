"""The language of an answer, chosen by the Accept-Language header.

Spec: https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
"""

from __future__ import annotations

from simplechat.locale import LANGUAGES


def choose_language(accepted: str) -> str:
    """Choose one of LANGUAGES by an Accept-Language header; the first where it names none of them."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.strip().partition(";")
        weights.setdefault(name.partition("-")[0], _parse_weight(parameters))
    best = max(LANGUAGES, key=lambda each: weights.get(each, 0.0))
    return best if weights.get(best, 0.0) > weights.get("*", 0.0) else LANGUAGES[0]


def _parse_weight(parameters: str) -> float:
    """Parse `q=0.5`; 1 for nothing, 0 for what is no weight."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    whole, _, part = value.partition(".")
    is_weight = name.strip() == "q" and whole in ("0", "1") and (part or "0").isdecimal() and len(part) <= 3
    return float(value) if is_weight else 0.0
