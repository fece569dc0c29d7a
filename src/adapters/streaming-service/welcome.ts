import type { Client } from '@grpc/grpc-js';
import { Observable } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../core/audio/audio-frame.js';
import { SpeechError, UpstreamError, type VoiceError } from '../../core/errors.js';
import { convertTo } from '../../core/operators/convert-to.js';
import type { Synthesizer } from '../../core/ports/synthesizer.js';
import { createAudioChunkReader } from './audio-chunks.js';
import type { ServiceContext } from './service-context.js';
import { callMetadata } from './service-context.js';
import { streamingServiceDefinition } from './service-definition.js';
import type { VoiceChoice } from './service-interface.js';
import type { Closing } from './terminal-state.js';
import { decideEnding } from './terminal-state.js';
import { watchCall } from './watched-call.js';

/** What to say, and how. */
export interface Welcome extends VoiceChoice {
  /** Absent for the greeting of the service. */
  readonly text?: string;
}

/**
 * Let the service speak, by GenerateWelcomeAudio.
 *
 * @remarks
 * Cold. Order: frames are contiguous in `timestampMs`, from 0.
 * Errors also after audio: what a service announces there is no truncated answer but a failed one.
 */
export function speakWelcome(
  clientOf: () => Client,
  welcome: Welcome,
  context: ServiceContext,
): Observable<AudioFrame> {
  return new Observable((subscriber) => {
    const { settings } = context;
    const client = clientOf();
    const reader = createAudioChunkReader();
    let any = false;

    function closed(closing: Closing): void {
      reader.end();
      const seen = any ? 'data' : 'nothing';
      const { outcome, error } = decideEnding(closing, { seen, interrupted: false, target: settings.target });
      if (outcome === 'complete') subscriber.complete();
      else subscriber.error(error ?? endedSilently(settings.target));
    }

    const call = watchCall(
      {
        client,
        method: streamingServiceDefinition.generateWelcomeAudio,
        message: {
          text: welcome.text ?? '',
          sessionId: context.newSessionId(),
          voice: welcome.voice ?? '',
          language: welcome.language ?? '',
        },
        metadata: callMetadata(settings),
        target: settings.target,
        explain: (status) => context.reasons.of(client, status),
      },
      settings,
      {
        message({ content }) {
          if (content.case === 'endMessage') return { type: 'end-message', message: content.value };
          if (content.case === 'errorMessage') {
            return { type: 'error-message', message: content.value, status: undefined };
          }
          // The metadata says what each chunk says again, and the chunk is right.
          if (content.case !== 'audioChunk') return undefined;
          const outcome = reader.push(content.value);
          if (outcome.type === 'refused') return { type: 'unusable', error: outcome.error };
          if (outcome.type !== 'frame') return undefined;
          any = true;
          subscriber.next(outcome.frame);
          return undefined;
        },
        closed,
        over: () => {},
      },
    );
    subscriber.add(() => call.cancel());
  });
}

function endedSilently(target: string): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_ABORTED',
    `${target} stopped in the middle of speaking and did not say why; try again`,
    { retryable: true },
  );
}

/** The layout that every generation of the service has sent; another one is converted to it. */
const format: PcmFormat = { sampleRateHz: 48_000, channels: 1 };

/** GenerateWelcomeAudio as a synthesizer. */
export function welcomeSynthesizer(
  client: () => Client,
  choice: VoiceChoice,
  context: ServiceContext,
): Synthesizer {
  return {
    format,
    engine: `streaming-service ${context.settings.target}`,
    voice: [choice.voice ?? 'default', choice.language].filter((part) => part !== undefined).join(' '),
    speed: 1,
    synthesize: (text) =>
      new Observable((subscriber) => {
        // An absent text would be taken for the greeting.
        if (text.trim() === '') {
          const what = 'there is nothing to speak in a text without words; give one with words';
          subscriber.error(new SpeechError('SYNTHESIS_FAILED', what));
          return;
        }
        return speakWelcome(client, { text, ...choice }, context)
          .pipe(convertTo(format))
          .subscribe({
            next: (frame) => subscriber.next(frame),
            error: (error: VoiceError) => subscriber.error(synthesisFailed(error)),
            complete: () => subscriber.complete(),
          });
      }),
  };
}

function synthesisFailed(cause: VoiceError): SpeechError {
  const what = `the service did not speak: ${cause.message}`;
  return new SpeechError('SYNTHESIS_FAILED', what, { retryable: cause.retryable, cause });
}
