import type { ProbeSpec } from '../probe.js';
import { type Kind, parseObject, postJson, rotate, wrong } from './kind.js';
import { firstChoice, judgeLogprobs, judgeText, type TextOptions } from './text.js';

export const CHAT_DEFAULTS: TextOptions = {
  prompts: ['Reply with one word: hello', 'Reply with one word: morning', 'Reply with one word: water'],
  expect: null,
  logprobs: false,
  maxTokens: 8,
};

function optionsOf(spec: ProbeSpec): TextOptions {
  return { ...CHAT_DEFAULTS, ...(spec.options as Partial<TextOptions>) };
}

export const chat: Kind = {
  name: 'chat',
  path: '/v1/chat/completions',

  request(spec, attempt) {
    const options = optionsOf(spec);
    return postJson({
      ...(spec.model === null ? {} : { model: spec.model }),
      messages: [{ role: 'user', content: rotate(options.prompts, attempt) }],
      max_tokens: options.maxTokens,
      temperature: 0,
      ...(options.logprobs ? { logprobs: true } : {}),
      stream: false,
    });
  },

  judge(answer, spec) {
    const parsed = parseObject(answer);
    if ('judgement' in parsed) return parsed.judgement;
    const first = firstChoice(parsed.object);
    if ('judgement' in first) return first.judgement;
    const message = first.choice.message;
    if (typeof message !== 'object' || message === null) return wrong('the first choice has no `message`');
    // A reasoning model may spend all of a small budget before its answer: thinking is work, too.
    const { content, reasoning_content, reasoning } = message as { [key: string]: unknown };
    const texts = [content, reasoning_content, reasoning].filter((text) => typeof text === 'string');
    return judgeLogprobs(first.choice) ?? judgeText(texts.join(' '), optionsOf(spec).expect);
  },
};
