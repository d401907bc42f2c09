import type { ProbeSpec } from '../probe.js';
import { type Kind, parseObject, postJson, rotate, wrong } from './kind.js';
import { firstChoice, judgeLogprobs, judgeText, type TextOptions } from './text.js';

export const COMPLETIONS_DEFAULTS: TextOptions = {
  prompts: ['The capital of France is', 'One, two, three,', 'Once upon a time there was'],
  expect: null,
  logprobs: false,
  maxTokens: 8,
};

function optionsOf(spec: ProbeSpec): TextOptions {
  return { ...COMPLETIONS_DEFAULTS, ...(spec.options as Partial<TextOptions>) };
}

export const completions: Kind = {
  name: 'completions',
  path: '/v1/completions',

  request(spec, attempt) {
    const options = optionsOf(spec);
    return postJson({
      ...(spec.model === null ? {} : { model: spec.model }),
      prompt: rotate(options.prompts, attempt),
      max_tokens: options.maxTokens,
      temperature: 0,
      ...(options.logprobs ? { logprobs: 1 } : {}),
      stream: false,
    });
  },

  judge(answer, spec) {
    const parsed = parseObject(answer);
    if ('judgement' in parsed) return parsed.judgement;
    const first = firstChoice(parsed.object);
    if ('judgement' in first) return first.judgement;
    const text = first.choice.text;
    if (typeof text !== 'string') return wrong('the first choice has no `text`');
    return judgeLogprobs(first.choice) ?? judgeText(text, optionsOf(spec).expect);
  },
};
