import { distinctUntilChanged, map } from 'rxjs';
import { expect, it } from 'vitest';
import { kiosk } from './kiosk.js';

it('state$ gives the present state at once and then each change, of which not each is one of its name', () => {
  const it_ = kiosk();
  const states: string[] = [];
  const names: string[] = [];
  let completed = false;
  it_.pipeline.state$.subscribe({
    next: (state) => states.push(state.name === 'replying' ? `${state.name}, ${state.progress}` : state.name),
    complete: () => {
      completed = true;
    },
  });
  it_.pipeline.state$
    .pipe(
      map(({ name }) => name),
      distinctUntilChanged(),
    )
    .subscribe((name) => names.push(name));
  it_.wait(300);
  it_.say(500, 'hello');
  it_.waitFor('playout-ended');
  const late: string[] = [];
  it_.pipeline.state$.subscribe(({ name }) => late.push(name));
  it_.pipeline.close();
  it_.wait(400);
  expect(states).toEqual([
    'idle',
    'listening',
    'awaiting-reply',
    'replying, receiving',
    'replying, sent',
    'idle',
    'closed',
  ]);
  expect(names).toEqual(['idle', 'listening', 'awaiting-reply', 'replying', 'idle', 'closed']);
  expect(late).toEqual(['idle', 'closed']);
  expect(completed).toBe(true);
});
