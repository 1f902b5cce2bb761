/** What is counted and noted of a request that has been answered. */
export interface FinishedRequest {
  readonly verb: string;
  readonly path: string;
  readonly resource: string;
  readonly status: number;
  readonly durationMs: number;
  readonly user: string;
}
