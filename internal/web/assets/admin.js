// What an admin changes: the room, and who is in it.

export class Admin {
  /**
   * @param {{call: (tool: string, args: object) => Promise<any>, look: () => Promise<any>,
   *   wasRenewed: () => void}} room
   *   look has what was changed shown; wasRenewed is told that an invite was ended and another made, though nobody
   *   asked for that
   */
  constructor(room) {
    this.room = room;
  }

  /** Calls manage_agent: {agent_name, action, note, id, clear}. */
  async manage(args) {
    const got = await this.#change("manage_agent", args);
    if (got.invite) this.room.wasRenewed();
    return got;
  }

  /** Calls update_room. */
  async update(args) {
    const got = await this.#change("update_room", args);
    if (got.changes?.invite && !args.new_invite) this.room.wasRenewed();
    return got;
  }

  /** Removes the text of a message, and its file. */
  redact(id) {
    return this.update({ redact: id });
  }

  async #change(tool, args) {
    const got = await this.room.call(tool, args);
    await this.room.look();
    return got;
  }
}
