/** A directive of nginx's configuration, as nginx itself reads it. */
export interface Directive {
  readonly words: readonly string[];
  readonly body?: readonly Directive[];
}

/** Reads a configuration by nginx's own rules of words, quotes and blocks. Throws where nginx would. */
export function parseNginx(text: string): readonly Directive[] {
  const tokens = tokenize(text);
  let at = 0;
  const parseBlock = (isInner: boolean): readonly Directive[] => {
    const found: Directive[] = [];
    let words: string[] = [];
    for (; at < tokens.length;) {
      const token = tokens[at++];
      if (token === undefined) break;
      if (token.kind === 'word') words.push(token.text);
      else if (token.text === ';') {
        found.push({ words });
        words = [];
      } else if (token.text === '{') {
        found.push({ words, body: parseBlock(true) });
        words = [];
      } else if (!isInner || words.length > 0) throw new Error(`unexpected "}" after ${words.join(' ')}`);
      else return found;
    }
    if (isInner || words.length > 0) throw new Error('unexpected end of file');
    return found;
  };
  return parseBlock(false);
}

interface Token {
  readonly kind: 'word' | 'mark';
  readonly text: string;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (char === '#') while (at < text.length && text.charAt(at) !== '\n') at += 1;
    else if (';{}'.includes(char)) {
      tokens.push({ kind: 'mark', text: char });
      at += 1;
    } else {
      const quote = char === '"' || char === "'" ? char : '';
      let word = '';
      if (quote !== '') at += 1;
      for (;;) {
        if (at >= text.length) {
          if (quote === '') break;
          throw new Error('a quote does not end');
        }
        const next = text.charAt(at);
        if (next === '\\') {
          const escaped = text.charAt(at + 1);
          const known: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', '"': '"', "'": "'", '\\': '\\' };
          word += known[escaped] ?? `\\${escaped}`;
          at += 2;
        } else if (quote === '' ? /[\s;{]/.test(next) && !(next === '{' && word.endsWith('$')) : next === quote) break;
        else {
          word += next;
          at += 1;
        }
      }
      if (quote !== '') at += 1;
      tokens.push({ kind: 'word', text: word });
    }
  }
  return tokens;
}
