import { group } from '../command';
import { setProperty, unsetProperty } from './set-property';
import { currentContext, getClusters, getContexts, getUsers, view } from './show';
import {
  deleteCluster,
  deleteContext,
  deleteUser,
  renameContext,
  setCluster,
  setContext,
  setCredentials,
  useContext,
} from './write';

export const config = group({
  name: 'config',
  describe: 'which servers there are and who you are to them',
  subcommands: [
    currentContext,
    deleteCluster,
    deleteContext,
    deleteUser,
    getClusters,
    getContexts,
    getUsers,
    renameContext,
    setProperty,
    setCluster,
    setContext,
    setCredentials,
    unsetProperty,
    useContext,
    view,
  ],
});
