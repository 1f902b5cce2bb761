import type { ServerResponse } from 'node:http';

/** Larger answers are not noted whole. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Keeps what an answer carries while it goes out. */
export class ResponseRecorder {
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly response: ServerResponse) {
    const { write, end } = response;
    response.write = ((...args: unknown[]) => {
      this.take(args[0]);
      return Reflect.apply(write, response, args) as boolean;
    }) as ServerResponse['write'];
    response.end = ((...args: unknown[]) => {
      this.take(args[0]);
      return Reflect.apply(end, response, args) as ServerResponse;
    }) as ServerResponse['end'];
  }

  /** Undefined for an answer that carries no JSON. */
  object(): { readonly value?: unknown; readonly isTooLarge: boolean } | undefined {
    if (this.size > MAX_BYTES) return { isTooLarge: true };
    if (this.size === 0 || !String(this.response.getHeader('content-type')).startsWith('application/json'))
      return undefined;
    try {
      return { value: JSON.parse(Buffer.concat(this.chunks).toString('utf8')) as unknown, isTooLarge: false };
    } catch {
      // Cut off because the client went: there is no whole answer.
      return undefined;
    }
  }

  private take(chunk: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    this.size += bytes.length;
    if (this.size > MAX_BYTES) this.chunks = [];
    else this.chunks.push(bytes);
  }
}
