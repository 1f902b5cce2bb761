import { group } from '../command';
import { pause, restart, resume } from './changes';
import { history } from './history';
import { status } from './status';
import { undo } from './undo';

export const rollout = group({
  name: 'rollout',
  describe: 'follow, go back, pause and restart what deployments roll out',
  subcommands: [history, pause, restart, resume, status, undo],
});
