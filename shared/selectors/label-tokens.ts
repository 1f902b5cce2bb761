export interface Token {
  readonly type: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const SYMBOLS = ['==', '!=', '!', '=', '(', ')', ',', '>', '<'];

/** Splits a label selector into words and symbols; blanks only separate. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let position = 0; position < text.length;) {
    const rest = text.slice(position);
    const blank = /^\s+/.exec(rest)?.[0];
    if (blank !== undefined) {
      position += blank.length;
      continue;
    }
    const symbol = SYMBOLS.find((each) => rest.startsWith(each));
    const word = symbol ?? /^[^\s=!(),<>]+/.exec(rest)?.[0] ?? rest;
    tokens.push({ type: symbol === undefined ? 'word' : 'symbol', text: word });
    position += word.length;
  }
  return [...tokens, { type: 'end', text: '' }];
}
