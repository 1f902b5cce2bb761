/** Which texts Kubernetes takes as names. Each rule returns what is wrong, empty when nothing is (util/validation). */
export type NameRule = (text: string) => readonly string[];

const ALNUM = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${ALNUM}(\\.${ALNUM})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

function rule(options: { pattern: string; text: string; examples: readonly string[]; max?: number }): NameRule {
  const regex = whole(options.pattern);
  const examples = options.examples.map((example) => `'${example}'`).join(',  or ');
  const message = `${options.text} (e.g. ${examples}, regex used for validation is '${options.pattern}')`;
  return (text) => [
    ...(options.max !== undefined && text.length > options.max ? [tooLong(options.max)] : []),
    ...(regex.test(text) ? [] : [message]),
  ];
}

const tooLong = (max: number): string => `must be no more than ${max} bytes`;

const label = rule({
  pattern: ALNUM,
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
  max: 63,
});

export const isDns1123Label: NameRule = (text) =>
  text.length <= 63 && text.includes('.') && isDns1123Subdomain(text).length === 0
    ? ['must not contain dots']
    : label(text);

export const isDns1123Subdomain = rule({
  pattern: SUBDOMAIN,
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  max: 253,
});

export const isDns1035Label = rule({
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
  max: 63,
});

/** A name that stands in a URL path. */
export const isPathSegment: NameRule = (text) => {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%']
    .filter((character) => text.includes(character))
    .map((character) => `may not contain '${character}'`);
};

const namePart = rule({
  pattern: QUALIFIED,
  text: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyName', 'my.name', '123-abc'],
});

/** A label or annotation key: `name` or `example.com/name`. */
export const isQualifiedName: NameRule = (text) => {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (parts.length > 2) {
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined)
    problems.push(...isDns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`));
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${tooLong(63)}`);
  return [...problems, ...namePart(name)];
};

export const isLabelValue = rule({
  pattern: `(${QUALIFIED})?`,
  text: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
  max: 63,
});

/** A key of a ConfigMap or Secret. */
export const isConfigKey: NameRule = (text) => {
  if (text === '.' || text === '..') return [`must not be '${text}'`];
  if (text.startsWith('..')) return ["must not start with '..'"];
  return configKey(text);
};
const configKey = rule({
  pattern: '[-._a-zA-Z0-9]+',
  text: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
  max: 253,
});

export const isHeaderName = rule({
  pattern: '[-A-Za-z0-9]+',
  text: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

/** A DNS subdomain any label of which may have underscores. */
export const isDns1123SubdomainWithUnderscore = rule({
  pattern: SUBDOMAIN.replaceAll('[a-z0-9]', '[_a-z0-9]').replaceAll('[-a-z0-9]', '[-_a-z0-9]'),
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
  max: 253,
});

export const isEnvName: NameRule = (text) => {
  if (text === '') return ['environment variable name must be non-empty'];
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(text)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

/** The name of a container's port (IANA_SVC_NAME). */
export const isPortName: NameRule = (text) => [
  ...(text.length > 15 ? ['must be no more than 15 characters'] : []),
  ...(/^[-a-z0-9]+$/.test(text) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(text) ? [] : ['must contain at least one letter (a-z)']),
  ...(text.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(text.startsWith('-') || text.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];
