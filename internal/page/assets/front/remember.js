// Small habits of a person that this browser keeps: the client of its agent, and its name.

/** Returns what was remembered under a name; "" if nothing was. */
export function remembered(name) {
  try {
    return localStorage.getItem("parley." + name) ?? "";
  } catch {
    return "";
  }
}

/** Remembers a text. Where the browser keeps nothing, it is asked for anew next time. */
export function remember(name, text) {
  try {
    localStorage.setItem("parley." + name, text);
  } catch {
    // It is only a convenience.
  }
}
