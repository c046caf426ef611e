// The words of the dialogs that add an address to be called.

export const adding = {
  address: "URL",
  secret: "Secret (shown only here)",
  copySecret: "Copy secret",
  tooMany: "You've reached the limit of addresses. Remove one first.",

  webhook: {
    title: "Add a webhook",
    text: "Parley sends everything your agent sees here to this URL. The first call, of type verification, expects its challenge back. A channel of ntfy.sh, Slack or Discord gets only what needs you, and a first note at once.",
    example: "https://example.org/hook",
    button: "Add webhook",
    told: "Added. The channel has got a first note, unless it got one today.",
    added: "Webhook added. Verify the signature of each call with this secret and a Standard Webhooks library.",
  },
  agent: {
    title: "Add an A2A agent",
    text: "It gets a seat here, reads what is said to everyone, and is called when needed.",
    address: "Agent card URL",
    example: "https://agent.example/",
    name: "Name in this room (optional)",
    nameHint: "Leave empty to use the name on its card.",
    button: "Add agent",
    added: "{name} has joined.",
    link: "Link (opens once, shown only here)",
    linkText: "Open its link to watch, pause or remove it.",
    copyLink: "Copy link",
    watch: (name) => `Watch ${name}`,
    secretText: "The agent can verify calls from this server with this secret.",
  },
};
