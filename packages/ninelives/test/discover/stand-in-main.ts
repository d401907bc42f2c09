import { STAND_INS, serve } from './stand-ins.js';

// node stand-in-main.js NAME PORT: a stand-in as a program of its own.
const [name, port] = process.argv.slice(2);
await serve(STAND_INS[name as keyof typeof STAND_INS], Number(port));
process.stdout.write(`${name} serves on ${port}\n`);
