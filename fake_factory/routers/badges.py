"""Badges: small pictures a vendor can put on a page of its own."""

import re
from html import escape

from fake_factory.express import Call, Doc, Reply, Route, json_reply, text_reply
from fake_factory.factory import Factory

_LETTER_WIDTH = 7
_PADDING = 5
_UNKNOWN = ("File", "Not Found", "#888")


class BadgeRouter:
    """Draws badges and keeps them."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints."""
        path = "/api/badge/:account/:badge"
        url = {"url": "http://127.0.0.1:4000/api/badge/student3/pizza"}
        draw = Doc(says="Draw a badge; the query may hold label, value and color.", response=url, requires_auth=True)
        show = Doc(says="Get a badge.", response="<svg>...</svg>")
        return [Route("GET", path, self.show, show), Route("POST", path, self.draw, draw)]

    async def draw(self, call: Call) -> Reply:
        """Draw a badge and tell where it can be seen."""
        self._factory.vendor_of(call)
        account, badge = _name(call)
        query, url = call.request.query_params, call.request.url
        picture = _picture(
            query.get("label") or "Coverage", query.get("value") or "0.00%", color=query.get("color") or "#ee0000"
        )
        self._factory.store.badges[account, badge] = picture
        return json_reply({"url": f"{url.scheme}://{url.netloc}/api/badge/{account}/{badge}"})

    async def show(self, call: Call) -> Reply:
        """Show a badge, or one that says there is none."""
        label, value, color = _UNKNOWN
        picture = self._factory.store.badges.get(_name(call))
        if picture is None:
            return text_reply(_picture(label, value, color=color), media_type=b"image/svg+xml; charset=utf-8")
        return text_reply(picture, media_type=b"image/svg+xml")


def _name(call: Call) -> tuple[str, str]:
    account, badge = (re.sub(r"[^a-zA-Z0-9]", "", call.params[part]) for part in ("account", "badge"))
    return account, badge


def _picture(label: str, value: str, *, color: str) -> str:
    left, right = (_LETTER_WIDTH * len(text) + 2 * _PADDING for text in (label, value))
    title = escape(f"{label}: {value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left}" height="20" fill="#555"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{escape(color)}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(value)}</text>'
        "</g></svg>"
    )
