// The tasks of a room: those that are neither done nor dropped, which the page shows, and the others on request.

import { patiently } from "../mcp.js";

export class TaskList {
  #changed = 0; // how often the person has changed them

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
    if (changed === this.#changed) this.room.show({ tasks: inOrder(tasks) });
    else this.room.again(); // what came may be from before
  }

  /** Calls task: {action, id, tasks, text, for, after, title}. Returns the task that it changed. */
  async change(args) {
    const { task, tasks } = await this.room.call("task", args);
    this.#changed++;
    this.room.show({ tasks: inOrder(tasks) });
    return task;
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
