// Dials again and again until it is answered, says "answered" and ends.
//   until-answers.mjs ADDRESS PORT
import { connect } from 'node:net';

const [address, port] = process.argv.slice(2);
const dial = () => {
  const socket = connect({ host: address, port: Number(port), timeout: 1_000 });
  const again = () => {
    socket.destroy();
    setTimeout(dial, 5);
  };
  socket.once('connect', () => {
    console.log('answered');
    process.exit(0);
  });
  socket.once('error', again);
  socket.once('timeout', again);
};
console.log('dialling');
dial();
