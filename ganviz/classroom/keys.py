"""What opens a class: the presenter's key, the code and the link of those who join, and the tickets
by which a browser is known again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any

# without what is mistaken for something else on a wall: 0 O 1 I L
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 5
TICKET_SECONDS = 7 * 24 * 3600
LONGEST_TICKET = 200


@dataclass(frozen=True)
class Keys:
    """``presenter`` makes a presenter, ``link`` and ``code`` a viewer: the link is too long to be
    guessed, the code short enough to be typed, and tries of it are counted. ``secret`` signs
    tickets."""

    secret: str
    presenter: str
    link: str
    code: str

    @classmethod
    def fresh(cls, presenter: str = "") -> Keys:
        """New ones that nobody knows, but for a ``presenter`` key that was given."""
        key = presenter or secrets.token_urlsafe(18)
        return cls(secrets.token_hex(32), key, _link(), _code())

    @classmethod
    def from_data(cls, data: Any) -> Keys | None:
        """Those that were kept; None where they are damaged."""
        names = cls.__dataclass_fields__
        if not isinstance(data, dict) or set(data) != set(names):
            return None
        whole = all(isinstance(value, str) and len(value) >= CODE_LENGTH for value in data.values())
        return cls(**data) if whole else None

    def as_data(self) -> dict[str, str]:
        """What `from_data` takes."""
        return asdict(self)

    def renewed(self) -> Keys:
        """With another code and link: who knows the old ones comes in no longer."""
        return replace(self, link=_link(), code=_code())

    @property
    def cookie(self) -> str:
        """The name of this class's cookie. Browsers send cookies to every port of a machine: two
        classes on one must not overwrite each other's."""
        return f"ganviz_{hashlib.sha256(self.secret.encode()).hexdigest()[:10]}"

    def let_in(self, given: str) -> bool:
        """Whether ``given`` is the code, as people type it, or the link's part."""
        code = "".join(given.upper().split()).replace("-", "")
        return _same(code, self.code) or _same(given, self.link)

    def makes_presenter(self, given: str) -> bool:
        """Whether ``given`` is the presenter's key."""
        return _same(given, self.presenter)

    def ticket(self, visitor_id: str, now: float) -> str:
        """What the browser of ``visitor_id`` shows from ``now`` (seconds) on."""
        end = int(now) + TICKET_SECONDS
        return f"{visitor_id}.{end}.{self._sign(visitor_id, end)}"

    def holder(self, ticket: str, now: float) -> str | None:
        """The id of the visitor whom ``ticket`` was given to; None for one that is forged or too
        old."""
        visitor_id, _, rest = ticket[:LONGEST_TICKET].partition(".")
        end, _, signature = rest.partition(".")
        if not (end.isascii() and end.isdecimal()) or len(end) > 12 or int(end) < now:
            return None
        return visitor_id if _same(signature, self._sign(visitor_id, int(end))) else None

    def _sign(self, visitor_id: str, end: int) -> str:
        message = f"ticket {visitor_id} {end}".encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()


def _same(given: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def _link() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(12))
