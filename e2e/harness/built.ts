import path from 'node:path';

// Tests run from the sources, benchmarks from dist/.
const here = path.resolve(__dirname, '..', '..');
export const CHECKOUT = path.basename(here) === 'dist' ? path.dirname(here) : here;
export const dist = (...parts: string[]): string => path.join(CHECKOUT, 'dist', ...parts);
export const SERVER = dist('apiserver', 'main.js');
export const AGENT = dist('kubelet', 'main.js');
