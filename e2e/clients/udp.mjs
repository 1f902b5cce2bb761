// UDP as an application has it.
//   udp.mjs serve PORT NAME    answers each datagram with NAME and the address that it came from
//   udp.mjs ask ADDRESS PORT   prints the answer; asks again each half second, as datagrams may be lost
import { createSocket } from 'node:dgram';

const [action, ...words] = process.argv.slice(2);
const socket = createSocket('udp4');
if (action === 'serve') {
  const [port, name] = words;
  socket.on('message', (_bytes, { address, port: from }) => socket.send(`${name} heard ${address}`, from, address));
  socket.bind(Number(port), () => console.log('serving'));
} else {
  const [address, port] = words;
  const ask = () => socket.send('hello', Number(port), address);
  socket.once('message', (bytes) => {
    console.log(bytes.toString());
    process.exit(0);
  });
  // The kernel tells of answers that never came, and of places that are not there.
  socket.on('error', () => undefined);
  setInterval(ask, 500);
  setTimeout(() => process.exit(1), 15_000);
  ask();
}
