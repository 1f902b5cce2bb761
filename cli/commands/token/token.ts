import { group } from '../command';
import { create } from './create';
import { remove } from './delete';
import { list } from './list';

export const token = group({
  name: 'token',
  describe: 'how machines join',
  subcommands: [create, list, remove],
});
