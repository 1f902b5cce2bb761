/** Cuts a stream of JSON documents, one a line, at its lines, wherever the chunks were cut. */
export class JsonLines {
  private rest: Buffer = Buffer.alloc(0);

  /** The documents that are whole now. A line that is no JSON is passed over. */
  push(chunk: Buffer): readonly unknown[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(0x0a);
    this.rest = bytes.subarray(end + 1);
    return bytes
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')
      .flatMap(parse);
  }
}

function parse(line: string): readonly unknown[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
