#!/usr/bin/env node
// A committed shim, so that npm can link the command before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error(
    'ninelives-embedder: not built yet in this checkout.\n  next: npm start   (or: npm run build)',
  );
  process.exit(3);
}
await import(main.href);
