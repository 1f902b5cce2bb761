import type { Command } from './command';

export const clusterInfo: Command = {
  name: 'cluster-info',
  usage: 'cluster-info',
  describe: 'where the control plane is, and whether it answers',
  build: (yargs) => yargs,
  run: async (context) => {
    const { server } = context.client().connection;
    // One that does not answer is told as an error.
    await context.client().text({ path: '/version' });
    const { good, bold } = context.palette;
    context.out(`${good('Kubernetes control plane')} is running at ${bold(server)}\n`);
  },
};
