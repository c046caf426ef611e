import { newBrowser } from "./platform.js";
import { drawn, settled } from "./page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { SignInPage } from "../assets/landing/sign-in.js";

let answers; // of the server, by what the person has answered; null: it does not answer
let went; // where the page has gone
beforeEach(() => {
  newBrowser();
  went = [];
  Object.assign(globalThis, {
    location: { search: "?client_id=x", hash: "", replace: (to) => went.push(to) },
    fetch: async (_, { body }) => {
      const said = answers[JSON.parse(body).answer];
      if (!said) throw new TypeError("offline");
      return { json: async () => said };
    },
  });
});

/** Opens the page. Returns what it says, and a function that presses the button with a text. */
async function opened() {
  const { find } = drawn(SignInPage);
  const shown = async () => {
    for (let n = 0; n < 1000 && !find("h1").length; n++) await settled(); // effects come later
    await settled();
    return find("main")[0].textContent.replace(/\s+/g, " ");
  };
  const press = async (text) => {
    const button = find("button").find((one) => one.textContent === text);
    button.dispatchEvent(Object.assign(new Event("click"), { detail: 1 }));
    await settled();
    return shown();
  };
  return { text: await shown(), press };
}

test("a program on this computer is not named, whatever it calls itself", async () => {
  answers = { "": { calls: "Claude Code" }, cancel: { go: "http://localhost:7/x?error=access_denied" } };
  const { text, press } = await opened();
  assert.match(text, /Let a program on this computer use this Parley server as you\?/);
  assert.match(text, /It calls itself Claude Code\. This isn't verified\./);
  assert.match(text, /Continue only if you just pressed Connect in that program\./);
  assert.match(text, /Allow takes you to a program on this computer\./);
  assert.deepEqual(went, []);
  assert.match(await press("Cancel"), /Done\./);
  assert.deepEqual(went, ["http://localhost:7/x?error=access_denied"]);
});

test("a program that a scheme opens is named by that, whatever it calls itself", async () => {
  answers = { "": { calls: "Claude", opens: "claude:" } };
  const { text } = await opened();
  assert.match(text, /Let a program on this computer use this Parley server as you\?It calls itself Claude\. This/);
  assert.match(text, /Allow takes you to a program on this device that opens claude:… links\. Any program can claim/);
});

test("a program that is not known is named by the host to which the person goes", async () => {
  answers = { "": { calls: "Claude", to: "https://evil.example" } };
  const { text } = await opened();
  assert.match(text, /Let evil\.example use this Parley server as you\?It calls itself Claude\. This isn't/);
  assert.match(text, /Allow takes you to https:\/\/evil\.example\./);
});

test("a program that asks wrongly gets the person back only by a click", async () => {
  answers = {
    "": { calls: "Claude", to: "https://evil.example", wrong: "The response_type must be code." },
    cancel: { go: "https://evil.example/phish?error=unsupported_response_type" },
  };
  const { text, press } = await opened();
  assert.match(text, /evil\.example sent a sign-in request .* The response_type must be code\./);
  assert.doesNotMatch(text, /Your key/);
  assert.deepEqual(went, []);
  await press("Go back");
  assert.deepEqual(went, [answers.cancel.go]);
});

test("a Cancel that does not reach the server says so, and can be repeated", async () => {
  answers = { "": { to: "https://agent.example" } };
  const { press } = await opened();
  assert.match(await press("Cancel"), /The server didn't respond\. Try again\./);
  answers.cancel = { go: "https://agent.example/?error=access_denied" };
  assert.match(await press("Cancel"), /Done\./);
});

test("who comes back from its provider reads why it is not let in, and no text of whoever made a link", async () => {
  answers = { "": { program: "Claude", to: "https://claude.ai", account: "Google" } };
  location.hash = "#not_allowed%20eve@evil.example";
  const { text } = await opened();
  assert.match(text, /eve@evil\.example isn't allowed to use this server\. Ask its operator/);
  assert.match(text, /Sign in with Google/);
  for (const hash of ["#not_allowed%20Call:1-800", "#toString", "#Hello", "#barred%20%3Cb%3E"]) {
    location.hash = hash;
    const { text } = await opened();
    assert.doesNotMatch(text, /not among|revoked|Call|Hello|function/, hash);
  }
});
