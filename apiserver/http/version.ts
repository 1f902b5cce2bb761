/** The Kubernetes version whose API this is, with our own behind the plus. */
export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+pinsetter-0.1.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'tsc',
  platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;
