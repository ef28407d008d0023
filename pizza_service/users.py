"""``/api/user``: who one is, and changing it."""

from collections.abc import Sequence

from pizza_service.auth import UNAUTHORIZED, Auth, caller, signed_in
from pizza_service.express import Call, Reply, Route
from pizza_service.javascript import JsonObject, is_truthy, number
from pizza_service.store import Store


class Users:
    """Answers about users."""

    def __init__(self, store: Store, auth: Auth) -> None:
        self._store = store
        self._auth = auth

    @property
    def routes(self) -> Sequence[Route]:
        """What is answered here."""
        return (
            Route("GET", "/api/user/me", signed_in(self.me)),
            Route("PUT", "/api/user/:id", signed_in(self.change)),
            Route("DELETE", "/api/user/:id", signed_in(self.delete)),
            Route("GET", "/api/user", signed_in(self.everybody)),
        )

    async def me(self, call: Call) -> Reply:
        """Tell users who their token says they are, however old it is."""
        return Reply(caller(call).claims)

    async def change(self, call: Call) -> Reply:
        """Change a user's name, e-mail address or password, and give out a token for the changed user."""
        user_id = number(call.params["id"])
        if caller(call).id != user_id and not caller(call).is_admin:
            return Reply(UNAUTHORIZED, status=403)
        email, password = call.get("email"), call.get("password")
        changes: JsonObject = {}
        if is_truthy(password):
            changes["password"] = self._auth.hash(password)
        changes |= {name: call.get(name) for name in ("email", "name") if is_truthy(call.get(name))}
        await self._store.update_user(user_id, changes)
        return await self._auth.welcome(await self._auth.user(email, password=password))

    async def delete(self, _: Call) -> Reply:
        """Say that users stay."""
        return Reply({"message": "not implemented"})

    async def everybody(self, _: Call) -> Reply:
        """Say that users are not listed."""
        return Reply({"message": "not implemented", "users": [], "more": False})
