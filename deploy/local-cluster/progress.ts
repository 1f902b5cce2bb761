import pc from 'picocolors';

/** Steps of a long command: on a terminal each line is finished in place, elsewhere printed once when done. */
export interface Progress {
  /** Announces a step; the returned function tells how it ended. */
  step(name: string): (outcome: string) => void;
}

export function createProgress(output: NodeJS.WriteStream): Progress {
  const start = performance.now();
  return {
    step(name) {
      if (output.isTTY) output.write(`${pc.dim('…')} ${name}`);
      return (outcome) => {
        const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
        const clear = output.isTTY ? '\r\x1b[2K' : '';
        output.write(`${clear}${pc.green('✓')} ${pc.dim(`${seconds}s`)} ${name}: ${outcome}\n`);
      };
    },
  };
}
