const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * A word of nginx's configuration that stands for exactly this text: whatever is in it, it ends nothing and begins
 * nothing. Throws where no word can: control characters, which nobody needs. Where nginx looks for variables in a word,
 * dollar signs are the caller's business.
 */
export function quoted(text: string): string {
  if (CONTROL.test(text)) throw new RangeError('a word of the configuration may not have control characters');
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** A regular expression (PCRE) that matches this text and nothing else. */
export const literally = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}#]/g, '\\$&');

export interface Line {
  readonly text: string;
  /** Whose it is: `namespace/name` of an Ingress, or a port as `TCP/9000`. */
  readonly owner?: string;
}

/** `head { body }`, indented. */
export const block = (head: string, body: readonly Line[], owner?: string): readonly Line[] => [
  line(`${head} {`, owner),
  ...body.map((each) => ({ ...each, text: `  ${each.text}` })),
  line('}', owner),
];

export const line = (text: string, owner?: string): Line => (owner === undefined ? { text } : { text, owner });
