"""A pizza shop and its factory in one process, as small as diners can bear: `python -m tests.harness.load.stub_shop`.

It prints its port. With `silent` as its argument it prints a line for each order, and never answers it.
"""

from __future__ import annotations

import asyncio
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

MENU = [{"id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight"}]
FRANCHISES = [{"id": 1, "name": "pizzaPocket", "stores": [{"id": 1, "name": "SLC"}]}]


async def auth(request: Request) -> JSONResponse:
    if request.method == "DELETE":
        return JSONResponse({"message": "logout successful"})
    return JSONResponse({"user": {}, "token": "token"})


async def menu(request: Request) -> JSONResponse:
    return JSONResponse(MENU)


async def franchises(request: Request) -> JSONResponse:
    return JSONResponse({"franchises": FRANCHISES, "more": False})


async def order(request: Request) -> JSONResponse:
    if "silent" in sys.argv:
        print("an order", flush=True)
        await asyncio.Event().wait()
    return JSONResponse({"order": await request.json(), "jwt": "pizza"})


async def verify(request: Request) -> JSONResponse:
    return JSONResponse({"message": "valid", "payload": {}})


def main() -> None:
    app = Starlette(
        routes=[
            Route("/api/auth", auth, methods=["POST", "PUT", "DELETE"]),
            Route("/api/order/menu", menu),
            Route("/api/franchise", franchises),
            Route("/api/order", order, methods=["POST"]),
            Route("/api/order/verify", verify, methods=["POST"]),
        ]
    )
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every tenth reply takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    print(listener.getsockname()[1], flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_keep_alive=5))
    asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
