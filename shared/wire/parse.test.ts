import { parseHeartbeat, parseJoinRequest, parsePodStatusReport, parseRegistration } from './parse-agent';
import { parseAck, parseDone, parseSync } from './parse-server';
import { parseStreamCredit, parseStreamData, parseStreamOpen } from './parse-stream';

it.each([
  ['no object', () => parseRegistration('x'), /register: expected an object/],
  [
    'a bad revision',
    () =>
      parseRegistration({
        nodeName: 'n',
        bootId: '',
        agentVersion: '',
        status: {},
        labels: {},
        pods: [],
        lastRevision: -1,
      }),
    /lastRevision/,
  ],
  ['a nameless pod', () => parsePodStatusReport({ uid: '', namespace: 'a', name: 'b', status: {} }), /podStatus\.uid/],
  ['a name no node has', () => parseJoinRequest({ nodeName: 'N 1', certificateRequest: '' }), /nodeName/],
  ['missing figures', () => parseHeartbeat({ sequence: 1, sentAtMs: 1, usage: {}, conditions: [] }), /usage\.cpuMilli/],
  ['an unknown stream', () => parseStreamOpen({ streamId: 1, request: { type: 'dance' } }), /request\.type/],
  ['a channel too many', () => parseStreamData({ streamId: 1, channel: 5, data: Buffer.alloc(1) }), /channel/],
  ['text for bytes', () => parseStreamData({ streamId: 1, channel: 1, data: 'text' }), /data: expected bytes/],
  ['too large a frame', () => parseStreamData({ streamId: 1, channel: 1, data: Buffer.alloc(300_000) }), /at most/],
  ['credit without end', () => parseStreamCredit({ streamId: 1, channel: 1, bytes: 1e12 }), /bytes/],
  [
    'a pod without a spec',
    () =>
      parseSync({
        kind: 'full',
        revision: 1,
        removed: [],
        pods: [{ metadata: { uid: 'u', namespace: 'n', name: 'p', resourceVersion: '1' } }],
      }),
    /pods\[0\]\.spec/,
  ],
  ['an answer that is none', () => parseAck({ neither: 1 }, parseDone), /status/],
])('refuses %s, naming the field', (_what, parse, message) => {
  expect(parse).toThrow(message);
});
