import { excerpt, type Judgement, OK, show, wrong } from './kind.js';

/** Settings of `kind: chat` and `kind: completions` in ProbeSpec.options. */
export interface TextOptions {
  /** Each attempt sends the next one. */
  prompts: string[];
  /** What the text must contain, whatever the case; null when any sane text will do. */
  expect: string | null;
  /** Small: the probe proves that tokens come, not that they are wise. */
  maxTokens: number;
}

/**
 * NaN logits select token 0 over and over, which is "!" in most vocabularies; other broken kernels give
 * "GGGG" or "@@@@". Four of one character and nothing else is no answer to any of our prompts.
 */
const ONE_CHARACTER = /^(\S)\1{3,}$/u;

/** Is this a text that a working model may have written? */
export function judgeText(text: string, expect: string | null): Judgement {
  const trimmed = text.trim();
  if (trimmed === '') return wrong('the text is empty');
  if (ONE_CHARACTER.test(trimmed)) {
    return wrong(`the text is one character over and over ("${excerpt(trimmed, 12)}"): broken logits`);
  }
  if (expect !== null && !trimmed.toLowerCase().includes(expect.toLowerCase())) {
    return wrong(`the text "${excerpt(trimmed, 60)}" does not contain "${excerpt(expect, 40)}"`);
  }
  return OK;
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
