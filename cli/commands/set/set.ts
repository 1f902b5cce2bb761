import { group } from '../command';
import { env } from './env';
import { image } from './image';
import { selector, serviceAccount, subject } from './others';
import { resources } from './resources';

export const set = group({
  name: 'set',
  describe: 'change one thing of objects',
  subcommands: [env, image, resources, selector, serviceAccount, subject],
});
