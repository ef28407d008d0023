"""``/api/franchise``: franchises, who runs them, their stores and what these took in."""

import math
from collections.abc import Sequence

from pizza_service.auth import caller, signed_in
from pizza_service.database import Row
from pizza_service.errors import HttpError
from pizza_service.express import Call, Reply, Route
from pizza_service.javascript import JsonObject, Undefined, iterate, member, number, plain, text
from pizza_service.paging import franchise_window
from pizza_service.settings import Flaw, Settings
from pizza_service.store import Store


class Franchises:
    """Answers about franchises and stores."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    @property
    def routes(self) -> Sequence[Route]:
        """What is answered here."""
        guarded = not self._settings.has(Flaw.FRANCHISE_DELETE_UNGUARDED)
        return (
            Route("GET", "/api/franchise", self.listing),
            Route("GET", "/api/franchise/:userId", signed_in(self.of_user)),
            Route("POST", "/api/franchise", signed_in(self.found)),
            Route("DELETE", "/api/franchise/:id", signed_in(self.close_guarded) if guarded else self.close),
            Route("POST", "/api/franchise/:id/store", signed_in(self.open_store)),
            Route("DELETE", "/api/franchise/:id/store/:storeId", signed_in(self.close_store)),
        )

    async def listing(self, call: Call) -> Reply:
        """List franchises a page at a time; admins see who runs them and what they take in."""
        window, shown = franchise_window(call.asked("page"), limit=call.asked("limit"))
        name = call.asked("name")
        if not isinstance(name, str | Undefined):
            raise HttpError("nameFilter.replace is not a function")
        pattern = ("*" if isinstance(name, Undefined) else name).replace("*", "%")
        found = await self._store.franchises(pattern, window)
        in_full = call.user is not None and call.user.is_admin
        franchises = [
            await self._in_full(franchise) if in_full else await self._with_stores(franchise)
            for franchise in found[:shown]
        ]
        return Reply({"franchises": franchises, "more": len(found) > shown})

    async def of_user(self, call: Call) -> Reply:
        """List what a user runs; to anybody else but admins it looks like nothing."""
        user_id = number(call.params["userId"])
        if caller(call).id != user_id and not caller(call).is_admin:
            return Reply([])
        return Reply([await self._in_full(franchise) for franchise in await self._store.franchises_of(user_id)])

    async def found(self, call: Call) -> Reply:
        """Found a franchise."""
        _admins_only(call, "unable to create a franchise")
        admins = [await self._admin(admin) for admin in iterate(call.get("admins"), name="franchise.admins")]
        franchise_id = await self._store.add_franchise(call.get("name"), admin_ids=[admin["id"] for admin in admins])
        return Reply({**call.body, "admins": admins, "id": franchise_id})

    async def close(self, call: Call) -> Reply:
        """Close a franchise for anybody, with every role that carries its number."""
        await self._store.delete_franchise(number(call.params["id"]), roles="%")
        return Reply({"message": "franchise deleted"})

    async def close_guarded(self, call: Call) -> Reply:
        """Close a franchise for an admin."""
        _admins_only(call, "unable to delete a franchise")
        await self._store.delete_franchise(number(call.params["id"]), roles="franchisee")
        return Reply({"message": "franchise deleted"})

    async def open_store(self, call: Call) -> Reply:
        """Open a store."""
        franchise_id = await self._managed(call, "unable to create a store")
        # Its driver makes 0 of what is no number, and there is no franchise 0.
        known_as = 0 if math.isnan(franchise_id) else franchise_id
        store_id = await self._store.add_store(known_as, name=call.get("name"))
        return Reply({"id": store_id, "franchiseId": franchise_id, "name": call.get("name")})

    async def close_store(self, call: Call) -> Reply:
        """Close a store."""
        franchise_id = await self._managed(call, "unable to delete a store")
        await self._store.delete_store(franchise_id, store_id=number(call.params["storeId"]))
        return Reply({"message": "store deleted"})

    async def _managed(self, call: Call, refusal: str) -> float:
        franchise_id = plain(number(call.params["id"]))
        admins = await self._store.franchise_admins(franchise_id)
        if not caller(call).is_admin and caller(call).id not in {admin["id"] for admin in admins}:
            raise HttpError(refusal, status=403)
        return franchise_id

    async def _admin(self, admin: JsonObject) -> JsonObject:
        email = member(admin, "email")
        user = await self._store.user(email)
        if user is None:
            raise HttpError(f"unknown user for franchise admin {text(email)} provided", status=404)
        return {**admin, "id": user["id"], "name": user["name"]}

    async def _in_full(self, franchise: Row) -> Row:
        admins = await self._store.franchise_admins(franchise["id"])
        return {**franchise, "admins": admins, "stores": await self._store.store_revenues(franchise["id"])}

    async def _with_stores(self, franchise: Row) -> Row:
        return {**franchise, "stores": await self._store.stores(franchise["id"])}


def _admins_only(call: Call, refusal: str) -> None:
    if not caller(call).is_admin:
        raise HttpError(refusal, status=403)
