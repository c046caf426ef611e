// The messages of a room that are loaded: in order, each once, without a gap up to the newest.

export const pageSize = 100; // messages; the server gives no more at once
const removed = "removed"; // the text of a message whose text was taken away, as the server has it

export class History {
  messages = []; // replaced, never changed
  #known = new Set();
  #redacted = new Set();

  has(id) {
    return this.#known.has(id);
  }

  /** Adds what came after all others, and returns those that were not there. */
  append(messages) {
    const fresh = this.#take(messages);
    if (fresh.length) this.messages = [...this.messages, ...fresh];
    if (fresh.some(({ changes }) => changes?.redacted))
      this.messages = this.messages.map((message) => this.shown(message));
    return fresh;
  }

  /** Adds what came before all others. */
  prepend(messages) {
    const fresh = this.#take(messages);
    if (fresh.length) this.messages = [...fresh.map((message) => this.shown(message)), ...this.messages];
  }

  /** Forgets all but the newest messages. */
  keep(most) {
    this.messages = this.messages.slice(-most);
    this.#known = new Set(this.messages.map(({ id }) => id));
  }

  /** Puts a message in the place of the one with its id. */
  replace(message) {
    this.messages = this.messages.map((other) => (other.id === message.id ? this.shown(message) : other));
  }

  /** Returns those after the one of this id, or all if it is not there. */
  after(id) {
    return this.messages.slice(this.messages.findIndex((message) => message.id === id) + 1);
  }

  /** Reports whether the message of an id stands before that of another; false if one is not there. */
  precedes(id, other) {
    const [a, b] = [id, other].map((id) => this.messages.findIndex((message) => message.id === id));
    return a >= 0 && a < b;
  }

  #take(messages) {
    const fresh = messages.filter(({ id }) => !this.#known.has(id));
    for (const { id, changes } of fresh) {
      this.#known.add(id);
      if (changes?.redacted) this.#redacted.add(changes.redacted);
    }
    return fresh;
  }

  /** Returns a message as it is shown, whichever came first: it, or the word that its text was taken away. */
  shown(message) {
    if (message.redacted || !this.#redacted.has(message.id)) return message;
    const { more, file, task, ...rest } = message;
    if (task) return { ...rest, redacted: true, task: { ...task, checks: undefined } };
    return { ...rest, redacted: true, text: removed };
  }
}

/** Returns a message with its whole text. read calls message_history. */
export async function whole(read, message) {
  let { text = "", more, ...rest } = message;
  while (more) {
    const got = await read({ id: more.id, offset: more.offset });
    const [part] = got.messages;
    if (part.redacted) return part;
    text += part.text ?? "";
    more = part.more;
  }
  return { ...rest, text };
}
