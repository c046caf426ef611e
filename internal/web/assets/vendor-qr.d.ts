// The type of what vendor-qr.js exports.

/** Returns which modules of a QR code are dark, row by row, with its border. */
export function modulesOf(text: string): boolean[][];
