// The page on which a person lets a program in that asked for it. The person shows its key, which goes to this
// server and nowhere else, and is not kept; or signs in with an account, at the provider of the server's operator.

import { at } from "../site.js";
import { fill } from "../ui/fill.js";
import { nameTab } from "../ui/tab.js";
import { html, useEffect, useState } from "../vendor.js";
import { Brand } from "./brand.js";
import { Form } from "./form.js";
import { pages } from "./page-words.js";
import { landing } from "./words.js";

const w = pages.signIn;

/** Posts to the server, which checks the request each time. Returns what it says, or throws what to show. */
async function post(answer, key = "") {
  let said;
  try {
    const response = await fetch(at("oauth/authorize"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ request: location.search.slice(1), answer, key }),
      cache: "no-store",
      credentials: "same-origin", // an answer may leave a cookie for the way back from the provider
    });
    said = await response.json();
  } catch {
    throw new Error(w.noAnswer);
  }
  if (said.error === "wrong_key") throw Object.assign(new Error(w.wrongKey), { field: "key" });
  if (said.error) throw new Error(w.errors[said.error] ?? w.came[said.error] ?? said.message ?? w.noAnswer);
  if (said.go) location.replace(said.go);
  return said;
}

/** Returns what came of the way to the provider, from which the server sends people back here; "" for nothing. */
function cameBack() {
  const [why, who = ""] = location.hash.slice(1).split("%20");
  if (!Object.hasOwn(w.came, why) || !/^[a-z0-9@._+-]{0,100}$/.test(who)) return ""; // no text of whoever made the link
  return fill(w.came[why], { who });
}

export function SignInPage() {
  const [asks, setAsks] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const load = () => {
    setProblem("");
    if (location.search === "" && cameBack()) setProblem(cameBack());
    else post("").then(setAsks, (failed) => setProblem(failed.message));
  };
  useEffect(() => {
    nameTab(w.pageTitle);
    load();
  }, []);
  return html`
    <main class="error-page">
      <${Brand} />
      ${problem && html`
        <h1>${w.noProgram}</h1>
        <p role="alert">${problem}</p>
        <p><button type="button" class="button" onClick=${load}>${landing.again}</button></p>`}
      ${asks && html`<${Ask} asks=${asks} />`}
    </main>`;
}

/** asks is {program, calls, to, opens, wrong} as the server says. Nothing is left for the program before a click. */
function Ask({ asks }) {
  const [gone, setGone] = useState(false);
  const [problem, setProblem] = useState(cameBack);
  if (gone) return html`<p role="status">${w.done}</p>`;
  const leave = async (answer, key = "") => {
    await post(answer, key);
    setGone(true);
  };
  const back = (text) => html`
    <button type="button" class="button" onClick=${() => {
      setProblem("");
      leave("cancel").catch((failed) => setProblem(failed.message));
    }}>${text}</button>`;
  const trouble = problem && html`<p class="landing-problem" role="alert">${problem}</p>`;
  const program = asks.program || (asks.to && new URL(asks.to).host);
  const calls = !asks.program && asks.calls &&
    html`<p>${fill(w.callsItself, { name: { quote: asks.calls } })}</p>`;
  const opens = asks.opens && fill(w.goOpens, { opens: { element: asks.opens } });
  if (asks.wrong) {
    return html`
      <h1>${w.noProgram}</h1>
      <p>${fill(program ? w.askedWrongly : w.askedWronglyHere, { program, why: { element: asks.wrong } })}</p>
      ${calls}
      <p>${asks.to ? fill(w.backTo, { to: asks.to }) : w.backHere}</p>
      ${trouble}
      <div class="landing-buttons">${back(w.back)}</div>`;
  }
  const fields = [{ name: "key", label: w.key, hint: w.hint, need: landing.key.needed, type: "password" }];
  const signIn = () => {
    setProblem("");
    post("account").catch((failed) => setProblem(failed.message));
  };
  return html`
    <h1>${program ? fill(w.title, { program }) : w.titleHere}</h1>
    ${calls}
    <p>${w.onlyIf}</p>
    <p>${opens || (asks.to ? fill(w.goTo, { to: asks.to }) : w.goHere)}</p>
    ${trouble}
    ${asks.account && html`
      <div class="landing-buttons">
        <button type="button" class="button primary" onClick=${signIn}>
          ${fill(w.byAccount, { provider: { element: asks.account } })}</button>
      </div>
      <p class="quiet">${w.orKey}</p>`}
    <${Form} id="sign-in" fields=${fields} button=${w.allow} beside=${back(w.cancel)}
      send=${({ key }) => leave("allow", key)} />
    <p class="quiet small">${w.noKey}</p>`;
}
