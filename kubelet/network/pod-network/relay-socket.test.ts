import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { parseCidr } from '../../../shared/cidr';
import type { RelayFrames } from '../../../shared/wire/pod-network';
import { RelaySocket } from './relay-socket';

const PEER_VNI = 5_002;

/** As the kernel would send it to the agent, but from a port that anybody may have. */
it('takes no frames of programs that are not root', async () => {
  const sent: RelayFrames[] = [];
  const relay = new RelaySocket({ vni: 5_001, send: (frames) => void sent.push(frames) });
  const block = parseCidr('10.244.2.0/24');
  if (block === undefined) throw new Error('no block');
  relay.setPeers([{ nodeName: 'n2', vni: PEER_VNI, block }]);
  await relay.open();
  const program = createSocket('udp4');
  const frame = Buffer.from([8, 0, 0, 0, 0, PEER_VNI >> 8, PEER_VNI & 0xff, 0, 1, 2, 3]);
  try {
    await new Promise<void>((resolve) => program.bind(0, '127.0.0.1', resolve));
    expect((program.address() as AddressInfo).port).toBeGreaterThan(1_023);
    await new Promise((resolve) => program.send(frame, relay.port ?? 0, '127.0.0.1', resolve));
    // What came before has been looked at when it comes.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toEqual([]);
  } finally {
    program.close();
    relay.close();
  }
});
