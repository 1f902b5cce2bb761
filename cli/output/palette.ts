import pc from 'picocolors';

export interface Palette {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  /** A colour of its own for the n-th of several sources. */
  readonly source: (index: number, text: string) => string;
}

export function createPalette(colours: boolean): Palette {
  const { dim, bold, green, red, yellow, cyan, magenta, blue } = pc.createColors(colours);
  const sources = [cyan, magenta, yellow, green, blue];
  return {
    dim,
    bold,
    good: green,
    bad: red,
    warn: yellow,
    source: (index, text) => (sources[index % sources.length] ?? cyan)(text),
  };
}

const BAD =
  /^(Error|CrashLoopBackOff|ImagePullBackOff|ErrImagePull|ErrImageArchitecture|ErrImageNeverPull|OOMKilled|Failed|Evicted|InvalidImageName|CreateContainerConfigError|NotReady.*)$/;
const GOOD = /^(Running|Completed|Succeeded|Active|Ready|Bound)$/;
const WAITING = /^(Pending|ContainerCreating|PodInitializing|Terminating|Init:.*|Unknown|Ready,SchedulingDisabled)$/;

/** A status word in the colour of what it means. `shown`: what a narrow table has left of it. */
export function colourStatus(palette: Palette, word: string, shown = word): string {
  if (BAD.test(word)) return palette.bad(shown);
  if (GOOD.test(word)) return palette.good(shown);
  return WAITING.test(word) ? palette.warn(shown) : shown;
}
