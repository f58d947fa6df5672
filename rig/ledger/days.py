"""The lab's day: the one place where moments in UTC become days, and days become moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rig.config import LabConfig

FIRST_YEAR, LAST_YEAR = 1970, 2999


def zone_of(config: LabConfig) -> ZoneInfo | None:
    """Return the lab's time zone; None for that of this computer."""
    return ZoneInfo(config.timezone) if config.timezone else None


def is_day(day: date) -> bool:
    """Whether a day is one of a lab's, and no slip: nothing can be reckoned at the ends of time.

    Examples
    --------
    >>> is_day(date(2026, 11, 2)), is_day(date(206, 11, 2))
    (True, False)
    """
    return FIRST_YEAR <= day.year <= LAST_YEAR


def local(at: datetime, zone: ZoneInfo | None) -> datetime:
    """Return a moment as the lab's clock shows it."""
    return at.astimezone(zone)


def local_day(at: datetime, zone: ZoneInfo | None) -> date:
    """Return the lab's day of a moment.

    Examples
    --------
    >>> local_day(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Vienna"))
    datetime.date(2026, 11, 3)
    """
    return local(at, zone).date()


def bounds(day: date, zone: ZoneInfo | None) -> tuple[datetime, datetime]:
    """Return when a day of the lab begins, and when the next one does, in UTC.

    Examples
    --------
    >>> [f"{at:%d. %H:%M}" for at in bounds(date(2026, 11, 2), ZoneInfo("Europe/Vienna"))]
    ['01. 23:00', '02. 23:00']
    """
    begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    return begin, end


def moment(text: str, zone: ZoneInfo | None) -> datetime:
    """Return the moment that an ISO text names, in UTC; one without a zone is the lab's.

    Raises
    ------
    ValueError
        If it names none.
    """
    at = datetime.fromisoformat(text)
    return (at.replace(tzinfo=zone) if at.tzinfo is None and zone else at).astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo | None) -> datetime:
    midnight = datetime.combine(day, time(), zone)
    return midnight.astimezone(UTC)
