"""Docs: the factory's own list of its endpoints."""

import json
from collections.abc import Sequence
from importlib.resources import files

from fake_factory.express import Call, Doc, Reply, Route, json_reply

VERSION = "20240518.154317"
"""The version the real factory reports."""


class DocsRouter:
    """Documents routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._endpoints = [_endpoint(route, route.doc) for route in routes if route.doc is not None]

    def routes(self) -> list[Route]:
        """List the endpoint."""
        return [Route("*", "/api/docs", self.read), Route("GET", "/openapi.json", self.describe)]

    async def read(self, _call: Call) -> Reply:
        """Give the documentation, whatever the method."""
        return json_reply({"message": "welcome to JWT Pizza Factory", "version": VERSION, "endpoints": self._endpoints})

    async def describe(self, _call: Call) -> Reply:
        """Give what a pizza service relies on as OpenAPI, for tools; the real factory has no such page."""
        return json_reply(json.loads((files("fake_factory") / "openapi.json").read_text()))


def _endpoint(route: Route, doc: Doc) -> dict[str, object]:
    example = f"curl -X {route.method} $host{route.path}"
    if doc.requires_auth:
        example += " -H 'Authorization: Bearer xyz'"
    if doc.body is not None:
        example += f" -H 'Content-Type: application/json' -d '{json.dumps(doc.body)}'"
    return {
        "method": route.method,
        "path": route.path,
        "requiresAuth": doc.requires_auth,
        "description": doc.says,
        "example": example,
        "response": doc.response,
    }
