import { createLogger } from './logger';

describe('the log', () => {
  let lines: string[];
  beforeEach(() => (lines = []));
  const logger = () =>
    createLogger({ level: 'info', pretty: false, name: 'test', destination: { write: (line) => lines.push(line) } });

  it.each(['err', 'error'])('has what an error says, in the field %s', (field) => {
    logger().warn({ [field]: new RangeError('disk full') }, 'not done');
    expect(JSON.parse(lines.join(''))).toMatchObject({ [field]: { type: 'RangeError', message: 'disk full' } });
  });

  it('cuts out credentials', () => {
    logger().info({ token: 'abc', request: { authorization: 'Bearer abc' } }, 'asked');
    expect(lines.join('')).not.toContain('abc');
  });
});
