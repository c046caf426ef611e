// What a person pastes to add this server, or an invite to one room, to the client of an
// agent. The lines are those that the server prints for a terminal.

import { reachOf } from "./reach.js";

/** Stands for a key, which the page never writes into a line. */
const keyPlaceholder = "YOUR_KEY";

const variable = "Authorization: Bearer ${PARLEY_KEY}";
const approve = 'default_tools_approval_mode = "approve"';

/**
 * Returns the clients in the order in which they are shown: {id, steps}. A step is {say, line,
 * link}: say names the words that go with it (landing.say), line is to be pasted; link does
 * the same by opening the client, which asks whether to add the server.
 * @param {string} url the address of MCP
 * @param {boolean} keys whether it wants a key in a header
 * @param {boolean} [guest] whether it is that of an invite, which has one for A2A, too
 */
export function clients(url, keys, guest = false) {
  const all = /** @type {{id: string, steps: any[]}[]} */ (keys ? withKey(url) : open(url));
  if (guest) all[all.length - 1].steps.push({ say: "a2a", line: url.slice(0, -"mcp".length) });
  return all;
}

function open(url) {
  const base = url.slice(0, -"/mcp".length);
  const byName = { name: "parley", type: "http", url };
  return [
    { id: "claude", steps: [{ line: `claude mcp add --scope user --transport http parley ${url}` }] },
    { id: "codex", steps: [{ line: `codex mcp add parley --url ${url}` }, { say: "approve", line: approve }] },
    { id: "gemini", steps: [{ line: `gemini mcp add --scope user --transport http parley ${url}` }] },
    {
      id: "vscode",
      steps: [{ link: vscode(byName), line: `code --add-mcp '${JSON.stringify(byName)}'` }],
    },
    { id: "cursor", steps: [{ link: cursor({ url }), say: "cursor", line: servers({ url }) }] },
    { id: "desktop", steps: [{ say: "desktop", line: bridge(base) }] },
    { id: "parley", steps: [connect(base)] },
    { id: "other", steps: [{ say: "other", line: url }] },
  ];
}

function withKey(url) {
  const base = url.slice(0, -"/mcp".length);
  const ask = { say: "variable", line: "read -rs PARLEY_KEY && export PARLEY_KEY" };
  const input = { id: "parley-key", type: "promptString", description: "Key of Parley", password: true };
  const byInput = { type: "http", url, headers: { Authorization: "Bearer ${input:parley-key}" } };
  const byVariable = { url, headers: { Authorization: "Bearer ${env:PARLEY_KEY}" } };
  const add = (command) => [ask, { say: "then", line: command }];
  const named = `mcp add --scope user --transport http parley ${url} --header '${variable}'`;
  return [
    { id: "claude", steps: add("claude " + named) },
    {
      id: "codex",
      steps: [
        ...add(`codex mcp add parley --url ${url} --bearer-token-env-var PARLEY_KEY`),
        { say: "approve", line: approve },
      ],
    },
    { id: "gemini", steps: add("gemini " + named) },
    {
      id: "vscode",
      steps: [
        {
          link: vscode({ name: "parley", ...byInput, inputs: [input] }),
          say: "vscode",
          line: JSON.stringify({ inputs: [input], servers: { parley: byInput } }),
        },
      ],
    },
    { id: "cursor", steps: [ask, { link: cursor(byVariable), say: "cursor", line: servers(byVariable) }] },
    {
      id: "desktop",
      steps: [
        { say: "desktop", line: bridge(base) },
        { say: "once", line: `parley rooms --url ${base}` },
      ],
    },
    { id: "parley", steps: [connect(base)] },
    {
      id: "other",
      steps: [
        { say: "other", line: url },
        { say: "header", line: `Authorization: Bearer ${keyPlaceholder}` },
        ...(reachOf(url) === "all" ? [{ say: "noHeaders", line: `${base}/k/${keyPlaceholder}/mcp` }] : []),
      ],
    },
  ];
}

const connect = (base) => ({ say: "connect", line: `parley connect claude-code --url ${base} --allow` });

const servers = (parley) => JSON.stringify({ mcpServers: { parley } });

const bridge = (base) => servers({ command: "parley", args: ["bridge", "--url", base] });

// https://code.visualstudio.com/docs/copilot/guides/mcp-developer-guide, "MCP URL handler".
const vscode = (config) => "vscode:mcp/install?" + encodeURIComponent(JSON.stringify(config));

// https://cursor.com/docs/mcp/install-links. What is encoded is ASCII: an address has no other characters.
const cursor = (config) =>
  "cursor://anysphere.cursor-deeplink/mcp/install?name=parley&config=" +
  encodeURIComponent(btoa(JSON.stringify(config)));
