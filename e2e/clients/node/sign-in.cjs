// A client that signs in, and the person in front of it: what driver.cjs gives its transport with
// PARLEY_E2E_SIGN_IN, a JSON object with
//
//   public    the origin of the server
//   key       what the person pastes on the page
//   document  the address of a document that says who the client is; without it, the client registers
//   state     a file in which the client keeps what it has; a second client goes on with it
//   shown     a key that the client sends in a header from the start, though it could sign in; without it, none
'use strict';

const fs = require('node:fs');

const redirect = 'http://localhost:3118/callback';

// person answers the page as its script does, and returns what it brings to the client.
async function person({ public: origin, key }, page) {
  const answer = await fetch(new URL('/oauth/authorize', origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ request: page.search.slice(1), answer: 'allow', key }),
  });
  const said = await answer.json();
  if (!said.go?.startsWith(redirect + '?')) throw new Error('the page shows ' + JSON.stringify(said));
  return new URL(said.go).searchParams;
}

// signIn returns the options of a transport, a connect that signs in where the server asks for it, and
// spoil, after which the client has an access token that nobody knows.
function signIn(setting) {
  const about = JSON.parse(setting);
  const kept = fs.existsSync(about.state) ? JSON.parse(fs.readFileSync(about.state)) : {};
  const keep = (what) => {
    Object.assign(kept, what);
    fs.writeFileSync(about.state, JSON.stringify(kept));
  };
  let brought;
  const authProvider = {
    redirectUrl: redirect,
    clientMetadata: { client_name: 'Tester', redirect_uris: [redirect], token_endpoint_auth_method: 'none' },
    clientMetadataUrl: about.document,
    state: () => 'state of the client',
    clientInformation: () => kept.client,
    saveClientInformation: (client) => keep({ client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => keep({ tokens }),
    saveCodeVerifier: (verifier) => keep({ verifier }),
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: async (page) => {
      brought = await person(about, page);
    },
  };
  const requestInit = about.shown && { headers: { Authorization: `Bearer ${about.shown}` } };
  const options = { authProvider, requestInit };
  const connect = async (client, open) => {
    const transport = open(options);
    try {
      await client.connect(transport);
      return transport;
    } catch (error) {
      if (!brought) throw error;
    }
    await transport.finishAuth(brought.get('code'), brought.get('iss'));
    const again = open(options);
    await client.connect(again);
    return again;
  };
  const spoil = () => keep({ tokens: { ...kept.tokens, access_token: 'spoiled' } });
  return { connect, spoil };
}

module.exports = { signIn };
