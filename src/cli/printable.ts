/**
 * Words of a stranger as one line of a terminal: without what moves its cursor, changes its colours or its title.
 */
export const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/\p{C}/gu, '?').trim();

/**
 * The same for text that has lines of its own: those and tabs stay, and so do the joiners that several scripts are written
 * with. What turns the direction of a line does not.
 */
export const printableLines = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
