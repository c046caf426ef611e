// What the spellings of a text have in common, as the server looks for names in it (internal/core/room/mention.go).

/** Returns text without what tells two spellings of it apart. */
export const fold = (text) => text.normalize("NFKC").toLowerCase().replaceAll("’", "'");
