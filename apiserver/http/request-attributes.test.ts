import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { attributesOf } from './request-attributes';

it.each([
  ['', 'list'],
  ['watch=true', 'watch'],
  ['watch=True', 'watch'],
  ['watch=1', 'watch'],
  ['watch', 'watch'],
  ['watch=false', 'list'],
  ['watch=0', 'list'],
])('takes a GET of a collection with %p for a %s', (query, verb) => {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  const path = { group: '', version: 'v1', plural: 'pods' };
  expect(attributesOf(request, path, new URLSearchParams(query)).verb).toBe(verb);
});
