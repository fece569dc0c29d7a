/** Longer is no filler; it would still be speaking when the reply has come. Units: milliseconds. */
export const maxFillerMs = 15_000;

/** What one library keeps in memory, 115 MB at 192 kHz mono. Units: milliseconds. */
export const maxLibraryMs = 150_000;

/** More bytes than 15 s at 192 kHz in stereo and 64 bits; nothing larger is read. */
export const maxFileBytes = 50_000_000;
