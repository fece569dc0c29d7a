/** Longest demo. Units: s. */
export const longestSeconds = 900;
