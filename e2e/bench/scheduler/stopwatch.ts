/** How often something is done each second. */
export interface Rates {
  readonly perSecond: number;
  /** By the process's own CPU time: what others on the machine take of it does not count. */
  readonly perCpuSecond: number;
}

/** Stops time and CPU time, with pauses for what is not measured. */
export class Stopwatch {
  private wallMs = 0;
  private cpuMs = 0;
  private wallAt = 0;
  private cpuAt: NodeJS.CpuUsage | undefined;

  go(): this {
    this.cpuAt = process.cpuUsage();
    this.wallAt = performance.now();
    return this;
  }

  pause(): void {
    this.wallMs += performance.now() - this.wallAt;
    const { user, system } = process.cpuUsage(this.cpuAt);
    this.cpuMs += (user + system) / 1_000;
  }

  /** How often each second, for so many of something. */
  rates(count: number): Rates {
    this.pause();
    return { perSecond: (1_000 * count) / this.wallMs, perCpuSecond: (1_000 * count) / this.cpuMs };
  }
}
