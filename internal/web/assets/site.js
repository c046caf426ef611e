// Where this page comes from. Assets are at {root}assets/{version}/, and a server may have
// its root below a path of its own.

/** The address of the server, with a slash at its end. */
export const root = new URL("../../", import.meta.url);

/** The version of this page. */
export const version = import.meta.url.split("/").at(-2) ?? "";

/** Returns the address of a path below the root, such as "mcp". */
export const at = (path) => new URL(path, root).href;
