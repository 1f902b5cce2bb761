import type { Logger } from '../../shared/logger';

/** One line of the channel's log: `[WS] <node> <event>`. */
export function logChannel(logger: Logger, node: string, event: string, fields: object = {}): void {
  logger.info({ node, event, ...fields }, `[WS] ${node} ${event}`);
}
