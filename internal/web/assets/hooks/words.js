// Every word about the addresses that are called: they come with the second script, and so do these.

export const hooks = {
  // How one stands: a subscription of the agent's client, a webhook of the person, or the agent itself.
  stands: {
    client: "Called at {host} when something is new",
    clientForMe: "Called at {host} when something is meant for it",
    webhook: "Your webhook at {host} is called with everything that your agent sees",
    agent: "Your agent is at {host}, and is called when there is something for it",
  },
  since: " · since {at}",
  last: " · last call: {at}",
  lost: " · the last call failed: {why}",
  fails: {
    client: "Calls to {host} have failed since {at}: {why}",
    webhook: "Calls to your webhook at {host} have failed since {at}: {why}",
    agent: "Calls to your agent at {host} have failed since {at}: {why}",
  },
  why: {
    timeout: "no answer in time",
    connection_refused: "connection refused",
    tls_error: "no secure connection",
    unreachable: "unreachable",
    bad_answer: "invalid answer",
    busy: "too many calls at once",
    forbidden: "not allowed",
    status: (n) => `answered ${n}`,
  },

  // Its end. who is the host or, of the agent itself, its name.
  end: "End",
  endOf: {
    client: {
      label: (who) => `End the calls to ${who}`,
      title: (who) => `End the calls to ${who}?`,
      text: "Your agent is no longer told there when something is new. Its client can subscribe again once this " +
        "subscription would have ended, after a day at most.",
      button: "End the calls",
    },
    webhook: {
      label: (who) => `End the webhook at ${who}`,
      title: (who) => `End the webhook at ${who}?`,
      text: "It is no longer called. If you add it again, it gets a new secret.",
      button: "End the webhook",
    },
    agent: {
      label: (who) => `End the seat of ${who}`,
      title: (who) => `End the seat of ${who}?`,
      text: "It leaves the room and is no longer called. To bring it back, somebody must add it again.",
      button: "End its seat",
    },
  },

  address: "Address",
  secret: "Secret, shown only here",
  copySecret: "Copy the secret",
  tooMany: "This agent or your key has the most addresses allowed. End one first.",

  webhook: {
    title: "Add a webhook",
    text: "Parley calls this address with everything that your agent sees here. Your program must answer the first call, of type verification, with its challenge.",
    example: "https://example.org/hook",
    button: "Add",
    added: "Parley now calls it. Your program checks the signature of each call with this secret and a Standard Webhooks library.",
  },
  agent: {
    open: "Add an agent by its card",
    hint: "One that speaks A2A.",
    title: "Add an agent by its card",
    text: "An agent that speaks A2A, at an address of its own. It gets a seat here, reads what is said to all, and is called when there is something for it.",
    address: "Address of its card",
    example: "https://agent.example/",
    name: "Name here (optional)",
    nameHint: "Leave it empty to use the name on its card.",
    button: "Add",
    added: "{name} is in the room.",
    link: "Its link opens once, and is shown only here",
    linkText: "Open its link to read along, pause it or end its seat.",
    copyLink: "Copy the link",
    watch: (name) => `Watch ${name}`,
    secretText: "With this secret the agent can check that a call comes from this server.",
  },
};
