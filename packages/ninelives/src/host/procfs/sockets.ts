/** A TCP socket as a row of /proc/net/tcp or tcp6 shows it. */
export interface Socket {
  state: TcpState;
  /** `127.0.0.1`, `::1`, `0.0.0.0` … */
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Bytes sent and not acknowledged. */
  sendQueue: number;
  /** Bytes come in and not read; of a listening socket, connections made and not accepted. */
  receiveQueue: number;
  uid: number;
  inode: number;
}

/** include/net/tcp_states.h, from 1 on. */
const STATES = [
  ...(['ESTABLISHED', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'CLOSE'] as const),
  ...(['CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING', 'NEW-SYN-RECV'] as const),
] as const;

export type TcpState = (typeof STATES)[number];

/** Every whole row of /proc/net/tcp or tcp6 (proc_net_tcp.rst: numbers in hex). Pure and total. */
export function parseSockets(text: string): Socket[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [localAddress, localPort] = endpoint(fields[1]);
    const [remoteAddress, remotePort] = endpoint(fields[2]);
    const state = STATES[Number.parseInt(fields[3] ?? '', 16) - 1];
    const [sendQueue, receiveQueue] = (fields[4] ?? '').split(':').map((hex) => Number.parseInt(hex, 16));
    const numbers = { localPort, remotePort, sendQueue, receiveQueue, uid: Number(fields[7]) };
    const all = { ...numbers, inode: Number(fields[9]) } as Record<keyof typeof numbers | 'inode', number>;
    if (state === undefined || !Object.values(all).every(Number.isSafeInteger)) return [];
    return [{ state, localAddress, remoteAddress, ...all }];
  });
}

function endpoint(field = ''): [address: string, port: number] {
  const [address = '', port = ''] = field.split(':');
  return [addressText(address), Number.parseInt(port, 16)];
}

/** The kernel prints each 32-bit word of an address in host order, which is little-endian wherever Node runs. */
function addressText(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 4) return numbers.join('.');
  if (/^0{20}f{4}/i.test(bytes.join(''))) return numbers.slice(12).join('.');
  const groups = (bytes.join('').match(/.{4}/g) ?? []).map((group) =>
    Number.parseInt(group, 16).toString(16),
  );
  const text = groups.join(':');
  const zeros = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  )[0];
  if (!zeros) return text;
  const before = text.slice(0, zeros.index).replace(/:$/, '');
  const after = text.slice(zeros.index + zeros[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
