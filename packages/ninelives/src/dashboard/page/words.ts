/** Times as this browser's owner reads them. */

export function clock(wallMs: number): string {
  return new Date(wallMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function dayAndTime(wallMs: number): string {
  return new Date(wallMs).toLocaleString([], {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}

export function shortTime(wallMs: number): string {
  return new Date(wallMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
