import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { assertProcessed, createRequest, processRequest, readCreated } from './apm-messages.js';

/** The peer's own classes for the same messages. */
interface PeerMessages {
  readonly FfiRequest: { fromBinary(bytes: Uint8Array): { toJson(): unknown } };
  readonly FfiResponse: { fromJson(json: unknown): { toBinary(): Uint8Array } };
}

const peer = createRequire(import.meta.url)('@livekit/rtc-ffi-bindings') as PeerMessages;
const asPeerReads = (bytes: Uint8Array) => peer.FfiRequest.fromBinary(bytes).toJson();
const fromPeer = (json: unknown) => peer.FfiResponse.fromJson(json).toBinary();

describe('the messages to and from the audio processing module', () => {
  it('ask for a module as the peer would, whatever is on', () => {
    const all = [true, false].flatMap((first) => [true, false].map((second) => [first, second] as const));
    for (const [echoCancellation, noiseSuppression] of all) {
      for (const [highPass, gainControl] of all) {
        const bytes = createRequest({ echoCancellation, noiseSuppression, highPass, gainControl });
        expect(asPeerReads(bytes)).toEqual({
          newApm: {
            echoCancellerEnabled: echoCancellation,
            gainControllerEnabled: gainControl,
            highPassFilterEnabled: highPass,
            noiseSuppressionEnabled: noiseSuppression,
          },
        });
      }
    }
  });

  it('ask for work as the peer would, also with an address in the upper half', () => {
    const samples = { address: 0xffff_8000_1234_5678n, byteLength: 960, sampleRateHz: 48_000 };
    const work = {
      apmHandle: '300',
      dataPtr: samples.address.toString(),
      size: 960,
      sampleRate: 48_000,
      numChannels: 1,
    };

    expect(asPeerReads(processRequest(300n, 'capture', samples))).toEqual({ apmProcessStream: work });
    expect(asPeerReads(processRequest(300n, 'render', samples))).toEqual({ apmProcessReverseStream: work });
  });

  it('read the handle that the peer writes', () => {
    for (const id of [1n, 127n, 300n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      expect(readCreated(fromPeer({ newApm: { apm: { handle: { id: id.toString() } } } }))).toBe(id);
    }
  });

  it('tell an answer without a handle', () => {
    expect(() => readCreated(fromPeer({ apmProcessStream: {} }))).toThrow(/no handle \(3 bytes\)/);
    expect(() => readCreated(new Uint8Array())).toThrow(/no handle/);
  });

  it('tell what the module did from what it refused, and from the answer to another question', () => {
    const done = {
      capture: fromPeer({ apmProcessStream: {} }),
      render: fromPeer({ apmProcessReverseStream: {} }),
    };
    const refused = fromPeer({ apmProcessStream: { error: 'bad rate, réfusé' } });

    expect(() => assertProcessed(done.capture, 'capture')).not.toThrow();
    expect(() => assertProcessed(done.render, 'render')).not.toThrow();
    expect(() => assertProcessed(refused, 'capture')).toThrow('bad rate, réfusé');
    expect(() => assertProcessed(done.render, 'capture')).toThrow('none to a capture request');
    expect(() => assertProcessed(new Uint8Array(), 'render')).toThrow('none to a render request');
  });
});
