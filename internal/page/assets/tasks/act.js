// What a person does with a task, and what came of it.

import { useState } from "../vendor.js";
import { refusal } from "./model.js";

/** Returns {busy, problem, act}: act(args) calls task about a task, and resolves to whether that succeeded. */
export function useTask(room, action, task) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const act = async (args) => {
    setBusy(true);
    setProblem("");
    try {
      await room.task(args);
      return true;
    } catch (refused) {
      await room.refresh.want({ tasks: true });
      setProblem(refusal(refused, action ?? args.action, task, room.state));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, act };
}
