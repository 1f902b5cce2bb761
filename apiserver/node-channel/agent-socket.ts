/** As much of a socket as the server's end of the node channel uses: socket.io's, or one without a wire. */
export interface AgentSocket {
  readonly connected: boolean;
  readonly handshake: { readonly address: string };
  /** Tells of whatever comes from the other end, answers to pings too. */
  readonly conn: { on(event: 'packet', handler: () => void): unknown };
  emit(event: string, ...parts: unknown[]): unknown;
  /** What does not leave at once is lost. */
  readonly volatile: { emit(event: string, ...parts: unknown[]): unknown };
  on(event: string, handler: (payload: unknown, ack: unknown) => void): unknown;
  once(event: string, handler: () => void): unknown;
  off(event: string, handler: () => void): unknown;
  disconnect(close: boolean): unknown;
  /** Of handlers for one event; 0 is any number. */
  setMaxListeners(count: number): unknown;
}
