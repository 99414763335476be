"""Public holidays of an organization's country, for its working days."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from holidays import country_holidays, list_supported_countries


@lru_cache(maxsize=256)
def public_holidays(country: str | None, year: int) -> tuple[date, ...]:
    """The country's public holidays of a year (ISO 3166 code); none without a country or for an unknown one."""
    if not country:
        return ()
    try:
        return tuple(sorted(country_holidays(country, years=year)))
    except NotImplementedError:
        return ()


def is_known(country: str) -> bool:
    """True when the public holidays of this country (ISO 3166 code) are known."""
    return country in list_supported_countries()
