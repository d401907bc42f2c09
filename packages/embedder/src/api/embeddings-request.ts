import { badRequest } from './openai-error.js';

/** What a request is held against. */
export interface RequestRules {
  /** Most elements of `input`. */
  readonly maxInputs: number;
  /** Most UTF-16 units of one text; bounds the time one text can hold the event loop while it is tokenised. */
  readonly maxCharsPerInput: number;
  /** Token ids are below this. */
  readonly vocabularySize: number;
  /** The model's own vector length, and so the most that `dimensions` may ask for. */
  readonly nativeDimensions: number;
  /** Whether this server answers to that model name. */
  readonly servesModel: (name: string) => boolean;
  readonly modelId: string;
}

/** A valid request. `inputs` is never empty; `dimensions` is at most the model's own. */
export interface EmbeddingsRequest {
  readonly inputs: readonly (string | readonly number[])[];
  readonly encoding: 'float' | 'base64';
  readonly dimensions: number;
  readonly taskName: string | undefined;
}

/** Checks the body of POST /v1/embeddings; throws an ApiError with status 400 that names the field. */
export function parseEmbeddingsRequest(body: unknown, rules: RequestRules): EmbeddingsRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('The request body must be a JSON object such as {"model": "…", "input": "some text"}.');
  }
  const fields = body as Record<string, unknown>;
  const model = optionalString(fields, 'model');
  if (model !== undefined && !rules.servesModel(model)) {
    throw badRequest(
      `The model '${clip(model)}' is not served here; this server has '${rules.modelId}'.`,
      'model',
      'model_not_found',
    );
  }
  const encoding = optionalString(fields, 'encoding_format') ?? 'float';
  if (encoding !== 'float' && encoding !== 'base64') {
    throw badRequest(
      `'encoding_format' must be 'float' or 'base64', not '${clip(encoding)}'.`,
      'encoding_format',
    );
  }
  optionalString(fields, 'user');
  return {
    inputs: parseInput(fields.input, rules),
    encoding,
    dimensions: parseDimensions(fields.dimensions, rules),
    taskName: optionalString(fields, 'task_name'),
  };
}

function parseInput(input: unknown, rules: RequestRules): EmbeddingsRequest['inputs'] {
  if (input === undefined || input === null)
    throw badRequest("'input' is required.", 'input', 'missing_input');
  if (typeof input === 'string') return [checkText(input, 'input', rules)];
  if (!Array.isArray(input)) throw wrongInput(input, 'input');
  const elements = input as unknown[];
  if (elements.length === 0) throw badRequest("'input' must not be an empty array.", 'input', 'empty_input');
  if (typeof elements[0] === 'number') return [checkTokens(elements, 'input', rules)];
  if (elements.length > rules.maxInputs) {
    throw badRequest(
      `'input' has ${elements.length} elements; this server takes at most ${rules.maxInputs} a request.`,
      'input',
      'too_many_inputs',
    );
  }
  if (Array.isArray(elements[0])) {
    return elements.map((tokens, at) => checkTokens(tokens, `input[${at}]`, rules));
  }
  return elements.map((text, at) => checkText(text, `input[${at}]`, rules));
}

function checkText(text: unknown, param: string, rules: RequestRules): string {
  if (typeof text !== 'string') throw wrongInput(text, param);
  if (text === '') throw badRequest(`'${param}' must not be an empty string.`, 'input', 'empty_input');
  if (text.length > rules.maxCharsPerInput) {
    throw badRequest(
      `'${param}' has ${text.length} characters; this server takes at most ${rules.maxCharsPerInput} a text.`,
      'input',
      'text_too_long',
    );
  }
  return text;
}

function checkTokens(tokens: unknown, param: string, rules: RequestRules): readonly number[] {
  if (!Array.isArray(tokens)) throw wrongInput(tokens, param);
  if (tokens.length === 0) throw badRequest(`'${param}' must not be an empty array.`, 'input', 'empty_input');
  for (const token of tokens as unknown[]) {
    if (typeof token !== 'number' || !Number.isInteger(token)) throw wrongInput(token, param);
    if (token < 0 || token >= rules.vocabularySize) {
      throw badRequest(
        `'${param}' holds the token ${token}; this model's tokens are 0 to ${rules.vocabularySize - 1}.`,
        'input',
        'invalid_token',
      );
    }
  }
  return tokens as number[];
}

function wrongInput(value: unknown, param: string): Error {
  return badRequest(
    `'${param}' is ${nameType(value)}; 'input' must be a string, an array of strings, an array of tokens, or an array of token arrays.`,
    'input',
    'invalid_type',
  );
}

function parseDimensions(value: unknown, rules: RequestRules): number {
  if (value === undefined || value === null) return rules.nativeDimensions;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw badRequest("'dimensions' must be a whole number of at least 1.", 'dimensions', 'invalid_type');
  }
  if (value > rules.nativeDimensions) {
    throw badRequest(
      `'dimensions' is ${value}; this model's vectors have ${rules.nativeDimensions}.`,
      'dimensions',
      'invalid_dimensions',
    );
  }
  return value;
}

function optionalString(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') {
    throw badRequest(`'${name}' must be a string, not ${nameType(value)}.`, name, 'invalid_type');
  }
  return value;
}

function nameType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
