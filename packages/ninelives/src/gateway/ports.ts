/** What the gateway needs of the machine; handed in, so that nothing in here reads a clock or /proc. */
export interface GatewayPorts {
  clock: {
    /** The same clock as the guard's. */
    monotonicMs(): number;
    wallMs(): number;
    /** @returns what calls it off. */
    after(delayMs: number, run: () => void): () => void;
  };
  /** A name for a request that has none. */
  newId(): string;
  /** One look at the backend's processes; null: they can't be seen at all. */
  look: (() => Promise<BackendLook>) | null;
  /** One line for people. Never the text of a request. */
  log(event: string, fields: { [name: string]: string | number }): void;
}

export interface BackendLook {
  /** CPU that its processes have used, ms; null: could not look. */
  cpuMs: number | null;
  /** Whose socket listens: the same text for as long as it is the same. null: nobody's, or not known. */
  incarnation: string | null;
}
