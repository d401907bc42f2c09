// The one way in: every npm script of this repository is `node scripts/bootstrap.mjs COMMAND`.
// No dependency, and no syntax that an old Node can't read, so that it can say what it needs.
// npm's own pre/post/prepare scripts are not used: they don't run under ignore-scripts (see .npmrc).

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `ninelives needs Node 20.19 or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  );
  console.error('  next: install Node 20, 22 or 24, then run the same command again');
  process.exit(3);
}

const { runCommand } = await import('./commands.mjs');
await runCommand(process.argv[2], process.argv.slice(3));
