import type { NextFunction, Request, Response, Router } from 'express';
import express from 'express';
import { StatusError, toStatusError } from '../../shared/status-error';
import { NODE_JOIN_PATH } from '../../shared/wire/node-channel';
import type { Join } from './join';

/** `POST NODE_JOIN_PATH`. To be mounted before authentication: the join token is its own credential. */
export function createJoinRoute(join: Join): Router {
  const router = express.Router();
  router.post(
    NODE_JOIN_PATH,
    express.json({ limit: '64kb', type: () => true }),
    (request: Request, response: Response): void => {
      const bearer = /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
      join(bearer, request.body).then(
        (answer) => response.status('pending' in answer ? 202 : 200).json(answer),
        (error: unknown) => refuse(response, error),
      );
    },
    (error: unknown, _request: Request, response: Response, _next: NextFunction): void =>
      refuse(response, unreadable(error)),
  );
  return router;
}

function refuse(response: Response, error: unknown): void {
  const refusal = toStatusError(error);
  response.status(refusal.code).json(refusal.toStatus());
}

/** What the body parser throws: too long, or not JSON. */
const unreadable = (cause: unknown): StatusError => {
  const tooLong = typeof cause === 'object' && cause !== null && Reflect.get(cause, 'type') === 'entity.too.large';
  return new StatusError(
    tooLong ? 'RequestEntityTooLarge' : 'BadRequest',
    tooLong ? 'the join request is too long' : 'the join request is not JSON',
    undefined,
    { cause },
  );
};
