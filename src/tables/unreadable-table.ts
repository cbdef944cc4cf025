// What cannot be read as a table, in words for a person. Knows no format.

/** The one error of this room that is no bug: the file is not what it should be. */
export class UnreadableTable extends Error {}
