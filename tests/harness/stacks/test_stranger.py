import asyncio

import httpx

from harness.stacks.stranger import Stranger


def test_stranger_answers_everything_with_a_page_of_its_own_and_closes() -> None:
    visits: list[None] = []

    async def visit() -> httpx.Response:
        stranger = Stranger(lambda: visits.append(None))
        address = await stranger.open()
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await client.get(f"http://{address}/api/order/menu")
        finally:
            await stranger.close()
            await stranger.close()

    reply = asyncio.run(visit())
    assert (reply.status_code, reply.headers["connection"], len(visits)) == (404, "close", 1)
    assert "parked" in reply.text


def test_stranger_closes_on_whoever_wants_to_speak_in_private_and_counts_that_as_a_visit() -> None:
    visits: list[None] = []

    async def visit() -> str:
        stranger = Stranger(lambda: visits.append(None))
        address = await stranger.open()
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"https://{address}/api/order/menu")
        except httpx.TransportError as error:
            return type(error).__name__
        finally:
            await stranger.close()
        return "was answered"

    assert asyncio.run(visit()) != "was answered"
    assert len(visits) == 1
