import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The other proxies and the load generator: Debian's packages, unpacked into a folder and never installed, so no
 * service of theirs ever starts here and no root is needed. What a package needs and is not on every Debian is named.
 */
const PROGRAMS = {
  haproxy: {
    packages: ['haproxy', 'liblua5.3-0', 'libopentracing1', 'libopentracing-c-wrapper0', 'libpcre2-8-0'],
    path: 'usr/sbin/haproxy',
    version: [['-v'], /version ([\d.]+)/],
  },
  nginx: {
    packages: [
      ...['nginx', 'nginx-common', 'libnginx-mod-http-ndk', 'libnginx-mod-http-lua', 'libpcre3'],
      ...['lua-resty-core', 'lua-resty-lrucache', 'libluajit2-5.1-2'],
    ],
    path: 'usr/sbin/nginx',
    version: [['-v'], /nginx\/([\d.]+)/],
  },
  // Stable's 2.6 neither replays POST bodies nor retries by status; both came with 2.11 (caddyserver/caddy#7569).
  caddy: {
    packages: ['caddy'],
    suite: 'unstable',
    path: 'usr/bin/caddy',
    version: [['version'], /v?([\d.]+)/],
  },
  wrk: {
    packages: ['wrk', 'libluajit2-5.1-2'],
    path: 'usr/bin/wrk',
    version: [['-v'], /wrk (?:debian\/)?([\d.]+)/],
  },
};

/**
 * @param folder where they are kept between runs
 * @returns {{programs: {[name]: {path, env, version, root}}, missing: string[]}} `missing`: a sentence for each that
 *   could not be had
 */
export function ensurePrograms(folder) {
  const programs = {};
  const missing = [];
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const root = join(folder, name);
    const why = existsSync(join(root, program.path)) ? null : unpack(name, program, root);
    const path = join(root, program.path);
    const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'lib/x86_64-linux-gnu'];
    const env = { ...process.env, LD_LIBRARY_PATH: libraries.map((part) => join(root, part)).join(':') };
    const [args, pattern] = program.version;
    const { stdout, stderr } = spawnSync(path, args, { env, encoding: 'utf8' });
    const version = pattern.exec(`${stdout}${stderr}`)?.[1];
    if (version) programs[name] = { path, env, version, root };
    else missing.push(`without ${name}: ${why ?? `it does not run here: ${stderr || 'no version'}`}`.trim());
  }
  return { programs, missing };
}

/** @returns why not, or null */
function unpack(name, { packages, suite }, root) {
  const debs = join(root, 'debs');
  mkdirSync(debs, { recursive: true });
  const apt = suite ? aptOf(suite, join(root, 'apt')) : [];
  if (typeof apt === 'string') return apt;
  const fetched = spawnSync('apt-get', [...apt, 'download', ...packages], { cwd: debs, encoding: 'utf8' });
  if (fetched.error) return 'its Debian packages need apt-get';
  if (fetched.status !== 0) return `its Debian packages could not be fetched: ${lastLine(fetched.stderr)}`;
  for (const deb of readdirSync(debs)) {
    const { status, stderr } = spawnSync('dpkg-deb', ['-x', deb, root], { cwd: debs, encoding: 'utf8' });
    if (status !== 0) return `${name} could not be unpacked: ${lastLine(stderr)}`;
  }
  return null;
}

/** apt's options for another suite of the mirror that this machine uses, with lists of its own; or why not. */
function aptOf(suite, folder) {
  const mirror = mirrorOf('/etc/apt/sources.list') ?? mirrorOf('/etc/apt/sources.list.d/debian.sources');
  if (!mirror) return 'no Debian mirror is named in /etc/apt';
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  for (const part of ['lists/partial', 'cache']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  const options = [
    ['Dir::Etc::sourcelist', join(folder, 'sources.list')],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(folder, 'lists')],
    ['Dir::Cache', join(folder, 'cache')],
    // The user _apt may not write into folders of ours.
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const { status, stderr } = spawnSync('apt-get', [...options, 'update'], { encoding: 'utf8' });
  return status === 0 ? options : `the lists of ${suite} could not be fetched: ${lastLine(stderr)}`;
}

function mirrorOf(file) {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  return /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(text)?.[1] ?? null;
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
