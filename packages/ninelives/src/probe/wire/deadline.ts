/** The one limit of an attempt: everything it does ends with `signal`. */
export interface Deadline {
  signal: AbortSignal;
  /** Which came first: our own limit, or the caller's abort; null while neither has. */
  cause(): 'deadline' | 'cancelled' | null;
  /** Settles as `work` does, or rejects at the deadline even when `work` ignores the signal. */
  within<T>(work: Promise<T>): Promise<T>;
  /** Takes the listeners off and aborts whatever is still open. Call it once, in a `finally`. */
  end(): void;
}

/**
 * Joined by hand instead of AbortSignal.any(): on a caller's signal that lives as long as the daemon,
 * `any` keeps every dependent signal alive in the Node versions we support.
 */
export function startDeadline(parent: AbortSignal, limitMs: number): Deadline {
  const controller = new AbortController();
  const timer = AbortSignal.timeout(Math.max(0, Math.ceil(limitMs)));
  let cause: 'deadline' | 'cancelled' | null = null;
  let giveUp: (reason: Error) => void = () => {};
  const given = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  given.catch(() => {}); // nobody may be waiting when it fires

  const stop = (why: 'deadline' | 'cancelled') => {
    if (cause !== null) return;
    cause = why;
    const reason = new Error(why);
    controller.abort(reason);
    giveUp(reason);
  };
  const onTimer = () => stop('deadline');
  const onParent = () => stop('cancelled');
  timer.addEventListener('abort', onTimer);
  parent.addEventListener('abort', onParent);
  if (parent.aborted) onParent();

  return {
    signal: controller.signal,
    cause: () => cause,
    within: (work) => {
      work.catch(() => {}); // it may fail after we stopped listening
      return Promise.race([work, given]);
    },
    end: () => {
      timer.removeEventListener('abort', onTimer);
      parent.removeEventListener('abort', onParent);
      controller.abort();
    },
  };
}
