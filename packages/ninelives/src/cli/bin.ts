import { fileURLToPath } from 'node:url';

/** This command's own file. */
export const BIN = fileURLToPath(new URL('../../../bin/ninelives.js', import.meta.url));
