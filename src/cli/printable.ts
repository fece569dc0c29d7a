/**
 * Words of a stranger as one line of a terminal: without what moves its cursor, changes its colours or its title.
 */
export const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/\p{C}/gu, '?').trim();

/** The same for text that has lines of its own: those and tabs stay. */
export const printableLines = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/[^\P{C}\n\t]/gu, '');
