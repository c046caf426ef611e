// The words of the parts that all pages share.

// Words that stand where the name of somebody could. internal/base/ident reserves them.
export const who = {
  you: "you",
  yourAgent: "your agent",
  myAgent: "my agent",
  anyone: "anyone",
  everyone: "everyone",
  nobody: "nobody",
  person: "person",
  anAdmin: "an admin",
};

export const ui = {
  close: "Close",
  cancel: "Cancel",
  tooSoon: "Too soon: press again", // a button that came or moved a moment ago has taken no press
  copied: "Copied",
  notCopied: "Not copied",
  theme: "Colors",
  themes: { system: "System", light: "Light", dark: "Dark" },
  notLoaded: "This did not load",
  notLoadedText: "The server does not respond, or has a newer version of this page. Reload the page.",
  others: (n) => `${n} others`,
  more: (n) => `${n} more`,
  // The size of a file, as people say it: 1 KB are 1,024 bytes, as in the limits of the server.
  size: (bytes) => {
    if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
    const [n, unit] = bytes < 1023.5 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
    return `${n.toLocaleString("en", { maximumFractionDigits: n < 9.95 ? 1 : 0 })} ${unit}`;
  },
  minutes: (n) => (n < 60 ? `${n} min` : n < 48 * 60 ? `${Math.floor(n / 60)} h` : `${Math.floor(n / 60 / 24)} days`),
};
