// How large a file may be that the server takes.

import { ui } from "../ui/words.js";
import { files as fileWords } from "./words.js";
import { mostIn } from "./sharing.js";

export class Limit {
  /** @type {Promise<number> | null} */
  #most = null; // bytes, once somebody wants to know; 0 for no answer

  /** @param {(tool: string, args: object) => Promise<any>} call */
  constructor(call) {
    this.call = call;
  }

  /**
   * Returns why the server takes no file of so many bytes, in words; "" if it does, or is silent. Its limit stands in
   * its refusal of a file that no server takes: any other call would open an upload, of which a seat has few.
   */
  async tooLarge({ size }) {
    this.#most ??= this.call("share_file", { name: "file", size: Number.MAX_SAFE_INTEGER }).then(() => 0, mostIn);
    const most = await this.#most;
    if (!most) this.#most = null;
    return most && size > most ? fileWords.tooLargeHere(ui.size(most)) : "";
  }
}
