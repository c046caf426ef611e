// What a person does with a task, and what came of it.

import { useState } from "../vendor.js";
import { refusal } from "./model.js";

/**
 * Returns [busy, act]: act(args) calls task, about a task or none, and resolves to whether that succeeded.
 * onProblem hears what the server refused, and "" before: a task that others have changed meanwhile
 * stands elsewhere then, so it is told above them all.
 */
export function useTask(room, action, task, onProblem) {
  const [busy, setBusy] = useState(false);
  const act = async (args) => {
    setBusy(true);
    onProblem("");
    try {
      await room.tasks.change(args);
      return true;
    } catch (refused) {
      await room.refresh.want({ tasks: true });
      const why = refusal(refused, action ?? args.action, task, room.state);
      onProblem(task ? `${task.id}: ${why}` : why);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return /** @type {[boolean, typeof act]} */ ([busy, act]);
}
