import { group } from '../command';
import { canI } from './can-i';
import { reconcile } from './reconcile';
import { whoAmI } from './whoami';

export const auth = group({
  name: 'auth',
  describe: 'who you are and what you may do',
  subcommands: [canI, reconcile, whoAmI],
});
