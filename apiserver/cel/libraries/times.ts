import type { Environment } from '@marcbachmann/cel-js';

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';

/** The conversions of CEL's standard that take what is one already. */
export function addTimes(environment: Environment): void {
  environment.registerFunction(`timestamp(${TIMESTAMP}): ${TIMESTAMP}`, (time: Date) => time);
  environment.registerFunction(`duration(${DURATION}): ${DURATION}`, (duration: unknown) => duration);
}
