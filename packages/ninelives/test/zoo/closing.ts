const open = new Set<() => Promise<void>>();

/** The same, once; until then `closeAll` knows of it. */
export function closing(close: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    if (open.delete(once)) await close();
  };
  open.add(once);
  return once;
}

/** For a run that is told to end in the middle: nothing of what it has started is left. */
export async function closeAll(): Promise<void> {
  await Promise.all([...open].map((close) => close()));
}
