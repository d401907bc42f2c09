import { excerpt, type Judgement, OK, show, wrong } from './kind.js';

/** Settings of `kind: chat` and `kind: completions` in ProbeSpec.options. */
export interface TextOptions {
  /** Each attempt sends the next one. */
  prompts: string[];
  /** What the text must contain, whatever the case; null when any sane text will do. */
  expect: string | null;
  /** Ask for the log-probabilities of the tokens: NaN shows there even where the text looks sane. */
  logprobs: boolean;
  /** Small: the probe proves that tokens come, not that they are wise. */
  maxTokens: number;
}

/**
 * NaN logits select token 0 over and over, which is "!" in most vocabularies; other broken kernels give
 * "GGGG" or "@@@@". Four of one character and nothing else is no answer to any of our prompts.
 */
const ONE_CHARACTER = /^(\S)\1{3,}$/u;
/** Each number of an answer is looked at, but not more of them than a probe can have asked for. */
const LOGPROBS_MAX = 100_000;

/** Is this a text that a working model may have written? */
export function judgeText(text: string, expect: string | null): Judgement {
  const trimmed = text.trim();
  if (trimmed === '') return wrong('the text is empty');
  if (ONE_CHARACTER.test(trimmed.replace(/\s+/g, ''))) {
    return wrong(`the text is one character over and over ("${excerpt(trimmed, 12)}"): broken logits`);
  }
  if (expect !== null && !trimmed.toLowerCase().includes(expect.toLowerCase())) {
    return wrong(`the text "${excerpt(trimmed, 60)}" does not contain "${excerpt(expect, 40)}"`);
  }
  return OK;
}

/**
 * Log-probabilities, where the answer has them, must be numbers: NaN becomes null in JSON. Chat has `content[].logprob`,
 * completions `token_logprobs`, whose first may be null (a token that nothing came before).
 * @returns null when there is nothing wrong with them, or there are none
 */
export function judgeLogprobs(choice: { [key: string]: unknown }): Judgement | null {
  const { logprobs } = choice;
  if (typeof logprobs !== 'object' || logprobs === null) return null;
  const { content, token_logprobs: tokens } = logprobs as { [key: string]: unknown };
  const ofChat = (Array.isArray(content) ? content : []).map((entry) => entry?.logprob);
  const ofTokens = (Array.isArray(tokens) ? tokens : []).filter((value, at) => at > 0 || value !== null);
  const broken = [...ofChat, ...ofTokens].slice(0, LOGPROBS_MAX).find((value) => !Number.isFinite(value));
  if (broken === undefined && !ofChat.includes(undefined)) return null;
  return wrong(`a log-probability is ${show(broken, 20)}, not a number: broken logits`);
}

/** `choices[0]` of an OpenAI answer, or why there is none. */
export function firstChoice(object: {
  [key: string]: unknown;
}): { choice: { [key: string]: unknown } } | { judgement: Judgement } {
  const { choices, error } = object;
  if (!Array.isArray(choices) || typeof choices[0] !== 'object' || choices[0] === null) {
    const what = error === undefined ? 'no `choices`' : `an error inside a success: ${show(error)}`;
    return { judgement: wrong(`the answer has ${what}`) };
  }
  return { choice: choices[0] };
}
