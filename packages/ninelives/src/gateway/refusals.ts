import type { HoldLimits } from './limits.js';
import type { Refusal } from './types.js';

/** A refusal as the client sees it. */
export interface RefusalWords {
  status: number;
  /** `error.type` of OpenAI's error object; SDKs choose their exception by status, people read this. */
  type: string;
  message: string;
  /** The limit behind it, for the metric of that name; null where none is. */
  limit: keyof HoldLimits | null;
}

const SERVER = 'server_error';

/** Statuses that the OpenAI SDKs send again by themselves (408, 409, 429, 5xx) are used only where that can help. */
export const REFUSALS: Record<Refusal, RefusalWords> = {
  'share-full': {
    status: 429,
    type: 'rate_limit_error',
    message: 'The queue is full, and most of it is yours. Send fewer requests at once.',
    limit: 'requestsMax',
  },
  'queue-full': {
    status: 503,
    type: SERVER,
    message: 'Too many requests are waiting for the model server.',
    limit: 'requestsMax',
  },
  'bytes-full': {
    status: 503,
    type: SERVER,
    message: 'The requests that wait for the model server fill the memory set aside for them.',
    limit: 'bytesMax',
  },
  overloaded: {
    status: 503,
    type: SERVER,
    message: 'The model server has more work waiting than it can do in the time a request is held.',
    limit: 'holdMs',
  },
  'hold-time': {
    status: 503,
    type: SERVER,
    message: 'The model server did not come back within the time a request is held.',
    limit: 'holdMs',
  },
  'answer-time': {
    status: 504,
    type: SERVER,
    message: 'The model server did not answer within the time limit.',
    limit: 'answerMs',
  },
  attempts: {
    status: 503,
    type: SERVER,
    message: 'The model server died several times while it worked on this request.',
    limit: 'copiesMax',
  },
  lost: {
    status: 502,
    type: SERVER,
    message: 'The model server died while it worked on this request, which may not be sent twice.',
    limit: null,
  },
  'invalid-answer': {
    status: 502,
    type: SERVER,
    message: 'What the model server sent is not a valid HTTP answer.',
    limit: null,
  },
  'cut-mid-stream': {
    status: 502,
    type: SERVER,
    message: 'The model server died in the middle of its answer.',
    limit: null,
  },
  quarantined: {
    status: 422,
    type: 'invalid_request_error',
    message: 'This very input killed the model server more than once while nothing else was being worked on.',
    limit: 'deathsAlone',
  },
};
