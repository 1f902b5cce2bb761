import { requestLine } from './request-log';

const line = (over: object): string =>
  requestLine(
    { verb: 'get', path: '/api/v1/pods', resource: 'pods', status: 200, durationMs: 1.6, user: 'admin', ...over },
    1_700_000_000_000,
    '"pid":7,"hostname":"box","name":"apiserver"',
  );

describe('a line of the request log', () => {
  it('is a line of JSON with what was asked, by whom, and how it ended', () => {
    expect(JSON.parse(line({}))).toEqual({
      level: 30,
      time: 1_700_000_000_000,
      pid: 7,
      hostname: 'box',
      name: 'apiserver',
      verb: 'get',
      path: '/api/v1/pods',
      status: 200,
      ms: 2,
      user: 'admin',
      msg: '[MUX] get /api/v1/pods 200 2ms admin',
    });
  });

  it.each(['"}\n{"level":60,"msg":"forged"', 'a\\', '\u0000\u007f\u2028', 'Zoë 😀', 'tab\there'])(
    'says %j in one line, in ASCII, as it was',
    (text) => {
      const written = line({ path: text, user: text });
      expect(written).toMatch(/^[ -~]+\n$/);
      expect(JSON.parse(written)).toMatchObject({ path: text, user: text });
    },
  );
});
