// A provider of accounts, by oidc-provider, which the OpenID Foundation has certified: node provider.mjs REDIRECT
// [PORT]. It says on a line where it is. Its own pages let everybody sign in under an address, with any password. With
// the port of an earlier one it comes back with other keys.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const found = createRequire(process.env.PROVIDER_HOME + "/package.json").resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found).href);
const [redirect, port = "0"] = process.argv.slice(2);
const server = createServer((request, answer) => handle(request, answer));
let handle;
server.listen(Number(port), "127.0.0.1", () => {
  const issuer = "http://127.0.0.1:" + server.address().port;
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const provider = new Provider(issuer, {
    clients: [{ client_id: "parley", client_secret: "a secret of the tests", redirect_uris: [redirect],
      scope: "openid email profile groups" }],
    jwks: { keys: [{ ...key, use: "sig", kid: "key " + Date.now() }] },
    cookies: { keys: ["a key of the tests"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    conformIdTokenClaims: false, // as most providers, it puts the claims into the ID token
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: "sub of " + id, name: "Somebody",
      email: id, email_verified: !id.startsWith("unproven"), groups: id.startsWith("cy") ? ["engineers"] : [] }) }),
  });
  handle = provider.callback();
  provider.on("server_error", (_, error) => console.error(error));
  console.log(issuer);
});
