import { describe, expect, it } from 'vitest';
import { streamingServiceDefinition } from './service-definition.js';

const { streamAudio } = streamingServiceDefinition;

describe('streamingServiceDefinition', () => {
  it('has the paths and kinds of the contract', () => {
    const kinds = Object.values(streamingServiceDefinition).map((m) => [
      m.path,
      m.requestStream,
      m.responseStream,
    ]);

    expect(kinds).toEqual([
      ['/streaming.StreamingService/StreamAudio', false, true],
      ['/streaming.StreamingService/InterruptSession', false, false],
      ['/streaming.StreamingService/GenerateWelcomeAudio', false, true],
      ['/streaming.StreamingService/ReportUsage', false, false],
    ]);
  });

  it('writes a request as the contract numbers its fields', () => {
    const bytes = streamAudio.requestSerialize({ prompt: 'a', hardwareId: 'b', sessionId: 'c' });

    // prompt = 1, hardware_id = 5, session_id = 6, and nothing of what was left out.
    expect(bytes.toString('hex')).toBe('0a01612a0162320163');
  });

  it('reads audio whose fields have their zero values, which are absent on the wire', () => {
    const { content } = streamAudio.responseDeserialize(Buffer.from('1200', 'hex'));

    expect(content).toMatchObject({
      case: 'audioChunk',
      value: { audioData: new Uint8Array(0), dtype: '', sampleRate: 0, channels: 0 },
    });
  });

  it('reads a member of a later generation as none', () => {
    // Field 15, length-delimited, one byte.
    expect(streamAudio.responseDeserialize(Buffer.from('7a0178', 'hex')).content.case).toBe(undefined);
  });

  it('gives a server the request that a client wrote', () => {
    const bytes = streamAudio.requestSerialize({ prompt: 'hello', screenWidth: 0 });

    expect(streamAudio.requestDeserialize(bytes)).toMatchObject({ prompt: 'hello', screenWidth: 0 });
  });
});
