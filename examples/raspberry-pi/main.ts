// What `earshot run` makes of a config, composed by hand: for those who would rather write code. On a Pi:
//   node --import tsx main.ts --target voice.example.com:443 --device plughw:CARD=Speakerphone,DEV=0 --button GPIO17 --light GPIO27
// Without sound cards: --recording question.wav, with question.transcript.json beside it: it ends once that is answered, in answer.wav.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as earshot from 'earshot';
import { loadEspeakNg } from 'earshot/adapters/espeak-ng';
import { fillerCache } from 'earshot/adapters/filler-cache';
import { loadMoonshine } from 'earshot/adapters/moonshine';
import { loadScriptedTranscriber, sidecarPathFor } from 'earshot/adapters/scripted-transcriber';
import { loadSileroVad } from 'earshot/adapters/silero-vad';
import { deriveHardwareId, streamingService } from 'earshot/adapters/streaming-service';
import { feedSystemd, systemdNotifier } from 'earshot/adapters/systemd';
import { loadWebrtcApm } from 'earshot/adapters/webrtc-apm';
import { openDevices } from 'earshot/devices';
import { monotonicScheduler } from 'earshot/devices/clock';
import { gpioButton, gpioLights } from 'earshot/devices/gpio';
import { wavFileLoudspeaker, wavFileMicrophone } from 'earshot/devices/wav-file';

const text = { type: 'string' } as const;
const names = { target: text, device: text, button: text, light: text, recording: text } as const;
const { values: given } = parseArgs({ options: { ...names, insecure: { type: 'boolean' } } });
const { target = '127.0.0.1:50051', insecure = false, device = 'default', button, light, recording } = given;
const asset = createRequire(import.meta.url).resolve('earshot/assets/fillers/en/fillers.json');

const scheduler = monotonicScheduler();
const systemd = systemdNotifier({ env: process.env, pid: process.pid });
delete process.env['NOTIFY_SOCKET']; // or a program that is started here could tell systemd in our name
const tell = (error: unknown) => console.error(error instanceof Error ? error.message : error); // [CODE] what; what to do
function fail(error: unknown): never {
  tell(error);
  process.exit(1);
}

/** Microphone, loudspeaker and whoever understands what is said: sound cards and Moonshine, or a recording and its transcript. */
async function openRoom() {
  if (recording === undefined) {
    const transcriber = await loadMoonshine({ dtype: 'q8', threads: 3 });
    return { ...openDevices({ scheduler, capture: { device }, playout: { device } }), transcriber };
  }
  const timeBase = earshot.createTimeBase(scheduler);
  const script = { sidecarPath: sidecarPathFor(recording), originMs: timeBase.originMs };
  return {
    microphone: wavFileMicrophone({ timeBase, path: recording }),
    loudspeaker: wavFileLoudspeaker({ timeBase, path: join(dirname(recording), 'answer.wav') }),
    transcriber: { ...(await loadScriptedTranscriber(script)), close: () => {} },
  };
}

async function main(): Promise<void> {
  const espeak = { name: 'espeak-ng', open: () => loadEspeakNg({ voice: 'en-us', scheduler }) };
  const earcon = { name: 'earcon', open: () => [earshot.earcon()] };
  const voice = earshot.voiceLadder([espeak, earcon], { scheduler });
  voice.warmUp().subscribe({ error: tell }); // before there is something to say
  const hardwareId = await deriveHardwareId({ application: 'earshot' });
  const service = streamingService({ target, insecure, hardwareId, scheduler });
  const [detector, apm] = [await loadSileroVad(), await loadWebrtcApm()];
  const room = await openRoom();
  const pipeline = earshot.createVoicePipeline(
    {
      ...room,
      detector,
      echoCanceller: earshot.linearEchoCanceller(), // what is listened to
      upstreamEchoCanceller: apm, // what is transcribed
      upstream: earshot.withSpeech(service, voice, { scheduler }),
      fillers: fillerCache({ directory: dirname(asset), voice: 'allison' }), // those that come with it
      ...(button && {
        floor: { kind: 'push-to-talk', pressed$: gpioButton({ line: button, scheduler }).pressed$ },
      }),
    },
    { scheduler, endpointing: { minSilenceMs: 600 } },
  );
  const loop = earshot.operatePipeline(pipeline, { scheduler, finishWithinMs: 20_000 });
  if (light) {
    const painted = earshot.lightsOf({ patterns: earshot.singleLightPatterns, scheduler });
    const { show } = gpioLights({ lines: { white: light }, scheduler });
    show(loop.events$.pipe(earshot.indicationsOf(), painted)).subscribe({ error: tell });
  }
  loop.events$.pipe(earshot.watchProgress({}, scheduler), feedSystemd(systemd)).subscribe({ error: fail });
  const lineOf = earshot.pipelineLogLines({ showText: true });
  loop.events$.subscribe({
    next: (event) => process.stdout.write(lineOf(event, Date.now())?.concat('\n') ?? ''),
    error: fail,
    complete: async () => {
      service.close();
      await Promise.all([detector, apm, room.transcriber].map((part) => part.close()));
      voice.close().subscribe({ complete: () => systemd.flushed().subscribe(() => process.exit()) });
    },
  });
  process.once('SIGTERM', () => systemd.stopping('finishes the reply'));
  process.once('SIGTERM', () => loop.stopGracefully('finish'));
  process.once('SIGINT', () => loop.stopGracefully('cut')); // Ctrl-C; a second one ends it without ado
  systemd.ready();
}

main().catch(fail);
