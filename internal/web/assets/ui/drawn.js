// When a change is on the screen.

/** Calls act once what has changed is drawn. */
export const onceDrawn = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
