import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { type Wish, wishesOf } from './signals.js';

function listening(...terminals: number[]) {
  const source = new EventEmitter();
  const open = new Set(terminals);
  const wishes: Wish[] = [];
  const subscription = wishesOf(source, (file) => open.has(file)).subscribe((wish) => wishes.push(wish));
  return { source, open, wishes, subscription };
}

it('takes signals as wishes while somebody listens, and leaves them alone then', () => {
  const { source, wishes, subscription } = listening();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) source.emit(signal);
  subscription.unsubscribe();
  expect([wishes, source.listenerCount('SIGTERM')]).toEqual([['finish', 'cut', 'reload'], 0]);
});

it('tells a terminal that was closed from a wish to reload', () => {
  const { source, open, wishes } = listening(0, 2);
  source.emit('SIGHUP');
  open.delete(0);
  source.emit('SIGHUP');
  open.clear();
  source.emit('SIGHUP');
  expect(wishes).toEqual(['reload', 'reload', 'hangup']);
});
