/** OpenAI's `error.type` values that this server uses. */
export type ErrorType = 'invalid_request_error' | 'rate_limit_error' | 'service_unavailable' | 'server_error';

export interface ApiErrorDetail {
  readonly type?: ErrorType;
  readonly param?: string;
  readonly code?: string;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfterS?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refused or failed request; its message is shown to the client as it is. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: ApiErrorDetail;

  constructor(status: number, message: string, detail: ApiErrorDetail = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
  }
}

/** The body that OpenAI clients know how to read: `{"error":{"message","type","param","code"}}`. */
export function errorBody(error: ApiError): string {
  const { type = error.status >= 500 ? 'server_error' : 'invalid_request_error', param, code } = error.detail;
  return JSON.stringify({
    error: { message: error.message, type, param: param ?? null, code: code ?? null },
  });
}

/** A 400 about one field of the request. */
export function badRequest(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, message, {
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}
