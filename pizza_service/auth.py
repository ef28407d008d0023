"""``/api/auth``: registering, logging in and out, and knowing who is asking."""

from collections.abc import Sequence

from pizza_service.database import Row
from pizza_service.errors import DatabaseError, HttpError
from pizza_service.express import Call, Handler, Reply, Route
from pizza_service.javascript import JsonObject, is_truthy
from pizza_service.passwords import hash_password, is_password
from pizza_service.runtime import Runtime
from pizza_service.settings import Flaw, Settings
from pizza_service.store import Store
from pizza_service.tokens import User, sign, signature_of, verify

UNAUTHORIZED = {"message": "unauthorized"}


def signed_in(handler: Handler) -> Handler:
    """Let a handler answer only those whose token is good."""

    async def guarded(call: Call) -> Reply:
        return await handler(call) if call.user else Reply(UNAUTHORIZED, status=401)

    return guarded


def caller(call: Call) -> User:
    """Who is asking, in a handler behind ``signed_in``."""
    assert call.user is not None
    return call.user


class Auth:
    """Issues tokens, and says whose a token is."""

    def __init__(self, settings: Settings, runtime: Runtime, store: Store) -> None:
        self._settings = settings
        self._runtime = runtime
        self._store = store

    @property
    def routes(self) -> Sequence[Route]:
        """What is answered here."""
        return (
            Route("POST", "/api/auth", self.register),
            Route("PUT", "/api/auth", self.login),
            Route("DELETE", "/api/auth", signed_in(self.logout)),
        )

    async def identify(self, call: Call) -> None:
        """Find out whose token a request carries, if anybody's."""
        token = _token(call)
        if not token:
            return
        try:
            if await self._store.is_logged_in(signature_of(token)):
                call.user = verify(token, secret=self._settings.jwt_secret)
        except DatabaseError:
            if not self._settings.has(Flaw.DB_TROUBLE_IS_401):
                raise

    async def register(self, call: Call) -> Reply:
        """Make a diner's account."""
        name, email, password = call.get("name"), call.get("email"), call.get("password")
        if not (is_truthy(name) and is_truthy(email) and is_truthy(password)):
            return Reply({"message": "name, email, and password are required"}, status=400)
        user_id = await self._store.add_diner(name=name, email=email, password_hash=self.hash(password))
        return await self.welcome({"name": name, "email": email, "roles": [{"role": "diner"}], "id": user_id})

    async def login(self, call: Call) -> Reply:
        """Let a user in."""
        password = call.get("password")
        if not is_truthy(password) and not self._settings.has(Flaw.LOGIN_WITHOUT_PASSWORD):
            raise HttpError("unknown user", status=404)
        return await self.welcome(await self.user(call.get("email"), password=password))

    async def logout(self, call: Call) -> Reply:
        """Let a token go."""
        await self._store.forget_login(signature_of(_token(call)))
        return Reply({"message": "logout successful"})

    async def user(self, email: object, *, password: object) -> JsonObject:
        """The user of an e-mail address, as the client may see it; a password is only looked at if there is one."""
        user = await self._store.user(email)
        if user is None or (is_truthy(password) and not is_password(password, hashed=user["password"])):
            raise HttpError("unknown user", status=404)
        return _public(user)

    async def welcome(self, user: JsonObject) -> Reply:
        """Give a user a token."""
        token = sign(user, secret=self._settings.jwt_secret, now=self._runtime.now())
        await self._store.remember_login(signature_of(token), user_id=user["id"])
        return Reply({"user": user, "token": token})

    def hash(self, password: object) -> str:
        """Hash a password at this service's cost."""
        return hash_password(password, cost=self._settings.bcrypt_cost, rng=self._runtime.random)


def _token(call: Call) -> str:
    # Any scheme will do, and of two blanks the second one starts nothing.
    words = (call.authorization or "").split(" ")
    return words[1] if len(words) > 1 else ""


def _public(user: Row) -> JsonObject:
    return {name: user[name] for name in ("id", "name", "email", "roles")}
