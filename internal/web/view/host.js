// The host in which the view stands: JSON-RPC over postMessage, as MCP Apps has it (SEP-1865, 2026-01-26).

const answers = new Map(); // by the id of a request of this view: what takes the answer
let asked = 0;

const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

/** Tells the host something that it does not answer. */
export const tell = (method, params = {}) => post({ method, params });

/** Asks the host, and returns its result. It fails with its error, or after so many ms without an answer. */
export function ask(method, params, patience = 60_000) {
  const id = ++asked;
  return new Promise((done, fail) => {
    const timer = setTimeout(() => answer({ error: {} }), patience);
    const answer = (/** @type {{result?: any, error?: any}} */ { result, error }) => {
      clearTimeout(timer);
      answers.delete(id);
      if (error) fail(error);
      else done(result ?? {});
    };
    answers.set(id, answer);
    post({ id, method, params });
  });
}

/** Takes what the host says. hear has a function for each notification and each request, which returns the result. */
export function listen(hear) {
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== "2.0") return;
    const { id, method, params } = data;
    if (!method) return answers.get(id)?.(data);
    const known = Object.hasOwn(hear, method);
    const result = known ? hear[method](params ?? {}) : undefined;
    if (id === undefined) return;
    post(known ? { id, result: result ?? {} } : { id, error: { code: -32601, message: method } });
  });
}

const colours = Object.entries({
  "--bg": "background-primary", "--text": "text-primary", "--text-soft": "text-secondary", "--line": "border-primary",
});
const plain = /^(?!.*(?:url|image|src))[\w\s#%.,()+*/"'-]{1,200}$/i; // what loads nothing, and hides nothing by escapes

/** Shows the theme of the host, and its colours if it has all that stand on each other. */
export function dress({ theme, styles, safeAreaInsets: inset }) {
  const { dataset, style } = document.documentElement;
  dataset.theme = theme;
  const given = styles?.variables ?? {};
  const usable = (name) => typeof given[name] === "string" && plain.test(given[name]);
  const whole = colours.every(([, its]) => usable("--color-" + its));
  for (const [own, its] of colours) if (whole) style.setProperty(own, given["--color-" + its]);
  if (usable("--font-sans")) style.setProperty("--font", given["--font-sans"]);
  const edges = ["top", "right", "bottom", "left"].map((side) => (Number(inset?.[side]) || 0) + "px");
  document.body.style.padding = edges.join(" ");
}
