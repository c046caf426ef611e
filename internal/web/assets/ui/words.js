// The words of the parts that all pages share.

// Words that stand where the name of somebody could. internal/base/ident reserves them.
export const who = {
  you: "you",
  yourAgent: "your agent",
  anyone: "anyone",
  everyone: "everyone",
  nobody: "nobody",
  person: "person",
  anAdmin: "an admin",
};

export const ui = {
  close: "Close",
  cancel: "Cancel",
  tooSoon: "Read it first, then press again", // a button that came or moved a moment ago has taken no press
  copied: "Copied",
  notCopied: "Couldn't copy",
  theme: "Colors",
  themes: { system: "System", light: "Light", dark: "Dark" },
  loading: "Loading",
  notLoaded: "This didn't load",
  notLoadedText: "The server isn't responding, or this page is out of date. Reload the page.",
  home: "Your rooms",
  others: (n) => `${n} others`,
  more: (n) => `${n} more`,
  // The size of a file, as people say it: 1 KB are 1,024 bytes, as in the limits of the server.
  size: (bytes) => {
    if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
    const [n, unit] = bytes < 1023.5 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
    return `${n.toLocaleString("en", { maximumFractionDigits: n < 9.95 ? 1 : 0 })} ${unit}`;
  },
  // How long something lasts, and how long ago it was.
  minutes: (n) => {
    const days = Math.floor(n / 60 / 24);
    return n < 60 ? `${n} min` : days < 1 ? `${Math.floor(n / 60)} h` : days === 1 ? "1 day" : `${days} days`;
  },
  ago: (span) => `${span} ago`,
  now: "now",
};
