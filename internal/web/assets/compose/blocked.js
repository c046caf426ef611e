// Whether the browser lets this site notify.

import { useEffect, useState } from "../vendor.js";

export const isAllowed = () => globalThis.Notification?.permission === "granted";

/** Returns whether the browser blocks notifications from this site, also once the person has changed that. */
export function useBlocked() {
  const isBlocked = () => globalThis.Notification?.permission === "denied";
  const [blocked, setBlocked] = useState(isBlocked);
  useEffect(() => {
    const ask = () => setBlocked(isBlocked());
    const asking = navigator.permissions?.query({ name: "notifications" }).catch(() => null);
    asking?.then((permission) => permission?.addEventListener("change", ask));
    addEventListener("focus", ask);
    return () => {
      removeEventListener("focus", ask);
      asking?.then((permission) => permission?.removeEventListener("change", ask));
    };
  }, []);
  return blocked;
}
