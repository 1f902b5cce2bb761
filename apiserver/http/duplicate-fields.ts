/** An object or list that the scan is inside of. */
interface Level {
  readonly path: string;
  /** Keys seen so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  /** The key whose value comes, or undefined while a key is awaited. */
  key: string | undefined;
  index: number;
}

const pathIn = ({ path, keys, key = '', index }: Level): string => {
  if (keys === undefined) return `${path}[${index}]`;
  return path === '' ? key : `${path}.${key}`;
};

/** Paths (`spec.containers[0].image`) of the keys that an object of a JSON text has more than once; each path once, in
 * the order of the text, which must be valid JSON: the parser itself keeps only the last of them. */
export function duplicateFields(json: string): readonly string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const level = levels.at(-1);
    switch (json[at]) {
      case '"': {
        const end = endOfString(json, at);
        if (level?.keys !== undefined && level.key === undefined) {
          level.key = JSON.parse(json.slice(at, end + 1)) as string;
          if (level.keys.has(level.key)) found.add(pathIn(level));
          level.keys.add(level.key);
        }
        at = end;
        break;
      }
      case '{':
      case '[': {
        const keys = json[at] === '{' ? new Set<string>() : undefined;
        levels.push({ path: level === undefined ? '' : pathIn(level), keys, key: undefined, index: 0 });
        break;
      }
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (level !== undefined) {
          level.key = undefined;
          level.index += 1;
        }
        break;
      default:
    }
  }
  return [...found];
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
