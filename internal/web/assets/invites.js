// How others come into a room, and this person on one more device.

import { Refusal } from "./mcp.js";
import { roomWords } from "./room-words.js";

export class Invites {
  #renewed = 0; // how often what this person did ended the invite and made another

  /**
   * @param {{call: (tool: string) => Promise<any>, update: (args: object) => Promise<any>,
   *   supervise: (args: object) => Promise<any>,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void}} room
   */
  constructor(room) {
    this.room = room;
  }

  /** Returns how others are invited: {link: of the page, until: its end, line: for an agent's person to copy}. */
  async current() {
    const got = await this.room.call("join_room");
    if (!got.invite) throw new Refusal("room_full", roomWords.full);
    return { link: got.invite_link ?? "", until: got.invite_until, line: got.invite };
  }

  /** Ends the invite and makes another. */
  renew() {
    return this.room.update({ new_invite: true });
  }

  /** Notes that the invite was ended by something else that this person did, and another made. */
  wasRenewed() {
    this.room.show({ renewed: ++this.#renewed });
  }

  /** Returns a link for a further device of this person. */
  async forDevice() {
    return (await this.room.supervise({ new_link: true })).watch;
  }
}
