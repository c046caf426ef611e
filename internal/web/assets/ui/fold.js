// What the spellings of a name have in common, as the server compares them.

/** Returns text without what tells two spellings of a name apart. */
export const fold = (text) => text.normalize("NFKC").toLowerCase().replaceAll("’", "'");
