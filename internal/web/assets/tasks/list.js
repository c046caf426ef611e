// The tasks of a room: those that are neither done nor dropped, which the page shows, and the others on request.

import { patiently } from "../mcp.js";

export class TaskList {
  #changed = 0; // how often the person has changed them
  #titles = new Map(); // by id, of all that were heard of
  #asked = new Set(); // the ids of those whose title was asked for

  /**
   * @param {{call: (tool: string, args?: object) => Promise<any>, again: () => void,
   *   show: (parts: Partial<import("../types.d.ts").State>) => void,
   *   clock: import("../types.d.ts").Clock, signal: AbortSignal}} room
   *   again has them read once more
   */
  constructor(room) {
    this.room = room;
  }

  /** Reads them anew. */
  async read() {
    const changed = this.#changed;
    const { tasks } = await this.room.call("list_tasks");
    if (changed === this.#changed) this.#show(tasks);
    else this.room.again(); // what came may be from before
  }

  /** Calls task: {action, id, tasks, text, for, after, title}. Returns the task that it changed. */
  async change(args) {
    const { task, tasks } = await this.room.call("task", args);
    this.#changed++;
    this.#show(tasks);
    return task;
  }

  #show(tasks) {
    this.#name(tasks);
    this.room.show({ tasks: inOrder(tasks) });
  }

  #name(tasks = []) {
    const fresh = tasks.filter(({ id, title }) => title && this.#titles.get(id) !== title);
    if (!fresh.length) return;
    this.#titles = new Map(this.#titles);
    for (const { id, title } of fresh) this.#titles.set(id, title);
    this.room.show({ titles: this.#titles });
  }

  /** Asks for the title of a task that may be closed, once. */
  async look(id) {
    if (this.#titles.has(id) || this.#asked.has(id)) return;
    this.#asked.add(id);
    await this.room.call("list_tasks", { id }).then(({ tasks }) => this.#name(tasks), () => this.#asked.delete(id));
  }

  /** Returns tasks that are done or dropped, the newest first: {tasks, has_more}. */
  closed(before = "") {
    return this.room.call("list_tasks", { closed: true, ...(before && { id: before }) });
  }

  /** Returns all of those, the oldest first; none of a seat that is gone. */
  async allClosed(signal = this.room.signal) {
    let all = [];
    for (let more = !this.room.signal.aborted; more; ) {
      const got = await patiently(() => this.closed(all[0]?.id), this.room.clock, signal);
      all = [...got.tasks.reverse(), ...all];
      more = got.has_more && got.tasks.length > 0;
    }
    return all;
  }
}

/** Returns tasks in the order in which they were added, which is that of what comes first. */
const inOrder = (tasks = []) => [...tasks].sort((a, b) => numberOf(a) - numberOf(b));

const numberOf = ({ id }) => Number(id.slice(1));
