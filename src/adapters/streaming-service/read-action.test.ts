import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAction } from './read-action.js';

describe('readAction', () => {
  it.each([
    ['{"command":"open","args":{"app":"mail"},"session_id":"x"}', 'open', { app: 'mail' }],
    ['{"command":"stop"}', 'stop', {}],
    ['{"command":"stop","args":null}', 'stop', {}],
    ['{"command":"say","args":[1,2]}', 'say', [1, 2]],
    [
      '{"event":"mcp.command_request","payload":{"command":"open","args":{"app":"mail"}}}',
      'open',
      { app: 'mail' },
    ],
    ['{"command":"flat","payload":{"command":"nested"}}', 'flat', {}],
  ])('reads %s', (json, command, args) => {
    expect(readAction(json)).toEqual({ type: 'action', command, args });
  });

  it.each([
    ['', 'is no JSON'],
    ['{"command":"open"', 'is no JSON'],
    ['null', 'is no JSON object'],
    ['[{"command":"open"}]', 'is no JSON object'],
    ['"open"', 'is no JSON object'],
    ['{}', 'names no command'],
    ['{"command":42}', 'names no command'],
    ['{"command":"  "}', 'names no command'],
    ['{"payload":{"args":{}}}', 'names no command'],
    [`{"command":"${'x'.repeat(70_000)}"}`, 'is longer than 65536 characters'],
  ])('says what is wrong with %.40s', (json, detail) => {
    expect(readAction(json)).toEqual({ type: 'unreadable', detail: `action_json ${detail}` });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (json) =>
        ['action', 'unreadable'].includes(readAction(json).type),
      ),
    );
  });
});
