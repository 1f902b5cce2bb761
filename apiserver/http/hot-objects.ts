import type { Encoded } from '../registry/registry';

const MAX_OBJECTS = 512;
const MAX_BYTES_EACH = 64 * 1024;

/** The JSON of objects that were asked for lately, which is otherwise put together from the stored bytes each time. */
export class HotObjects {
  private readonly known = new Map<Encoded, Buffer>();

  jsonOf(encoded: Encoded): Buffer {
    const known = this.known.get(encoded);
    if (known !== undefined) return known;
    const { json } = encoded;
    if (json.length > MAX_BYTES_EACH) return json;
    if (this.known.size >= MAX_OBJECTS) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    this.known.set(encoded, json);
    return json;
  }
}
