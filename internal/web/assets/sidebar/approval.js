// Which messages of the agent wait for its person: none, some kinds, or all.

import { approvalOf, approving, covers, kinds } from "../approval.js";
import { Segments } from "../ui/segments.js";
import { html, useRef, useState } from "../vendor.js";
import { useRoom } from "../use-room.js";
import { Dialog } from "../ui/dialog.js";
import { Problem, useAct } from "./act.js";
import { sidebar } from "./words.js";

const { approval: w } = sidebar;
/**
 * id tells this one from another on the page, and act is of useAct. What waits for a connection is shown as set, and is
 * given up by what takes it back.
 */
export function Approval({ room, state: { supervision, restraint }, id = "approval", act }) {
  const hint = id + "-hint";
  const box = useRef();
  const [wish, setWish] = useState(/** @type {any} */ (null)); // what was pressed, until it is so or was refused
  const known = approvalOf(supervision);
  const waits = restraint.approve || restraint.approve_some;
  const now = wish ?? (waits ? approvalOf(restraint) : known);
  const shown = now === "all" ? "all" : now.length ? "some" : "none";
  const hinted = shown === "none" && supervision.paused ? "paused" : shown;
  const last = useRef(/** @type {any} */ (null)); // what was pressed last, until no call is under way
  const set = async (approval) => {
    if (!approval.length) box.current.querySelector("input").focus(); // the boxes will be gone
    setWish(approval);
    const isRunning = last.current !== null;
    last.current = approval;
    if (isRunning) return;
    await act(async () => {
      for (let done = null; done !== last.current;) await call(room, done = last.current);
    });
    last.current = null;
    setWish(null);
  };
  const turn = (kind, on) => set(kinds.filter((one) => (one === kind ? on : now.includes(one))));
  return html`
    <div class="sidebar-approval" ref=${box} aria-busy=${wish !== null}>
      <${Segments} legend=${w.legend} name=${id} all=${Object.entries(w.choices)} value=${shown} hint=${hint}
        onChange=${(choice) => set({ none: [], some: kinds, all: "all" }[choice])} />
      ${shown === "some" && html`
        <fieldset>
          <legend class="hidden-visually">${w.which}</legend>
          ${kinds.map((kind) => html`
            <label class="choice">
              <input type="checkbox" checked=${now.includes(kind)}
                onChange=${({ target }) => turn(kind, target.checked)} />
              ${w.kinds[kind]}
            </label>`)}
        </fieldset>`}
      <p class="small quiet" id=${hint}>${waits ? sidebar.restraintWaits : w.hints[hinted]}</p>
    </div>`;
}

/** Makes it so. What waits for a connection is given up. */
async function call({ state: { supervision, restraint }, supervision: how }, approval) {
  const known = approvalOf(supervision);
  if (restraint.approve || restraint.approve_some) how.restraint.drop("approve", "approve_some");
  const restrains = covers(approval, known);
  if (restrains && covers(known, approval)) return;
  await (restrains ? how.restrain(approving(approval)) : how.loosen(approval, known));
}

/** The same, out of the menu. */
export function ApprovalDialog({ room, onClose }) {
  const state = useRoom(room);
  const { problem, act } = useAct();
  return html`
    <${Dialog} title=${sidebar.yourAgent} onClose=${onClose}>
      <${Approval} ...${{ room, state, act }} id="approval-dialog" />
      <${Problem} text=${problem} />
    <//>`;
}
