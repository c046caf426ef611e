"""A client that signs in, and the person in front of it: what driver.py gives its transport with PARLEY_E2E_SIGN_IN. That
is a JSON object as in ../node/sign-in.cjs.
"""

import asyncio
import json
import os
import urllib.parse
import urllib.request

from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

REDIRECT = "http://localhost:3118/callback"


class Kept:
    """What the client has, in a file."""

    def __init__(self, path: str) -> None:
        self.path, self.all = path, {}
        if os.path.exists(path):
            with open(path) as file:
                self.all = json.load(file)

    def keep(self, name: str, what: OAuthToken | OAuthClientInformationFull) -> None:
        self.all[name] = what.model_dump(mode="json", exclude_none=True)
        with open(self.path, "w") as file:
            json.dump(self.all, file)

    async def get_tokens(self) -> OAuthToken | None:
        return OAuthToken.model_validate(self.all["tokens"]) if "tokens" in self.all else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.keep("tokens", tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return OAuthClientInformationFull.model_validate(self.all["client"]) if "client" in self.all else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.keep("client", client_info)


def person(origin: str, key: str, page: str) -> AuthorizationCodeResult:
    """Answers the page as its script does, and returns what it brings to the client."""
    request = urllib.parse.urlsplit(page).query
    headers = {"content-type": "application/json", "origin": origin, "sec-fetch-site": "same-origin"}
    body = json.dumps({"request": request, "answer": "allow", "key": key}).encode()
    with urllib.request.urlopen(urllib.request.Request(origin + "/oauth/authorize", body, headers)) as answer:
        said = json.load(answer)
    if not said.get("go", "").startswith(REDIRECT + "?"):
        raise RuntimeError(f"the page shows {said}")
    return AuthorizationCodeResult(**dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(said["go"]).query)))


def sign_in(setting: str, server: str) -> OAuthClientProvider:
    about = json.loads(setting)
    brought: list[AuthorizationCodeResult] = []

    async def shown(page: str) -> None:
        brought.append(await asyncio.to_thread(person, about["public"], about["key"], page))

    async def came() -> AuthorizationCodeResult:
        return brought.pop()

    return OAuthClientProvider(
        server_url=server,
        client_metadata=OAuthClientMetadata(
            client_name="Tester", redirect_uris=[REDIRECT], token_endpoint_auth_method="none"
        ),
        storage=Kept(about["state"]),
        redirect_handler=shown,
        callback_handler=came,
        client_metadata_url=about["document"] or None,
    )


def shown(setting: str) -> dict[str, str]:
    """The header with the key that the client sends from the start, if it sends one."""
    key = json.loads(setting).get("shown")
    return {"Authorization": f"Bearer {key}"} if key else {}


def spoil(client: OAuthClientProvider) -> None:
    """Ends the access token, as the client believes. It asks its person anew at a 401."""
    client.context.token_expiry_time = 1
