import { inspect } from 'node:util';
import { EngineConnections } from './engine-connections';

it('is printed in a word, whatever hangs on it and however deep a printer goes', () => {
  const printed = inspect({ path: '/_ping', agent: new EngineConnections() }, { showHidden: true, depth: null });
  expect(printed).toBe("{ path: '/_ping', agent: EngineConnections }");
});
